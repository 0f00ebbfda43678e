"""Train a model on digits and measure it.

  crossmodal train vae                                          # embedded data, minutes, no download
  crossmodal train vae --data fsdd-mnist --workdir runs/fsdd
  crossmodal train vae-gan --data fsdd-mnist --workdir runs/hands
  crossmodal train classifier                                   # LeNet5 on MNIST

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

from argparse import RawDescriptionHelpFormatter

from crossmodal.app.experiments import train_classifier, train_vae, train_vae_gan
from crossmodal.app.options import add_recipe

FAMILIES = {
    "vae": (train_vae, "a VAE that hears a spoken digit and draws it"),
    "vae-gan": (train_vae_gan, "a VAE-GAN that draws it in many hands"),
    "classifier": (train_classifier, "the classifier that reads the drawings: LeNet5 on MNIST, or on your own images"),
}


def add_arguments(parser) -> None:
    subparsers = parser.add_subparsers(required=True, metavar="FAMILY", title="families")
    for name, (experiment, help) in FAMILIES.items():
        example = f"Train {help}.\n\n  crossmodal train {name}"
        family = subparsers.add_parser(
            name, help=help, description=example, formatter_class=RawDescriptionHelpFormatter
        )
        add_recipe(family, experiment.work, experiment.Config, f"runs/{name}")
