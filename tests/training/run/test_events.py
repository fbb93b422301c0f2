"""TensorBoard's files after a training went back."""

import tensorflow as tf

from japananime.training.run import events


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
    events.forget_after(tmp_path, 3)
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
    events.forget_after(tmp_path, 9)
    assert steps(tmp_path) == [1, 2]
    events.forget_after(tmp_path / "none", 9)
