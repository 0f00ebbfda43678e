"""Networks on the way from the thesis' to the default ones: each is what `texture_single.prepare` returns."""

from dataclasses import replace

import numpy as np

from crossmodal.app.experiments import texture_single


def whitened(config: texture_single.TextureOptions, sound, stereo=None):
    """The thesis' networks and training; but signals are whitened, and a chain's reference is noise at their level."""
    model, _, settings = texture_single.prepare(replace(config, preset="thesis"), sound)
    signal = whiten(model, sound)
    sigma = float(np.std(signal))
    model.walk |= {"sigma": sigma, "step": 0.3 * sigma}
    return model, signal, settings


def hearing(config: texture_single.TextureOptions, sound, stereo=None):
    """The same generator under the default's descriptor, its chains and its training, by regression of waveforms."""
    from crossmodal.models.coopnets import CoopNets
    from crossmodal.models.networks.waveform import WaveformGenerator

    default, _, settings = texture_single.prepare(replace(config, generator_loss="waveform"), sound)
    generator = WaveformGenerator(published=True)
    model = CoopNets(generator, default.descriptor, config.sample_rate, draw_steps=default.draw_steps, **default.walk)
    signal = whiten(model, sound)
    model.descriptor.adapt(signal)
    model.walk["step"] *= float(np.std(signal))
    return model, signal, settings


def whiten(model, sound):
    """The sound (samples,) as a signal of the model, by its long-term spectrum, in [-1, 1]: what a tanh can draw."""
    model.set_spectrum(sound)
    model.spectrum.assign(model.spectrum * np.abs(model.whiten(sound)).max())
    return model.whiten(sound)
