"""The tables of README and docs, written from the files in recipes/results and crossmodal/presets.

python recipes/pages/tables.py            # print them
python recipes/pages/tables.py --write    # put them into their pages
"""

import sys
from functools import partial
from pathlib import Path

from cells import ROOT, head, load, percent, print_or_write, ratio, row
from drawing_tables import ablation, frontier, results, strangers, strings
from environment_tables import environmental_confusions, environmental_front_ends, environmental_sounds
from family_tables import coherence, command_of, dial, families, families_in_detail, of_family
from hearing_tables import changes, encoders, few_clips
from image_tables import image_textures, object_patterns
from latent_tables import latent_spaces
from sign_tables import hand_signs
from speed_tables import speed
from texture_tables import (
    texture_classes,
    texture_judges,
    texture_ladder,
    texture_methods,
    texture_mixtures,
    texture_streams,
    texture_sweeps,
    texture_teaching,
    textures,
)

TOLD = ("sound -> image", "image -> sound", "both imagined")  # of the ways of a joint flow, what README tells


def headlines() -> str:
    """One row per system: what its source reports, and what was measured here."""
    paper, compact = load("vae_paper_random"), load("vae_compact_random")
    papers_gan, balanced = load("vae_gan_paper_random"), load("vae_gan_balanced_random")
    leaving_out, textures = load("vae_compact_speaker"), load("texture_baselines")
    compact_preset, preset = load("agreement_vae_compact"), load("agreement_coopnets_digits")
    noisy, in_strings = load("conditions_coopnets_digits"), load("strings_coopnets_digits")
    environment, signs, of_families = load("environmental_sounds"), load("agreement_signs"), load("families")["runs"]
    of_conditional = {"command": command_of("conditional-vae")}
    flows, coopnets = of_family("flow"), of_family("coopnets")
    ways, unpaired = load("coherence_guidance3"), load("unpaired")
    flows_real = of_families["flow-seed0"]["diversity"]["real_training_images"]
    drawn = in_strings["string_errors"]["error_rates"]["drawn, clean"]

    def mean(result: dict, figure: str, write=percent) -> str:
        return write(result[figure]["mean"], result[figure]["interval_95"])

    def one(result: dict, figure: str) -> str:
        return percent(result[figure]["accuracy"], result[figure]["interval_95"])

    at_mean, sampled = "drawn at the posterior mean", "drawn at sampled z"
    people = f"{preset['people']} strangers on their own microphones"
    at_10_db = one(noisy["by_condition"], "noise at 10 dB")
    of_textures = textures["mean"]["coopnets"]
    rows = (
        (f"VAE, {at_mean}, `random`", "93.7 %", mean(paper, "posterior_mean"), paper),
        (f"compact VAE of 1.2 M parameters, {at_mean}, `random`", "-", mean(compact, "posterior_mean"), compact),
        ("the same, `speaker`: five men, each left out in turn", "-", mean(leaving_out, "posterior_mean"), leaving_out),
        (f"preset `coopnets_digits`, best drawing, `speakers`: {people}", "-", one(preset, "posterior_mean"), preset),
        ("the same, drawn at random", "-", one(preset, "sampled_z"), preset),
        ("the same in noise 10 dB below the voice, best drawing", "-", at_10_db, noisy),
        (
            "the same: errors per digit said, in strings of 3 to 7 without pauses",
            "-",
            percent(drawn["rate"], drawn["interval_95"]),
            in_strings,
        ),
        (
            f"preset `vae_compact`, {at_mean}, the same people",
            "-",
            one(compact_preset, "posterior_mean"),
            compact_preset,
        ),
        (f"VAE-GAN, {sampled}, `random`", "79 %", mean(papers_gan, "sampled_z"), papers_gan),
        (f"`balanced` VAE-GAN, {sampled}, `random`", "-", mean(balanced, "sampled_z"), balanced),
        ("the same: variety within a clip, ratio to real images", "-", mean(balanced, "within_clip", ratio), balanced),
        ("the same: accuracy of a classifier trained on its drawings", "-", mean(balanced, "cas"), balanced),
        (f"flow, drawn at random, `random`, mean of {flows['runs']}", "-", mean(flows, "sampled_z"), flows),
        (f"the same: FID, real images {flows_real['fid']:.2f}", "-", f"**{flows['fid']:.2f}**", flows),
        ("the same: accuracy of a classifier trained on its drawings", "-", mean(flows, "cas"), flows),
        (
            f"conditional cooperative networks, drawn at random, `random`, mean of {coopnets['runs']}",
            "-",
            mean(coopnets, "sampled_z"),
            coopnets,
        ),
        ("the same: accuracy of a classifier trained on its drawings", "-", mean(coopnets, "cas"), coopnets),
        (
            "conditional VAE, drawn at random, `random`, one division",
            "-",
            one(of_families["conditional-vae-seed0"], "sampled_z"),
            of_conditional,
        ),
        *((f"joint flow, coherence: {way}", "-", one(ways["coherence"]["by_way"], way), ways) for way in TOLD),
        (
            "CycleGAN, no pairs: by the best permutation of the digits, chance 10 %",
            "-",
            one(unpaired["runs"]["seed0"], "permuted"),
            unpaired,
        ),
        (
            "ESC-10's ten sounds of the environment, drawn at the posterior mean, mean of its five folds",
            "-",
            mean(environment, "posterior_mean"),
            environment,
        ),
        (
            "spoken digit to hand sign, 64x64 in colour: flow, drawn at random, voices and hands of strangers",
            "-",
            one(signs, "sampled_z"),
            signs,
        ),
        (
            "sound textures: mean score of five, 0 noise, 1 another half of the recording",
            "-",
            f"**{of_textures['score']:.2f}**",
            textures,
        ),
        (
            "the same of what the generator alone draws, as streams do",
            "-",
            f"**{of_textures['generator_alone']:.2f}**",
            textures,
        ),
    )
    lines = head("figure", "paper", "here (95 % interval)", "command")
    return "\n".join([*lines, *(row(*cells, f"`{result['command']}`") for *cells, result in rows)]) + "\n"


TABLES = {
    "headlines": headlines,
    "results": results,
    "strangers": strangers,
    "strings": strings,
    "families": families,
    "families in detail": families_in_detail,
    "flow dials": partial(dial, "flow_dials", "w"),
    "flow steps": partial(dial, "flow_steps", "steps"),
    "CoopNets' steps": partial(dial, "coopnets_dials", "Langevin steps"),
    "coherence": coherence,
    "frontier": frontier,
    "ablation": ablation,
    "textures": textures,
    "texture methods": texture_methods,
    "texture sweeps": partial(texture_sweeps, "texture_sweeps"),
    "texture sweeps, swapped": partial(texture_sweeps, "texture_sweeps_swapped"),
    "texture teaching": texture_teaching,
    "texture ladder": texture_ladder,
    "texture judges": texture_judges,
    "texture classes": texture_classes,
    "texture mixtures": texture_mixtures,
    "texture streams": texture_streams,
    "speed": speed,
    "latent spaces": latent_spaces,
    "encoders": encoders,
    "changes of sounds": changes,
    "few clips": partial(few_clips, "few_clips"),
    "few clips, curves": partial(few_clips, "few_clips_curves", "few_clips_layers"),
    "image textures": image_textures,
    "object patterns": object_patterns,
    "hand signs": hand_signs,
    "environmental front ends": environmental_front_ends,
    "environmental sounds": environmental_sounds,
    "environmental confusions": environmental_confusions,
}
PAGES = {  # of the tables that do not stand in docs/results.md
    "headlines": "README.md",
    "families in detail": "docs/families.md",
    "flow dials": "docs/models.md",
    "flow steps": "docs/models.md",
    "CoopNets' steps": "docs/models.md",
    "coherence": "docs/models.md",
    "image textures": "docs/image_textures.md",
    "object patterns": "docs/image_textures.md",
    "latent spaces": "docs/latent_space.md",
    "hand signs": "docs/hand_signs.md",
    "encoders": "docs/hearing.md",
    "changes of sounds": "docs/hearing.md",
    "few clips": "docs/hearing.md",
    "few clips, curves": "docs/hearing.md",
    "texture teaching": "docs/textures.md",
    "texture ladder": "docs/textures.md",
    "texture judges": "docs/textures.md",
    "texture classes": "docs/textures.md",
    "texture mixtures": "docs/textures.md",
    "texture streams": "docs/textures.md",
    **dict.fromkeys(
        ("environmental front ends", "environmental sounds", "environmental confusions"), "docs/environmental_sounds.md"
    ),
}


def page_of(table: str) -> Path:
    """Where a table stands."""
    return ROOT / PAGES.get(table, "docs/results.md")


def main(argv=None) -> int:
    return print_or_write({name: page_of(name) for name in TABLES}, TABLES, argv, __doc__)


if __name__ == "__main__":
    sys.exit(main())
