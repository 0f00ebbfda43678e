"""The tab in which a visitor teaches: names classes, gives them sounds and pictures, trains, tries, takes the model.

What it does is in `lesson` and `teaching`; here it is put on the page.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_file_to_cache
from PIL import Image

from crossmodal.app.demo import lesson, teaching
from crossmodal.app.demo.hearing import LONGEST_S
from crossmodal.app.demo.taught import draw, taught_by
from crossmodal.app.demo.widgets import PICTURE, QUEUE, RECORDING, canvas, in_one_sentence
from crossmodal.errors import CrossmodalError

TOLD = 3  # faults of several files
EDITING: dict[str, Any] = {"concurrency_limit": 1, "concurrency_id": "lesson", "show_progress": "hidden"}
TEACHING: dict[str, Any] = {"concurrency_limit": 8, "concurrency_id": "teaching"}  # `train_on` lets one in
NOTHING_YET = "Add sounds and pictures of two classes first."


def teach_tab(lessons: Path, keep: bool) -> None:
    """Classes, training, trying, the model to take home.

    Args:
        lessons: an existing folder, in which each visitor has a folder of his own.
        keep: whether that stays when the visitor has gone.
    """
    place = gr.State(None, delete_callback=None if keep else teaching.forget)
    taught = gr.State(None, time_to_live=3600)
    classes(place, lessons)
    gr.Markdown("### Train")
    with gr.Row():
        with gr.Column():
            train = gr.Button("Train", variant="primary")
            stop = gr.Button("Stop")
            state = gr.Textbox(label="progress", interactive=False, lines=2, elem_id="teaching")
        with gr.Column():
            gr.Markdown("A sound of each class, drawn after each epoch")
            picture = gr.Image(elem_id="epoch", **PICTURE)
    gr.Markdown("### Try it")
    with gr.Row():
        with gr.Column():
            recording = gr.Audio(label=f"a sound of up to {LONGEST_S:.0f} s", **RECORDING)
            go = gr.Button("Draw it", variant="primary")
        with gr.Column():
            drawn = gr.Gallery(columns=5, object_fit="contain", elem_id="taught", **PICTURE)
            gr.Markdown("Further drawings at random")
            others = gr.Image(elem_id="taught-others", **PICTURE)
    download = gr.DownloadButton("Download the model", interactive=False, elem_id="download")
    snippet = gr.Textbox(label="how to use it", lines=7, interactive=False, buttons=["copy"], elem_id="snippet")

    def on_train(place):
        if place is None:
            raise gr.Error(NOTHING_YET, print_exception=False)
        shown = None
        try:
            for progress in teaching.train_on(place):
                changed, shown = progress.picture != shown, progress.picture
                yield str(progress), np.asarray(Image.open(shown)) if changed else gr.skip(), *[gr.skip()] * 3
            found = taught_by(place)
        except CrossmodalError as error:
            yield str(error), *[gr.skip()] * 4
            return
        file = save_file_to_cache(found.file, cache_dir=download.GRADIO_CACHE)
        yield found.caption, gr.skip(), found, gr.update(value=file, interactive=True), found.snippet

    def on_stop(place):
        if place is None or not teaching.stop(place):
            raise gr.Error("Nothing is learning.", print_exception=False)

    def on_try(taught, path):
        if taught is None:
            raise gr.Error("Train it first.", print_exception=False)
        if not path:
            raise gr.Error("Record or upload a sound first.", print_exception=False)
        with in_one_sentence(path):
            return draw(path, taught)

    train.click(on_train, place, [state, picture, taught, download, snippet], show_progress="hidden", **TEACHING)
    stop.click(on_stop, place, None, **EDITING)
    go.click(on_try, [taught, recording], [drawn, others], **QUEUE)


def classes(place: gr.State, lessons: Path) -> None:
    """Where classes are named, and get and lose sounds and pictures."""
    least, most = lesson.LEAST, lesson.MOST
    gr.Markdown(
        f"Name a class, then give it {least} to {most} sounds of up to {lesson.LONGEST_S:.0f} s and {least} to {most} "
        f"pictures; ten of each teach well. Do so for {lesson.LEAST_CLASSES} to {lesson.MOST_CLASSES} classes."
    )
    with gr.Row():
        with gr.Column():
            name = gr.Dropdown(
                [], label="class (write a new name, or choose)", allow_custom_value=True, elem_id="class"
            )
            recorder = gr.Audio(label="record a sound", **(RECORDING | {"sources": ["microphone"]}))
            sounds = gr.UploadButton("Upload sounds", file_count="multiple", elem_id="sounds")
            drawing = canvas("draw a picture with the brush", "canvas")
            add = gr.Button("Add the drawing")
            pictures = gr.UploadButton("Upload pictures", file_count="multiple", elem_id="pictures")
        with gr.Column():
            table = gr.Dataframe(headers=["class", "sounds", "pictures"], interactive=False, elem_id="classes")
            gallery = gr.Gallery(columns=10, object_fit="contain", elem_id="of-the-class", **PICTURE)
            with gr.Row():
                last_sound = gr.Button("Remove its last sound")
                last_picture = gr.Button("Remove its last picture")
                whole = gr.Button("Remove the class")

    def shown(place, name) -> tuple:
        found, name = lesson.counts(place) if place else {}, (name or "").strip()
        files = lesson.files_of(place, "images", name) if name in found else []
        rows = [[each, *numbers] for each, numbers in found.items()]
        return place, gr.update(choices=list(found)), rows, [np.asarray(Image.open(file)) for file in files]

    def adding(add_file: Callable) -> Callable:
        def on_add(place, name, given):
            place = place or Path(tempfile.mkdtemp(prefix="lesson-", dir=lessons))
            faults = []
            for path in files_in(given):
                try:
                    add_file(place, name, path)
                except CrossmodalError as error:
                    faults.append(str(error))
            if faults:
                more = f" And {len(faults) - TOLD} more files cannot be used." if len(faults) > TOLD else ""
                gr.Warning(" ".join(faults[:TOLD]) + more)
            return *shown(place, name), None

        return on_add

    def removing(remove: Callable) -> Callable:
        def on_remove(place, name):
            if place is None:
                raise gr.Error(NOTHING_YET, print_exception=False)
            with in_one_sentence():
                remove(place, name)
            return shown(place, name)

        return on_remove

    outputs = [place, name, table, gallery]
    given: list[tuple[Any, Callable, Any]] = [
        (recorder.stop_recording, lesson.add_sound, recorder),
        (sounds.upload, lesson.add_sound, sounds),
        (add.click, lesson.add_picture, drawing),
        (pictures.upload, lesson.add_picture, pictures),
    ]
    for event, add_file, component in given:
        event(adding(add_file), [place, name, component], [*outputs, component], **EDITING)
    removals: list[tuple[Any, Callable]] = [
        (last_sound, partial(lesson.remove_last, kind="sounds")),
        (last_picture, partial(lesson.remove_last, kind="images")),
        (whole, lesson.remove_class),
    ]
    for button, remove in removals:
        button.click(removing(remove), [place, name], outputs, **EDITING)
    name.select(shown, [place, name], outputs, **EDITING)


def files_in(given) -> Iterator[str]:
    """The paths in what a recorder, a canvas or an upload gives."""
    given = given.get("composite") if isinstance(given, dict) else given
    yield from [] if given is None else [given] if isinstance(given, str) else given
