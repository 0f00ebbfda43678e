"""Training on one texture that can be stopped and continued, with a stabiliser.

One iteration is one graph. Everything random is a function of (seed, iteration), all that changes is in the
checkpoint, persistent chains too, so a run that was stopped ends as it would have ended, to the bit.

The stabiliser watches the ratio of drift to noise, the gap of energy and the level of the chains. While one of the
first two is outside its band both learning rates fall, else they recover slowly. When the chains are far louder than
the recording or a value is not finite, everything returns to the last good state, the rates are halved and training
goes on with other random numbers: what chains that far away would teach the networks ruins them. Good is a state at
the end of a block whose own chains, those of the iteration after it, stayed near the recording; it is the checkpoint.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from crossmodal.errors import AudioError, ModelError
from crossmodal.models.cooperative import Cooperative
from crossmodal.models.coopnets import CoopNets, bandwidth
from crossmodal.models.networks.auditory_bands import frame_of, length_multiple
from crossmodal.models.networks.waveform import UPSAMPLING
from crossmodal.runtime.choices import check_choice
from crossmodal.runtime.determinism import fix_numbers
from crossmodal.training.algorithms import iterate
from crossmodal.training.checkpoints import (
    all_finite,
    load_checkpoint,
    restore,
    save_checkpoint,
    snapshot,
    training_in,
)
from crossmodal.training.runs import append_history, seconds_so_far
from crossmodal.training.texture_state import Settings, State, make_state

CROP_S = 2.0  # of the default's signals
MOST_RECOVERIES = 12  # from one block of iterations to the next
_FALL, _RISE = 0.8, 1.02  # of the learning rates, per iteration outside and inside the bands
PRESETS = ("default", "thesis", "wavegan")
WAVEGAN = {  # in the paper 64 crops of 16,384 samples, rates of 1e-4, 200,000 iterations
    **{"algorithm": "adversarial", "chains": 8, "samples": 16_000, "iterations": 400},
    **{"descriptor_rate": 3e-4, "generator_rate": 3e-4, "most_gap": 1e6},
}
_SWAPPED = {"step": 0.001, "latent_step": 0.1, "descriptor_rate": 0.1, "generator_rate": 1e-6}
READINGS: dict[str, dict] = {  # of the thesis' table 4.1
    "published": {**_SWAPPED, "optimizer": "capped", "falling": True, "most_gap": 1e6},  # a gap of 100 is common there
    "swapped": _SWAPPED,
    "printed": {"step": 0.1, "latent_step": 0.001, "descriptor_rate": 1e-6, "generator_rate": 0.1},
}


def prepare_texture(
    sound: np.ndarray,
    sample_rate: int = 20_000,
    preset: str = "default",
    *,
    steps: int | None = None,
    draw_steps: int | None = None,
    stride: int = 40,
    kernel: int = 25,
    reading: str = "published",
    deterministic: bool = False,
    channels: int = 1,
    **changes,
) -> tuple[CoopNets, np.ndarray, Settings]:
    """What `train_texture` asks for, fitted to a recording: an untrained model, the signal and the settings.

    Args:
        sound: (samples,), a recording of a texture, see `crossmodal.data.textures.check_texture`.
        sample_rate: of the sound, in Hz.
        preset: "default": cochlear features and shaped noise, fitted to the recording; "thesis": R. Zhong's networks;
            "wavegan": those of WaveGAN, which learn against each other.
        steps: Langevin steps of an iteration (30 default, 40 thesis).
        draw_steps: Langevin steps that revise each draw of the trained model (60 default, thesis as in training; none
            where the algorithm trains no descriptor, or a critic).
        stride, kernel: of the thesis' first convolution and of its deconvolutions.
        reading: of the thesis' table 4.1, see `thesis_settings`.
        deterministic: see `fix_numbers`.
        channels: 2 for a stereo texture of the default, whose louder channel is `sound`; then call its `set_stereo`.
        changes: fields of `Settings` in place of the preset's, such as iterations=100 or seed=1.

    Raises:
        ModelError: there is no such preset, reading or algorithm, or a number is out of its range.

    Example:
        model, signal, settings = prepare_texture(load_texture("rain.wav"), iterations=100)
        train_texture(model, signal, settings)
    """
    check_choice("preset", preset, PRESETS)
    check_choice("reading", reading, READINGS)
    default = {"samples": round(CROP_S * sample_rate)}
    chosen = {"thesis": thesis_settings(reading), "wavegan": dict(WAVEGAN)}.get(preset, default)
    walk = {"step": chosen.pop("step")} if "step" in chosen else {}
    multiple = length_multiple(frame_of(sample_rate)) if preset == "default" else UPSAMPLING
    chosen["samples"] = min(chosen["samples"], len(sound)) // multiple * multiple
    settings = Settings(**{**chosen, **changes})
    if settings.algorithm in ("generator", "adversarial"):
        draw_steps = 0
    asked = {"steps": steps, "draw_steps": draw_steps}
    walk |= {name: value for name, value in asked.items() if value is not None}
    fix_numbers(settings.seed, deterministic)
    if preset == "thesis":
        if channels != 1:
            raise ModelError("The thesis' networks know one channel: learn a stereo recording with the default ones.")
        model = CoopNets.thesis(sample_rate, stride, kernel, published=reading == "published", **walk)
        model.set_spectrum(None, float(np.abs(sound).max()))
    elif preset == "wavegan":
        if channels != 1:
            raise ModelError("WaveGAN's networks know one channel: learn a stereo recording with the default ones.")
        model = CoopNets.wavegan(sample_rate, **walk)
        model.set_spectrum(sound)
    else:
        model = CoopNets.auditory(sample_rate, 0.93 * bandwidth(sound, sample_rate), channels=channels, **walk)
        model.set_spectrum(sound)
        model.descriptor.adapt(model.whiten(sound))
    return model, model.whiten(sound), settings


def thesis_settings(reading: str = "published") -> dict:
    """The thesis' training, its table 4.1: fields of `Settings`, and `step`, the size of the descriptor's steps.

    As printed, the generator's latents take steps of 0.001 and it learns at 0.1, the descriptor's chains take steps of
    0.1 and it learns at 1e-6; swapped, each has the other's. As printed no chain can be stable: with sigma 0.03 each
    step multiplies it by 1 - 0.1^2 / (2 * 0.03^2) = -4.6. Swapped, with gradients divided by positions alone, training
    explodes within some ten iterations. "published" is the swapped reading with all that the thesis does not say as in
    the public code that it builds on: capped gradients, momentum, falling rates, normalisation in the generator, and
    chains whose sigma is step / 0.3. The printed 0.03 then is, in all likelihood, the generator's.
    """
    check_choice("reading", reading, READINGS)
    # a drift that takes a chain from silence to a recording's level in 40 steps
    stable = {"most_drift": 3.0, "block": 5}
    shared = {"iterations": 500, "chains": 2, "samples": 60_000, "optimizer": "sgd", "by_positions": True}
    return {**shared, "generator_loss": "waveform", **({} if reading == "published" else stable), **READINGS[reading]}


def train_texture(
    model: Cooperative,
    signal: np.ndarray,
    settings: Settings,
    workdir: Path | None = None,
    on_block: Callable | None = None,
) -> list[dict]:
    """Train in place, from the run's last checkpoint on.

    Args:
        model: its networks are trained.
        signal: what is learned from in the model's coordinates, see `State`; of a recording what `model.whiten` gives.
        workdir: folder of checkpoints and history; None keeps both in memory.
        on_block: called as on_block(iteration, figures) after each block of iterations.

    Returns:
        the figures of each iteration of this process. Without the stabiliser it ends with the first iteration that is
        not finite, whose figures are the last, or with a block whose state is not; neither is saved.

    Raises:
        AudioError, ModelError: see `check_signal`.
        ModelError: the stabiliser gave up. The last good state is in the model.
        CrossmodalError: another process trains in `workdir`.
    """
    folder = Path(workdir) if workdir else None
    with training_in(folder, "iteration") if folder else contextlib.nullcontext():
        return _train(model, signal, settings, folder, on_block)


def _train(model, signal, settings: Settings, workdir: Path | None, on_block) -> list[dict]:
    signal = check_signal(signal, settings)
    signal_rms = float(np.sqrt(np.mean(np.square(signal))))
    state = make_state(model, signal, settings)
    recoveries = keras.Variable(0, dtype="int32", trainable=False)
    changing = [*all_variables(state), recoveries]
    step = compile_iteration(state)
    done = load_checkpoint(changing, workdir) if workdir else 0
    if done:
        print(f"continuing after iteration {done}", flush=True)
    good, good_at = snapshot(changing), done
    unproven: list[np.ndarray] | None = None  # the state after the last block, until its chains are known
    history: list[dict] = []
    began = time.time() - (seconds_so_far(workdir) if workdir else 0)
    while done < settings.iterations:
        words = np.random.SeedSequence([settings.seed, done, int(recoveries.value)]).generate_state(2) >> 1
        figures = step(tf.constant(words.astype(np.int32)), tf.constant(done == 0))
        figures = {name: float(value) for name, value in figures.items()}
        finite = all(np.isfinite(list(figures.values())))
        ends_block = (done + 1) % settings.block == 0 or done + 1 == settings.iterations
        # the figures are those before the update of the weights
        sound = finite and (not ends_block or all_finite(np.asarray(variable.value) for variable in changing))
        left = outside(figures, settings, signal_rms)
        if settings.stabilise and (not sound or left == "rms"):
            restore(changing, good)
            attempts = int(recoveries.value) + 1
            if attempts > MOST_RECOVERIES:
                raise ModelError(
                    f"Training diverged {attempts} times after iteration {good_at}: try lower learning rates or "
                    "another recording."
                )
            recoveries.assign(attempts)
            state.rate.assign(0.5 * float(state.rate.value))
            good, unproven = snapshot(changing), None
            history = history[: len(history) - (done - good_at)]
            done = good_at
            continue
        if unproven is not None:
            good, good_at = unproven, done
            if workdir and finite:
                save_checkpoint(changing, workdir, done, good)
            unproven = None
        done += 1
        history.append({"iteration": done, **figures, "rate": float(state.rate.value)})
        if not sound:
            break
        if settings.stabilise:
            state.rate.assign(min(1.0, (_FALL if left else _RISE) * float(state.rate.value)))
        if ends_block:
            recoveries.assign(0)
            unproven = snapshot(changing)
            line = {**history[-1], "seconds": time.time() - began}
            if workdir:
                append_history(workdir, line)
            if on_block:
                on_block(done, line)
    if workdir and unproven is not None:
        save_checkpoint(changing, workdir, done, unproven)
    return history


def compile_iteration(state: State) -> Callable:
    """`iterate` as a graph: (seed, first) -> figures."""
    return tf.function(lambda seed, first: iterate(state, seed, first), autograph=False)


def outside(figures: dict, settings: Settings, signal_rms: float) -> str | None:
    """The figure that left its band, or None. The levels of latents and of chains on them have none."""
    if settings.algorithm != "generator" and figures["rms"] > settings.most_rms * signal_rms:
        return "rms"
    if figures.get("drift_to_noise", 0.0) > settings.most_drift:
        return "drift_to_noise"
    if abs(figures.get("energy_gap", 0.0)) > settings.most_gap:
        return "energy_gap"
    return None


def check_signal(signal: np.ndarray, settings: Settings) -> np.ndarray:
    """What is learned from as float32.

    Raises:
        AudioError: it is not finite, or a recording shorter than the signals that are drawn.
        ModelError: another thing smaller than these, or fewer examples than Algorithm G has chains.
    """
    signal, shape = np.asarray(signal, np.float32), settings.shape
    if not np.all(np.isfinite(signal)):
        raise AudioError("The recording holds samples that are NaN or infinite: export it again.")
    examples, length = signal.ndim - len(shape), signal.shape[-1]
    if len(shape) == 1 and length < settings.size:
        raise AudioError(
            f"The recording has {length} samples, training draws {settings.size} at a time: use a longer recording or "
            f"--samples {length // UPSAMPLING * UPSAMPLING}."
        )
    if examples not in (0, 1) or np.any(np.less(signal.shape[examples:], shape)):
        raise ModelError(f"What is learned from has the shape {signal.shape}: training draws {shape} at a time.")
    if settings.algorithm == "generator" and examples and len(signal) < settings.chains:
        raise ModelError(f"{len(signal)} examples are fewer than {settings.chains} chains: ask for fewer chains.")
    return signal


def all_variables(state: State) -> list[keras.Variable]:
    """All that an iteration changes."""
    optimizers = (state.descriptor_optimizer, state.generator_optimizer)
    optimized = [variable for optimizer in optimizers for variable in optimizer.variables]
    return [*state.model.variables, state.chains, state.rate, *optimized]
