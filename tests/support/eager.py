"""TensorFlow without graphs: of a function that runs but a few times, making one takes most of the time."""

import contextlib


@contextlib.contextmanager
def eagerly():
    """In the block functions of TensorFlow run as they are written."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
