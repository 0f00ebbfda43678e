"""How every model is trained that draws what it hears: the data, the stages, the figures.

An experiment adds the options of its family to `training_options`, and says how its model and its optimizer are built.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import get_args

from crossmodal.app.experiments.drawings import measure_drawings, nothing_drawn, picture_of_each_epoch
from crossmodal.app.experiments.finish import finish
from crossmodal.app.experiments.hearing import chosen_front_end
from crossmodal.app.experiments.training_data import load_sources, training_data
from crossmodal.app.experiments.training_options import IGNORED_ON_RESUME, Precision, TrainingConfig, unsaid
from crossmodal.app.options import command_of
from crossmodal.data.catalog import LOCATIONS

REFUSED = 0.025  # share of the validation clips that a model that was trained with noise may refuse


def agreed_precision(strategy, asked: Precision | None, workdir: Path) -> Precision:
    """The precision that was asked for, else that of the run in `workdir`, else this machine's; the chief's in all
    workers. So a run may be continued on a machine of another kind."""
    from crossmodal.runtime.precision import check_precision, machines_precision
    from crossmodal.training.distribution import all_workers, broadcast, is_chief
    from crossmodal.training.runs import recorded_config

    choices = get_args(Precision)
    recorded = recorded_config(workdir).get("precision") if is_chief(strategy) else None
    chosen = asked or recorded or machines_precision()
    check_precision(chosen)
    with all_workers(strategy):
        return choices[broadcast(strategy, choices.index(chosen))]


def provenance_of(family: str, config: TrainingConfig) -> dict:
    """What a saved model says about its training."""
    from crossmodal.data import fsdd
    from crossmodal.data.catalog import licences_of
    from crossmodal.training.runs import environment

    begun = {"initial_weights": config.initial_weights, "initial_encoder": config.initial_encoder}
    initial = {name: Path(model).name for name, model in begun.items() if model}
    return {
        "data": config.data,
        "protocol": config.protocol,
        "seed": config.seed,
        "held_out_speaker": config.held_out_speaker,
        "speakers": list(fsdd.speakers_of(config.data, config.protocol)),
        "licences": licences_of(vars(config)),
        "recipe": {"name": family, **asdict(config), **dict.fromkeys(LOCATIONS), **initial},
        "environment": environment(),
    }


def train_and_measure(
    family: str,
    asked: TrainingConfig,
    config: TrainingConfig,
    workdir: Path,
    build: Callable,
    make_optimizer: Callable,
    *,
    sources: tuple | None = None,
    pretrain: Callable | None = None,
    measure: Callable | None = None,
) -> dict:
    """Train in `workdir`, measure on the test clips.

    Args:
        family: what `crossmodal train` calls it.
        asked: the options as given; they make the command that is kept with the figures.
        config: the same with nothing left open but the precision, see `agreed_precision`.
        build: build(dtype=..., image_shape=..., front_end=..., classes=..., provenance=...) -> a `PairModel`.
        make_optimizer: (training steps, precision) -> the optimizer.
        sources: (Speech, Images, Split) in place of those that the options name.
        pretrain: pretrain(model, data) -> a `Stage` that comes before the training, of a model that shares layers with
            it; see `crossmodal.training.loop`.
        measure: measure(model, speech, images, split, front_end, seed, workdir) -> the figures of a trained model; it
            saves pictures too. `measure_drawings` if None.

    Returns:
        the metrics, those of an earlier call if the run was finished; none in a worker that is not the chief.
    """
    from crossmodal.app.pictures.curves import save_curves
    from crossmodal.data.alignment import some_clips, split_of
    from crossmodal.data.sources import fingerprint
    from crossmodal.drawing import choose_least_information
    from crossmodal.errors import CrossmodalError
    from crossmodal.models.base import AudioImageModel
    from crossmodal.runtime.determinism import fix_numbers
    from crossmodal.runtime.ranges import check_config
    from crossmodal.saving.keras_file import load_model, save_model
    from crossmodal.sound.front_ends import hear
    from crossmodal.training.distribution import all_workers, broadcast, is_chief, make_strategy, own_parts
    from crossmodal.training.initial import freeze, take_weights
    from crossmodal.training.loop import Stage, train_stages
    from crossmodal.training.runs import open_run, read_history, seconds_so_far
    from crossmodal.training.tensorboard import logged

    check_config(config)
    if config.data == "manifest":  # natural pairs are one to one
        config = replace(config, images_per_clip=1)
    if config.freeze_encoder and not (config.initial_weights or config.initial_encoder):
        raise CrossmodalError(
            "An encoder that stays as it is has to be trained: add --initial-encoder or --initial-weights."
        )
    front_end = chosen_front_end(config)
    config = replace(config, timing=getattr(front_end, "timing", "stretch"))  # as earlier versions wrote it
    strategy = make_strategy(config.distribute)
    config = replace(config, precision=agreed_precision(strategy, config.precision, workdir))
    metrics = open_run(workdir, config, ignore=IGNORED_ON_RESUME) if is_chief(strategy) else None
    with all_workers(strategy):
        finished = broadcast(strategy, int(metrics is not None))
    if finished:
        return finish(workdir, metrics) if metrics else {}
    assert config.epochs is not None
    began = time.time() - seconds_so_far(workdir)
    say = print if is_chief(strategy) else (lambda words: None)
    provenance = provenance_of(family, config)
    speech, images, split = sources or (*(loaded := load_sources(config, say)), split_of(loaded[0], provenance))
    provenance["clips"] = fingerprint(speech)
    if config.clips_per_speaker:
        split = replace(split, train=some_clips(speech, split.train, config.clips_per_speaker, config.clips_seed))
    settings = {
        "image_shape": images.image_shape,
        "front_end": front_end.get_config(),
        "classes": speech.classes,
        "provenance": provenance,
    }

    fix_numbers(config.seed, config.deterministic)
    parts, own = own_parts(strategy)
    with strategy.scope():
        model = build(dtype=config.precision, **settings)
    wants = {"needs": model.NEEDS, "paired": model.PAIRED}
    data = training_data(config, speech, images, split, front_end, **wants, parts=parts, own=own)
    with strategy.scope():
        model.compile(make_optimizer(config.epochs * data.steps, config.precision), jit_compile=False)
        taken: list[str] = []
        for source, network in ((config.initial_weights, ""), (config.initial_encoder, "encoder")):
            if source:
                taken = take_weights(model, load_model(source), network)
                print(f"{len(taken)} layers start from {source}: {', '.join(taken)}", flush=True)
        if config.freeze_encoder:
            freeze(model, "encoder", taken)

    def current():
        """The model as it is; where several processes train it, a copy that one of them can draw by."""
        if strategy.num_replicas_in_sync == 1:
            return model
        copy = build(dtype=config.precision, **settings)
        copy.set_weights(model.get_weights())
        return copy

    on_epoch = None
    draws = isinstance(model, AudioImageModel)
    if is_chief(strategy):
        on_epoch = nothing_drawn
        if draws:
            on_epoch = picture_of_each_epoch(current, speech, split, front_end, workdir, config.seed)
        on_epoch = logged(on_epoch, workdir) if config.tensorboard else on_epoch
    stage = Stage(model, data.training, config.epochs, data.steps, data.validation, on_epoch, "train")
    train_stages([*([pretrain(model, data)] if pretrain else []), stage], workdir, config.seed)
    if not is_chief(strategy):
        return {}
    trained = build(dtype="float32", **settings)
    trained.set_weights(model.get_weights())
    if draws and config.noise_share and len(split.validation):
        heard = hear([speech.waveforms[i] for i in split.validation], front_end)
        trained.least_information = choose_least_information(trained, heard, refused=REFUSED)
    save_model(trained, workdir / "model.keras")

    metrics = {"command": command_of(f"crossmodal train {family}", asked, unsaid(asked.data))}
    metrics |= {"parameters": trained.count_params(), "epochs": config.epochs}
    metrics["classes"] = list(speech.classes)
    metrics["replicas"] = strategy.num_replicas_in_sync
    metrics["seconds"] = time.time() - began
    metrics |= (measure or measure_drawings)(trained, speech, images, split, front_end, config.seed, workdir)
    save_curves(workdir / "curves.png", {"training": read_history(workdir)})
    return finish(workdir, metrics)
