"""The page in a real browser: a recording goes in, its drawing comes out, and no other host is asked for anything.

With CROSSMODAL_SCREENSHOT=docs/images/demo.png in the environment the picture of the docs is made anew.
"""

import io
import os
import shutil
import socket
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile

from crossmodal.app.gallery import read_image
from crossmodal.presets import SAYING
from crossmodal.saying import say_images

pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
playwright = pytest.importorskip("playwright.sync_api", reason="Playwright, of the extra [test], is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")

PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def model():
    from crossmodal.saving.keras_file import load_model

    return load_model("vae_compact")


@pytest.fixture(scope="module")
def both_ways():
    """The preset that says what it sees."""
    from crossmodal.saving.keras_file import load_model

    return load_model(SAYING)


@pytest.fixture(scope="module")
def server_asked():
    """The hosts that the server's process has asked so far."""
    asked, connect = set(), socket.socket.connect

    def connect_and_tell(self, address):
        if self.family != socket.AF_UNIX:
            asked.add(address[0])
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_and_tell)
        yield asked


@pytest.fixture(scope="module")
def address(model, both_ways, server_asked, tmp_path_factory):
    from crossmodal.app.demo.hearing import offer
    from crossmodal.app.demo.page import build_page, launch
    from crossmodal.saving.keras_file import load_model

    others = {"coopnets_digits": load_model("coopnets_digits"), SAYING: both_ways}
    models = {name: offer(each) for name, each in ({"vae_compact": model} | others).items()}
    page = build_page(models, tmp_path_factory.mktemp("lessons"))
    yield launch(page, wait=False)
    page.close()


@pytest.fixture
def tab(address):
    """A tab of a browser at the page, and `tab.asked`: the hosts that it has asked so far."""
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1200, "height": 1000})
        tab.set_default_timeout(PATIENCE_MS)
        tab.asked = set()
        tab.on("request", lambda request: tab.asked.add(urlsplit(request.url).hostname))
        tab.goto(address)
        yield tab
        browser.close()


@pytest.fixture(scope="module")
def seven(tmp_path_factory):
    """A file in which eSpeak says seven."""
    from crossmodal.data import digits_tts
    from crossmodal.sound.audio import write_wav

    speech = digits_tts.load_speech(speakers=1, takes=1)
    path = tmp_path_factory.mktemp("speech") / "seven.wav"
    write_wav(path, speech.waveforms[7], speech.sample_rate)
    return path


def upload(tab, path):
    """Give the recorder that is seen a file."""
    tab.locator("[aria-label='Upload file']:visible").click()
    tab.locator("input[type=file]").last.set_input_files(path)
    tab.locator("[aria-label='Play']:visible").first.wait_for()


def press(tab, name):
    tab.get_by_role("button", name=name, exact=True).and_(tab.locator(":visible")).click()


def write_stroke(tab, element):
    """Draw a line across a canvas."""
    press(tab, "Brush")
    box = tab.locator(f"#{element} canvas").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.mouse.move(x - 60, y)
    tab.mouse.down()
    tab.mouse.move(x + 60, y + 20, steps=5)
    tab.mouse.up()


def sound_in(tab, element):
    """The samples of a player's sound, and their rate."""
    address = tab.locator(f"#{element} a[download], #{element} audio").first
    heard = tab.request.get(address.get_attribute("href") or address.get_attribute("src")).body()
    return soundfile.read(io.BytesIO(heard))


def image_in(tab, element):
    """(height, width) uint8 of the first picture in an element."""
    from PIL import Image

    source = tab.locator(f"#{element} img").first.get_attribute("src")
    return np.asarray(Image.open(io.BytesIO(tab.request.get(source).body())).convert("L"))


def test_a_recording_is_drawn_as_the_library_draws_it(tab, model, seven, server_asked):
    from crossmodal.app.demo.hearing import hear, offer

    upload(tab, seven)
    press(tab, "Draw")
    tab.locator("#drawings img").first.wait_for()
    drawn = image_in(tab, "drawings")
    expected = hear(seven, offer(model), samples=6)
    assert drawn.shape == (224, 224)
    assert drawn.max() > 128
    np.testing.assert_allclose(drawn[::8, ::8], 255 * expected.drawings[0].image[..., 0], atol=1)
    draws = image_in(tab, "draws")
    np.testing.assert_allclose(draws[::8, ::8], 255 * np.hstack(list(expected.drawings[0].draws))[..., 0], atol=1)
    assert f"seven {expected.drawings[0].confidence:.0%}" in tab.locator("#drawings").inner_text()
    halfway = image_in(tab, "between")
    tab.locator("#share input[type=number]").fill("1")
    tab.locator("#share input[type=number]").press("Enter")
    for _ in range(100):
        tab.wait_for_timeout(100)
        if np.any(image_in(tab, "between") != halfway):
            break
    assert np.any(image_in(tab, "between") != halfway)
    assert tab.asked - {None} == {"127.0.0.1"}
    assert server_asked <= {"127.0.0.1"}
    if path := os.environ.get("CROSSMODAL_SCREENSHOT"):
        tab.screenshot(path=path, full_page=True)


def test_another_model_can_be_chosen(tab):
    first = image_in(tab, "between")
    tab.locator("#model input").click()
    tab.get_by_role("option", name="coopnets_digits").click()
    for _ in range(100):
        tab.wait_for_timeout(100)
        if np.any(image_in(tab, "between") != first):
            break
    assert np.any(image_in(tab, "between") != first)


def test_a_file_that_is_no_sound_is_refused_in_one_sentence_without_a_path(tab, seven, tmp_path):
    (tmp_path / "seven.wav").write_bytes(seven.read_bytes()[:44])
    tab.locator("[aria-label='Upload file']:visible").click()
    tab.locator("input[type=file]").last.set_input_files(tmp_path / "seven.wav")
    press(tab, "Draw")
    toast = tab.get_by_test_id("toast-body")
    toast.wait_for()
    assert "The recording" in toast.inner_text()
    assert "/" not in toast.inner_text()


@pytest.fixture
def drizzle(tmp_path):
    """A file with four seconds of rain."""
    from crossmodal.data.textures import rain
    from crossmodal.sound.audio import write_wav

    write_wav(tmp_path / "drizzle.wav", rain(), 20_000)
    return tmp_path / "drizzle.wav"


def test_a_texture_is_learned_while_one_watches_then_heard(tab, drizzle):
    """For real, at the smallest that the page offers: ten iterations, a draw of a second."""
    tab.get_by_role("tab", name="Learn a sound texture").first.click()
    upload(tab, drizzle)
    for label, value in (("iterations (about a second each)", "10"), ("seconds of a draw", "1")):
        number = tab.get_by_label(f"number input for {label}")
        number.fill(value)
        number.press("Enter")
    press(tab, "Learn it")
    progress = tab.locator("#learning")
    progress.get_by_text("learning").wait_for()
    seen = []
    while "learned in 10 iterations" not in seen:
        shown = tab.locator("#learning textarea").input_value() or progress.inner_text()
        seen += [shown] if shown not in seen else []
        assert len(seen) < 1000, seen[-3:]
        tab.wait_for_timeout(100)
    done = {n for n in range(2, 11, 2) if any(f"{n}/10" in shown for shown in seen)}
    assert len(done) >= 2, seen  # of 2, 4, ... 10, which is when the page is told
    tab.locator("#texture [aria-label='Play']").wait_for()
    sound, sample_rate = sound_in(tab, "texture")
    assert (len(sound), sample_rate) == (20_000, 20_000)
    assert np.std(sound) > 0.01
    tab.locator("#spectrogram img").wait_for()
    assert image_in(tab, "spectrogram").std() > 10
    assert tab.asked - {None} == {"127.0.0.1"}


def test_a_digit_that_is_written_or_uploaded_is_said(tab, both_ways, of_two_classes, tmp_path):
    tab.get_by_role("tab", name="Draw a digit, hear it said").first.click()
    write_stroke(tab, "written")
    press(tab, "Say it")
    tab.locator("#said [aria-label='Play']").wait_for()
    written, sample_rate = sound_in(tab, "said")
    assert sample_rate == 8000
    assert np.std(written) > 0.01
    assert "%" in tab.locator("#listener textarea").input_value()
    assert image_in(tab, "of-said").std() > 10
    (picture, *_) = of_two_classes["high"][1]
    upload_by(tab, "pictured", picture)
    ((said,),) = say_images(read_image(picture, both_ways)[None], both_ways, seed=1)  # the sound after the first
    for _ in range(PATIENCE_MS // 100):
        uploaded, _ = sound_in(tab, "said")
        if not np.array_equal(uploaded, written):
            break
        tab.wait_for_timeout(100)
    np.testing.assert_allclose(uploaded, said.waveform, atol=1e-3)
    (tmp_path / "no_picture.png").write_bytes(b"no picture")
    upload_by(tab, "pictured", tmp_path / "no_picture.png")
    sentence = tab.get_by_test_id("toast-body").first.inner_text()
    assert "no_picture.png is no PNG" in sentence
    assert str(tmp_path) not in sentence
    assert tab.asked - {None} == {"127.0.0.1"}


@pytest.fixture
def of_two_classes(tmp_path):
    """The sounds and pictures of two classes, three of each: {"low": (sound files, picture files), "high": ...}."""
    from PIL import Image, ImageDraw

    from crossmodal.sound.audio import write_wav

    files = {}
    for name, frequency_hz in (("low", 300), ("high", 2000)):
        (tmp_path / name).mkdir()
        sounds, pictures = ([tmp_path / name / f"{i}.{suffix}" for i in range(3)] for suffix in ("wav", "png"))
        for i in range(3):
            times_s = np.arange(4000) / 8000
            write_wav(sounds[i], np.sin(2 * np.pi * frequency_hz * (1 + i / 50) * times_s) / 2, 8000)
            page = Image.new("L", (60, 60), "white")
            ImageDraw.Draw(page).rectangle(
                (10, 25 + i, 50, 35) if name == "low" else (25 + i, 10, 35, 50), fill="black"
            )
            page.save(pictures[i])
        files[name] = sounds, pictures
    return files


def upload_by(tab, button, paths):
    """Give an upload button files."""
    tab.locator(f"#{button}").locator("xpath=preceding-sibling::input[1]").set_input_files(paths)


def wait_for_row(tab, name, sounds, pictures):
    """Wait until the table of the classes says how many sounds and pictures one has."""
    for _ in range(PATIENCE_MS // 100):
        shown = " ".join(tab.locator("#classes").inner_text().split())
        if f"{name} {sounds} {pictures}" in shown:
            return
        tab.wait_for_timeout(100)
    raise AssertionError(shown)


def test_classes_are_taught_tried_and_taken_home(tab, of_two_classes, monkeypatch, tmp_path):
    """For real, as small as can be: two classes, of which one is drawn with the mouse, and two steps."""
    from functools import partial

    from crossmodal.app.demo import teaching
    from crossmodal.saving.keras_file import load_model

    monkeypatch.setattr(teaching, "train_on", partial(teaching.train_on, epochs=1, steps=2))
    tab.get_by_role("tab", name="Teach it yourself").first.click()
    press(tab, "Train")
    tab.get_by_test_id("toast-body").get_by_text("sounds and pictures of two classes").wait_for()
    for name, (sounds, pictures) in of_two_classes.items():
        tab.locator("#class input").fill(name)
        tab.locator("#class input").press("Enter")
        upload_by(tab, "sounds", sounds)
        wait_for_row(tab, name, 3, 0)
        upload_by(tab, "pictures", pictures[:2])
        wait_for_row(tab, name, 3, 2)
        write_stroke(tab, "canvas")
        press(tab, "Add the drawing")
        wait_for_row(tab, name, 3, 3)
    tab.locator("#of-the-class img").nth(2).wait_for()
    press(tab, "Train")
    tab.locator("#teaching textarea").wait_for()
    seen = []
    while not seen or not seen[-1].startswith("It has learned."):
        shown = tab.locator("#teaching textarea").input_value()
        seen += [shown] if shown not in seen else []
        assert len(seen) < 10, seen
        tab.wait_for_timeout(100)
    assert "listening to the sounds" in seen
    upload(tab, of_two_classes["high"][0][0])
    press(tab, "Draw it")
    tab.locator("#taught img").first.wait_for()
    assert image_in(tab, "taught").shape == (224, 224)
    with tab.expect_download() as downloading:
        tab.locator("#download").click()
    downloading.value.save_as(tmp_path / "model.keras")
    assert list(load_model(tmp_path / "model.keras").classes) == ["high", "low"]
    assert 'load_model("model.keras")' in tab.locator("#snippet textarea").input_value()
    assert tab.asked - {None} == {"127.0.0.1"}


def test_a_file_that_is_too_large_is_not_taken(tab, address):
    large = {"name": "large.wav", "mimeType": "audio/wav", "buffer": bytes(11 * 2**20)}
    assert tab.request.post(f"{address}gradio_api/upload", multipart={"files": large}).status == 413
