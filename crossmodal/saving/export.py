"""Models for other runtimes: TensorFlow's SavedModel, ONNX, LiteRT. What is written was run and agrees with Keras.

An audio-to-image model becomes spectrogram (batch, frames, mels, 1) -> image (batch, height, width, channels), its best
drawing, a model of correspondence spectrogram -> embedding of the sound, a classifier image -> logits. Inputs and
outputs are float32, the batch is of any size. Recurrent layers are written step by step, for other runtimes lack the
loop that Keras makes of them.
"""

import contextlib
import os
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from crossmodal.errors import CrossmodalError, ModelError
from crossmodal.models.classifier import Classifier
from crossmodal.models.pairs import PairModel
from crossmodal.runtime.files import check_output
from crossmodal.runtime.quiet import native_messages_held_back

TOLERANCE = 1e-3  # of the largest difference from Keras' outputs
CHECKED = 16  # inputs of the check


def run_saved_model(path: Path, inputs: np.ndarray) -> np.ndarray:
    """What a SavedModel makes of inputs."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))  # kept, since it owns the weights
    return loaded.serve(inputs).numpy()


def run_onnx(path: Path, inputs: np.ndarray) -> np.ndarray:
    """What an ONNX file makes of inputs, on ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


def run_litert(path: Path, inputs: np.ndarray) -> np.ndarray:
    """What a LiteRT file makes of inputs."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path))
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, inputs)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@dataclass(frozen=True)
class Format:
    """A format: what Keras calls it, how its names end, the packages that it needs, how a file of it is run."""

    keras: str
    suffix: str
    packages: tuple[str, ...]
    run: Callable[[Path, np.ndarray], np.ndarray]


FORMATS = {
    "saved_model": Format("tf_saved_model", "", (), run_saved_model),
    "onnx": Format("onnx", ".onnx", ("onnx", "tf2onnx", "onnxruntime"), run_onnx),
    "litert": Format("litert", ".tflite", ("ai_edge_litert",), run_litert),
}


def check_export(path, format: str) -> None:
    """Find out before any work whether a model can be written in a format of `FORMATS`.

    Raises:
        CrossmodalError: a package is missing, or nothing can be written there.
    """
    chosen = FORMATS[format]
    if not chosen.suffix and Path(path).exists():
        raise CrossmodalError(f"{path} exists: choose another name.")
    check_output(path, (chosen.suffix,))
    if missing := [package for package in chosen.packages if find_spec(package) is None]:
        raise CrossmodalError(f'{format} needs {", ".join(missing)}: pip install "crossmodal-toolkit[export]".')


@contextlib.contextmanager
def unrolled(model):
    """Within it the recurrent layers of a model are called step by step, without a loop, and what they give at masked
    steps is not made 0: Keras 3.15 makes it so at the wrong steps of a layer that goes backwards without a loop."""
    import keras

    recurrent = [layer for layer in model._flatten_layers() if isinstance(layer, keras.layers.RNN)]
    before = [(layer.unroll, layer.zero_output_for_mask) for layer in recurrent]
    for layer in recurrent:
        layer.unroll, layer.zero_output_for_mask = True, False
    try:
        yield
    finally:
        for layer, was in zip(recurrent, before, strict=True):
            layer.unroll, layer.zero_output_for_mask = was


def export_model(model, path, format: str) -> float:
    """Write a model for another runtime, which has to give what Keras gives.

    Args:
        model: an `AudioImageModel`, a `Correspondence` or a `Classifier`.
        path: a file that ends in .onnx or .tflite, or a folder that does not exist yet for a SavedModel.
        format: one of `FORMATS`.

    Returns:
        the largest difference between the outputs of the two, for inputs in [0, 1].

    Raises:
        CrossmodalError: a package is missing, or nothing can be written there.
        ModelError: the model is of another kind, or the two differ by more than `TOLERANCE`; nothing is written.
    """
    import keras

    path, chosen = Path(path), FORMATS[format]
    check_export(path, format)
    if not isinstance(model, PairModel | Classifier):
        raise ModelError(f"A {type(model).__name__} cannot be exported: pass a model that draws, or a classifier.")
    shape = model.spectrogram_shape if isinstance(model, PairModel) else model.input_shape[1:]
    inputs = np.random.default_rng(0).random((CHECKED, *shape), np.float32)
    inputs[: CHECKED // 2, shape[0] // 2 :] = 0  # recordings that end early, for networks that stop there
    expected = keras.ops.convert_to_numpy(model(inputs, training=False))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        written = Path(folder) / f"model{chosen.suffix}"
        signature = [keras.InputSpec(shape=(None, *shape), dtype="float32")]
        with native_messages_held_back(), warnings.catch_warnings(action="ignore"), unrolled(model):
            model.export(written, format=chosen.keras, input_signature=signature, verbose=False)
            difference = float(np.abs(chosen.run(written, inputs) - expected).max())
        if not difference <= TOLERANCE:
            raise ModelError(
                f"The {format} differs from Keras by {difference:.2g}, more than {TOLERANCE:g}: not written."
            )
        os.replace(written, path)
    return difference
