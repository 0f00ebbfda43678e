"""The page itself, in Gradio (Abid et al. 2019, https://www.gradio.app): tabs over `hearing`, `listening`, `teaching`.

It answers on the loopback address unless told otherwise and asks nothing of other hosts. Uploads are of 10 MB at most
and kept an hour, recordings as long as `hearing` and `listening` say, and no more than 32 requests wait for the model.
"""

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from crossmodal.app.demo import hearing, listening
from crossmodal.app.demo.address import free_address, without_proxy
from crossmodal.app.demo.media import as_picture, spectrograms_as_picture
from crossmodal.app.demo.say_tab import say_tab
from crossmodal.app.demo.teach_tab import teach_tab
from crossmodal.app.demo.widgets import OFFERED, PICTURE, QUEUE, RECORDING, draw_number, in_one_sentence
from crossmodal.errors import CrossmodalError
from crossmodal.runtime.words import first_line
from crossmodal.saying import says

UPLOAD = 10 * gr.FileSize.MB
WAITING = 32  # requests; more are told that the queue is full
SAID = "what you said"
# fonts of the system: none are fetched
FONTS: dict[str, Any] = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}


def build_page(models: dict[str, hearing.Offered], lessons: Path | None = None, keep: bool = False) -> gr.Blocks:
    """The page.

    Args:
        models: what hears words and draws them, by name; the first is chosen at the beginning. Those that say what they
            see do so too.
        lessons: the folder in which each visitor who teaches has a folder; nobody can teach if None.
        keep: whether that folder stays when the visitor has gone.
    """
    with gr.Blocks(title="crossmodal", analytics_enabled=False, delete_cache=(600, 3600)) as page:
        gr.Markdown("# crossmodal\nGenerate one modality from another.")
        with gr.Tab("Say a digit, see it drawn"):
            speech_tab(models)
        if saying := {name: offered.model for name, offered in models.items() if says(offered.model)}:
            with gr.Tab("Draw a digit, hear it said"):
                say_tab(saying)
        with gr.Tab("Learn a sound texture, hear it go on"):
            texture_tab()
        if lessons:
            with gr.Tab("Teach it yourself"):
                teach_tab(lessons, keep)
    return page.queue(max_size=WAITING)


def launch(page: gr.Blocks, host: str = "127.0.0.1", port: int | None = None, wait: bool = True) -> str:
    """Serve a page.

    Args:
        host: the address to answer on.
        port: a free one is looked for from 7860 on if None.
        wait: return only when the server is stopped.

    Returns:
        the page's address.

    Raises:
        CrossmodalError: see `free_address`.
    """
    host, port = free_address(host, port)
    try:
        with without_proxy():
            _, address, _ = page.launch(
                server_name=host,
                server_port=port,
                share=False,
                ssr_mode=False,
                ssl_verify=False,
                pwa=False,
                enable_monitoring=False,
                max_file_size=UPLOAD,
                footer_links=[],
                theme=gr.themes.Soft(**FONTS),
                quiet=True,
                prevent_thread_lock=True,
            )
    except Exception as error:  # Gradio and httpx raise a class for each way in which a server does not answer
        page.close()
        raise CrossmodalError(
            f"No page can be served at {host}:{port} ({first_line(error)}): choose another --host or --port."
        ) from error
    if wait:
        print(f"The page is at {address} (Ctrl-C ends it).", flush=True)
        page.block_thread()
    return address


def speech_tab(models: dict[str, hearing.Offered]) -> None:
    """Recording in, spectrogram and drawings out; below, the way from one latent to another, where a model has them."""
    name, first_model = next(iter(models.items()))
    latent = gr.State(None)  # of what was said, and the name of the model that heard it
    with gr.Row():
        with gr.Column():
            label = f"English digits, up to {hearing.LONGEST_S:.0f} s"
            recording = gr.Audio(label=label, **RECORDING)
            samples = gr.Slider(1, 12, 6, step=1, label="further drawings of each")
            chosen = gr.Dropdown(list(models), value=name, label="model", elem_id="model") if len(models) > 1 else None
            draw = gr.Button("Draw", variant="primary")
            gr.Markdown("What the network hears: low tones at the bottom, time to the right")
            heard = gr.Image(height=260, elem_id="heard", **PICTURE)
        with gr.Column():
            gr.Markdown("What it draws, and how it is read")
            drawn = gr.Gallery(columns=5, object_fit="contain", elem_id="drawings", **PICTURE)
            gr.Markdown("Further drawings at random")
            draws = gr.Image(elem_id="draws", **PICTURE)

    def on_draw(path, samples, chosen=name):
        if not path:
            raise gr.Error("Record or upload a digit first.", print_exception=False)
        with in_one_sentence(path):
            found = hearing.hear(path, models[chosen], int(samples))
        pictures = [(as_picture(d.image[None] * d.heard), d.caption) for d in found.drawings]
        others = np.vstack([as_picture(drawing.draws) for drawing in found.drawings])
        said = None if found.latents is None else (chosen, found.latents[0])
        return spectrograms_as_picture(found.spectrograms), pictures, others, said

    choice: list[Any] = [chosen] if chosen else []
    draw.click(on_draw, [recording, samples, *choice], [heard, drawn, draws, latent], **QUEUE)
    if first_model.latents:
        between_classes(models, name, latent, choice)


def between_classes(models: dict[str, hearing.Offered], name: str, latent: gr.State, choice: list) -> None:
    """What lies between two classes of a model, or between one of them and what was said."""
    model, latents = models[name].model, models[name].latents
    names = list(latents)
    start, end = names[min(3, len(names) - 1)], names[min(8, len(names) - 1)]
    gr.Markdown("### Between two digits")
    with gr.Row():
        with gr.Column():
            first = gr.Dropdown([SAID, *names], value=start, label="from")
            second = gr.Dropdown([SAID, *names], value=end, label="to")
            share = gr.Slider(0, 1, 0.5, step=0.02, label="how far", elem_id="share")
        halfway = hearing.between(model, latents[start], latents[end], 0.5)
        middle = gr.Image(as_picture(halfway[None]), height=260, elem_id="between", **PICTURE)

    def on_move(first, second, share, latent, chosen=name):
        offered = models[chosen]
        heard_by, said = latent or (None, None)
        known = offered.latents | ({SAID: said} if heard_by == chosen else {})
        if SAID in (first, second) and SAID not in known:
            raise gr.Error("Record or upload a digit first.", print_exception=False)
        if not {first, second} <= set(known):
            raise gr.Error(f"{chosen} has nothing between these two: choose another model.", print_exception=False)
        with in_one_sentence():
            return as_picture(hearing.between(offered.model, known[first], known[second], share)[None])

    for moved in (first, second, share, *choice):
        moved.change(on_move, [first, second, share, latent, *choice], middle, show_progress="hidden", **QUEUE)


def texture_tab() -> None:
    """Recording in, progress, then as many draws as one likes."""
    model = gr.State(None, time_to_live=3600)
    with gr.Row():
        with gr.Column():
            recording = gr.Audio(label=f"rain, fire, a crowd: up to {listening.LONGEST_S:.0f} s", **RECORDING)
            iterations = gr.Slider(10, 120, 60, step=10, label="iterations (about a second each)")
            learn = gr.Button("Learn it", variant="primary")
            state = gr.Textbox(label="progress", interactive=False, elem_id="learning")
        with gr.Column():
            duration = gr.Slider(1, listening.LONGEST_DRAW_S, 5, step=1, label="seconds of a draw")
            seed = draw_number("draw number")
            play = gr.Button("Draw")
            sound = gr.Audio(label="new sound", elem_id="texture", **OFFERED)
            gr.Markdown("Its spectrogram")
            picture = gr.Image(elem_id="spectrogram", **PICTURE)

    def on_learn(path, iterations, progress=gr.Progress()):  # noqa: B008 - Gradio looks for it there
        if not path:
            raise gr.Error("Record or upload a sound first.", print_exception=False)
        progress(0, desc="listening")
        with in_one_sentence(path):
            learned = listening.learn(path, int(iterations), lambda *done: progress(done, desc="learning"))
        return learned, f"learned in {int(iterations)} iterations"

    def on_play(model, duration, seed):
        if model is None:
            raise gr.Error("Let it learn a sound first.", print_exception=False)
        with in_one_sentence():
            drawn = listening.play(model, duration, int(seed))
        return drawn, listening.spectrogram_of(drawn), seed + 1

    shown = learn.click(on_learn, [recording, iterations], [model, state], **QUEUE)
    shown.success(on_play, [model, duration, seed], [sound, picture, seed], **QUEUE)
    play.click(on_play, [model, duration, seed], [sound, picture, seed], **QUEUE)
