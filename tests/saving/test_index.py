"""An index of embeddings: there and back, its search against all scores, and files that are no index."""

import numpy as np
import pytest

from crossmodal import DistanceCorrespondence, FusionCorrespondence
from crossmodal.errors import DataError
from crossmodal.saving.index import Index, load_index, nearest, save_index, sha256_of

SMALL = {
    "embedding_dim": 8,
    "encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)},
    "image_encoder_options": {"filters": (4, 4, 4), "blocks": (1, 1, 1)},
}
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    return DistanceCorrespondence(**SMALL)


def an_index(model, kind="images", n=40):
    images = RNG.integers(256, size=(n, 28, 28, 1), dtype=np.uint8)
    embeddings = model.embed_images(images / 255)
    pictures = images if kind == "images" else np.zeros(0, np.uint8)
    return Index(kind, np.array([f"七/{i}.png" for i in range(n)]), embeddings, pictures, sha256_of(model))


@pytest.mark.parametrize("kind", ["images", "sounds"])
def test_an_index_comes_back_as_it_was(kind, model, tmp_path):
    index = an_index(model, kind)
    save_index(index, tmp_path / "kept.npz")
    again = load_index(tmp_path / "kept.npz", model)
    assert (again.kind, again.model) == (kind, sha256_of(model))
    for name in ("names", "embeddings", "pictures"):
        np.testing.assert_array_equal(getattr(again, name), getattr(index, name))


@pytest.mark.parametrize("kind", ["images", "sounds"])
@pytest.mark.parametrize("family", [DistanceCorrespondence, FusionCorrespondence])
def test_what_is_found_is_the_best_of_all(family, kind):
    model = family(**SMALL)
    index = an_index(model, kind)
    asking = model.embed_sounds(RNG.random((1, 48, 48), np.float32))[0]
    pair = (asking[None], index.embeddings) if kind == "images" else (index.embeddings, asking[None])
    every = model.scores(*pair).ravel()
    found, scores = nearest(model, index, asking, 7)
    np.testing.assert_allclose(scores, np.sort(every)[::-1][:7], atol=1e-4)
    np.testing.assert_allclose(every[found], scores, atol=1e-4)
    assert len(nearest(model, index, asking, 1000)[0]) == 40


def test_what_is_no_index_is_refused_in_a_sentence(model, tmp_path):
    path = tmp_path / "kept.npz"
    with pytest.raises(DataError, match="There is no index"):
        load_index(path, model)
    index = an_index(model)
    save_index(index, path)
    with pytest.raises(DataError, match="made by another model"):
        load_index(path, DistanceCorrespondence(**SMALL))
    whole = path.read_bytes()
    damaged = {"cut": whole[: len(whole) // 2], "text": b"no index", "empty": b""}
    for name, content in damaged.items():
        (tmp_path / f"{name}.npz").write_bytes(content)
    arrays = {name: getattr(index, name) for name in ("kind", "names", "embeddings", "pictures", "model")}
    np.savez_compressed(tmp_path / "compressed.npz", **arrays)
    wrong = {
        "pickled": {"names": np.array([object()] * 40, dtype=object)},
        "short": {"names": index.names[:5]},
        "kind": {"kind": "smells"},
        "nan": {"embeddings": np.full_like(index.embeddings, np.nan)},
        "size": {"pictures": index.pictures[:, ::2]},
        "flat": {"embeddings": index.embeddings.ravel()},
    }
    for name, change in wrong.items():
        np.savez(tmp_path / f"{name}.npz", **{**arrays, **change})
    for name in (*damaged, "compressed", *wrong):
        with pytest.raises(DataError, match=f"{name}.npz is damaged or no index"):
            load_index(tmp_path / f"{name}.npz", model)
