"""The embedded default data: digits (or other words) by eSpeak NG, scikit-learn's handwritten digits; no download.

Speech: a speaker is one of eSpeak's voice variants; a take is a random accent, rate, pitch and pitch range.
The synthesiser keeps state between utterances that nothing resets (the phase of its vibrato), so each speaker
speaks in a process of its own, seeded, take by take: a clip depends on its speaker and take alone, neither on
how many of either are asked for nor on what this process did before. The clips are kept in a cache.

Images: 8x8 counts of ink are enlarged and sharpened into strokes, then framed as MNIST frames its digits.
"""

import ctypes
import functools
import hashlib
import io
import json
import os
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from crossmodal.data.sources import DIGITS, Images, Speech
from crossmodal.errors import DataError
from crossmodal.runtime.files import replacing
from crossmodal.runtime.surroundings import xdg_folder

SPEECH_LICENCE = "eSpeak NG: GPL-3.0-or-later, an optional component, run as a process of its own"
SPEECH_SOURCE = "https://github.com/espeak-ng/espeak-ng"
IMAGES_LICENCE = "CC BY 4.0"
IMAGES_SOURCE = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
IMAGES_CITATION = (
    "E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998."
)

SAMPLE_RATE = 8000
PEAK = 0.9
SILENCE = 0.01  # of the peak; what is quieter before and after the word is cut off
MARGIN_S = 0.01
# West Midlands English is left out: a recogniser of real digits understands it far less than these.
ACCENTS = ("en", "en-029", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-rp", "en-us", "en-us-nyc")
# In the order of use, women and men by turns at first. Left out: whispers, robots, echoes and near-twins.
_VARIANTS = """
f1 m1 f2 m2 f3 m3 f4 m4 f5 m7 Annie m8 belinda Alex grandma Andy linda Denis steph Nguyen
aunty m5 Andrea Mike anika Gene klatt3 Michael AnxiousAndy Mario Gene2 Jacky Reed Henrique pablo Marco ed david
Tweaky quincy boris victor m6 miguel robert edward marcelo iven4 paul mike2 Storm pedro antonio sandro max adam
john Hugo gustave
"""
SPEAKERS = tuple(_VARIANTS.split())
_OTHERS = """
backward bed bird cat dog down follow forward go happy house learn left Marvin no off on right Sheila stop tree up
visual wow yes
"""
OTHER_WORDS = tuple(_OTHERS.split())  # those of Speech Commands that are no digits
RATES_WPM, PITCHES, PITCH_RANGES = (120, 220), (20, 80), (20, 80)
CACHE_FORMAT = 1
TEST_IMAGES_PER_CLASS = 36
SPLIT_SEED = 0

# Named in espeak-ng/speak_lib.h
_AUDIO_OUTPUT_SYNCHRONOUS, _INITIALIZE_DONT_EXIT, _CHARS_UTF8 = 2, 0x8000, 1
_RATE, _PITCH, _RANGE = 1, 3, 4


@dataclass(frozen=True)
class Utterance:
    """What eSpeak is asked to say: the voice is `accent+speaker`, pitch and pitch range are 0..100. The number of the
    word is that in a list, of digits the digit."""

    speaker: str
    take: int
    word: int
    accent: str
    rate_wpm: int
    pitch: int
    pitch_range: int


def load_speech(
    cache_dir: str | os.PathLike | None = None,
    *,
    speakers: int = 20,
    takes: int = 10,
    words: tuple[str, ...] = DIGITS,
) -> Speech:
    """`words` x `speakers` x `takes` clips, 8 kHz, peak 0.9, 0.1 to 1.2 s: by speaker, then take, then word.

    Args:
        cache_dir: where the clips are kept; by default `user_cache()`.
        speakers: the first so many of `SPEAKERS`, 1 to 59. 'f2' comes back as 'espeak-f2'.
        takes: renditions of each word by each speaker, 1 or more.
        words: what is said, the ten digits or English words of your own; a label is the number of a word.

    Raises:
        DataError: eSpeak NG is not installed or fails, or there are not so many speakers or takes.
    """
    if not 1 <= speakers <= len(SPEAKERS):
        raise DataError(f"eSpeak NG cannot lend {speakers} speakers: ask for 1 to {len(SPEAKERS)}.")
    if takes < 1:
        raise DataError(f"There are no data in {takes} takes: ask for 1 or more.")
    library, voices, release = _find_espeak()
    plans = [plan(speaker, takes, len(words)) for speaker in SPEAKERS[:speakers]]
    utterances = [utterance for of_one_speaker in plans for utterance in of_one_speaker]

    determinants = [release, hashlib.sha256(library.read_bytes()).hexdigest(), *map(astuple, utterances)]
    key = _key(determinants if words == DIGITS else [*determinants, *words])
    path = Path(cache_dir or user_cache()) / f"digits-tts-{speakers}x{takes}-{key[:16]}.npz"
    clips = _read_cache(path, key) if path.exists() else []
    if not clips:
        # A thread waits for each process; the processes are what works.
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            spoken = pool.map(lambda of_one_speaker: _speak_apart(of_one_speaker, library, voices, words), plans)
            clips = [_finish(*clip) for of_one_speaker in spoken for clip in of_one_speaker]
        _write_cache(path, key, clips)
    return Speech(
        name="digits-tts",
        waveforms=[clip.astype(np.float32) / 32768 for clip in clips],
        labels=np.array([utterance.word for utterance in utterances], np.int64),
        speakers=np.array([f"espeak-{utterance.speaker}" for utterance in utterances]),
        takes=np.array([utterance.take for utterance in utterances], np.int64),
        sample_rate=SAMPLE_RATE,
        classes=words,
    )


def plan(speaker: str, takes: int, words: int = len(DIGITS)) -> list[Utterance]:
    """Take by take, words 0, 1, ... in each; more takes leave the earlier ones as they are."""
    utterances = []
    for take in range(takes):
        for word in range(words):
            rng = np.random.default_rng([zlib.crc32(speaker.encode()), word, take])
            accent = ACCENTS[rng.integers(len(ACCENTS))]
            settings = [int(rng.integers(*limits, endpoint=True)) for limits in (RATES_WPM, PITCHES, PITCH_RANGES)]
            utterances.append(Utterance(speaker, take, word, accent, *settings))
    return utterances


def user_cache() -> Path:
    """CROSSMODAL_CACHE, else the folder crossmodal in XDG_CACHE_HOME or ~/.cache."""
    if chosen := os.environ.get("CROSSMODAL_CACHE"):
        return Path(chosen)
    return Path(xdg_folder("XDG_CACHE_HOME", ".cache")) / "crossmodal"


def _find_espeak() -> tuple[Path, Path, str]:
    """The shared library, the folder of voices and the release of espeakng-loader."""
    try:
        import espeakng_loader

        release = version("espeakng-loader")
    except ImportError as error:
        raise DataError(
            'The embedded digits-tts data needs eSpeak NG: pip install "crossmodal-toolkit[tts]".'
        ) from error
    return Path(espeakng_loader.get_library_path()), Path(espeakng_loader.get_data_path()), release


def _speak_apart(
    utterances: list[Utterance], library: Path, voices: Path, words=DIGITS
) -> list[tuple[np.ndarray, int]]:
    """(waveform (samples,) int16, sample rate) per utterance, spoken by a fresh process."""
    speaker = utterances[0].speaker
    task = json.dumps([str(library), str(voices), words, [astuple(utterance) for utterance in utterances]])
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"from {__name__} import _main; _main()"],
        input=task.encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or [f"exit {done.returncode}"])[-1]
        reason = reason.rpartition("Error: ")[2]
        raise DataError(f"eSpeak NG cannot speak as {speaker} ({reason}): install espeakng-loader anew.")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as spoken:
        clips = np.split(spoken["samples"], np.cumsum(spoken["lengths"])[:-1])
        return [(clip, int(spoken["sample_rate"])) for clip in clips]


def _main() -> None:
    """The process of one speaker: the task as JSON from stdin, the clips as .npz to stdout."""
    library, voices, words, utterances = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # whatever eSpeak prints goes to stderr
        clips, sample_rate = _speak(library, voices, words, [Utterance(*fields) for fields in utterances])
        archive = io.BytesIO()
        np.savez(archive, samples=np.concatenate(clips), lengths=[len(clip) for clip in clips], sample_rate=sample_rate)
        out.write(archive.getvalue())


def _speak(library: str, voices: str, words, utterances: list[Utterance]) -> tuple[list[np.ndarray], int]:
    """One int16 waveform (samples,) per utterance, and the sample rate. Changes the working directory."""
    espeak = ctypes.CDLL(library)
    os.chdir(Path(voices).parent)  # eSpeak cuts paths at 160 characters; a relative one is short anywhere
    folder = os.path.basename(voices)
    sample_rate = espeak.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, folder.encode(), _INITIALIZE_DONT_EXIT)
    if sample_rate <= 0:
        raise DataError("espeak_Initialize failed")
    espeak.espeak_ng_SetRandSeed(ctypes.c_long(0))  # else breath is seeded with the time

    heard: list[np.ndarray] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def keep(samples, count, _events):
        if samples and count > 0:
            heard.append(np.ctypeslib.as_array(samples, (count,)).astype(np.int16))  # a copy
        return 0

    espeak.espeak_SetSynthCallback(keep)
    clips = []
    for utterance in utterances:
        heard.clear()
        # eSpeak takes an unknown variant for the plain voice and reports success.
        if not Path(folder, "voices", "!v", utterance.speaker).is_file():
            raise DataError(f"no voice variant {utterance.speaker}")
        word = words[utterance.word].encode()
        codes = (
            espeak.espeak_SetVoiceByName(f"{utterance.accent}+{utterance.speaker}".encode()),
            espeak.espeak_SetParameter(_RATE, utterance.rate_wpm, 0),
            espeak.espeak_SetParameter(_PITCH, utterance.pitch, 0),
            espeak.espeak_SetParameter(_RANGE, utterance.pitch_range, 0),
            espeak.espeak_Synth(word, len(word) + 1, 0, 0, 0, _CHARS_UTF8, None, None),
            espeak.espeak_Synchronize(),
        )
        if any(codes) or not any(part.any() for part in heard):
            raise DataError(f"silence, codes {codes}")
        clips.append(np.concatenate(heard))
    return clips, sample_rate


def _finish(raw: np.ndarray, raw_rate: int) -> np.ndarray:
    """int16 (samples,) at 8 kHz without the silence around the word, peak 0.9 of full scale."""
    import librosa

    waveform = librosa.resample(raw.astype(np.float32), orig_sr=raw_rate, target_sr=SAMPLE_RATE, res_type="soxr_hq")
    peak = np.abs(waveform).max()
    loud = np.flatnonzero(np.abs(waveform) >= SILENCE * peak)
    margin = round(MARGIN_S * SAMPLE_RATE)
    word = waveform[max(loud[0] - margin, 0) : loud[-1] + 1 + margin]
    return np.rint(word * (PEAK * 32768 / peak)).astype(np.int16)


def _key(determinants: list) -> str:
    """SHA-256 over everything that the clips follow from."""
    constants = [CACHE_FORMAT, SAMPLE_RATE, PEAK, SILENCE, MARGIN_S, version("librosa"), version("soxr")]
    return hashlib.sha256(json.dumps([constants, determinants]).encode()).hexdigest()


def _digest(key: str, samples: np.ndarray, lengths: np.ndarray) -> str:
    return hashlib.sha256(key.encode() + lengths.tobytes() + samples.tobytes()).hexdigest()


def _read_cache(path: Path, key: str) -> list[np.ndarray]:
    """The clips, or an empty list and a warning where the file is not what was written."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            samples, lengths, digest = kept["samples"], kept["lengths"], str(kept["sha256"])
        if digest != _digest(key, samples, lengths):
            raise ValueError("wrong SHA-256")
    except Exception as error:  # whatever is wrong with the file, speaking again mends it
        warnings.warn(f"{path} is damaged ({error}); its clips are made anew.", stacklevel=3)
        return []
    return np.split(samples, np.cumsum(lengths)[:-1])


def _write_cache(path: Path, key: str, clips: list[np.ndarray]) -> None:
    samples, lengths = np.concatenate(clips), np.array([len(clip) for clip in clips], np.int64)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            np.savez(temporary, samples=samples, lengths=lengths, sha256=_digest(key, samples, lengths))
    except OSError as error:
        warnings.warn(f"The clips cannot be kept in {path.parent} ({error}).", stacklevel=3)


def load_images() -> Images:
    """1,797 handwritten digits in MNIST's polarity, size and centring: 1,437 to train on, 360 to test on."""
    images, labels = _drawn()
    rng = np.random.default_rng(SPLIT_SEED)
    chosen = [rng.permutation(np.flatnonzero(labels == digit))[:TEST_IMAGES_PER_CLASS] for digit in range(10)]
    test = np.isin(np.arange(len(labels)), chosen)
    return Images("digits-tts", images[~test], labels[~test], images[test], labels[test])


@functools.cache
def _drawn() -> tuple[np.ndarray, np.ndarray]:
    """The digits (1797, 28, 28), uint8, and which they are, computed once in a process; not to be changed."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    return np.stack([_frame(strokes) for strokes in _sharpen(digits.images / 16)]), digits.target.astype(np.int64)


def _sharpen(coarse: np.ndarray) -> np.ndarray:
    """(images, 8, 8) in 0..1 to (images, 50, 50) in 0..1: enlarged, unsharp-masked, pushed to black and white.

    The constants bring mean, share of ink and share of grey to MNIST's.
    """
    from PIL import Image
    from scipy.ndimage import gaussian_filter

    scale, steepness, threshold = 5, 6.0, 0.7
    padded = np.pad(coarse, ((0, 0), (1, 1), (1, 1))).astype(np.float32)
    size = (padded.shape[2] * scale, padded.shape[1] * scale)
    smooth = np.empty((len(padded), size[1], size[0]), np.float32)
    for image, enlarged in zip(padded, smooth, strict=True):
        enlarged[:] = Image.fromarray(image).resize(size, Image.Resampling.LANCZOS)
    clear = smooth + 3 * (smooth - gaussian_filter(smooth, (0, scale, scale)))
    ink = 1 / (1 + np.exp(steepness * (threshold - clear)))
    ink = np.maximum(ink - 1 / (1 + np.exp(steepness * threshold)), 0)  # paper is exactly black
    return ink / ink.max(axis=(1, 2), keepdims=True)


def _frame(ink: np.ndarray) -> np.ndarray:
    """(height, width) in 0..1 to (28, 28) uint8: ink within 20x20, its centre of mass at the image's centre."""
    from PIL import Image

    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # Coarse strokes come out too wide, so that the width shrinks a little more than the height.
    height, width = ink.shape[0], 0.83 * ink.shape[1]
    size = [max(1, round(20 * length / max(height, width))) for length in (width, height)]
    small = np.asarray(Image.fromarray(ink.astype(np.float32)).resize(size, Image.Resampling.BOX))
    image = np.zeros((28, 28), np.uint8)
    corner = []
    for axis, length in enumerate(small.shape):
        centre = small.sum(axis=1 - axis) @ np.arange(length) / small.sum()
        corner.append(int(np.clip(round(13.5 - centre), 0, 28 - length)))
    top, left = corner
    image[top : top + small.shape[0], left : left + small.shape[1]] = np.rint(255 * small.clip(0, 1))
    return image
