"""What a latent space is good for, see `evaluation.latent.report`."""
