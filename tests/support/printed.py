"""The commands that README and docs print, and a place in which they can be run: files under the names that they use,
runs to look at, and a small data set where TensorFlow Datasets would give FSDD and MNIST."""

import itertools
import json
import re
import shlex
from pathlib import Path

import numpy as np
import soundfile
from small_esc10 import small_esc10

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "crossmodal" / "presets" / "README.md"]
FORMS = {"RUN": "runs/vae", "NAME": "mine", "REFERENCE.wav": "rain.wav", "SYNTHESIS.wav": "fire.wav", "...": ""}
OUTPUTS = ("-o", "--output", "--json", "--workdir", "--results", "--data-dir")  # options that name what is written
SPEAKERS, TAKES = ("george", "jackson", "nicolas", "theo", "yweweler"), 12
TRAIN_IMAGES, TEST_IMAGES = 400, 120
FLOWS = ("joint-flow", "signs", "flow", "digits")  # runs of flows, which say things and have dials


def commands_in(text: str) -> list[str]:
    """Every command of a page, once, in its order: of blocks of shell, and in running text. `crossmodal-evaluate` is
    `crossmodal evaluate`; words in capitals stand for names, and get some."""
    shell = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    prose = re.sub(r"```.*?```|^#.*?$", "", text, flags=re.DOTALL | re.MULTILINE)
    found = [as_command(part.strip()) for line in shell for part in line.split("&&")]
    found += [command for command in map(as_command, re.findall(r"`([^`]+)`", prose)) if not is_name(command)]
    return list(dict.fromkeys(filter(None, found)))


def names_in(text: str) -> list[str]:
    """The commands of which a page says no more than the name, such as `crossmodal texture learn`."""
    return [command for command in map(as_command, re.findall(r"`([^`]+)`", text)) if is_name(command)]


def as_command(line: str) -> str:
    """A line as it is to be run; empty if it is none of ours."""
    try:
        words = [FORMS.get(word, word) for word in shlex.split(line, comments=True)] or [""]
    except ValueError:  # a quotation mark alone
        return ""
    words[0] = words[0].removeprefix(".venv/bin/")
    if words[1:] == ["--help"]:  # tested in tests/app/test_commands.py
        return ""
    if words[0] == "crossmodal-evaluate":
        words[:1] = ["crossmodal", "evaluate"]
    return shlex.join(filter(None, words)) if words[0] in ("crossmodal", "python") and len(words) > 1 else ""


def is_name(command: str) -> bool:
    return bool(command) and command == f"crossmodal {program_of(command)}"


def program_of(command: str) -> str:
    """What is run: such as `texture learn` of `crossmodal`, `train_vae.py` of the recipes, `splits.py vae`."""
    program, *words = shlex.split(command)
    if program == "python":
        name = Path(words[0]).name
        return f"{name} {words[1]}" if name in ("splits.py", "train_family.py", "pretrain.py") else name
    return " ".join(words[:2]) if words[0] in ("texture", "train", "evaluate", "data") else words[0]


def outputs_of(words: list[str]) -> list[str]:
    """The files and folders that a command is told to write."""
    return [word for option, word in itertools.pairwise(words) if option in OUTPUTS]


def make_inputs(folder: Path, command: str, speech: np.ndarray) -> None:
    """The recordings, models and runs that a command reads, under its own names; draw is given `speech` at 8 kHz."""
    from crossmodal.data.textures import rain

    words = shlex.split(command)
    if words[:2] == ["crossmodal", "redo"]:
        drawing_to_redo(folder, words, speech)
        return
    for seed, name in enumerate(word for word in words if word not in outputs_of(words)):
        if Path(name).suffix in (".wav", ".mp3"):
            hears = program_of(command) == "draw"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(folder / name, speech if hears else rain(4.0, seed=seed), 8000 if hears else 20_000)
        elif Path(name).suffix == ".keras":
            untrained_texture().save(folder / name)
        elif Path(name).suffix == ".png":
            picture_of_a_bar(folder / name)
        elif name in ("pairs.csv", "shards"):
            table_of_pairs(folder, name == "shards")
        elif name.endswith("/"):
            (folder / name).mkdir()
            if "pictures" in name:
                picture_of_a_bar(folder / name / "one.png")
            else:
                soundfile.write(folder / name / "one.wav", speech, 8000)
        elif name in ("hand_signs", "signs"):
            photographs(folder / name, named=name == "signs")
        elif name == "ESC-10":
            small_esc10(folder / name)
        elif name == "runs/correspondence":
            untrained_correspondence(folder / name)
        elif name in ("runs/reader", "runs/signs-reader"):
            untrained_reader(folder / name)
        elif name == "runs/stacked":
            untrained_stack(folder / name)
        elif name.startswith("runs/"):
            finished_run(folder / name, "digits-tts" if name == "runs/vae" else "fsdd-mnist")


def photographs(folder: Path, named: bool, people: int = 12) -> None:
    """WORD/img_N.jpg of each digit by some people, as in the Sign Language Digits Dataset; or WORD/PERSON_N.jpg."""
    from PIL import Image

    from crossmodal.data.sources import DIGITS

    for number in range(10 * people):
        path = folder / DIGITS[number % 10] / f"{number // 10 if named else 'img'}_{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16), (number, 200 - number, 20 * (number % 10))).save(path)


def table_of_pairs(folder: Path, packed: bool) -> None:
    """pairs.csv with its files; and its shards, if they are wanted."""
    from pairs_on_disk import noises_and_bars, write_table

    from crossmodal.data.packing import pack

    table = write_table(folder / "pairs.csv", noises_and_bars(folder, 240))
    if packed:
        pack(table, folder / "shards")


def drawing_to_redo(folder: Path, words: list[str], speech: np.ndarray) -> None:
    """drawing.png, as draw wrote it of a recording seven.wav, which then moved to where `words` have it."""
    from crossmodal.__main__ import main

    moved = folder / (words[words.index("--input") + 1] if "--input" in words else "seven.wav")
    soundfile.write(folder / "seven.wav", speech, 8000)
    assert main(["draw", str(folder / "seven.wav"), "-o", str(folder / "drawing.png")]) == 0
    moved.parent.mkdir(exist_ok=True)
    (folder / "seven.wav").rename(moved)


def picture_of_a_bar(path: Path) -> None:
    from PIL import Image

    pixels = np.full((60, 60), 255, np.uint8)
    pixels[10:50, 28:33] = 0
    Image.fromarray(pixels).save(path)


def untrained_reader(folder: Path) -> None:
    from crossmodal.data.sources import DIGITS
    from crossmodal.models.networks.lenet5 import LeNet5

    folder.mkdir(parents=True)
    LeNet5(DIGITS).save(folder / "model.keras")


def untrained_correspondence(folder: Path) -> None:
    from crossmodal.data.sources import DIGITS
    from crossmodal.models.contrastive import ContrastiveCorrespondence

    folder.mkdir(parents=True)
    said = {"data": "fsdd-mnist", "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []}
    ContrastiveCorrespondence(classes=DIGITS, provenance=said).save(folder / "model.keras")


def untrained_stack(folder: Path) -> None:
    from crossmodal.models.pretraining.deep_autoencoder import DeepAutoencoder

    folder.mkdir(parents=True)
    DeepAutoencoder((48 * 48, 400, 150), ("gaussian", "bernoulli", "bernoulli")).save(folder / "model.keras")


def untrained_texture():
    from crossmodal.data.textures import rain
    from crossmodal.models.coopnets import CoopNets

    model = CoopNets.auditory(draw_steps=1)
    model.set_spectrum(rain(2.0))
    return model


def finished_run(folder: Path, data: str) -> None:
    """A run as a training leaves it, of a small model that has not learned anything; a joint flow in runs of FLOWS, and
    conditional cooperative networks in runs of their name."""
    from crossmodal.data.sources import DIGITS
    from crossmodal.models.conditional_coopnets import ConditionalCoopNets
    from crossmodal.models.joint_flow import JointFlow
    from crossmodal.models.vae import AudioImageVAE

    folder.mkdir(parents=True)
    said = {"data": data, "protocol": "random", "seed": 0, "held_out_speaker": None, "speakers": []}
    if folder.name in FLOWS:
        sizes = {"width": 16, "blocks": 1, "heads": 2, "hidden": 16, "frames_per_token": 12, "steps": 1}
        model = JointFlow(**sizes, classes=DIGITS, provenance=said)
    elif folder.name == "coopnets":
        sizes = {"descriptor_filters": (4, 4, 4), "decoder_options": {"units": (8,), "filters": (8, 8, 8)}, "steps": 1}
        model = ConditionalCoopNets(**sizes, encoder_kind="linear", classes=DIGITS, provenance=said)
    else:
        model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=DIGITS, provenance=said)
    model.save(folder / "model.keras")
    (folder / "config.json").write_text(json.dumps({"config": {"data": data}, "environment": {}}))
    (folder / "metrics.json").write_text(json.dumps({"command": "python recipes/train_vae.py", "epochs": 1}))


def spoken_archive(folder: Path) -> Path:
    """Speech Commands in small: a tone for each digit by eight speakers, two of whom validate."""
    from crossmodal.data.sources import DIGITS

    rng = np.random.default_rng(0)
    for digit, word in enumerate(DIGITS):
        (folder / word).mkdir(parents=True)
        for speaker in range(8):
            tone = 0.3 * np.sin(2 * np.pi * 300 * 2 ** (digit / 3) * (1 + 0.01 * speaker) * np.arange(3000) / 8000)
            waveform = np.concatenate([np.zeros(2000), tone, np.zeros(3000)]) + 1e-3 * rng.standard_normal(8000)
            soundfile.write(folder / word / f"{speaker:08x}_nohash_0.wav", waveform, 8000)
    names = [f"{word}/{speaker:08x}_nohash_0.wav" for word in DIGITS for speaker in (0, 1)]
    (folder / "validation_list.txt").write_text("\n".join(names))
    return folder


class StandIn:
    """What `tfds_source.open_dataset` gives, of a name such as mnist:3.0.1: a builder, of small data."""

    def __init__(self, name: str, **places):
        self.name = name

    def as_dataset(self, split: str, batch_size: int | None = None):
        self.split = split
        return self

    def as_numpy_iterator(self):
        return self.clips() if self.name.startswith("spoken_digit") else self.images()

    def clips(self):
        """A tone for each digit, a little different for each speaker and take."""
        rng = np.random.default_rng(0)
        for digit in range(10):
            for i, speaker in enumerate(SPEAKERS):
                for take in range(TAKES):
                    times_s = np.arange(rng.integers(1600, 3200)) / 8000
                    tone = np.sin(2 * np.pi * 300 * 2 ** (digit / 3) * (1 + 0.01 * i) * times_s)
                    sound = 8000 * tone + 100 * rng.standard_normal(len(times_s))
                    name = f"{digit}_{speaker}_{take}.wav".encode()
                    yield {"audio/filename": name, "audio": sound.astype(np.int64), "label": digit}

    def images(self):
        from crossmodal.data.digits_tts import load_images

        drawn = load_images()
        if self.split == "train":
            yield {"image": drawn.train_images[:TRAIN_IMAGES, ..., None], "label": drawn.train_labels[:TRAIN_IMAGES]}
        else:
            yield {"image": drawn.test_images[:TEST_IMAGES, ..., None], "label": drawn.test_labels[:TEST_IMAGES]}
