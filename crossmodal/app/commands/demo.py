"""A page in the browser: speak and see what is drawn, learn a sound texture and hear it go on, teach it yourself.

  crossmodal demo
  crossmodal demo --keep lessons                                # what you teach stays in that folder
  crossmodal demo --model runs/vae vae_compact --port 8080      # the page lets one choose
  crossmodal demo --model vae_compact runs/joint-flow           # a joint flow says what is written

It answers on this machine alone unless --host says otherwise, and needs no network.
"""

import os
from importlib.util import find_spec

from crossmodal.app.options import a_name, a_path, whole_number

OF_GRADIO = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "GRADIO_NUM_PORTS", "GRADIO_ROOT_PATH")


def add_arguments(parser) -> None:
    parser.add_argument(
        "--model",
        nargs="+",
        type=a_name,
        help="presets, .keras files or folders of runs to choose from (all presets that draw)",
    )
    parser.add_argument("--host", type=a_name, default="127.0.0.1", help="host to answer on (%(default)s)")
    parser.add_argument(
        "--port", type=whole_number(1, 65_535), help="port to answer on (the first free one from 7860 on)"
    )
    parser.add_argument("--keep", type=a_path, metavar="FOLDER", help="keep there what is taught (gone with the page)")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.app.demo.address import free_address
    from crossmodal.drawing import front_end_of
    from crossmodal.errors import CrossmodalError
    from crossmodal.presets import drawing_presets
    from crossmodal.saving.keras_file import load_model

    if find_spec("gradio") is None:
        raise CrossmodalError('The page needs Gradio: pip install "crossmodal-toolkit[demo]".')
    free_address(arguments.host, arguments.port)
    for name in OF_GRADIO:  # --host and --port say it
        os.environ.pop(name, None)
    models = {name: load_model(name) for name in arguments.model or drawing_presets()}
    for model in models.values():
        front_end_of(model)
    from crossmodal.app.demo.hearing import offer
    from crossmodal.app.demo.page import build_page, launch
    from crossmodal.app.demo.teaching import lessons_in

    offered = {name: offer(model, name) for name, model in models.items()}
    with lessons_in(arguments.keep) as lessons:
        launch(build_page(offered, lessons, arguments.keep is not None), arguments.host, arguments.port)
    return 0
