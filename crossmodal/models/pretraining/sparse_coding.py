"""Sparse coding with an overcomplete basis (Olshausen & Field 1996), learned by scikit-learn (Mairal et al. 2009).

    D, a_1 ... a_n = argmin sum_i |x_i - D'a_i|^2 / 2 + alpha |a_i|_1,     |d_k| <= 1 for each row d_k of D

x is a patch of an image or a spectrogram; D has more rows than x has numbers, so that a patch has many codes and takes
the sparsest. The code of a patch is not a layer's output but the solution of that problem for the D that was learned.
"""

import warnings

import keras
import numpy as np
from keras import ops

from crossmodal.errors import ModelError
from crossmodal.models.pretraining.unsupervised import UnsupervisedModel

PASSES = 3  # over the patches


@keras.saving.register_keras_serializable("crossmodal")
class SparseCoding(UnsupervisedModel):
    """A dictionary of patches, which restores images (n, height, width) from the sparse codes of their tiles.

    Args:
        image_shape: (height, width), multiples of `size`.
        atoms: K, rows of D; above size^2 they are an overcomplete basis.
        size: height and width of a patch.
        alpha: weight of |a|_1.
        **kwargs: see `UnsupervisedModel`.

    Raises:
        ModelError: patches of this size do not cover an image.
    """

    def __init__(self, image_shape, atoms=128, size=7, alpha=0.1, **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.atoms, self.size, self.alpha = tuple(image_shape), atoms, size, alpha
        if self.image_shape[0] % size or self.image_shape[1] % size:
            raise ModelError(f"Patches of {size} x {size} do not cover {self.image_shape}: choose another size.")
        self.dictionary = self.add_weight(shape=(atoms, size**2), initializer="zeros", name="dictionary")
        self.built = True

    def learn(self, images, *, patches: int, seed: int) -> None:
        """Learn D from patches of images (n, height, width) at random places.

        Args:
            patches: how many.
            seed: of the places and of scikit-learn.
        """
        from sklearn.decomposition import MiniBatchDictionaryLearning
        from sklearn.exceptions import ConvergenceWarning

        rng, windows = np.random.default_rng(seed), np.lib.stride_tricks.sliding_window_view
        views = windows(images, (self.size, self.size), axis=(1, 2))
        places = (rng.integers(n, size=patches) for n in views.shape[:3])
        x = views[tuple(places)].reshape(patches, -1)
        options = {"alpha": self.alpha, "fit_algorithm": "cd", "batch_size": 64, "random_state": seed}
        options |= {"max_iter": PASSES, "tol": 0.0, "max_no_improvement": None}
        with warnings.catch_warnings():  # codes on the way need not be exact
            warnings.simplefilter("ignore", ConvergenceWarning)
            learned = MiniBatchDictionaryLearning(self.atoms, **options).fit(x)
        self.dictionary.assign(learned.components_)

    def tiles(self, images) -> np.ndarray:
        """(n, height, width) -> (n * tiles, size^2)."""
        height, width = self.image_shape
        blocks = np.reshape(images, (-1, height // self.size, self.size, width // self.size, self.size))
        return blocks.swapaxes(2, 3).reshape(-1, self.size**2)

    def code(self, patches) -> np.ndarray:
        """a of patches (n, size^2), (n, atoms), most of them 0."""
        from sklearn.decomposition import sparse_encode

        dictionary = np.ascontiguousarray(ops.convert_to_numpy(self.dictionary), np.float64)
        options = {"algorithm": "lasso_cd", "alpha": self.alpha, "max_iter": 10_000}
        return sparse_encode(np.ascontiguousarray(patches, np.float64), dictionary, **options)

    def reconstruct(self, images) -> np.ndarray:
        """Images (n, height, width) after D'a of each of their tiles."""
        height, width = self.image_shape
        restored = self.code(self.tiles(images)) @ ops.convert_to_numpy(self.dictionary)
        blocks = restored.reshape(-1, height // self.size, width // self.size, self.size, self.size)
        return blocks.swapaxes(2, 3).reshape(-1, height, width).astype(np.float32)

    def get_config(self):
        names = ("image_shape", "atoms", "size", "alpha")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
