"""A name that is one of a few."""

from collections.abc import Iterable

from crossmodal.errors import ModelError


def check_choice(what: str, value, choices: Iterable[str], error: type[Exception] = ModelError) -> None:
    """An `error` with the value and the choices, unless it is one of them; `what` says of what kind it is."""
    if value not in (known := list(choices)):
        raise error(f"There is no {what} {value!r}: choose one of {', '.join(known)}.")
