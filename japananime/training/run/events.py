"""What TensorBoard is given, in the files in which it finds it."""

import tensorflow as tf

from japananime.base.files import whole


def forget_after(folder, step):
    """Drop what the event files of a folder tell of later steps: a training that goes on from a step tells it again.

    What a killed process has written by half, at the end of a file, goes too.
    """
    for path in sorted(folder.glob("events.out.tfevents.*")):
        kept = [record for record in _records(path) if _step(record) <= step]
        with whole(path) as unfinished, tf.io.TFRecordWriter(str(unfinished)) as writer:
            for record in kept:
                writer.write(record)


def _records(path):
    try:
        for record in tf.data.TFRecordDataset(str(path)):
            yield record.numpy()
    except tf.errors.DataLossError:
        return


def _step(record):
    """The step that an event is of; 0 for those that are of none, such as the version of the file."""
    return tf.compat.v1.Event.FromString(record).step
