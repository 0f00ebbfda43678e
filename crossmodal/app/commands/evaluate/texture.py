"""The command `crossmodal-evaluate texture REFERENCE SYNTHESIS...`."""

import sys

from crossmodal.app.commands.evaluate.folder import add_outputs, check_outputs, close_folder, open_folder, tell
from crossmodal.app.options import a_path


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "texture",
        help="does a synthesis sound like its reference, and is it more than a copy of it?",
        description="Score sound textures between 0 (noise with the reference's spectrum) and 1 (the reference "
        "itself), and search them for copies of the reference, for loops and for likeness to each other.",
    )
    parser.add_argument("reference", type=a_path, help="a recording of at least 2 s, of which the first 7 s are scored")
    parser.add_argument("synthesis", type=a_path, nargs="+", help="draws, each at least half as long as the reference")
    add_outputs(parser, "texture")
    parser.set_defaults(run=run, needs_tensorflow=False)


def run(arguments) -> int:
    """Print the tables and write the JSON; 2 if there were syntheses that cannot be measured, which are named.

    Raises:
        CrossmodalError: the reference cannot be measured.
    """
    from crossmodal.errors import AudioError
    from crossmodal.sound.audio import read_audio
    from evaluation.texture.filters import SAMPLE_RATE
    from evaluation.texture.report import as_tables, evaluate_textures
    from evaluation.texture.score import SHORTEST_S, check_measurable, half_samples

    folder = check_outputs(arguments, "texture", arguments.reference)
    name = str(arguments.reference)
    waveform = read_audio(arguments.reference, SAMPLE_RATE)
    reference = check_measurable(waveform, name=name, min_duration_s=SHORTEST_S)
    least_s = half_samples(reference) / SAMPLE_RATE
    paths, syntheses, failed = [], [], {}
    for path in arguments.synthesis:
        try:
            waveform = read_audio(path, SAMPLE_RATE)
            syntheses.append(check_measurable(waveform, name=str(path), min_duration_s=least_s))
            paths.append(path)
        except AudioError as error:
            failed[str(path)] = str(error)
            print(error, file=sys.stderr)
    if not paths:
        return 2
    report = {**evaluate_textures(reference, syntheses, [name, *map(str, paths)]), "unusable": failed}
    tell(arguments, as_tables(report), report)
    open_folder(folder)
    sounds = {figures["name"]: figures for figures in report["syntheses"]}
    files = {"reference": arguments.reference, "syntheses": paths}
    close_folder(folder, arguments, "texture", files, {**report["reference"], "sounds": sounds})
    return 2 if failed else 0
