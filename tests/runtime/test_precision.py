"""The precision that suits a machine, by flags of processors and GPUs that need not be here."""

import dataclasses

import pytest
import tensorflow as tf

from crossmodal.app.experiments.audio_to_image import agreed_precision
from crossmodal.app.experiments.training_options import TrainingConfig
from crossmodal.errors import ModelError
from crossmodal.runtime import precision
from crossmodal.training.runs import open_run, recorded_config

RAPIDS = {"avx2", "avx512f", "avx512_bf16", "amx_bf16"}


@pytest.fixture
def machine(monkeypatch):
    """machine(flags, gpus, **environment): the machine that the toolkit seems to run on."""

    def set_machine(flags, gpus=(), **environment):
        monkeypatch.setattr(precision, "processor_flags", lambda: set(flags))
        monkeypatch.setattr(precision, "gpu_capabilities", lambda: list(gpus))
        monkeypatch.setattr(precision.platform, "machine", lambda: "aarch64" if "asimd" in flags else "x86_64")
        for name in ("ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return set_machine


@pytest.mark.parametrize(
    ("flags", "gpus", "environment", "expected", "words"),
    [
        ({"avx", "avx2", "fma"}, [], {}, "float32", "AVX2"),
        ({"avx2", "avx512f", "avx512_vnni"}, [], {}, "float32", "AVX-512"),
        (RAPIDS, [], {}, "mixed_bfloat16", "AVX-512 with bfloat16"),
        (RAPIDS, [], {"ONEDNN_MAX_CPU_ISA": "AVX2"}, "float32", "AVX2"),
        (RAPIDS, [], {"ONEDNN_MAX_CPU_ISA": "avx512_core_vnni"}, "float32", "AVX-512"),
        (RAPIDS, [], {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE_AMX"}, "mixed_bfloat16", "AVX-512 with bfloat16"),
        (RAPIDS, [], {"TF_ENABLE_ONEDNN_OPTS": "0"}, "float32", "AVX-512"),
        ({"asimd", "bf16"}, [], {}, "mixed_bfloat16", "NEON with bfloat16"),
        ({"asimd"}, [], {}, "float32", "NEON"),
        (set(), [], {}, "float32", "unknown"),
        (RAPIDS, [(7, 5)], {}, "float32", "GPU"),
        ({"avx2"}, [(8, 0), (9, 0)], {}, "mixed_bfloat16", "GPU"),
        ({"avx2"}, [(9, 0), (7, 0)], {}, "float32", "GPU"),
    ],
)
def test_each_machine_has_its_precision(machine, flags, gpus, environment, expected, words):
    machine(flags, gpus, **environment)
    assert precision.machines_precision() == expected
    assert precision.instructions() == words


def test_a_precision_that_the_environment_forbids_is_refused_in_a_sentence(machine):
    machine(RAPIDS, ONEDNN_MAX_CPU_ISA="AVX2")
    with pytest.raises(ModelError, match="ONEDNN_MAX_CPU_ISA=AVX2: unset it, or choose --precision float32"):
        precision.check_precision("mixed_bfloat16")
    precision.check_precision("float32")
    for able in [dict(flags={"avx2"}, ONEDNN_MAX_CPU_ISA="AVX2"), dict(flags=RAPIDS, TF_ENABLE_ONEDNN_OPTS="0")]:
        machine(**able)
        precision.check_precision("mixed_bfloat16")


def test_this_machine_is_read():
    assert precision.machines_precision() in ("float32", "mixed_bfloat16")
    assert precision.processor_flags() or not precision.Path("/proc/cpuinfo").exists()


def test_a_run_keeps_the_precision_that_it_was_started_with(machine, tmp_path):
    strategy, config = tf.distribute.get_strategy(), TrainingConfig(epochs=1)

    def opened(asked):
        chosen = dataclasses.replace(config, precision=agreed_precision(strategy, asked, tmp_path))
        open_run(tmp_path, chosen)
        return chosen.precision

    assert recorded_config(tmp_path) == {}
    machine(RAPIDS)
    assert opened(None) == "mixed_bfloat16"
    assert recorded_config(tmp_path)["precision"] == "mixed_bfloat16"
    machine({"avx2"})
    assert opened(None) == "mixed_bfloat16"
    with pytest.raises(ModelError, match="precision was 'mixed_bfloat16', is 'float32'"):
        opened("float32")
