"""The command `crossmodal-evaluate texture REFERENCE SYNTHESIS...`."""

from pathlib import Path


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "texture",
        help="does a synthesis sound like its reference, and is it more than a copy of it?",
        description="Score sound textures between 0 (noise with the reference's spectrum) and 1 (the reference "
        "itself), and search them for copies of the reference, for loops and for likeness to each other.",
    )
    parser.add_argument("reference", type=Path, help="a recording of at least 2 s, of which the first 7 s are scored")
    parser.add_argument("synthesis", type=Path, nargs="+", help="draws, each at least half as long as the reference")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.set_defaults(run=run, needs_tensorflow=False)


def run(arguments) -> int:
    """Print the tables and write the JSON; CrossmodalError for a file that cannot be read or measured."""
    from crossmodal.audio import read_audio
    from crossmodal.files import write_json
    from evaluation.texture.filters import SAMPLE_RATE
    from evaluation.texture.report import as_tables, evaluate_textures

    paths = [arguments.reference, *arguments.synthesis]
    names = [str(path) for path in paths]
    reference, *syntheses = (read_audio(path, SAMPLE_RATE) for path in paths)
    report = evaluate_textures(reference, syntheses, names)
    print(as_tables(report))
    if arguments.json:
        write_json(arguments.json, report)
    return 0
