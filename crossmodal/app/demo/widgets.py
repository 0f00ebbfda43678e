"""What the tabs of the page share: Gradio's components with their settings, and errors as sentences."""

import contextlib
from collections.abc import Iterator
from typing import Any

import gradio as gr

from crossmodal.errors import CrossmodalError

RECORDING: dict[str, Any] = {"sources": ["microphone", "upload"], "type": "filepath", "buttons": ["download"]}
PICTURE: dict[str, Any] = {"format": "png", "buttons": [], "interactive": False, "show_label": False}
OFFERED: dict[str, Any] = {"interactive": False, "format": "wav", "buttons": ["download"]}  # a sound
CANVAS = 280  # pixels
LARGEST_SEED = 2**31 - 1
QUEUE: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "model"}  # a model works for one visitor at a time


@contextlib.contextmanager
def in_one_sentence(path: str | None = None) -> Iterator[None]:
    """Errors of this package as Gradio's, which the page shows; they name no path."""
    try:
        yield
    except CrossmodalError as error:
        sentence = str(error).replace(repr(path), "The recording") if path else str(error)
        raise gr.Error(sentence, print_exception=False) from None


def draw_number(label: str) -> gr.Number:
    """The seed of what is drawn next."""
    return gr.Number(0, precision=0, minimum=0, maximum=LARGEST_SEED, label=label)


def canvas(label: str, element: str) -> gr.Sketchpad:
    """A white page to write on in black."""
    return gr.Sketchpad(
        label=label,
        type="filepath",
        image_mode="RGB",
        canvas_size=(CANVAS, CANVAS),
        fixed_canvas=True,
        layers=False,
        brush=gr.Brush(default_size=14, colors=["#000000"], color_mode="fixed"),
        elem_id=element,
    )
