"""The same numbers twice: seeds, and kernels that give the same bits for the same input."""


def fix_numbers(seed: int, deterministic: bool) -> None:
    """Seed all that is drawn when a model is built, and if asked to, let TensorFlow use deterministic kernels alone.

    What is drawn in training is a function of (seed, epoch, step) in any case. On a CPU the weights are the same
    without it, for one number of threads; many kernels of a GPU add up in any order. An operation that has no
    deterministic kernel raises an error then. Holds for the process.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(seed)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
