"""Find the images that belong to a sound, or the sounds that belong to a picture, by a model of correspondence.

  crossmodal find seven.wav --among images --model runs/correspondence -o found.png
  crossmodal find seven.png --among sounds --model runs/correspondence --json
  crossmodal find --among images --model runs/correspondence --save-index images.npz
  crossmodal find seven.wav --among images.npz --model runs/correspondence

All files below a folder are searched. An index has read them before. The model is one of crossmodal train
correspondence.
"""

import json
import sys
from pathlib import Path

from crossmodal.app.options import a_name, a_path, whole_number
from crossmodal.errors import CrossmodalError, DataError

PICTURES = (".png", ".jpg", ".pdf", ".svg")
ACROSS, SHOWN = 10, 14  # images in a row of the contact sheet, letters of a name below each


def add_arguments(parser) -> None:
    parser.add_argument("query", nargs="?", type=a_name, help="a recording of a word, or a picture")
    parser.add_argument("--among", type=a_path, required=True, help="a folder of pictures or recordings, or an index")
    parser.add_argument("--model", type=a_name, required=True, help="a .keras file or the folder of a run")
    parser.add_argument("--count", type=whole_number(1, 1000), default=10, help="how many to name (%(default)s)")
    parser.add_argument("-o", "--output", type=a_path, help="picture to write of the images that are found")
    parser.add_argument("--save-index", type=a_path, help="file to keep the index of the folder in, .npz")
    parser.add_argument("--background", choices=("white", "black"), default="white", help="behind what is transparent")
    parser.add_argument("--json", action="store_true", help="print what is found as JSON")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    """Name what is found; 2 if some files of the folder could not be used."""
    from crossmodal.app.gallery import OTHER, READ, embed, index_of, kind_of
    from crossmodal.models.correspondence import check_correspondence
    from crossmodal.runtime.files import check_output
    from crossmodal.saving.index import SUFFIX, load_index, nearest, save_index
    from crossmodal.saving.keras_file import load_model

    if arguments.query is None and arguments.save_index is None:
        raise CrossmodalError("There is nothing to find: name a recording or a picture, or pass --save-index.")
    asked = kind_of(arguments.query) if arguments.query else None
    if arguments.output:
        check_output(arguments.output, PICTURES)
        if asked != "sounds":
            raise CrossmodalError("Only images that a recording finds can be shown: leave out -o.")
    if arguments.save_index:
        check_output(arguments.save_index, (SUFFIX,))
    model = check_correspondence(load_model(arguments.model))
    if arguments.among.suffix == SUFFIX and not arguments.among.is_dir():
        index, failed = load_index(arguments.among, model), 0
    else:
        wanted = OTHER[asked] if asked else None
        index, failed = index_of(arguments.among, wanted, model, arguments.background)
    if arguments.save_index:
        save_index(index, arguments.save_index)
        print(f"index of {len(index.names):,} {index.kind}: {arguments.save_index}", file=sys.stderr)
    if asked == index.kind:
        raise DataError(f"{arguments.among} holds {asked}, as the query is: pass {OTHER[asked]}.")
    if asked:
        read = READ[asked](arguments.query, model, arguments.background)
        tell(arguments, index, *nearest(model, index, embed([read], asked, model)[0], arguments.count))
    return 2 if failed else 0


def tell(arguments, index, found, scores) -> None:
    """Print what was found, the best first, as text or JSON; write the picture of it."""
    from crossmodal.runtime.words import printable

    names = [str(name) for name in index.names[found]]
    if arguments.output:
        save_found(arguments.output, arguments.query, index.pictures[found], names)
    if arguments.json:
        answers = [{"name": name, "score": float(score)} for name, score in zip(names, scores, strict=True)]
        picture = str(arguments.output) if arguments.output else None
        told = {"query": arguments.query, "kind": index.kind, "picture": picture, "found": answers}
        print(json.dumps(told, indent=1))
        return
    print(f"{printable(arguments.query)}: the best of {len(index.names):,} {index.kind}")
    for rank, (name, score) in enumerate(zip(names, scores, strict=True), 1):
        print(f"  {rank:>3}  {score:8.2f}  {name}")
    if arguments.output:
        print(f"picture: {arguments.output}")


def save_found(path: Path, query: str, pictures, names: list[str]) -> None:
    """A contact sheet: the images that were found, the best first, their names below."""
    import warnings

    from crossmodal.app.pictures.images import save_strips
    from crossmodal.runtime.files import replacing

    columns = [picture[None] / 255 for picture in pictures]
    strips = []
    for first in range(0, len(names), ACROSS):
        row = slice(first, first + ACROSS)
        captions = [Path(name).name.replace("$", r"\$")[-SHOWN:] for name in names[row]]
        strips.append((Path(query).name.replace("$", r"\$") if first == 0 else "", columns[row], captions))
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a name in letters that the font does not have
        save_strips(temporary, strips)
