"""Make a preset of a finished run: its weights and its model card, in crossmodal/presets.

    crossmodal evaluate conditions runs/strangers --json conditions.json
    crossmodal evaluate confidence runs/strangers --json confidence.json
    python recipes/make_preset.py runs/strangers vae_compact --half --measured conditions.json confidence.json
    python recipes/make_preset.py runs/texture texture_rain

The card takes its figures from the run's metrics.json, and from diversity.json where there is one; --measured adds
those of further evaluations of the run, --strangers those of another experiment, in which whoever was tested had never
been heard in training. With --half the weights are
kept as float16, and the card says by how much drawings or sounds then differ.
"""

import argparse
import json
import sys
from pathlib import Path

from crossmodal import presets
from crossmodal.app.options import run_command
from crossmodal.app.reports.sounds import recordings_of
from crossmodal.app.sweeps import members, textures
from crossmodal.data.catalog import licences_of
from evaluation.agreement import Agreement
from evaluation.diversity_figures import Diversity, DiversitySummary

OF_A_CLASSIFIER = ("classes", "licence_of_data", "protocol", "accuracy", "interval_95")
LIMITS = (
    "English digits, 28x28 pixels; voices unlike those of its data are understood less often; other words are taken "
    "for digits, and so are sounds, unless it was trained with noise"
)
CLASSIFIER_LIMITS = "images like those of its data; anything else is still read as one of its classes"
LISTENER_LIMITS = "the ten English digits; any other sound is still heard as one of them"
TRANSCRIBER_LIMITS = "the ten English digits; other words are passed over or taken for digits"
MADE_LICENCE = "Apache-2.0: made by the library, no recordings"
TEXTURE_PROTOCOL = (
    "one recording and no test part: new draws are scored against it, from noise with its spectrum (0) to its second "
    "half against its first (1), and searched for copies of it"
)
TEXTURE_LIMITS = "one texture, that of its recording; what changes in it over time is not learned"


def run(arguments) -> None:
    from crossmodal.errors import ModelError
    from crossmodal.models.base import AudioImageModel
    from crossmodal.saving.keras_file import load_model
    from crossmodal.saving.light import write_layers
    from crossmodal.training.runs import read_metrics

    metrics = read_metrics(arguments.run_folder)
    if metrics is None:
        raise ModelError(f"{arguments.run_folder} is no finished run (no metrics.json): train it to its end.")
    command = arguments.command or metrics.get("command")
    if not command:
        raise ModelError(f"{arguments.run_folder} does not say how it was made: pass --command.")
    model = load_model(arguments.run_folder)
    model = model.drawing_only() if isinstance(model, AudioImageModel) else model
    card = {"model": f"{type(model).__name__}, {model.count_params():,} parameters", "command": command}
    card |= card_of(model, metrics)
    if (diversity := arguments.run_folder / "diversity.json").exists():
        report = Diversity.from_json(json.loads(diversity.read_text()))
        card["diversity"] = DiversitySummary.of(report).to_json()
    for path in arguments.measured:
        card |= further_figures(json.loads(path.read_text()))
    if arguments.strangers:
        card["never_heard_speakers"] = strangers(json.loads(arguments.strangers.read_text()))
    weights = arguments.folder / f"{arguments.name}.npz"
    card["weights"] = "float16" if arguments.half else "float32"
    presets.write_preset(model, card, weights, half=arguments.half)
    print(f"{weights}: {weights.stat().st_size / 1e6:.1f} MB")
    if arguments.half:
        differing = difference(model, presets.read_preset(type(model), weights))
        presets.write_preset(model, card | differing, weights, half=True)
        print(", ".join(f"{name} {value:.4f}" for name, value in differing.items()))
    try:
        write_layers(model, weights)
    except ModelError as error:
        print(f"It will need TensorFlow: {error}")


def card_of(model, metrics: dict) -> dict:
    """What the card of a model says beside the configuration."""
    from crossmodal.models.base import AudioImageModel
    from crossmodal.models.classifier import Classifier
    from crossmodal.models.listener import Listener
    from crossmodal.models.transcriber import Transcriber

    if isinstance(model, AudioImageModel):
        return drawing_card(model, metrics)
    if isinstance(model, Classifier):
        figures = {name: metrics[name] for name in OF_A_CLASSIFIER}
        return {"data": model.provenance["data"], **figures, "limits": CLASSIFIER_LIMITS}
    if isinstance(model, Transcriber):
        return {**words_card(model, metrics, "string_errors"), "limits": TRANSCRIBER_LIMITS}
    if isinstance(model, Listener):
        return {**words_card(model, metrics, "heard"), "limits": LISTENER_LIMITS}
    return texture_card(model, metrics)


def drawing_card(model, metrics: dict) -> dict:
    """What the card of a model that hears and draws says beside the configuration."""
    trained = model.provenance
    licences = trained.get("licences") or licences_of({"data": trained["data"], **trained.get("recipe", {})})
    words = ", ".join(f"{name}: {words}" for name, words in licences.items())
    licence = {"data": trained["data"], "licence_of_data": words}
    division = {name: trained[name] for name in ("protocol", "seed", "held_out_speaker", "speakers")}
    measured = Agreement.from_json(metrics)
    figures = {"pairs": measured.pairs, **measured.summary()} if measured else {}
    return {**licence, **division, "epochs": metrics["epochs"], **figures, "limits": LIMITS}


def words_card(model, metrics: dict, figure: str) -> dict:
    """What that of a network that knows words says: a figure on people who did not train."""
    recipe = model.provenance["recipe"]
    licences = ", ".join(f"{name}: {words}" for name, words in licences_of(recipe).items())
    licence = {"data": recipe["data"], "licence_of_data": licences}
    named = {name: metrics[name] for name in ("epochs", "classes", figure)}
    return {**licence, "protocol": model.provenance["protocol"], **named}


def texture_card(model, metrics: dict) -> dict:
    """What that of a sound texture says: scores as means over its draws."""
    recipe = model.provenance["recipe"]
    recordings = recordings_of(recipe)
    made = all(name.startswith("made:") for name in recordings)
    card = {
        "data": ", ".join(Path(name).name for name in recordings),
        "licence_of_data": MADE_LICENCE if made else "that of your recordings",
        "protocol": TEXTURE_PROTOCOL,
        "seed": recipe["seed"],
    }
    if metrics.get("sounds"):
        counts = textures.summary(metrics)
        card |= {name: counts[name] for name in ("draws", "copied", "loops", "alike", "longest_stretch_s")}
        card["draw_s"] = recipe["duration_s"]
        for title, start in (("score", "draw"), ("score_of_generator_alone", "generator")):
            found = [figures["score"] for name, figures in metrics["sounds"].items() if name.startswith(start)]
            card[title] = members.mean_of(found)
    return {**card, "limits": TEXTURE_LIMITS}


def further_figures(figures: dict) -> dict:
    """What a card keeps of the scores conditions, coherence and confidence."""
    if "by_condition" in figures:
        return {"by_condition": figures["by_condition"], "noise": len(figures["noise"])}
    if "coherence" in figures:
        return {"coherence": figures["coherence"]["by_way"]}
    names = ("least_information", "calibration_error", "refused", "noise", "drawn_anyway", "other_words", "words_drawn")
    return {"confidence": {name: figures[name] for name in names if figures.get(name) is not None}}


def strangers(results: dict) -> dict:
    """From the results of splits.py with protocol speaker: means over the speakers, and each of them."""
    figures = {name: results[name] for name in ("posterior_mean", "sampled_z")}
    runs = results["runs"].items()
    each = {speaker: members.agreement_of(run).posterior_mean.accuracy for speaker, run in runs}
    return {"command": results["command"], **figures, "posterior_mean_of_each": each}


def difference(model, other) -> dict:
    """The largest difference between the drawings of two models of 256 spectrograms made of noise; of two textures that
    between a draw of each generator, as RMS relative to the draw's."""
    import numpy as np

    from crossmodal.models.base import AudioImageModel
    from crossmodal.models.classifier import Classifier
    from crossmodal.models.listener import Listener
    from crossmodal.models.transcriber import Transcriber

    if isinstance(model, Transcriber):
        frames = np.random.default_rng(0).random((16, 320, model.front_end["n_mels"]), np.float32)
        one, two = (np.asarray(m.network(frames, training=False)) for m in (model, other))
        return {"logits_differ_by_at_most": float(np.abs(one - two).max())}
    if isinstance(model, Classifier | Listener):
        network = model.network if isinstance(model, Listener) else model
        images = np.random.default_rng(0).random((256, *network.input_shape[1:]), np.float32)
        one, two = (np.asarray(m(images, training=False)) for m in (model, other))
        return {"logits_differ_by_at_most": float(np.abs(one - two).max())}
    if not isinstance(model, AudioImageModel):
        one, two = (m.draw(4.0, seed=0, steps=0) for m in (model, other))
        return {"generator_differs_by_share": float(np.std(one - two) / np.std(one))}
    noise = np.random.default_rng(0).random((256, *model.spectrogram_shape), np.float32)
    drawn = (m.generate(noise, samples=4, seed=0) for m in (model, other))
    return {"drawings_differ_by_at_most": max(float(np.abs(a - b).max()) for a, b in zip(*drawn, strict=True))}


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_folder", type=Path, metavar="RUN", help="the folder of a finished run")
    parser.add_argument("name", metavar="NAME", help="of the preset")
    parser.add_argument("--half", action="store_true", help="keep the weights as float16")
    parser.add_argument("--strangers", type=Path, metavar="FILE", help="results of splits.py with protocol speaker")
    parser.add_argument(
        "--measured", type=Path, nargs="+", default=[], metavar="FILE", help="figures of further evaluations of it"
    )
    parser.add_argument("--command", help="that made the run, if its metrics.json does not say it")
    parser.add_argument("--folder", type=Path, default=presets.FOLDER, help="where to write (the package's presets)")
    parser.set_defaults(run=run)
    return run_command(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
