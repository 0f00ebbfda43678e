"""Which numbers make sense: the range of an option, the same on the command line and for a config made in Python."""

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args, get_origin, get_type_hints

from crossmodal.errors import CrossmodalError

MOST_WHOLE = 2**31 - 1  # of a whole number whose option has no limit of its own
SHOWN = 40  # characters of a wrong value in a sentence


@dataclass(frozen=True)
class Range:
    """A number from `least` to `most`, both included, above `above` and below `below`; None is no limit.

    NaN and infinity are in no range.
    """

    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None

    def holds(self, number: float) -> bool:
        """Whether a number lies in the range."""
        return (
            (isinstance(number, numbers.Integral) or math.isfinite(number))
            and (self.least is None or number >= self.least)
            and (self.most is None or number <= self.most)
            and (self.above is None or number > self.above)
            and (self.below is None or number < self.below)
        )

    def __str__(self) -> str:
        """The range in words, such as "from 0 to 1" or "above 0 and of 10 at most"."""
        if self.least is not None and self.most is not None:
            return f"from {_shown(self.least)} to {_shown(self.most)}"
        limits = {
            "of {} or more": self.least,
            "above {}": self.above,
            "below {}": self.below,
            "of {} at most": self.most,
        }
        words = [text.format(_shown(limit)) for text, limit in limits.items() if limit is not None]
        return " and ".join(words) or "that is finite"


def _shown(limit: float) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)


def read_number(text: str, kind: type, within: Range) -> float:
    """A number from its text.

    Args:
        text: what was typed.
        kind: int or float.
        within: where it has to lie; a whole number is 2^31 - 1 at most if the range has no upper limit.

    Raises:
        ValueError: it is no such number, with what would be one.
    """
    within = whole(within) if kind is int else within
    wanted = f"give a {'whole ' if kind is int else ''}number {within}"
    try:
        number = kind(text)
    except (ValueError, OverflowError):
        shown = text if len(text) <= SHOWN else text[:SHOWN] + "..."
        raise ValueError(f"{shown!r} is not a {'whole ' if kind is int else ''}number: {wanted}") from None
    if not within.holds(number):
        shown = text.strip() if len(text) <= SHOWN else text[:SHOWN] + "..."
        raise ValueError(f"{shown} is out of range: {wanted}")
    return number


def whole(within: Range) -> Range:
    """The range of a whole number, with an upper limit."""
    limited = within.most is not None or within.below is not None
    return within if limited else Range(within.least, MOST_WHOLE, within.above)


def range_of(metadata: Mapping[str, Any]) -> Range:
    """The range in a dataclass field's metadata, as `crossmodal.app.options.option` puts it there."""
    return metadata.get("range") or Range()


def check_config(config) -> None:
    """CrossmodalError unless every number of a dataclass is of its field's kind and in its range, and every choice is
    one of its field's.

    None is for an option that is left open where its type says so.
    """
    hints = get_type_hints(type(config))
    for f in fields(config):
        kinds = get_args(hints[f.name]) or (hints[f.name],)
        if get_origin(hints[f.name]) is tuple:
            _check_numbers(f, kinds[0], getattr(config, f.name))
            for value in getattr(config, f.name):
                _check_choice(f, value, [choice for choice in get_args(kinds[0]) if type(choice) is str])
            continue
        kind = next((kind for kind in (int, float) if kind in kinds), None)
        value = getattr(config, f.name)
        if value is None and type(None) in kinds:
            continue
        if choices := [choice for each in (hints[f.name], *kinds) for choice in get_args(each) if type(choice) is str]:
            _check_choice(f, value, choices)
        elif bool in kinds and not isinstance(value, bool):
            raise CrossmodalError(f"{f.name} cannot be {repr(value)[:SHOWN]}: choose True or False.")
        _check_numbers(f, kind, (value,))


def _check_choice(field, value, choices: list[str]) -> None:
    """CrossmodalError unless a value of a field is one of its choices, if it has any."""
    if choices and value not in choices:
        raise CrossmodalError(f"{field.name} cannot be {repr(value)[:SHOWN]}: choose one of {', '.join(choices)}.")


def _check_numbers(field, kind, values) -> None:
    """CrossmodalError unless all values of a field are numbers of a kind in its range; other kinds are let pass."""
    if kind not in (int, float):
        return
    within = whole(range_of(field.metadata)) if kind is int else range_of(field.metadata)
    for value in values:
        of_kind = isinstance(value, numbers.Integral if kind is int else numbers.Real) and not isinstance(value, bool)
        if not of_kind or not within.holds(value):
            wanted = f"a {'whole ' if kind is int else ''}number {within}"
            raise CrossmodalError(f"{field.name} cannot be {repr(value)[:SHOWN]}: choose {wanted}.")
