"""The tables of all families of models that draw what they hear."""

import textwrap
from pathlib import Path
from statistics import fmean

from cells import ROOT, head, load, row

from crossmodal.app.sweeps.members import agreement_of, mean_of
from evaluation.diversity_figures import DiversitySummary


STRIPS = "images/families"  # below docs
ABOUT = {  # what a family's equation does, and when to take it
    "vae": "The VAE hears a code, adds noise to it and draws the mean of all images that go with it. What is drawn at the "
    "mean of the code is an archetype of the digit, which readers read best. Take it to be understood by the smallest model.",
    "vae-gan": "A discriminator that sees drawing and sound together takes the place of the pixels, and draws of one clip are "
    "compared with its images as two samples. Take it for varied drawings in one pass of a network.",
    "autoencoder": "The same without noise: one image for each sound, the mean of the class. It is the floor for variety: "
    "whatever varies in its drawings was in the voice.",
    "conditional-vae": "A recognition network sees the image and the sound, and what the sound tells need not be told again: "
    "the hand learns how a digit is written, by maximum likelihood. Training is as calm as a VAE's. Take it to analyse or to "
    "choose hands; its strokes are a little soft.",
    "conditional-gan": "Generator and discriminator play for each sound. Strokes are sharp; variety depends on the balance of "
    "the two players, which R1 and wrong sounds keep.",
    "wasserstein-gan": "The critic measures a distance between drawings and images instead of telling them apart, and its "
    "slope is held at 1. Its loss says how far training has come, which no GAN's does; it needs more steps of the critic.",
    "info-gan": "A conditional GAN some of whose numbers are found again in the drawing, so that they come to mean something "
    "that can be seen. Take it to look for such axes without labels.",
    "larsen-vae-gan": "A VAE that compares features of the discriminator in place of pixels: a moved stroke costs less, a "
    "blurred one more. Between the VAE and the GAN in all respects.",
    "vae-dis": "The same with the features of a discriminator that was trained before and stays as it is: two calm trainings "
    "in place of one game.",
    "coopnets": "A generator draws, a descriptor improves the drawing by Langevin dynamics, and each learns from the other; no "
    "one has to fool anyone. Take it where the energy of a drawing is wanted, not the drawing alone.",
    "flow": "A network learns the velocity from noise to images, one regression without a second player, and a drawing takes "
    "eleven passes. It has a dial at drawing time: guidance trades variety for clearness. The most faithful of all; the "
    "slowest to draw.",
}


def strips() -> str:
    """A paragraph and a strip of drawings for each family that was measured."""
    parts = []
    for name in runs_of_families():
        picture = f"![Drawings of {name}]({STRIPS}/{name}.png)\n" if strip_of(name).exists() else ""
        parts.append("\n".join([f"## `{name}`\n", *textwrap.wrap(ABOUT[name], 120), "", picture]))
    return "\n".join(parts)


def strip_of(name: str) -> Path:
    return ROOT / "docs" / STRIPS / f"{name}.png"


def runs_of_families() -> dict[str, list[dict]]:
    """The runs of each family."""
    found: dict[str, list] = {}
    for name, run in load("families").get("runs", {}).items():
        found.setdefault(name.rsplit("-", 1)[0], []).append(run)
    return found


def summaries_of(runs: list[dict]) -> list[DiversitySummary]:
    return [DiversitySummary.from_json(run["diversity"]) for run in runs]


def share(values) -> str:
    """The mean over runs, with its interval where there are several: "98.1% (97.9% to 98.3%)"."""
    figure = mean_of(list(values))
    if figure["interval_95"] is None:
        return f"{figure['mean']:.1%}"
    low, high = (min(max(each, 0), 1) for each in figure["interval_95"])
    return f"{figure['mean']:.1%} ({low:.1%} to {high:.1%})"


def number(values, digits: int) -> str:
    return f"{fmean(values):.{digits}f}"


def command() -> str:
    return f"`{load('families')['command']}`\n"


def families() -> str:
    """A row per family, the mean over its runs; real images last."""
    if not (found := runs_of_families()):
        return ""
    lines = head("family", "best drawing", "random draws", "variety within a clip", "coverage", "FID", "CAS")
    for name, runs in found.items():
        measured, summaries = [agreement_of(run) for run in runs], summaries_of(runs)
        cells = [
            share(each.posterior_mean.accuracy for each in measured),
            share(each.sampled_z.accuracy for each in measured),
            number((each.within_clip for each in summaries), 2),
            number((each.sampled_z.coverage for each in summaries), 3),
            number((each.sampled_z.fid for each in summaries), 2),
            share(each.cas["sampled_z"] for each in summaries if each.cas),
        ]
        lines.append(row(f"`{name}`", *cells))
    real, cas = summaries[-1].real_training_images, summaries[-1].cas or {}
    figures = (f"{real.coverage:.3f}", f"{real.fid:.2f}", f"{cas.get('real_training_images', 0.0):.1%}")
    lines.append(row("real images", "-", f"{measured[-1].real_test_images:.1%}", "1.00", *figures))
    return "\n".join([*lines, "", command()])


def families_in_detail() -> str:
    """The further figures of each family."""
    if not (found := runs_of_families()):
        return ""
    heads = ("parameters", "second reader, random draws", "variety between clips", "precision", "recall", "density")
    lines = head("family", *heads, "KID", "nearest training image", "ms a drawing")
    for name, runs in found.items():
        summaries = summaries_of(runs)
        seconds = [each.second_reader["sampled_z"] for each in summaries if each.second_reader]
        nearest = [each.nearest_training_image["sampled_z"]["median_ratio_to_second"] for each in summaries]
        cells = [
            f"{runs[0]['parameters']:,}",
            share(seconds) if seconds else "-",
            number((each.between_clips for each in summaries), 2),
            *(figures_of(each.sampled_z for each in summaries)),
            number(nearest, 2),
            f"{runs[0]['milliseconds_a_drawing']:.2f}" if "milliseconds_a_drawing" in runs[0] else "-",
        ]
        lines.append(row(f"`{name}`", *cells))
    real, second = summaries[-1], summaries[-1].second_reader
    nearest = real.nearest_training_image["real_test_images"]["median_ratio_to_second"]
    read = f"{second['real_test_images']:.1%}" if second else "-"
    cells = ["-", read, "1.00", *figures_of([real.real_training_images]), f"{nearest:.2f}", "-"]
    return "\n".join([*lines, row("real images", *cells), "", command()])


def figures_of(sets) -> list[str]:
    """Precision, recall, density and KID: means over `SetFigures`."""
    sets = list(sets)
    digits = {"precision": 3, "recall": 3, "density": 2, "kid": 3}
    return [number((getattr(each, name) for each in sets), places) for name, places in digits.items()]
