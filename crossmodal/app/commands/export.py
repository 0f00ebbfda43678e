"""Write a model for another runtime, and check there that it gives what Keras gives, to within 1e-3.

  crossmodal export vae_compact --format onnx -o digits.onnx
  crossmodal export runs/vae --format litert -o digits.tflite
  crossmodal export runs/vae --format saved_model -o digits

What is written takes spectrograms (batch, frames, mels, 1) and gives images (batch, 28, 28, 1) at the posterior mean.
onnx and litert need: pip install "crossmodal-toolkit[export]".
"""

from crossmodal.app.options import a_name, a_path

FORMATS = ("saved_model", "onnx", "litert")


def add_arguments(parser) -> None:
    parser.add_argument("model", type=a_name, help="a preset, a .keras file or the folder of a run")
    parser.add_argument("--format", choices=FORMATS, required=True, help="format to write")
    parser.add_argument("-o", "--output", type=a_path, required=True, help="file to write, or folder for a saved_model")
    parser.set_defaults(run=run)


def run(arguments) -> None:
    from crossmodal.saving.export import TOLERANCE, check_export, export_model
    from crossmodal.saving.keras_file import load_model

    check_export(arguments.output, arguments.format)
    difference = export_model(load_model(arguments.model), arguments.output, arguments.format)
    print(f"{arguments.output}: differs from Keras by at most {difference:.2g} (allowed: {TOLERANCE:g})")
