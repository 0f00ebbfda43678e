"""The tables of models that draw what they hear: agreement, strangers, diversity."""

import json

from cells import ROOT, as_figure, head, load, percent, ratio, row

from crossmodal.app.sweeps.members import agreement_of
from evaluation.diversity_figures import DiversitySummary
from evaluation.strings import Strings

PAPERS_GAN = "VAE-GAN of 7,909,382 parameters"
SCORES = ("agreement", "conditions", "confidence")
DRAWING_PRESETS = ("coopnets_digits", "vae_compact", "flow_digits")


def results() -> str:
    """Each row: the figure, the paper's, ours with its 95 % interval, the command that made it."""
    lenet5 = json.loads((ROOT / "crossmodal" / "presets" / "lenet5_mnist.json").read_text())
    here = percent(lenet5["accuracy"], lenet5["interval_95"])
    lines = [
        *head("figure", "paper", "here (95 % interval)", "command"),
        row("LeNet5 on MNIST's test images", "98.7 %", here, f"`{lenet5['command']}`"),
        *agreement_rows("vae_paper_random", "VAE of 20,950,529 parameters, `random`", "93.7 %, one split"),
        *agreement_rows("vae_compact_random", "compact VAE, `random`"),
        *agreement_rows("vae_residual_random", "compact VAE with the residual encoder, `random`"),
        *agreement_rows("vae_gru_random", "convolutions and a GRU on unstretched sound, `random`"),
        *agreement_rows("vae_compact_speaker", "compact VAE, `speaker` (never heard in training)"),
        *agreement_rows("vae_residual_unheard", "residual encoder and variants, `speaker` (never heard in training)"),
        *agreement_rows("vae_gru_synthetic", "VAE with synthetic voices, `speaker` (never heard in training)"),
        *agreement_rows("vae_gru_speaker", "the same with Speech Commands, `speaker` (never heard in training)"),
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
        if "--protocol speaker " in result["command"]:
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
    files = {name: [load(f"{score}_{name}") for score in SCORES] for name in DRAWING_PRESETS}
    files = {name: measured for name, measured in files.items() if all(measured)}
    if not files:
        return ""

    def line(title: str, figures: list[dict]) -> str:
        return row(title, *(percent(figure["accuracy"], figure["interval_95"]) for figure in figures))

    agreement, conditions, confidence = zip(*files.values(), strict=True)
    lines = head("", *(f"`{name}`" for name in files))
    for key, title in (("posterior_mean", "best drawing"), ("sampled_z", "at random")):
        lines.append(line(f"agreement on 10,000 pairs, {title}", [measured[key] for measured in agreement]))
    for name in conditions[0]["by_condition"]:
        found = [measured["by_condition"][name] for measured in conditions]
        lines.append(line(f"each clip once, best drawing, {name}", found))
    cards = [json.loads((ROOT / "crossmodal" / "presets" / f"{name}.json").read_text()) for name in files]
    varied = [DiversitySummary.from_json(card["diversity"]) if "diversity" in card else None for card in cards]
    figures_of_sets = {
        "diversity within a clip, ratio to real images": lambda d: f"{d.within_clip:.2f}",
        "coverage, ratio to real images": lambda d: f"{d.coverage_to_real:.2f}",
        "FID on LeNet5": lambda d: f"{d.sampled_z.fid:.2f}",
        "CAS": lambda d: f"{d.cas['sampled_z']:.1%}",
        "random drawings that a second reader reads as what was said": lambda d: f"{d.second_reader['sampled_z']:.1%}",
    }
    for title, figure in figures_of_sets.items():
        lines.append(row(title, *(figure(d) if d else "-" for d in varied)))
    titles = {
        "calibration_error": "expected calibration error",
        "refused": "clips in which it hears nothing it knows",
        "drawn_anyway": "recordings of noise in which it hears a word",
        "words_drawn": "other words, by eSpeak, that it takes for its own",
    }
    for key, title in titles.items():
        lines.append(line(title, [measured[key] for measured in confidence]))
    commands = [f"`{measured['command']}`" for of_a_preset in files.values() for measured in of_a_preset]
    commands += [f"`crossmodal evaluate diversity {name}`" for name, d in zip(files, varied, strict=True) if d]
    return "\n".join([*lines, "", ", ".join(commands)]) + "\n"


def frontier() -> str:
    alphas = {f"alpha-{alpha}": f"VAE-GAN, alpha {alpha}" for alpha in ("0", "0.05", "0.2", "1", "5")}
    return runs_table("alpha_frontier", {**alphas, "vae": "compact VAE", "balanced": "`balanced`"})


def ablation() -> str:
    if not (table := runs_table("ablation", {"balanced": "`balanced`, two epochs"})):
        return ""
    return f"What each of its parts is worth, by trainings of two epochs on one split with one part changed:\n\n{table}"


def strings() -> str:
    """Error rates of strings of digits by strangers, clean and in noise, by each way to find the words."""
    if not (result := load("strings_coopnets_digits")):
        return ""
    measured = Strings.from_json(result)
    lines = head("", "error rate (95 % interval)", "substituted", "inserted", "left out")
    for name, figure in measured.error_rates.items():
        counts = (figure.substitutions, figure.insertions, figure.deletions)
        lines.append(row(name, percent(figure.rate, figure.interval_95), *(f"{count:,}" for count in counts)))
    said = (
        f"{measured.words:,} digits in {measured.strings:,} strings by {measured.people} people: `{result['command']}`"
    )
    return "\n".join([*lines, "", said]) + "\n"
