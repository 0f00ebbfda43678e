"""Synthesis: drawings at latents that no clip has."""

import numpy as np

from evaluation.agreement import Accuracy, bootstrap
from evaluation.latent.heard import Heard, Judge

NEW = 100  # latents of each class


def synthesise(judge: Judge, fit: Heard, rng, seed: int) -> Accuracy:
    """How often drawings at latents that no clip has are read as their class: from the mean of the class and the
    covariance that all classes share."""
    classes = np.unique(fit.labels)
    means = np.array([fit.latents[fit.labels == label].mean(axis=0) for label in classes])
    left = fit.latents - means[np.searchsorted(classes, fit.labels)]
    labels = np.repeat(classes, NEW)
    weights = rng.standard_normal((len(labels), len(left))) / max(len(left) - len(classes), 1) ** 0.5
    noise = weights @ left  # its covariance is left.T @ left / (n - classes)
    latents = (np.repeat(means, NEW, axis=0) + noise).astype(np.float32)
    return bootstrap(judge.read(judge.draw(latents)) == labels, np.arange(len(labels)), seed=seed)
