"""The commands `crossmodal data check` and `crossmodal data pack`, of tables of natural pairs."""

from crossmodal.app.experiments.hearing import HEARING, chosen_front_end
from crossmodal.app.experiments.training_options import TrainingConfig
from crossmodal.app.options import a_name, a_path, add_options, number, seed_number, whole_number
from crossmodal.runtime.ranges import Range


def add_parsers(subparsers) -> None:
    check = subparsers.add_parser(
        "check",
        help="validate a table of pairs",
        description="Read every file that a table of pairs names, and print each row that cannot be used, with its "
        "line and the reason, and what is left.",
    )
    pack = subparsers.add_parser(
        "pack",
        help="write a table of pairs as TFRecord files",
        description="Write the pairs of a table as TFRecord files of spectrograms and images. "
        "crossmodal train vae --data manifest --pairs shards trains from them.",
    )
    for action in (check, pack):
        action.add_argument(
            "pairs", type=a_path, help="CSV or JSON lines with the columns sound and image, see docs/data.md"
        )
        action.add_argument(
            "--skip-bad",
            type=number(float, Range(least=0, below=1)),
            default=0.0,
            help="largest share of unusable rows left out (%(default)s)",
        )
        action.add_argument("--group-of", type=a_name, help="pattern of the part of a sound's name that is its group")
        action.add_argument(
            "--image-size",
            type=whole_number(16, 128),
            default=28,
            help="height and width of the images, a multiple of 4 (%(default)s)",
        )
        action.add_argument("--colour", action="store_true", help="colours, not grey")
        action.add_argument(
            "--fit",
            choices=("stretch", "pad", "crop"),
            default="stretch",
            help="what becomes of oblong pictures (%(default)s)",
        )
        action.add_argument(
            "--background",
            choices=("white", "black"),
            default="white",
            help="the page behind what is transparent (%(default)s)",
        )
    check.add_argument(
        "--protocol", choices=("random", "groups"), default="random", help="how the rows are divided (%(default)s)"
    )
    check.add_argument("--seed", type=seed_number, default=0, help="seed of the division (%(default)s)")
    pack.add_argument("-o", "--output", type=a_path, required=True, help="a new folder")
    add_options(pack, TrainingConfig, HEARING)
    pack.add_argument(
        "--per-shard", type=whole_number(1, 10_000_000), default=4096, help="pairs in a file (%(default)s)"
    )
    check.set_defaults(run=run_check, needs_tensorflow=False)
    pack.set_defaults(run=run_pack)


def image_options(arguments) -> dict:
    """How pictures become images, as `load_manifest` takes it."""
    size, channels = arguments.image_size, 3 if arguments.colour else 1
    return {"image_shape": (size, size, channels), "fit": arguments.fit, "background": arguments.background}


def run_check(arguments) -> None:
    """Print all bad rows and what is left; DataError where too many are bad."""
    from crossmodal.data.manifest import read_table
    from crossmodal.data.manifest_check import check_table
    from crossmodal.data.natural_pairs import check_options, division_of, name_of, summary
    from crossmodal.data.table_rows import labels_of, leaks_of, refusal
    from crossmodal.errors import DataError
    from crossmodal.runtime.words import printable

    check_options(**image_options(arguments), skip_bad=arguments.skip_bad)
    table = read_table(arguments.pairs)
    if table.unused:
        print(f"columns that are not used: {', '.join(map(printable, table.unused))}")
    checked = check_table(table, group_of=arguments.group_of, **image_options(arguments))
    rows, name = checked.rows, name_of(arguments.pairs)
    leaks = leaks_of(rows, arguments.protocol, arguments.seed, name) if len(rows) > 2 else {}
    bad = {**checked.bad, **leaks}
    for line in sorted(bad):
        print(f"line {line}: {bad[line]}")
    rows = rows.keep([line not in leaks for line in rows.lines.tolist()])
    if len(bad) > arguments.skip_bad * (len(rows) + len(bad)) + 1e-9 or not len(rows):
        raise DataError(refusal(printable(arguments.pairs), len(bad), len(rows) + len(bad)))
    split = division_of(name, rows, arguments.protocol, arguments.seed)
    print(summary(name, rows, split, labels_of(rows, split)[2]))


def run_pack(arguments) -> None:
    from crossmodal.data.packing import pack
    from crossmodal.sound.spectrogram import LogMel

    heard = {name: getattr(arguments, name) for name in HEARING}
    front_end = chosen_front_end(TrainingConfig(data="manifest", **heard))
    assert isinstance(front_end, LogMel)
    options = {name: getattr(arguments, name) for name in ("skip_bad", "group_of", "per_shard")}
    pairs = pack(arguments.pairs, arguments.output, front_end=front_end, **image_options(arguments), **options)
    print(f"{pairs:,} pairs packed into {arguments.output}")
