"""The sounds of a training: which recording each is of, and how long that lasts."""

import numpy as np

from crossmodal.app.experiments.training_options import TrainingConfig
from crossmodal.app.experiments.training_sounds import training_sounds
from crossmodal.data.sources import Speech
from crossmodal.sound.spectrogram import LogMel, log_mel


def test_variants_and_noise_know_their_recording_and_its_duration(tone, monkeypatch):
    monkeypatch.setattr("crossmodal.app.experiments.training_sounds.NOISE_CLIPS", 50)
    clips = [tone(400.0 * (1 + i), duration_s=0.2 + 0.1 * i) for i in range(3)]
    zeros = np.zeros(3, int)
    speech = Speech("tones", clips, np.array([5, 6, 7]), np.full(3, "tone"), zeros, 8000)
    chosen = np.array([0, 2])
    plain = training_sounds(TrainingConfig(), speech, chosen, LogMel())
    np.testing.assert_allclose(plain.durations_s, [0.2, 0.4])
    np.testing.assert_array_equal(plain.plain, [0, 1])
    varied = training_sounds(TrainingConfig(variants=2, noise_share=0.1), speech, chosen, LogMel())
    np.testing.assert_array_equal(varied.labels, [5, 7, 5, 7, 5, 7])
    np.testing.assert_array_equal(varied.plain[:6], [0, 1, 0, 1, 0, 1])
    np.testing.assert_array_equal(varied.plain[6:], np.arange(6, 6 + varied.noises))
    np.testing.assert_allclose(varied.durations_s[:6], [0.2, 0.4] * 3)
    assert len(varied.spectrograms) == len(varied.plain) == len(varied.durations_s) == 6 + varied.noises
    np.testing.assert_allclose(varied.spectrograms[varied.plain[4:6]], log_mel([clips[0], clips[2]]), atol=1e-3)
