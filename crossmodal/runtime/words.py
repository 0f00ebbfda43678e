"""Names and errors as they are put into a sentence."""

import os

MOST_LETTERS = 100  # of an error of another library
MOST_OF_A_LINE = 200  # letters


def printable(words: str | os.PathLike[str]) -> str:
    """Words or a path with an escape in the place of each character that cannot be printed, such as bytes that are not
    text: the name of a file may hold any, and must begin no line and move no cursor."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in os.fspath(words))


def reason_of(error: Exception) -> str:
    """What an error of the system or of another library says, as a short phrase without a full stop."""
    return phrase(getattr(error, "strerror", None) or str(error))


def first_line(error: BaseException) -> str:
    """The first line of what an error of another library says, or its class where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:MOST_OF_A_LINE]


def phrase(words: str) -> str:
    """The first of some words in one line, without a full stop."""
    return " ".join(words.split()).rstrip(".")[:MOST_LETTERS]
