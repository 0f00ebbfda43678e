"""Train a model and measure it: on digits, or on the texture of a sound or a picture.

  crossmodal train vae                                          # embedded data, minutes, no download
  crossmodal train vae --data fsdd-mnist --workdir runs/fsdd
  crossmodal train vae-gan --data fsdd-mnist --workdir runs/hands
  crossmodal train flow --data fsdd-mnist --workdir runs/flow
  crossmodal train correspondence                               # finds images by sounds, sounds by images
  crossmodal train classifier                                   # LeNet5 on MNIST
  crossmodal train listener                                     # hears which digit was said
  crossmodal train transcriber                                  # finds digits that are said without pauses
  crossmodal train texture --reference rain.wav
  crossmodal train texture-mix --references birds.wav rain.wav --weights 1 3
  crossmodal train image-texture --texture cloth.png

Everything of a run lies in one folder; the same command continues a run that was stopped.
"""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from crossmodal.app.experiments import (
    image_texture,
    texture_mix,
    texture_single,
    train_classifier,
    train_correspondence,
    train_listener,
    train_transcriber,
    train_vae,
    train_vae_gan,
)
from crossmodal.app.experiments.families import FAMILIES as FURTHER
from crossmodal.app.options import add_recipe

FAMILIES: dict[str, tuple[Any, str]] = {
    "vae": (train_vae, "a VAE that hears a spoken digit and draws it"),
    "vae-gan": (train_vae_gan, "a VAE-GAN that draws it in many hands"),
    **{name: (family, family.help) for name, family in FURTHER.items()},
    "correspondence": (train_correspondence, "a model that says how well sound and image belong together"),
    "classifier": (train_classifier, "the classifier that reads the drawings: LeNet5 on MNIST, or on your own images"),
    "listener": (train_listener, "the classifier that judges sounds: it hears which digit was said"),
    "transcriber": (train_transcriber, "a network that finds the words in strings of digits without pauses"),
    "texture": (texture_single, "CoopNets on one recording of a sound texture"),
    "texture-mix": (texture_mix, "CoopNets on several recordings at once"),
    "image-texture": (image_texture, "CoopNets on one picture of a texture"),
}


def add_arguments(parser) -> None:
    subparsers = parser.add_subparsers(required=True, metavar="FAMILY", title="families")
    for name, (experiment, help) in FAMILIES.items():
        example = f"Train {help}.\n\n  crossmodal train {name}"
        layout = RawDescriptionHelpFormatter
        family = subparsers.add_parser(name, help=help, description=example, formatter_class=layout, allow_abbrev=False)
        add_recipe(family, experiment.work, experiment.Config, f"runs/{name}")
