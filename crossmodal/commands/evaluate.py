"""Score a model or a sound texture.

  crossmodal evaluate agreement runs/vae --data fsdd-mnist --json agreement.json
  crossmodal evaluate diversity runs/vae
  crossmodal evaluate texture reference.wav synthesis.wav

`crossmodal-evaluate` is the same.
"""

from evaluation.__main__ import add_arguments

__all__ = ["add_arguments"]
