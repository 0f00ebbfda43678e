"""What the tabs of the page share: settings of Gradio's components, and errors as sentences."""

import contextlib
from collections.abc import Iterator
from typing import Any

import gradio as gr

from crossmodal.errors import CrossmodalError

RECORDING: dict[str, Any] = {"sources": ["microphone", "upload"], "type": "filepath", "buttons": ["download"]}
PICTURE: dict[str, Any] = {"format": "png", "buttons": [], "interactive": False, "show_label": False}
QUEUE: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "model"}  # a model works for one visitor at a time


@contextlib.contextmanager
def in_one_sentence(path: str | None = None) -> Iterator[None]:
    """Errors of this package as Gradio's, which the page shows; they name no path."""
    try:
        yield
    except CrossmodalError as error:
        sentence = str(error).replace(repr(path), "The recording") if path else str(error)
        raise gr.Error(sentence, print_exception=False) from None
