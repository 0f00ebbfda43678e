"""The tab in which a digit is written and a model says it."""

from typing import Any

import gradio as gr

from crossmodal.app.demo.media import as_played, spectrograms_as_picture
from crossmodal.app.demo.widgets import OFFERED, PICTURE, QUEUE, canvas, draw_number, in_one_sentence
from crossmodal.app.gallery import read_image
from crossmodal.saying import say_images


def say_tab(models: dict[str, Any]) -> None:
    """Picture in, sound out, as many as one likes; `models` say what they see, by name."""
    name = next(iter(models))
    with gr.Row():
        with gr.Column():
            drawing = canvas("write a digit", "written")
            chosen = gr.Dropdown(list(models), value=name, label="model") if len(models) > 1 else None
            seed = draw_number("sound number")
            say = gr.Button("Say it", variant="primary")
            upload = gr.UploadButton("Upload a picture and say it", file_types=["image"], elem_id="pictured")
        with gr.Column():
            sound = gr.Audio(label="what it says", elem_id="said", **OFFERED)
            heard = gr.Textbox(label="what the listener hears", interactive=False, elem_id="listener")
            gr.Markdown("Its spectrogram: low tones at the bottom, time to the right")
            picture = gr.Image(height=260, elem_id="of-said", **PICTURE)

    def on_say(given, seed, chosen=name):
        path = given.get("composite") if isinstance(given, dict) else given
        if not path:
            raise gr.Error("Write a digit or upload a picture of one first.", print_exception=False)
        model = models[chosen]
        with in_one_sentence():
            ((said,),) = say_images(read_image(path, model)[None], model, seed=int(seed))
        played = as_played(said.waveform, model.front_end["sample_rate"])
        return played, said.caption, spectrograms_as_picture(said.spectrogram[None]), seed + 1

    choice: list[Any] = [chosen] if chosen else []
    for event, given in ((say.click, drawing), (upload.upload, upload)):
        event(on_say, [given, seed, *choice], [sound, heard, picture, seed], **QUEUE)
