"""TensorBoard's files after a training went back."""

import tensorflow as tf
from tensorboard.plugins.hparams import api_pb2, metadata

from japananime.training.run import tensorboard


def write(folder, steps):
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        for step in steps:
            tf.summary.scalar("loss", step / 10, step=step)
    writer.close()


def steps(folder):
    found = []
    for path in folder.glob("events*"):
        for record in tf.data.TFRecordDataset(str(path)):
            event = tf.compat.v1.Event.FromString(record.numpy())
            found += [event.step for _ in event.summary.value]
    return sorted(found)


def test_later_steps_are_forgotten_and_earlier_ones_kept(tmp_path):
    write(tmp_path, [1, 2, 3, 4])
    (path,) = tmp_path.iterdir()
    (tmp_path / "notes.txt").write_text("mine")
    tensorboard.forget_after(tmp_path, 3)
    assert steps(tmp_path) == [1, 2, 3]
    first = next(iter(tf.data.TFRecordDataset(str(path)))).numpy()
    assert tf.compat.v1.Event.FromString(first).file_version == "brain.Event:2"
    write(tmp_path, [4, 5])
    assert steps(tmp_path) == [1, 2, 3, 4, 5]
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_what_was_cut_off_goes(tmp_path):
    write(tmp_path, [1, 2, 3])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    tensorboard.forget_after(tmp_path, 9)
    assert steps(tmp_path) == [1, 2]
    tensorboard.forget_after(tmp_path / "none", 9)


def told(folder):
    """[(values, status)] that TensorBoard's tab HParams reads in a folder's files."""
    found = []
    for path in sorted(folder.glob("events.out.tfevents.*")):
        for record in tf.data.TFRecordDataset(str(path)):
            for value in tf.compat.v1.Event.FromString(record.numpy()).summary.value:
                content = value.metadata.plugin_data.content
                if value.metadata.plugin_data.plugin_name == metadata.PLUGIN_NAME:
                    found.append((value.tag, content))
    by_tag = {metadata.SESSION_START_INFO_TAG: [], metadata.SESSION_END_INFO_TAG: []}
    for tag, content in found:
        by_tag[tag].append(content)
    starts = map(metadata.parse_session_start_info_plugin_data, by_tag[metadata.SESSION_START_INFO_TAG])
    ends = map(metadata.parse_session_end_info_plugin_data, by_tag[metadata.SESSION_END_INFO_TAG])
    values = [{k: getattr(v, v.WhichOneof("kind")) for k, v in start.hparams.items()} for start in starts]
    return list(zip(values, [end.status for end in ends], strict=True))


def test_values_are_told_once_with_numbers_as_numbers(tmp_path):
    write(tmp_path, [3])
    tensorboard.write_values(tmp_path, {"width": "32", "adversarial": "hinge"}, finished=False)
    assert told(tmp_path) == [({"width": 32.0, "adversarial": "hinge"}, api_pb2.STATUS_FAILURE)]
    tensorboard.write_values(tmp_path, {"width": "32", "adversarial": "hinge"}, finished=True)
    assert told(tmp_path) == [({"width": 32.0, "adversarial": "hinge"}, api_pb2.STATUS_SUCCESS)]
    assert len(list(tmp_path.glob("events.out.tfevents.*"))) == 2  # the training's own stay
    tensorboard.forget_after(tmp_path, 2)  # as a training does that goes on from a step
    assert told(tmp_path) == [({"width": 32.0, "adversarial": "hinge"}, api_pb2.STATUS_SUCCESS)]
