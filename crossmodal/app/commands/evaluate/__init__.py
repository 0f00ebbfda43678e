"""Score a model or a sound texture.

  crossmodal evaluate agreement runs/vae --data fsdd-mnist --json agreement.json
  crossmodal evaluate conditions runs/vae
  crossmodal evaluate confidence runs/vae
  crossmodal evaluate strings runs/vae
  crossmodal evaluate coherence runs/joint-flow
  crossmodal evaluate diversity runs/vae
  crossmodal evaluate latent runs/vae
  crossmodal evaluate retrieval runs/correspondence
  crossmodal evaluate texture reference.wav synthesis.wav

`crossmodal-evaluate` is the same.
"""

from crossmodal.app.commands.evaluate import (
    agreement,
    coherence,
    conditions,
    confidence,
    diversity,
    latent,
    retrieval,
    strings,
    texture,
)


def add_arguments(parser) -> None:
    """A subcommand for each score."""
    subparsers = parser.add_subparsers(required=True, metavar="SCORE", title="scores")
    for score in (agreement, conditions, confidence, strings, coherence, diversity, latent, retrieval, texture):
        score.add_parser(subparsers)
