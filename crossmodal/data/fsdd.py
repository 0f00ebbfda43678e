"""Free Spoken Digit Dataset: 2,500 spoken English digits, 5 speakers, 8 kHz, TFDS `spoken_digit:1.0.9`."""

import numpy as np

from crossmodal.data.sources import Speech
from crossmodal.data.tfds_source import open_dataset, read_examples

TFDS_NAME = "spoken_digit:1.0.9"
LICENCE = "CC BY-SA 4.0"
CITATION = "Z. Jackson et al.: Free Spoken Digit Dataset, v1.0.9, 2020."
SAMPLE_RATE = 8000
PAPER_SPEAKERS = ("jackson", "nicolas", "theo", "yweweler")


def speakers_of(data: str, protocol: str) -> tuple[str, ...]:
    """Who speaks in some data by a protocol: the paper's four in its own protocol, else () for all."""
    return PAPER_SPEAKERS if data in ("fsdd-mnist", "fsdd-folders") and protocol == "random" else ()


def load(data_dir: str | None = None, archives: str | None = None) -> Speech:
    """All 2,500 clips, ordered by file name. Raises DataError, see `open_dataset`."""
    builder = open_dataset(TFDS_NAME, data_dir=data_dir, archives=archives)
    examples = read_examples(builder, "train")
    examples.sort(key=lambda example: example["audio/filename"])
    # {digit}_{speaker}_{take}.wav
    names = [example["audio/filename"].decode().removesuffix(".wav").split("_") for example in examples]
    return Speech(
        name="fsdd",
        waveforms=[example["audio"].astype(np.float32) / 32768 for example in examples],
        labels=np.array([example["label"] for example in examples], np.int64),
        speakers=np.array([speaker for _, speaker, _ in names]),
        takes=np.array([int(take) for _, _, take in names]),
        sample_rate=SAMPLE_RATE,
    )
