"""What a visitor teaches, without a browser: bounds and faults, the training as a process, the model taken home."""

import json
from urllib.request import Request, urlopen

import numpy as np
import pytest
from PIL import Image, ImageDraw

from crossmodal.app.demo import lesson, teaching
from crossmodal.data.folders import load_folders
from crossmodal.errors import CrossmodalError, DataError
from crossmodal.sound.conditions import coloured_noise

NAMES = ("low", "high")


@pytest.fixture
def sound(tmp_path, tone, write_sound):
    """sound(name, number): a file with a tone that is low or high."""

    def make(name: str, number: int = 0):
        frequency_hz = (300 if name == "low" else 2000) * (1 + number / 50)
        return write_sound(f"{name}{number}.wav", tone(frequency_hz, 16_000), 16_000)

    return make


@pytest.fixture
def picture(tmp_path):
    """picture(name, number): a file with a bar that lies or stands."""

    def make(name: str, number: int = 0):
        page = Image.new("RGB", (60, 60), "white")
        box = (10, 26 + number, 50, 34 + number) if name == "low" else (26 + number, 10, 34 + number, 50)
        ImageDraw.Draw(page).rectangle(box, fill="black")
        page.save(tmp_path / f"{name}{number}.png")
        return tmp_path / f"{name}{number}.png"

    return make


@pytest.fixture
def taught_twice(tmp_path, sound, picture):
    """A lesson of two classes, each with three sounds and three pictures."""
    place = tmp_path / "lesson"
    place.mkdir()
    for name in NAMES:
        for number in range(3):
            lesson.add_sound(place, name, sound(name, number))
            lesson.add_picture(place, name, picture(name, number))
    return place


def test_a_lesson_is_what_the_library_reads_from_folders(taught_twice):
    speech, images = load_folders(taught_twice / "sounds", taught_twice / "images", say=lambda words: None)
    assert speech.classes == images.classes == ("high", "low")
    assert lesson.counts(taught_twice) == {"high": (3, 3), "low": (3, 3)}
    loudest_hz = [np.abs(np.fft.rfft(waveform)).argmax() * 8000 / len(waveform) for waveform in speech.waveforms]
    np.testing.assert_allclose(loudest_hz, [2000, 2040, 2080, 300, 306, 312], atol=2)
    assert len(images.train_images) + len(images.test_images) == 6
    lying = images.train_images[images.train_labels == 1][0]
    assert lying[14, 2] > 250 > 5 > lying[14, 14] or lying[15, 14] < 5


def test_what_stands_beside_a_sound_or_a_picture_in_a_file_is_not_kept(tmp_path, picture):
    place = tmp_path / "lesson"
    page = Image.open(picture("low"))
    exif = page.getexif()
    exif[0x010E] = "where I live"
    page.save(tmp_path / "mine.jpg", exif=exif)
    lesson.add_picture(place, "low", tmp_path / "mine.jpg")
    (kept,) = lesson.files_of(place, "images", "low")
    assert b"where I live" in (tmp_path / "mine.jpg").read_bytes()
    assert b"where I live" not in kept.read_bytes()
    assert (kept.name, Image.open(kept).size, Image.open(kept).mode) == ("001.png", (28, 28), "L")


@pytest.mark.parametrize("name", ["", "  ", None, "..", ".hidden", "a/b", "a\\b", "a\nb", "thumbs.db", "x" * 41, "\0"])
def test_a_name_that_is_no_folder_is_refused_in_a_sentence(name, tmp_path, sound):
    with pytest.raises(DataError, match="class"):
        lesson.add_sound(tmp_path / "lesson", name, sound("low"))
    assert not (tmp_path / "lesson").exists()


def test_names_are_what_people_write(tmp_path, sound):
    for name in ("Käse", "  cat ", "猫", "it's"):
        lesson.add_sound(tmp_path, name, sound("low"))
    assert set(lesson.counts(tmp_path)) == {"Käse", "cat", "猫", "it's"}


def test_files_that_cannot_be_used_are_refused_by_their_names_alone(tmp_path, write_sound):
    long = write_sound("long.wav", coloured_noise(8000 * 11, 0.0, np.random.default_rng(0)).astype(np.float32) / 9)
    (tmp_path / "no.wav").write_bytes(b"no sound")
    (tmp_path / "no.png").write_bytes(b"no picture")
    Image.new("RGB", (60, 60), "white").save(tmp_path / "empty.png")
    for add, path, words in (
        (lesson.add_sound, long, "long.wav.*10"),
        (lesson.add_sound, tmp_path / "no.wav", "no.wav"),
        (lesson.add_picture, tmp_path / "no.png", "no.png"),
        (lesson.add_picture, tmp_path / "empty.png", "nothing in the picture"),
    ):
        with pytest.raises(DataError, match=words) as error:
            add(tmp_path / "lesson", "cat", path)
        assert "/" not in str(error.value).replace("no.png holds no picture that can be read: ", "")
    assert lesson.counts(tmp_path / "lesson") == {}


def test_there_are_not_more_classes_and_files_than_the_page_says(tmp_path, sound, monkeypatch):
    monkeypatch.setattr(lesson, "MOST", 2)
    monkeypatch.setattr(lesson, "MOST_CLASSES", 2)
    for name in ("a", "a", "b"):
        lesson.add_sound(tmp_path, name, sound("low"))
    with pytest.raises(DataError, match="a has 2 sounds already"):
        lesson.add_sound(tmp_path, "a", sound("low"))
    with pytest.raises(DataError, match="2 classes already"):
        lesson.add_sound(tmp_path, "c", sound("low"))


def test_what_was_added_can_be_removed(taught_twice):
    lesson.remove_last(taught_twice, "low", "sounds")
    assert lesson.counts(taught_twice)["low"] == (2, 3)
    lesson.remove_class(taught_twice, "high")
    assert list(lesson.counts(taught_twice)) == ["low"]
    for _ in range(2):
        lesson.remove_last(taught_twice, "low", "sounds")
    with pytest.raises(DataError, match="low has no sound yet"):
        lesson.remove_last(taught_twice, "low", "sounds")


def test_too_little_is_told_before_anything_is_trained(taught_twice):
    lesson.remove_last(taught_twice, "low", "sounds")
    lesson.remove_last(taught_twice, "high", "images")
    with pytest.raises(DataError, match="add 1 picture of high, 1 sound of low"):
        next(teaching.train_on(taught_twice))
    lesson.remove_class(taught_twice, "low")
    with pytest.raises(DataError, match="1 of at least 2 classes"):
        next(teaching.train_on(taught_twice))


def test_a_lesson_has_the_same_run_until_it_is_changed(taught_twice, sound):
    before = teaching.run_of(taught_twice)
    lesson.add_sound(taught_twice, "low", sound("low", 7))
    assert teaching.run_of(taught_twice) != before
    lesson.remove_last(taught_twice, "low", "sounds")
    assert teaching.run_of(taught_twice) == before


def test_a_training_has_so_many_steps_however_few_the_pictures_are(taught_twice):
    config = teaching.training_config(taught_twice)
    images_of_an_epoch = 4 * config.passes  # four of the six pictures train, two test
    assert images_of_an_epoch // config.batch_size == teaching.STEPS
    assert config.epochs == teaching.EPOCHS


@pytest.fixture
def pretended(monkeypatch):
    """pretended(script): let a script take the place of the command that trains."""

    def pretend(script: str) -> None:
        monkeypatch.setattr(teaching, "PROGRAM", ("-c", "import sys, time, pathlib\n" + script))
        monkeypatch.setattr(teaching, "LOOK_S", 0.02)

    yield pretend
    assert not teaching._RUNNING


EPOCHS_PASS = """
run = pathlib.Path(sys.argv[-1])
run.mkdir()
for epoch in range(1, 4):
    with open(run / "history.jsonl", "a") as file:
        file.write('{"epoch": %d}\\n' % epoch)
    time.sleep({seconds})
"""


def test_progress_is_told_epoch_by_epoch_with_the_time_left(taught_twice, pretended):
    pretended(EPOCHS_PASS.replace("{seconds}", "0.3"))
    seen = list(teaching.train_on(taught_twice, epochs=3))
    assert sorted({progress.done for progress in seen} - {0}) == [1, 2, 3]
    assert str(seen[0]) == "listening to the sounds"
    of_the_second = next(progress for progress in seen if progress.done == 2)
    assert 0.1 < of_the_second.seconds_left < 5
    assert str(teaching.Progress(3, 12, 75.4)) == "epoch 3 of 12, about 1:15 left"
    assert of_the_second.picture.name == "epoch-00002.png"


def test_a_training_that_is_stopped_says_where_and_another_may_begin(taught_twice, pretended):
    pretended(EPOCHS_PASS.replace("{seconds}", "60"))
    training = teaching.train_on(taught_twice, epochs=3)
    assert next(progress for progress in training if progress.done == 1).of == 3
    with pytest.raises(CrossmodalError, match="Another model is learning"):
        next(teaching.train_on(taught_twice))
    assert teaching.stop(taught_twice)
    with pytest.raises(CrossmodalError, match="Stopped after epoch 1 of 3"):
        list(training)
    assert not teaching.stop(taught_twice)


def test_a_visitor_who_goes_ends_his_training(taught_twice, pretended):
    pretended(EPOCHS_PASS.replace("{seconds}", "60"))
    training = teaching.train_on(taught_twice, epochs=3)
    next(training)
    process = teaching._RUNNING[taught_twice]
    training.close()
    assert process.poll() is not None
    training = teaching.train_on(taught_twice, epochs=3)
    next(training)
    teaching.forget(taught_twice)
    assert not taught_twice.exists()


def test_a_lesson_that_is_changed_while_it_is_learned_is_to_be_learned_anew(taught_twice, pretended, sound):
    pretended(EPOCHS_PASS.replace("{seconds}", "0.1"))
    training = teaching.train_on(taught_twice, epochs=3)
    next(training)
    before = teaching.run_of(taught_twice)
    lesson.add_sound(taught_twice, "low", sound("low", 9))
    with pytest.raises(CrossmodalError, match="was changed"):
        list(training)
    list(teaching.train_on(taught_twice, epochs=3))
    assert teaching.run_of(taught_twice).exists()
    assert not before.exists()  # runs do not pile up


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("print('a warning', file=sys.stderr); print(f'{pathlib.Path.cwd()}/sounds is odd.', file=sys.stderr)\nexit(2)",
         "^sounds is odd.$"),
        ("exit(2)", "ended at once"),
        ("raise SystemError", "ended at once"),
    ],
)  # fmt: skip
def test_a_training_that_fails_is_one_sentence_without_a_path(script, words, taught_twice, pretended):
    pretended(script)
    with pytest.raises(CrossmodalError, match=words) as error:
        list(teaching.train_on(taught_twice))
    assert "/" not in str(error.value)


def test_lessons_are_gone_with_the_page_unless_they_are_kept(tmp_path):
    with teaching.lessons_in(None) as lessons:
        (lessons / "lesson-1").mkdir()
    assert not lessons.exists()
    with teaching.lessons_in(tmp_path / "kept") as lessons:
        (lessons / "lesson-1").mkdir()
    assert (tmp_path / "kept" / "lesson-1").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(CrossmodalError, match="--keep"), teaching.lessons_in(tmp_path / "file"):
        pass


def test_a_model_is_taught_taken_home_and_draws(taught_twice, sound, tmp_path, monkeypatch):
    """For real, as small as can be: the process, its model, and the Python that the page shows."""
    from crossmodal.app.demo.taught import draw, taught_by

    seen = list(teaching.train_on(taught_twice, epochs=1, steps=2))
    assert seen[-1].done in (0, 1)
    taught = taught_by(taught_twice)
    assert taught.of == 2
    assert f"it draws {taught.right} as their class" in taught.caption
    ((image, name),), others = draw(sound("low", 8), taught)
    assert (image.shape, others.shape) == ((224, 224), (224, 6 * 224))
    assert name in NAMES
    home = tmp_path / "home"
    home.mkdir()
    (home / "model.keras").write_bytes(taught.file.read_bytes())
    (home / "sound.wav").write_bytes(sound("low", 8).read_bytes())
    monkeypatch.chdir(home)
    exec(taught.snippet, {})
    drawn = np.asarray(Image.open("drawing.png"), np.int32)
    np.testing.assert_allclose(image[::8, ::8], drawn, atol=1)
    assert [*teaching.train_on(taught_twice, epochs=1, steps=2)] == []  # it is finished and not run again


@pytest.fixture
def address(tmp_path):
    pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    from crossmodal.app.demo.hearing import offer
    from crossmodal.app.demo.page import build_page, launch
    from crossmodal.models.vae import AudioImageVAE

    model = AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=NAMES)
    (tmp_path / "lessons").mkdir()
    page = build_page({"model": offer(model)}, tmp_path / "lessons")
    yield launch(page, wait=False)
    page.close()


def ask(address: str, name: str, data: list) -> str:
    """Send a request as the page does, with any values; what it answers."""
    body = json.dumps({"data": data}).encode()
    with urlopen(Request(f"{address}gradio_api/call/{name}", body, {"Content-Type": "application/json"})) as answer:
        event = json.load(answer)["event_id"]
    with urlopen(f"{address}gradio_api/call/{name}/{event}", timeout=60) as answer:
        return answer.read().decode()


def test_nothing_is_added_but_what_was_uploaded(address, sound, picture, tmp_path):
    for asked in (str(sound("low")), str(picture("low")), "/etc/passwd", "http://127.0.0.1:1/x.wav"):
        file = {"path": asked, "meta": {"_type": "gradio.FileData"}}
        for name, given in (("on_add", file), ("on_add_1", [file]), ("on_add_3", [file])):
            answer = ask(address, name, ["cat", given])
            assert answer.startswith("event: error")
            assert "/" not in answer
    assert not list((tmp_path / "lessons").rglob("*.*"))
    for name, data in (("on_remove", ["../.."]), ("on_train", []), ("on_stop", []), ("on_try", [None])):
        answer = ask(address, name, data)
        assert answer.startswith("event: error"), (name, answer)
        assert "/" not in answer


def test_drawings_are_named_by_the_nearest_picture():
    from sklearn.neighbors import KNeighborsClassifier

    from crossmodal.app.demo.taught import flat

    corners = np.eye(4, dtype=np.float32).reshape(4, 2, 2, 1)
    nearest = KNeighborsClassifier(n_neighbors=1).fit(flat(corners), list("abcd"))
    np.testing.assert_array_equal(nearest.predict(flat(corners * 0.6 + 0.1)), list("abcd"))
