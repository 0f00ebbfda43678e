"""The tables of README and docs/results.md, written from the files in recipes/results and crossmodal/presets.

python recipes/pages/tables.py            # print them
python recipes/pages/tables.py --write    # put them into their pages
"""

import argparse
import json
import sys
from pathlib import Path

from crossmodal.app.sweeps.members import agreement_of
from crossmodal.app.sweeps.textures import GATED
from evaluation.diversity_figures import DiversitySummary

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "recipes" / "results"
VAES = {"compact": "compact VAE, float32", "paper": "VAE of 20,950,529 parameters, bfloat16"}
PAPERS_GAN = "VAE-GAN of 7,909,382 parameters"


def percent(value: float, interval) -> str:
    return f"**{value:.1%}** ({interval[0]:.1%} to {min(interval[1], 1):.1%})"


def ratio(value: float, interval) -> str:
    return f"**{value:.2f}** ({interval[0]:.2f} to {interval[1]:.2f})"


def times(figure: dict, digits: int = 1) -> str:
    value, low, high = (f"{number:.{digits}f}" for number in (figure["ratio"], *figure["ratio_min_max"]))
    return f"**{value} x** (turns: {low} to {high})"


def load(name: str) -> dict:
    """A file of results; empty as long as nobody has measured it."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def head(*cells: str) -> list[str]:
    """The first two lines of a table."""
    return [row(*cells), "|---" * len(cells) + "|"]


def results() -> str:
    """Each row: the figure, the paper's, ours with its 95 % interval, the command that made it."""
    lenet5 = json.loads((ROOT / "crossmodal" / "presets" / "lenet5_mnist.json").read_text())
    here = percent(lenet5["accuracy"], lenet5["interval_95"])
    lines = [
        *head("figure", "paper", "here (95 % interval)", "command"),
        row("LeNet5 on MNIST's test images", "98.7 %", here, f"`{lenet5['command']}`"),
        *agreement_rows("vae_paper_random", "VAE of 20,950,529 parameters, `random`", "93.7 %, one split"),
        *agreement_rows("vae_compact_random", "compact VAE, `random`"),
        *agreement_rows("vae_compact_speaker", "compact VAE, `speaker` (never heard in training)"),
        *agreement_rows("vae_gan_paper_random", f"{PAPERS_GAN}, alpha 0.2, beta 0.05, `random`", "79 %"),
        *agreement_rows("vae_gan_balanced_random", "`balanced` VAE-GAN, `random`"),
        *agreement_rows("vae_gan_balanced_speaker", "`balanced` VAE-GAN, `speaker` (never heard in training)"),
        *diversity_rows("vae_gan_balanced_random", "`balanced` VAE-GAN", '"more diverse"'),
        *diversity_rows("vae_gan_paper_random", PAPERS_GAN),
        *contrast_rows(),
    ]
    quickstart = load("quickstart")
    here = percent(quickstart["posterior_mean"]["accuracy"], quickstart["posterior_mean"]["interval_95"])
    here += f" in {quickstart['seconds'] / 60:.1f} min"
    lines.append(row("quickstart, posterior mean, embedded data", "-", here, f"`{quickstart['command']}`"))
    return "\n".join(lines) + "\n"


def agreement_rows(name: str, what: str, paper: str = "-") -> list[str]:
    """At the posterior mean and at sampled z: the mean over the runs."""
    if not (result := load(name)):
        return []
    epochs = next(iter(result["runs"].values()))["epochs"]
    lines = []
    for figure, label in (("posterior_mean", "posterior mean"), ("sampled_z", "sampled z")):
        here = percent(result[figure]["mean"], result[figure]["interval_95"])
        if name.endswith("speaker"):
            each = {speaker: getattr(agreement_of(run), figure).accuracy for speaker, run in result["runs"].items()}
            here += "; " + ", ".join(f"{speaker} {accuracy:.1%}" for speaker, accuracy in each.items())
        title = f"{what}, {label}, mean of {len(result['runs'])}, {epochs} epochs"
        papers = (figure == "sampled_z") == ("GAN" in what)
        command = f"`{result['command']}`" if figure == "posterior_mean" else "the same"
        lines.append(row(title, paper if papers else "-", here, command))
    return lines


def diversity_rows(name: str, what: str, paper: str = "-") -> list[str]:
    """Variety within a clip, coverage and CAS, each beside what real images reach."""
    if not (result := load(name)):
        return []
    real = [DiversitySummary.from_json(run["diversity"]) for run in result["runs"].values()]
    coverage = sum(d.real_training_images.coverage for d in real) / len(real)
    cas = sum(d.cas["real_training_images"] for d in real) / len(real)
    figures = {
        "diversity within a clip, ratio to real images": ratio(**as_figure(result["within_clip"])),
        f"coverage, ratio to real images' {coverage:.3f}": ratio(**as_figure(result["coverage_to_real"])),
        f"CAS (real images: {cas:.1%})": percent(**as_figure(result["cas"])),
    }
    lines = []
    for i, (label, here) in enumerate(figures.items()):
        lines.append(row(f"{what}, {label}", "-" if i else paper, here, "as above"))
    return lines


def contrast_rows() -> list[str]:
    """What a VAE's archetypes reach in the same measures, one split."""
    if not (frontier := load("alpha_frontier")):
        return []
    d = DiversitySummary.from_json(frontier["runs"]["vae"]["diversity"])
    here = f"**{d.within_clip:.2f}**, **{d.coverage_to_real:.2f}**, **{d.cas['sampled_z']:.1%}**"
    title = "compact VAE for contrast, one split: diversity within a clip, coverage to real images', CAS"
    return [row(title, "-", here, f"`{frontier['command']}`")]


def as_figure(figure: dict) -> dict:
    return {"value": figure["mean"], "interval": figure["interval_95"]}


def speed() -> str:
    """Ratios to rivals that took turns in one run, and what things take on the machine of that run."""
    if not (result := load("benchmark")):
        return ""
    heads = ("work", "against", "ratio", "share of the peak")
    lines = head(*heads)
    training = result["training"]
    for measured in (result, load("benchmark_avx2")):
        lines += training_rows(measured) if measured else []
    chains, others = result["langevin"]["steps"], "PyTorch, bfloat16 autocast"
    for precision in ("float32", "mixed_bfloat16"):
        share = f"{result['langevin']['share_of_peak']:.0%} of float32's" if precision == "float32" else "-"
        what = f"Langevin chains of the thesis' descriptor, {precision}"
        lines.append(row(what, next(iter(chains)), times(chains[f"crossmodal, {precision}"]), share))
    if others in chains:
        lines.append(row(f"({others}, of the same chains)", next(iter(chains)), times(chains[others]), "-"))
    librosa = "`librosa.feature.melspectrogram` clip by clip"
    lines.append(row("log-mel", librosa, times(result["spectrograms"]["log_mel"]), "-"))
    ratio = result["pipeline"]["batches"]["ratio"]
    lines.append(row("input pipeline alone", "the VAE's training steps", f"**{ratio:.0f} x**", "-"))
    scaling = load("scaling")
    for name, sizes in (scaling["workers"] if scaling else {}).items():
        size, counts = list(sizes.items())[-1]
        what = f"two local workers of a core each, {VAES[name]}, {int(size):,} images each"
        lines.append(row(what, "one such worker", times(counts["2"], 2), "-"))
    peak = f"Products of large matrices: {peaks(training)}."
    if weaker := load("benchmark_avx2"):
        peak += f" On {weaker['instructions']}: {peaks(weaker['training'])}."
    commands = ", ".join(f"`{measured['command']}`" for measured in (result, weaker, scaling) if measured)
    return "\n".join([*lines, "", peak, "", *seconds_rows(result), "", commands]) + "\n"


def peaks(training: dict) -> str:
    return " and ".join(f"{value:.0f} GFLOP/s in {precision}" for precision, value in training["peaks"].items())


def training_rows(result: dict) -> list[str]:
    """Training steps in the precision of the machine that was measured; the file without such a note is bfloat16's."""
    training, precision = result["training"], result.get("precision", "mixed_bfloat16")
    unit = precision.removeprefix("mixed_")
    where = f", {unit} on {result['instructions']}" if "instructions" in result else ""
    lines = []
    for name in ("VAE", "compact VAE", "VAE-GAN"):
        steps, against = training[name]["steps"], training[name]["against_pytorch"]
        ours = steps[f"crossmodal, {precision}"]
        shared = steps[f"crossmodal, {precision}, 4 images share a clip"]
        title = "training step of the " + (name if name == "compact VAE" else f"paper's {name}") + where
        share = f"{ours['share_of_peak']:.0%} of {unit}'s"
        if against:
            lines.append(row(title, against["fastest"], f"**{against['ratio']:.2f} x**", share))
        again, same = ("the same", "as above") if against else (title, share)
        lines.append(row(again, "plain float32 Keras", times(ours), same))
        lines.append(row("the same, 4 images share a clip", "plain float32 Keras", times(shared), "-"))
    return lines


def seconds_rows(result: dict) -> list[str]:
    """What does not have a rival."""
    textures, drawing, start = result["textures"], result["generation"], result["start"]
    thesis, minute = textures["thesis"], textures["minute_of_sound_s"]
    rows = {
        "a drawing of one spectrogram: compact VAE, `balanced`": [drawing[name]["1"] for name in drawing],
        "drawings of 1,000: compact VAE, `balanced`": [drawing[name]["1000"] for name in drawing],
        "a minute of sound: the default's generator, the thesis'": list(minute.values()),
        "score and copy report of a pair of 4 s": [textures["score_and_copies_of_a_pair_s"]],
        f"`thesis`, {thesis['iterations']} iterations of 40 steps, 2 x 60,000 samples": [thesis["seconds"]],
        "`crossmodal --help`": [start["crossmodal --help"]],
        "a new process until the preset is loaded": [start["the preset is loaded"]],
    }
    return [
        *head("work", "seconds"),
        *(row(title, ", ".join(f"{value:.3g}" for value in values)) for title, values in rows.items()),
    ]


def runs_table(name: str, titles: dict[str, str]) -> str:
    """One row per run, real images last: agreement, spread, precision, coverage, FID on LeNet5's features."""
    if not load(name):
        return ""
    runs = load(name)["runs"]
    heads = ("", "mean", "sampled z", "within clip", "between clips", "precision", "coverage", "FID on LeNet5")
    lines = head(*heads)
    for key, run in runs.items():
        measured, d = agreement_of(run), DiversitySummary.from_json(run["diversity"])
        drawn, real = d.sampled_z, d.real_training_images
        cells = [
            titles.get(key, key),
            f"{measured.posterior_mean.accuracy:.1%}",
            f"{measured.sampled_z.accuracy:.1%}",
        ]
        cells += [f"{d.within_clip:.2f}", f"{d.between_clips:.2f}"]
        lines.append(row(*cells, f"{drawn.precision:.3f}", f"{drawn.coverage:.3f}", f"{drawn.fid:.2f}"))
    cells = ("real images", "-", f"{measured.real_test_images:.1%}", "1.00", "1.00")
    lines.append(row(*cells, f"{real.precision:.3f}", f"{real.coverage:.3f}", f"{real.fid:.2f}"))
    return "\n".join([*lines, "", f"`{load(name)['command']}`"]) + "\n"


def strangers() -> str:
    """What the presets make of people whom they never heard, by condition, and how sure they are."""
    files = {
        name: (load(f"conditions_{name}"), load(f"confidence_{name}")) for name in ("vae_compact", "vae_gan_balanced")
    }
    files = {name: both for name, both in files.items() if all(both)}
    if not files:
        return ""
    conditions = next(iter(files.values()))[0]["by_condition"]
    lines = head("", *(f"`{name}`" for name in files))
    for condition in conditions:
        found = [by_condition["by_condition"][condition] for by_condition, _ in files.values()]
        lines.append(row(f"agreement, {condition}", *(percent(f["accuracy"], f["interval_95"]) for f in found)))
    titles = {"calibration_error": "expected calibration error", "refused": "clips refused as nothing that it knows"}
    for key, title in (titles | {"drawn_anyway": "recordings of noise in which it hears a word"}).items():
        found = [confidence[key] for _, confidence in files.values()]
        lines.append(row(title, *(percent(f["accuracy"], f["interval_95"]) for f in found)))
    commands = [f"`{result['command']}`" for both in files.values() for result in both]
    return "\n".join([*lines, "", ", ".join(commands)]) + "\n"


def frontier() -> str:
    alphas = {f"alpha-{alpha}": f"VAE-GAN, alpha {alpha}" for alpha in ("0", "0.05", "0.2", "1", "5")}
    return runs_table("alpha_frontier", {**alphas, "vae": "compact VAE", "balanced": "`balanced`"})


def ablation() -> str:
    if not (table := runs_table("ablation", {"balanced": "`balanced`, two epochs"})):
        return ""
    return f"What each of its parts is worth, by trainings of two epochs on one split with one part changed:\n\n{table}"


def textures() -> str:
    """The default preset on each recording: score of the draws, of the generator alone, copies."""
    if not (result := load("texture_baselines")):
        return ""
    heads = ("recording", "score of the draws", "generator alone", "copies", "loops", "longest stretch found")
    lines = head(*heads)
    for texture, figures in result["methods"]["coopnets"].items():
        cells = (f"{figures['score']:.2f}", f"{figures['generator_alone']:.2f}")
        counts = (f"{figures[name]} of {figures['draws']}" for name in ("copied", "loops"))
        title = f"{texture} (ill-conditioned)" if figures["ill_conditioned"] else texture
        lines.append(row(title, *cells, *counts, f"{figures['longest_stretch_s']:.2f} s"))
    mean = f"Mean score over {', '.join(GATED)}: **{result['mean']['coopnets']['score']:.2f}**."
    return "\n".join([*lines, "", f"{mean} `{result['command']}`"]) + "\n"


def texture_sweeps() -> str:
    """Figures 4.1 to 4.4: the first iteration after which chains were four times as loud as the recording."""
    if not (result := load("texture_sweeps")):
        return ""
    at = {name: figures["exploded_at"] for name, figures in result["runs"].items()}
    lines = head("learning rate", *(f"{steps} steps" for steps in (30, 40, 50)))
    for rate in (0.1, 0.2, 0.3):
        lines.append(row(f"{rate}", *(str(at[f"rate {rate} steps {steps}"] or "never") for steps in (30, 40, 50))))
    strides = ", ".join(f"{stride}: {at[f'stride {stride}']}" for stride in (20, 40, 60))
    return "\n".join([*lines, "", f"By stride, at rate 0.1 and 40 steps: {strides}. `{result['command']}`"]) + "\n"


METHODS = {
    "coopnets": "CoopNets, default",
    "adapted": "the same before any training: its front end fitted, chains from noise",
    "coopnets-z": "CoopNets, latents revised too",
    "descriptor": "descriptor alone, persistent chains (algorithm D)",
    "contrastive": "descriptor alone, contrastive divergence",
    "generator": "generator alone (algorithm G)",
    "thesis": "CoopNets, `thesis`",
    "statistics": "gradient descent from noise onto the evaluator's statistics",
}


def texture_methods() -> str:
    """Every method that was measured: mean score over the recordings on which it means something, copies over all."""
    files = [result for name in ("texture_baselines", "texture_methods", "texture_thesis") if (result := load(name))]
    means = {method: figures for result in files for method, figures in result["mean"].items()}
    heads = ("method", "mean score of the five", "copies", "loops", "alike")
    lines = head(*heads)
    for method, title in METHODS.items():
        if figures := means.get(method):
            counts = [f"{figures[name]} of {figures['draws']}" for name in ("copied", "loops")]
            lines.append(row(title, f"{figures['score']:.2f}", *counts, str(figures["alike"])))
    return "\n".join([*lines, "", ", ".join(f"`{result['command']}`" for result in files)]) + "\n"


def headlines() -> str:
    """One row per system: what its source reports, and what was measured here."""
    paper, compact = load("vae_paper_random"), load("vae_compact_random")
    papers_gan, balanced = load("vae_gan_paper_random"), load("vae_gan_balanced_random")
    strangers, textures = load("vae_compact_speaker"), load("texture_baselines")

    def mean(result: dict, figure: str, write=percent) -> str:
        return write(result[figure]["mean"], result[figure]["interval_95"])

    at_mean, sampled = "drawn at the posterior mean", "drawn at sampled z"
    score = f"**{textures['mean']['coopnets']['score']:.2f}**"
    rows = (
        (f"VAE, {at_mean}, `random`", "93.7 %", mean(paper, "posterior_mean"), paper),
        (f"compact VAE of 1.2 M parameters, {at_mean}, `random`", "-", mean(compact, "posterior_mean"), compact),
        ("the same, `speaker`: a voice never heard in training", "-", mean(strangers, "posterior_mean"), strangers),
        (f"VAE-GAN, {sampled}, `random`", "79 %", mean(papers_gan, "sampled_z"), papers_gan),
        (f"`balanced` VAE-GAN, {sampled}, `random`", "-", mean(balanced, "sampled_z"), balanced),
        ("the same: variety within a clip, ratio to real images", "-", mean(balanced, "within_clip", ratio), balanced),
        ("the same: accuracy of a classifier trained on its drawings", "-", mean(balanced, "cas"), balanced),
        ("sound textures: mean score of five, 0 noise, 1 another half of the recording", "-", score, textures),
    )
    lines = head("figure", "paper", "here (95 % interval)", "command")
    return "\n".join([*lines, *(row(*cells, f"`{result['command']}`") for *cells, result in rows)]) + "\n"


TABLES = {
    "headlines": headlines,
    "results": results,
    "strangers": strangers,
    "frontier": frontier,
    "ablation": ablation,
    "textures": textures,
    "texture methods": texture_methods,
    "texture sweeps": texture_sweeps,
    "speed": speed,
}
README = {"headlines"}  # the others stand in docs/results.md


def page_of(table: str) -> Path:
    """Where a table stands."""
    return ROOT / ("README.md" if table in README else "docs/results.md")


def between(text: str, name: str) -> tuple[str, str, str]:
    """Before, in and after a table of a page."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    before, rest = text.split(begin)
    table, after = rest.split(end)
    return before + begin, table, end + after


def print_or_write(pages: dict[str, Path], tables: dict, argv=None, description: str | None = __doc__) -> int:
    """The main of a script that makes the tables of some pages, by the table's name."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into their pages")
    arguments = parser.parse_args(argv)
    for name, table in tables.items():
        if arguments.write:
            before, _, after = between(pages[name].read_text(), name)
            pages[name].write_text(before + table() + after)
        else:
            print(table())
    return 0


def main(argv=None) -> int:
    return print_or_write({name: page_of(name) for name in TABLES}, TABLES, argv)


if __name__ == "__main__":
    sys.exit(main())
