"""One model per division of the clips: the mean over random splits, or over the speakers left out in turn.

    python recipes/studies/splits.py vae --data fsdd-mnist --splits 5 --results vae_compact_random.json
    python recipes/studies/splits.py vae --data fsdd-mnist --protocol speaker --results vae_compact_speaker.json
    python recipes/studies/splits.py vae-gan --data fsdd-mnist --splits 3 --diversity --results vae_gan_random.json

Takes the options of `crossmodal train` of that family. Each run has a folder of its own below --workdir;
finished runs are not run again, so the same command continues where it was stopped. `--processes N` runs N at once,
`--shard I/N` one machine's share of them.
"""

import sys
from pathlib import Path

from crossmodal.app.experiments import families, train_vae, train_vae_gan
from crossmodal.app.options import as_options, run_recipe
from crossmodal.app.sweeps.members import add_splits, as_text, means, publish, read_members, run_members, splits_of
from crossmodal.app.sweeps.shards import add_shares
from crossmodal.data.catalog import LOCATIONS

RESULTS = Path(__file__).parents[1] / "results"
FAMILIES = {"vae": train_vae, "vae-gan": train_vae_gan, **families.FAMILIES}


def main(argv=None) -> int:
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] not in FAMILIES:
        print(__doc__ if argv[:1] in ([], ["-h"], ["--help"]) else f"choose one of {', '.join(FAMILIES)} first.")
        return 0 if argv[:1] in (["-h"], ["--help"]) else 2
    family, recipe = argv[0], FAMILIES[argv[0]]

    def work(config, arguments) -> None:
        configs = splits_of(config, arguments.splits)
        members = {name: (recipe.run, member) for name, member in configs.items()}
        run_members(members, arguments, diversity=arguments.diversity)
        if runs := read_members(members, arguments.workdir, diversity=arguments.diversity):
            splits = "" if config.protocol == "speaker" else f" --splits {arguments.splits}"
            splits += " --diversity" if arguments.diversity else ""
            options = f"{as_options(config, LOCATIONS)}{splits} --results {arguments.results}"
            figures = means(runs.values())
            for name, figure in figures.items():
                print(f"{name}: {as_text(figure)}")
            result = {"command": f"python recipes/studies/splits.py {family}{options}", "runs": runs, **figures}
            publish(result, RESULTS / arguments.results, arguments.workdir)

    def extra(parser):
        add_splits(parser, default=5, least=2)
        add_shares(parser)
        parser.add_argument("--diversity", action="store_true", help="measure it too, three minutes a run")
        parser.add_argument("--results", default="splits.json", help="name of the file in recipes/results")

    return run_recipe(work, recipe.Config, __doc__, argv[1:], workdir=f"runs/splits-{family}", extra=extra)


if __name__ == "__main__":
    sys.exit(main())
