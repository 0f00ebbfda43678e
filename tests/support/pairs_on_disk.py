"""Small tables of natural pairs with their files: spoken digits beside handwritten ones, and noises beside bars."""

import csv
import json
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

COLUMNS = ("sound", "image", "start", "end", "group", "label")


def write_table(path: Path, rows: list[dict]) -> Path:
    """A table of pairs, as JSON lines if its name says so, else as CSV with the columns that the rows have."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [name for name in COLUMNS if any(name in row for row in rows)])
        table.writeheader()
        table.writerows(rows)
    return path


def write_sound(folder: Path, name: str, waveform: np.ndarray) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / name, waveform, 8000)
    return name


def write_image(folder: Path, name: str, image: np.ndarray) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(folder / name)
    return name


def noises_and_bars(folder: Path, count: int = 40) -> list[dict]:
    """Rows of noises of 0.2 to 0.3 s, each with an image of its own of a bar at its place; every four share a group."""
    rng, rows = np.random.default_rng(0), []
    for i in range(count):
        image = np.zeros((28, 28), np.uint8)
        image[4:24, i % 24 : i % 24 + 4] = 150 + i % 100
        sound = write_sound(folder, f"sounds/{i:03d}.wav", 0.1 * rng.standard_normal(1600 + 20 * i))
        rows.append({"sound": sound, "image": write_image(folder, f"images/{i:03d}.png", image), "group": f"g{i // 4}"})
    return rows


def spoken_and_written(folder: Path, speakers: int = 8, takes: int = 4) -> list[dict]:
    """Rows of the embedded data as files named as FSDD's, DIGIT_SPEAKER_TAKE.wav: each clip with a handwritten digit of
    its own; the speaker is the group."""
    from crossmodal.data import digits_tts

    speech, images = digits_tts.load_speech(speakers=speakers, takes=takes), digits_tts.load_images()
    used, rows = np.zeros(10, int), []
    for waveform, digit, speaker, take in zip(
        speech.waveforms, speech.labels, speech.speakers, speech.takes, strict=True
    ):
        image = images.train_images[np.flatnonzero(images.train_labels == digit)[used[digit]]]
        used[digit] += 1
        name = f"{digit}_{speaker}_{take}"
        sound = write_sound(folder, f"sounds/{name}.wav", waveform)
        drawn = write_image(folder, f"images/{name}.png", image)
        rows.append({"sound": sound, "image": drawn, "group": speaker, "label": speech.classes[digit]})
    return rows
