"""A page in the browser: speak and see what is drawn, learn a sound texture and hear it go on.

  crossmodal demo
  crossmodal demo --model runs/vae --port 8080

It answers on this machine alone unless --host says otherwise, and needs no network.
"""

from importlib.util import find_spec


def add_arguments(parser) -> None:
    parser.add_argument(
        "--model", default="vae_compact", help="a preset, a .keras file or the folder of a run (%(default)s)"
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to answer on (%(default)s)")
    parser.add_argument("--port", type=int, help="(the first free one from 7860 on)")
    parser.set_defaults(run=run)


def run(arguments) -> int:
    from crossmodal.errors import CrossmodalError
    from crossmodal.models.loading import load_model

    if find_spec("gradio") is None:
        raise CrossmodalError('The page needs Gradio: pip install "crossmodal-toolkit[demo]".')
    model = load_model(arguments.model)
    from crossmodal.demo.page import build_page, launch

    launch(build_page(model), arguments.host, arguments.port)
    return 0
