"""What TensorBoard is given, in the files in which it finds it: numbers, sheets of samples, a sweep's values."""

import tensorflow as tf
from tensorboard.plugins.hparams import api_pb2, summary

from japananime.base.files import whole

# How the names of files end that tell a sweep's values.
VALUES = ".values"


class EventWriter:
    """Writes what TensorBoard shows of a training that goes on from a step. folder: of its event files."""

    def __init__(self, folder, step):
        self._folder = folder
        self._open(step)

    def scalars(self, values, step):
        """Numbers, {name: value}."""
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.scalar(name, value, step=step)

    def image(self, sheet, step):
        """A sheet of samples, uint8 (height, width, 3)."""
        with self._writer.as_default():
            tf.summary.image("samples", sheet[None], step=step)

    def go_back(self, step):
        """The training goes on from an earlier step: what came after it is told again."""
        self._writer.close()
        self._open(step)

    def flush(self):
        """Push what is written to the disk."""
        self._writer.flush()

    def close(self):
        """Write the last of it."""
        self._writer.close()

    def _open(self, step):
        forget_after(self._folder, step)
        self._writer = tf.summary.create_file_writer(str(self._folder))


def forget_after(folder, step):
    """Drop what the event files of a folder tell of later steps: a training that goes on from a step tells it again.

    What a killed process has written by half, at the end of a file, goes too.
    """
    for path in sorted(folder.glob("events.out.tfevents.*")):
        kept = [record for record in _records(path) if _step(record) <= step]
        with whole(path) as unfinished, tf.io.TFRecordWriter(str(unfinished)) as writer:
            for record in kept:
                writer.write(record)


def write_values(folder, values, finished):
    """Tell TensorBoard's tab HParams with which values a training ran and how it ended; what was told before goes.

    folder: where the training's own events are, whose last numbers the tab shows beside them. values: {setting: text}.
    """
    for path in folder.glob(f"events.out.tfevents.*{VALUES}"):
        path.unlink()
    started = summary.session_start_pb({name: _number_or_text(value) for name, value in values.items()})
    ended = summary.session_end_pb(api_pb2.STATUS_SUCCESS if finished else api_pb2.STATUS_FAILURE)
    writer = tf.summary.create_file_writer(str(folder), filename_suffix=VALUES)
    with writer.as_default():
        for event in (started, ended):
            tf.summary.experimental.write_raw_pb(event.SerializeToString(), step=0)
    writer.close()


def _number_or_text(value):
    """Numbers have an axis in the tab, texts a list."""
    try:
        return float(value)
    except ValueError:
        return value


def _records(path):
    try:
        for record in tf.data.TFRecordDataset(str(path)):
            yield record.numpy()
    except tf.errors.DataLossError:
        return


def _step(record):
    """The step that an event is of; 0 for those that are of none, such as the version of the file."""
    return tf.compat.v1.Event.FromString(record).step
