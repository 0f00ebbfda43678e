"""A table of pairs instead of classes: sounds and images without any label, trained, measured by the loss on held-out
pairs, saved and loaded."""

import json
from dataclasses import replace
from functools import partial

import numpy as np
from extending import train
from small_sources import bars, split, tones

from crossmodal import AudioImageVAE, load_model
from crossmodal.sound.spectrogram import LogMel, log_mel


def pairs():
    """Each image with one clip, and nothing else that is known: no labels, no classes."""
    rng, images, divided = np.random.default_rng(2), bars(), split()
    labels = tones().labels

    def clips_for(image_labels, clips):
        return np.array([rng.choice(clips[labels[clips] == label]) for label in image_labels])

    seen = np.concatenate([divided.train, divided.validation])
    given = replace(
        images,
        train_clips=clips_for(images.train_labels, seen),
        test_clips=clips_for(images.test_labels, divided.test),
        train_labels=None,
        test_labels=None,
        classes=(),
    )
    return replace(tones(), labels=None, classes=()), given, divided


def test_it_is_trained_measured_saved_and_loaded(tmp_path):
    build = partial(AudioImageVAE, 4, (8, 8), (32,), (32,), (8, 8), batch_norm=True, kl_warmup_steps=50)
    metrics = train(build, tmp_path / "run", pairs(), epochs=12)
    assert "posterior_mean" not in metrics
    history = [json.loads(line) for line in (tmp_path / "run" / "history.jsonl").read_text().splitlines()]
    assert metrics["test_loss"]["reconstruction"] < 0.6 * history[0]["reconstruction"]
    assert (tmp_path / "run" / "drawings.png").exists()
    assert "loss on test pairs" in (tmp_path / "run" / "report.html").read_text()
    model = load_model(tmp_path / "run")
    speech, divided = tones(), split()
    drawn, _ = model.generate(
        log_mel([speech.waveforms[i] for i in divided.test], LogMel(**model.front_end)), samples=0
    )
    brightest = drawn[:, 8:20, :, 0].sum(axis=1).argmax(axis=1)  # the place of the bar tells what was heard
    assert np.mean(np.abs(brightest - (1 + 2 * speech.labels[divided.test]) * 3.5) < 4) > 0.85
