"""Embedding: the latents as a map in two dimensions, by t-SNE (L. van der Maaten & G. Hinton 2008).

How far the map may be trusted: 1 where all neighbours on it are neighbours in the space of the latents too, less the
further away they lie there (J. Venna & S. Kaski 2001).
"""

import numpy as np

PERPLEXITY = 30.0  # about how many neighbours of a clip count
NEIGHBOURS = 10  # by which the map is judged


def map_of(latents, seed: int) -> tuple[np.ndarray, float]:
    """Latents (n, d), n >= 5, to places (n, 2) on a map, which starts as their principal components; and its
    trustworthiness."""
    from sklearn.manifold import TSNE, trustworthiness

    latents = np.asarray(latents, np.float32)
    perplexity = min(PERPLEXITY, (len(latents) - 1) / 3)
    places = TSNE(2, perplexity=perplexity, init="pca" if latents.shape[1] > 1 else "random", random_state=seed)
    found = places.fit_transform(latents)
    neighbours = min(NEIGHBOURS, max((len(latents) - 1) // 2, 1))
    return found, float(trustworthiness(latents, found, n_neighbors=neighbours))
