"""What this machine computes fast: the precision to train in, and the kernels that TensorFlow uses on its CPU."""

import functools
import os
import platform
from collections.abc import Iterable
from pathlib import Path

from crossmodal.errors import ModelError

FLOAT32, BFLOAT16 = "float32", "mixed_bfloat16"
PRODUCTS = {"avx512_bf16", "amx_bf16", "bf16"}  # flags of processors that multiply in bfloat16; bf16 is Arm's
GPU_CAPABILITY = (8, 0)  # the first NVIDIA GPUs that multiply in bfloat16
# values of ONEDNN_MAX_CPU_ISA that leave such products to oneDNN; DEFAULT and ALL are no limit
ALLOWING = {"ALL", "DEFAULT", "AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX10_1_512", "AVX10_2_512"}


def machines_precision() -> str:
    """The faster of "float32" and "mixed_bfloat16" for training on this machine.

    On a GPU its compute capability decides, else the processor's flags. A short measurement would depend on what else
    runs; flags do not.
    """
    gpus = gpu_capabilities()
    if gpus:
        return BFLOAT16 if min(gpus) >= GPU_CAPABILITY else FLOAT32
    return BFLOAT16 if multiplies_in_bfloat16(processor_flags(), os.environ) else FLOAT32


def gpu_capabilities() -> list[tuple[int, int]]:
    """The compute capability of each GPU that TensorFlow sees; (0, 0) where it is not known."""
    import tensorflow as tf

    details = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return [tuple(found.get("compute_capability") or (0, 0)) for found in details]


def processor_flags() -> set[str]:
    """The instruction sets of the processor, in Linux's names; empty where the system does not list them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return set()
    return next(
        (set(line.partition(":")[2].split()) for line in lines if line.startswith(("flags", "Features"))), set()
    )


def multiplies_in_bfloat16(flags: Iterable[str], environment) -> bool:
    """Whether oneDNN multiplies in bfloat16, for a processor's flags under an environment that may limit oneDNN."""
    limit = environment.get("ONEDNN_MAX_CPU_ISA", "DEFAULT").upper()
    allowed = limit in ALLOWING or "AMX" in limit
    return allowed and environment.get("TF_ENABLE_ONEDNN_OPTS", "1") != "0" and bool(PRODUCTS & set(flags))


def bfloat16_fails(flags: Iterable[str], environment) -> bool:
    """Whether TensorFlow ends in oneDNN's error for products in bfloat16: the processor has them, and the environment
    keeps them from oneDNN. Where the processor has none, TensorFlow itself computes them, slowly."""
    with_them = {**environment, "ONEDNN_MAX_CPU_ISA": "DEFAULT"}
    return multiplies_in_bfloat16(flags, with_them) and not multiplies_in_bfloat16(flags, environment)


def check_precision(precision: str) -> None:
    """ModelError for a precision that this process cannot compute in."""
    if precision == BFLOAT16 and not gpu_capabilities() and bfloat16_fails(processor_flags(), os.environ):
        raise ModelError(
            f"There is no {BFLOAT16} under ONEDNN_MAX_CPU_ISA={os.environ['ONEDNN_MAX_CPU_ISA']}: unset it, or choose "
            f"--precision {FLOAT32}."
        )


def instructions() -> str:
    """The instruction set that float32 and bfloat16 products run on, in words, such as "AVX2"."""
    if gpu_capabilities():
        return "GPU"
    flags, limit = processor_flags(), os.environ.get("ONEDNN_MAX_CPU_ISA", "DEFAULT").upper()
    bfloat16 = " with bfloat16" if multiplies_in_bfloat16(flags, os.environ) else ""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return "NEON" + bfloat16
    if "avx512f" in flags and (limit in ALLOWING or limit.startswith(("AVX512", "AVX10"))):
        return "AVX-512" + bfloat16
    return "AVX2" if "avx2" in flags else "unknown"


@functools.cache
def eigen_computes() -> bool:
    """Whether convolutions and matrix products on this machine are Eigen's: no GPU, and TensorFlow, which decides by
    the processor, has not switched oneDNN on."""
    import tensorflow as tf

    try:
        from tensorflow.python.util import _pywrap_util_port

        onednn = _pywrap_util_port.IsMklEnabled()
    except (ImportError, AttributeError):  # private, may move
        return False
    return not onednn and not tf.config.list_physical_devices("GPU")
