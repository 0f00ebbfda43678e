"""What the page does, without a browser."""

import http.client
import json
import os
import socket
import threading
import time
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

import numpy as np
import pytest
from hostile_sounds import mutants

from crossmodal import ConditionalVAE, load_model
from crossmodal.app.demo import hearing
from crossmodal.app.demo.address import free_address
from crossmodal.app.demo.media import as_picture, spectrograms_as_picture
from crossmodal.data.sources import DIGITS
from crossmodal.data.textures import rain
from crossmodal.errors import AudioError, CrossmodalError, ModelError
from crossmodal.models.vae import AudioImageVAE


@pytest.fixture(scope="module")
def model():
    return AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4))


@pytest.fixture(scope="module")
def offered(model):
    return hearing.offer(model)


def test_hear_gives_what_the_library_draws(model, offered, tone, write_sound):
    from crossmodal.drawing import draw_speech

    waveform = tone(sample_rate=8000)
    heard = hearing.hear(write_sound("one.wav", waveform, subtype="FLOAT"), offered, samples=3, seed=5)
    drawings = draw_speech(waveform, 8000, model, samples=3, seed=5)
    assert len(heard.drawings) == len(drawings) == 1
    np.testing.assert_array_equal(heard.drawings[0].image, drawings[0].image)
    np.testing.assert_array_equal(heard.drawings[0].draws, drawings[0].draws)
    assert heard.spectrograms.shape == (1, 48, 48)
    np.testing.assert_allclose(model.decode(heard.latents)[0], drawings[0].image, atol=1e-6)


def test_a_recording_is_not_longer_than_the_page_says(offered, noise, write_sound):
    path = write_sound("long.wav", noise(8000 * 31))
    with pytest.raises(AudioError, match="30"):
        hearing.hear(path, offered, samples=1)


def test_codes_of_classes_are_as_near_to_0_as_they_are_read_surely():
    """Far from there chains on a steep density spoil a drawing."""
    model = load_model("coopnets_digits")
    found = hearing.offer(model)
    codes = np.stack([found.latents[name] for name in DIGITS])
    readings = found.reader.read(model.draw_at(codes))
    assert [name for name, sure in readings if sure > hearing.SURE] == list(DIGITS)
    assert np.sqrt(np.mean(codes**2)) == pytest.approx(hearing.SCALES[0], rel=0.2)
    assert hearing.offer(ConditionalVAE()).latents.keys() == set(DIGITS)  # also of one that has learned nothing


def test_the_way_between_two_digits_ends_at_each(model, offered):
    latents = offered.latents
    assert list(latents) == list(DIGITS)
    both = np.stack([latents["three"], latents["eight"]])
    ends = [hearing.between(model, *both, share) for share in (0.0, 1.0)]
    np.testing.assert_allclose(ends, model.decode(both), atol=1e-6)
    with pytest.raises(ModelError, match="between no two classes"):
        hearing.between(model, *both, 1.5)


def test_a_model_of_other_classes_is_offered_without_readings(tone, write_sound):
    animals = hearing.offer(AudioImageVAE(4, (4, 4), (8,), (8,), (4, 4), classes=("cat", "dog")))
    assert (animals.reader, animals.latents) == (None, {})
    heard = hearing.hear(write_sound("cat.wav", tone()), animals, samples=1)
    assert heard.drawings[0].reading is None


def test_pictures_are_the_images_enlarged():
    images = np.random.default_rng(0).random((3, 28, 28, 1)).astype(np.float32)
    picture = as_picture(images)
    assert (picture.shape, picture.dtype) == ((224, 672), np.uint8)
    np.testing.assert_array_equal(picture[::8, 224:448:8], np.rint(255 * images[1, :, :, 0]))
    assert as_picture(np.zeros((2, 64, 48, 3))).shape == (512, 768, 3)
    high_tone = np.zeros((1, 48, 48), np.float32)
    high_tone[:, :, -1] = 1
    upright = spectrograms_as_picture(high_tone)
    assert upright.shape == (384, 384, 3)
    assert upright[0].mean() > upright[-1].mean()


def test_a_texture_is_learned_and_played(write_sound, monkeypatch, eager):
    monkeypatch.setattr("crossmodal.models.coopnets.DRAW_STEPS", 2)
    from crossmodal.app.demo import listening

    path = write_sound("rain.wav", rain(1.0), 20_000)
    told = []
    model = listening.learn(path, 1, lambda *done: told.append(done))
    assert told == [(1, 1)]
    rate, sound = listening.play(model, 1.5, seed=0)
    assert (rate, sound.shape, sound.dtype) == (20_000, (30_000,), np.int16)
    assert sound.std() > 100
    assert listening.spectrogram_of((rate, sound)).size[0] > 500


def test_errors_on_the_page_name_no_path(tmp_path):
    gradio = pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    from crossmodal.app.demo.page import in_one_sentence
    from crossmodal.sound.audio import read_audio

    path = str(tmp_path / "silent.wav")
    for content in (None, b"", b"no sound"):
        if content is not None:
            (tmp_path / "silent.wav").write_bytes(content)
        with pytest.raises(gradio.Error) as error, in_one_sentence(path):
            read_audio(path)
        assert str(tmp_path) not in str(error.value)
        assert "recording" in str(error.value).lower()


def test_what_hostile_recordings_make_the_page_say_names_no_path(offered, tmp_path):
    gradio = pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    from crossmodal.app.demo.page import in_one_sentence

    refused = 0
    for i, (suffix, data) in enumerate(mutants(60, seed=7)):
        path = tmp_path / f"it's {i}.{suffix}"
        path.write_bytes(data)
        try:
            with in_one_sentence(str(path)):
                hearing.hear(str(path), offered, samples=1)
        except gradio.Error as error:
            refused += 1
            sentence = error.message
        else:
            continue
        assert sentence.startswith("The recording")
        assert not any(part in sentence for part in (str(tmp_path), path.name, tmp_path.name, "/tmp"))
    assert refused > 10


@pytest.fixture(scope="module")
def served(model):
    """The page of a small model, and its address."""
    pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    from crossmodal.app.demo.page import build_page, launch

    page = build_page({"model": hearing.offer(model)})
    yield page, launch(page, wait=False)
    page.close()


def ask(address: str, name: str, data: list) -> str:
    """Send a request as the page does, with any values; what it answers, or the refusal to let it wait."""
    body = json.dumps({"data": data}).encode()
    with urlopen(Request(f"{address}gradio_api/call/{name}", body, {"Content-Type": "application/json"})) as answer:
        event = json.load(answer)["event_id"]
    with urlopen(f"{address}gradio_api/call/{name}/{event}", timeout=60) as answer:
        return answer.read().decode()


def test_it_answers_on_the_loopback_address_alone(served):
    page, address = served
    assert urlsplit(address).hostname == "127.0.0.1"
    (listening_socket,) = page.server.servers[0].sockets
    assert listening_socket.getsockname()[0] == "127.0.0.1"


def test_no_file_of_the_machine_is_opened_or_given_out(served, tmp_path, tone, write_sound):
    """Neither as a recording, though it is one, nor as a download; and what is said of it does not help to find it."""
    _, address = served
    path = str(write_sound("private.wav", tone()))
    for asked in (path, f"/tmp/gradio/../..{path}", "/etc/passwd", "/dev/zero", "http://127.0.0.1:1/x.wav"):
        answer = ask(address, "on_draw", [{"path": asked, "meta": {"_type": "gradio.FileData"}}, 1])
        assert answer.startswith("event: error")
        assert "/" not in answer
    client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    for asked in (path, f"/tmp/gradio/../..{path}", "../../../etc/passwd", "/etc/passwd"):
        for place in (f"/gradio_api/file={quote(asked)}", f"/static/{asked}", f"/assets/{quote(asked, safe='')}"):
            client.request("GET", place)
            answer = client.getresponse()
            assert (answer.status in (403, 404), b"root:" in answer.read()) == (True, False)


def test_values_that_the_page_does_not_offer_are_refused(served):
    _, address = served
    for values in (["nought", "eight", 0.5], ["three", "eight", 2.0], ["three", "eight", -1], ["three", "eight", None]):
        assert ask(address, "on_move", values).startswith("event: error")
    assert "lies between no two classes" in ask(address, "on_move", ["three", "eight", float("nan")])
    for values in ([1e9, 0], [-1, 0], [5, -1], [5, 2**40], [None, None]):
        assert ask(address, "on_play", values).startswith("event: error")
    assert ask(address, "on_move", ["three", "eight", 0.5]).startswith("event: complete")


def test_who_comes_when_too_many_wait_is_told_so(served, monkeypatch):
    from crossmodal.app.demo.page import WAITING

    _, address = served
    go_on = threading.Event()
    monkeypatch.setattr(hearing, "between", lambda *values: go_on.wait(60) and np.zeros((28, 28)))
    body = json.dumps({"data": ["three", "eight", 0.5]}).encode()
    statuses, told = [], ""
    try:
        for _ in range(WAITING + 8):
            try:
                with urlopen(Request(f"{address}gradio_api/call/on_move", body, {"Content-Type": "application/json"})):
                    statuses.append(200)
            except HTTPError as error:
                statuses.append(error.code)
                told += error.read().decode()
    finally:
        go_on.set()
    assert statuses[:WAITING] == [200] * WAITING
    assert statuses[-1] in (429, 503)
    assert "Queue is full" in told
    assert "/" not in told


@pytest.fixture
def empty_page():
    gradio = pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    with gradio.Blocks(analytics_enabled=False) as page:
        gradio.Markdown("nothing")
    yield page
    page.close()


def test_a_port_that_is_taken_is_one_sentence(empty_page):
    from crossmodal.app.demo.page import launch

    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(CrossmodalError, match="another --port"):
        launch(empty_page, port=other.getsockname()[1], wait=False)


PROXIES = ["http://127.0.0.1:9", "http://proxy.invalid:3128", "socks5://127.0.0.1:9", "nonsense"]


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_page_is_not_looked_for_through_a_proxy(proxy, empty_page, monkeypatch):
    from crossmodal.app.demo.page import launch

    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("no_proxy", "example.org")
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/certificates.pem")
    address = launch(empty_page, wait=False)
    assert urlsplit(address).hostname == "127.0.0.1"
    assert os.environ["no_proxy"] == "example.org"
    assert "NO_PROXY" not in os.environ


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("host.invalid", "There is no host host.invalid: choose another --host"),
        ("a..b", "There is no host a..b"),
        ("x" * 300, "There is no host xxx"),
        ("192.0.2.1", "192.0.2.1 is not an address of this machine: choose another --host"),
        ("[::2]", r"\[::2\] is not an address of this machine|There is no host|No page can be served"),
    ],
)
def test_a_host_that_cannot_be_is_one_sentence_at_once(host, message):
    began = time.monotonic()
    for port in (None, 8123):
        with pytest.raises(CrossmodalError, match=message):
            free_address(host, port)
    assert time.monotonic() - began < 20


def test_a_port_that_needs_rights_is_one_sentence(monkeypatch):
    def bind(self, place):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(CrossmodalError, match="choose a --port of 1024 or more"):
        free_address("127.0.0.1", 80)


def test_the_first_free_port_is_taken_and_all_taken_are_one_sentence(monkeypatch):
    from crossmodal.app.demo import address

    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        monkeypatch.setattr(address, "FIRST_PORT", taken)
        monkeypatch.setattr(address, "PORTS", 1)
        with pytest.raises(CrossmodalError, match=f"All ports from {taken} to {taken} are taken"):
            free_address("127.0.0.1")
        monkeypatch.setattr(address, "PORTS", 50)
        assert taken < free_address("127.0.0.1")[1] < taken + 50
        assert free_address("[::1]")[0] == "[::1]" if socket.has_ipv6 else True


@pytest.mark.parametrize("words", [["--host", "host.invalid"], ["--host", "192.0.2.1", "--port", "8000"]])
def test_the_command_says_so_before_it_loads_a_model(words, monkeypatch, capsys):
    from crossmodal.__main__ import main

    monkeypatch.setattr("crossmodal.saving.keras_file.load_model", lambda name: pytest.fail("a model was loaded"))
    assert main(["demo", *words]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_variables_of_gradio_do_not_break_the_command(monkeypatch):
    from crossmodal.__main__ import main

    pytest.importorskip("gradio", reason="Gradio, the extra [demo], is not installed")
    for name in ("GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS", "GRADIO_SERVER_NAME"):
        monkeypatch.setenv(name, "nonsense")
    launched = []
    monkeypatch.setattr("crossmodal.app.demo.page.build_page", lambda *models: None)
    monkeypatch.setattr("crossmodal.app.demo.page.launch", lambda page, *where: launched.append(where))
    assert main(["demo", "--model", "vae_compact"]) == 0
    assert launched == [("127.0.0.1", None)]
    assert "GRADIO_SERVER_PORT" not in os.environ


def test_without_gradio_the_command_says_what_to_install(monkeypatch, capsys):
    from crossmodal.__main__ import main
    from crossmodal.app.commands import demo

    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main(["demo"]) == 2
    assert "crossmodal-toolkit[demo]" in capsys.readouterr().err


def test_lenet5_finds_each_digit_in_a_trained_models_prior():
    model = AudioImageVAE.from_preset("vae_compact")
    offered = hearing.offer(model)
    readings = offered.reader.read(model.decode(np.stack(list(offered.latents.values()))))
    assert [name for name, _ in readings] == list(DIGITS)
    assert min(confidence for _, confidence in readings) > 0.9
