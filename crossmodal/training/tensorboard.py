"""The figures of a training as TensorBoard's logs (https://www.tensorflow.org/tensorboard), on request."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from crossmodal.errors import CrossmodalError


def logged(callback: Callable, workdir) -> Callable:
    """A callback of (step, figures) whose figures also go to the logs in workdir/tensorboard.

    Args:
        callback: called as callback(step, figures), figures a dict of numbers by their names.
        workdir: the run's folder.

    Raises:
        CrossmodalError: TensorBoard, the extra `[tensorboard]`, is not installed.
    """
    if find_spec("tensorboard") is None:
        raise CrossmodalError('TensorBoard is not installed: pip install "crossmodal-toolkit[tensorboard]".')
    import tensorflow as tf

    writer = tf.summary.create_file_writer(str(Path(workdir) / "tensorboard"))

    def callback_and_log(step: int, figures: dict) -> None:
        callback(step, figures)
        with writer.as_default(step):
            for name, value in figures.items():
                tf.summary.scalar(name, value)
        writer.flush()

    return callback_and_log
