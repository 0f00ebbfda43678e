"""The numbers of the front end that hears textures: its bands of hearing and of modulation, and what it averages.

Nothing here needs Keras.
"""

from functools import lru_cache

import numpy as np

from crossmodal.errors import AudioError

BANDS = 30  # of the cochlea
LOWEST_HZ, HIGHEST = 40.0, 0.47  # the highest centre, as a share of the sample rate
MODULATIONS, MODULATION_OCTAVES = 12, 0.7  # bands of modulation and their distance, down from 160 Hz
FAST = 4  # of these, at the full rate of 400 Hz; the others do with a quarter of it
COMPRESSION = 0.3
FLOOR = 1e-5  # of the squared amplitude, in units of a band's mean
KNEES = (-2.5, -1.7, -1.0, -0.4, 0.2, 0.8, 1.5, 2.3, 3.2, 4.3, 5.6, 7.2)  # standard deviations from the mean
KNEE_WIDTHS = tuple(0.7 + 0.1 * abs(knee) for knee in KNEES)
NEIGHBOURHOOD = 2  # bands apart whose modulations are held together; envelopes are across all bands
DECIMATION = 10  # samples of a sound for one of a band
FRAME_RATE = 400  # Hz, of the envelopes
OLDER_FRAME = 50  # samples, of models of any rate whose files do not name it
FRAMES_MULTIPLE = 20  # frames, see `length_multiple`


def frame_of(sample_rate: int) -> int:
    """Samples of a frame: the multiple of ten that is nearest to 2.5 ms, 50 at 20 kHz, 110 at 44.1 kHz."""
    return DECIMATION * max(1, round(sample_rate / (FRAME_RATE * DECIMATION)))


def length_multiple(frame: int) -> int:
    """The front end, whose frames have `frame` samples, hears multiples of so many samples."""
    return FRAMES_MULTIPLE * frame


def check_length(samples: int, frame: int) -> None:
    """AudioError unless the front end, whose frames have `frame` samples, can divide this number of samples."""
    multiple = length_multiple(frame)
    if samples < multiple or samples % multiple:
        raise AudioError(f"{samples} samples cannot be heard: take a multiple of {multiple}.")


@lru_cache(maxsize=8)
def cochlear_bank(samples: int, sample_rate: int, highest_hz: float) -> np.ndarray:
    """Amplitude responses (BANDS, samples // 2), half-cosines on the ERB scale, each reaching to its neighbours'
    centres: squared responses sum to 1 between the first and the last centre."""
    erb = _erb(np.fft.rfftfreq(samples, 1 / sample_rate)[: samples // 2])
    centres = band_centres(highest_hz)
    position = (erb - centres[:, None]) / (2 * (centres[1] - centres[0]))
    return np.where(np.abs(position) < 0.5, np.cos(np.pi * position), 0.0).astype(np.float32)


def band_centres(highest_hz: float) -> np.ndarray:
    """The centres (BANDS,) of the cochlea's bands, on the ERB scale."""
    return np.linspace(_erb(LOWEST_HZ), _erb(highest_hz), BANDS)


@lru_cache(maxsize=8)
def modulation_bank(frames: int, rate: float) -> np.ndarray:
    """Amplitude responses (MODULATIONS, frames // 2 + 1), half-cosines over the octaves."""
    octave = np.log2(np.maximum(np.fft.rfftfreq(frames, 1 / rate), 1e-9))
    centres = np.log2(0.4 * rate) - MODULATION_OCTAVES * np.arange(MODULATIONS)
    position = (octave - centres[:, None]) / (2 * MODULATION_OCTAVES)
    return np.where(np.abs(position) < 0.5, np.cos(np.pi * position), 0.0).astype(np.float32)


def pairs(most_apart: int) -> np.ndarray:
    """Indices of the pairs of bands in a flattened square."""
    return np.flatnonzero(np.triu(np.ones((BANDS, BANDS)), 1) * np.tri(BANDS, BANDS, most_apart))


def feature_shapes() -> list[tuple[int, ...]]:
    """The shape of each kind of feature, in their order."""
    marginal, modulations = (BANDS,), (FAST, MODULATIONS - FAST)
    return [
        *[marginal] * (1 + len(KNEES)),
        *[(BANDS, bands) for bands in modulations] * 2,
        (len(pairs(BANDS)),),
        *((len(pairs(NEIGHBOURHOOD)), bands) for bands in modulations),
        *[marginal] * 2,
    ]


def _erb(frequency):
    """Number of equivalent rectangular bandwidths below a frequency in Hz (Glasberg & Moore 1990)."""
    return 9.265 * np.log1p(np.asarray(frequency) / (24.7 * 9.265))
