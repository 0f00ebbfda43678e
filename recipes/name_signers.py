"""Name the photographs of the Sign Language Digits Dataset by who signs, so that no hand trains and tests.

    python recipes/name_signers.py --images-dir hand_signs --output signs
    crossmodal train classifier --data folders --images-dir signs --group-of "(.*)_" --image-size 64 --colour

The photographs WORD/img_N.jpg are numbered as they were taken: each of the 218 students signs zero to nine in turn. So
a new person begins where the digit falls by five or more. Where a photograph is missing or taken twice this may take
two people for one, which divides nobody. The new folder holds links, WORD/PERSON_N.jpg.
"""

import re
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from crossmodal.app.options import option, run_recipe
from crossmodal.data.sources import DIGITS
from crossmodal.errors import DataError

FALL = 5  # of the digit, from one photograph to the next, where a new person begins


@dataclass(frozen=True)
class Config:
    images_dir: str = option("hand_signs", "the folder of the data set, with a folder per word")
    output: str = option("signs", "the folder to make")


def people(photographs: list[tuple[int, int]]) -> list[int]:
    """The running number of the person of each photograph.

    Args:
        photographs: (number, digit), in the order of the numbers.
    """
    digits = [digit for _, digit in photographs]
    begins = [before - digit >= FALL for before, digit in pairwise(digits)]
    return [sum(begins[:i]) for i in range(len(digits))]


def work(config: Config, arguments) -> None:
    found = []
    for digit, word in enumerate(DIGITS):
        for path in (Path(config.images_dir) / word).glob("*.jpg"):
            if match := re.search(r"(\d+)$", path.stem):
                found.append((int(match[1]), digit, path))
    if not found:
        raise DataError(f"{config.images_dir} holds no photographs such as zero/img_1118.jpg: pass --images-dir.")
    found.sort()
    numbers = people([(number, digit) for number, digit, _ in found])
    for person, (number, digit, path) in zip(numbers, found, strict=True):
        link = Path(config.output) / DIGITS[digit] / f"p{person:03d}_{number}.jpg"
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(path.resolve())
    print(f"{len(found):,} photographs of {numbers[-1] + 1} people in {config.output}")


def main(argv=None) -> int:
    return run_recipe(work, Config, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
