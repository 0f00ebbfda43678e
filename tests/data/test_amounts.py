"""What an epoch can be made of, and what a user with little data is told to pass."""

import re

import numpy as np
import pytest

from crossmodal.data.amounts import check_amounts
from crossmodal.data.pipeline import training_batches
from crossmodal.errors import DataError


def labels(*counts: int) -> np.ndarray:
    """So many labels of each class."""
    return np.repeat(np.arange(len(counts)), counts)


def test_enough_is_what_the_pipeline_makes_of_it():
    for counts, batch_size, per_clip, passes in (
        ((40, 41, 47), 16, 4, 1),
        ((5, 9), 8, 1, 3),
        ((9, 9, 9), 24, 3, 5),
        ((1, 20), 4, 2, 2),
    ):
        amounts = check_amounts(labels(*counts), labels(*[2] * len(counts)), batch_size, per_clip, passes=passes)
        image_labels = np.tile(labels(*counts), passes)
        dataset = training_batches(
            np.zeros((2 * len(counts), 48, 48), np.float32),
            labels(*[2] * len(counts)),
            np.zeros((len(image_labels), 28, 28), np.uint8),
            image_labels,
            batch_size=batch_size,
            images_per_clip=per_clip,
            epochs=1,
            seed=0,
        )
        assert amounts.steps == int(dataset.cardinality()) > 0
        assert amounts.images == amounts.steps * batch_size
        assert amounts.images + amounts.left_out == sum(counts) * passes


def test_too_few_images_for_a_batch():
    with pytest.raises(
        DataError, match=r"^24 training images fill no batch of 128: pass --batch-size 16 or --passes 6\.$"
    ):
        check_amounts(labels(8, 8, 8), labels(2, 2, 2), 128, 4)
    with pytest.raises(
        DataError, match=r"^24 training images in 2 passes fill no batch of 128: pass --batch-size 32 or"
    ):
        check_amounts(labels(8, 8, 8), labels(2, 2, 2), 128, 4, passes=2)
    with pytest.raises(
        DataError, match=r"^1 training image fills no batch of 128: pass --batch-size 1 or --passes 128\.$"
    ):
        check_amounts(labels(1), labels(1), 128, 1)
    with pytest.raises(DataError, match=r"4 training images fill no batch of 64: pass --passes 16\.$"):  # 4 devices
        check_amounts(labels(4), labels(2), 64, 4, parts=4)


@pytest.mark.parametrize("counts", [(8, 8, 8), (1, 2000), (3, 5), (7,), (30, 31, 32), (2, 2, 2, 2, 2), (100,)])
@pytest.mark.parametrize("images_per_clip", [1, 2, 4])
@pytest.mark.parametrize("parts", [1, 2])
def test_what_is_advised_is_enough(counts, images_per_clip, parts):
    """Each piece of advice, followed until there is no other, ends in batches."""
    names = {"--batch-size": "batch_size", "--passes": "passes", "--images-per-clip": "images_per_clip"}
    for choose in (0, -1):
        options = {"batch_size": 128, "images_per_clip": images_per_clip, "passes": 1}
        for _ in range(4):
            try:
                assert check_amounts(labels(*counts), labels(*[1] * len(counts)), **options, parts=parts).steps > 0
                break
            except DataError as error:
                option, value = re.findall(r"(--[a-z-]+) (\d+)", str(error))[choose]
                options[names[option]] = int(value)
        else:
            pytest.fail(f"no end of advice: {options}")


def test_a_class_that_would_never_be_trained():
    """Its images form no group that shares a clip, and the other classes fill the batches without it."""
    with pytest.raises(
        DataError,
        match=r"^The class cat has 1 training image, fewer than the 4 that share a clip, and would never be trained: "
        r"pass --images-per-clip 1 or --passes 4\.$",
    ):
        check_amounts(labels(1, 2000), labels(2, 2), 128, 4, classes=("cat", "dog"))
    with pytest.raises(DataError, match=r"has 3 training images, fewer .*: pass --images-per-clip 2 or --passes 2\.$"):
        check_amounts(labels(3, 2000), labels(2, 2), 128, 4)  # no batch of 128 holds whole groups of 3


def test_a_class_with_far_fewer_images_is_said():
    assert not check_amounts(labels(100, 1999), labels(2, 2), 128, 4).notes
    (note,) = check_amounts(labels(4, 2000), labels(2, 2), 128, 4, classes=("cat", "dog")).notes
    assert note == ("The class dog has 2,000 training images and cat 4: the model will hardly learn to draw cat.")


def test_classes_with_one_of_the_two_alone():
    with pytest.raises(DataError, match="no training clip of the class dog"):
        check_amounts(labels(8, 8), labels(8), 8, 1, classes=("cat", "dog"))
    with pytest.raises(DataError, match="no training image of the class 1: add"):
        check_amounts(labels(8), labels(8, 8), 8, 1)
    with pytest.raises(DataError, match="There are no images to train on"):
        check_amounts(labels(), labels(8), 8, 1)
    with pytest.raises(DataError, match="There are no clips to train on"):
        check_amounts(labels(8), labels(), 8, 1)


def test_batches_that_cannot_be_cut():
    with pytest.raises(DataError, match=r"batch of 126 cannot be cut into 1 parts .* pass --batch-size 124 or another"):
        check_amounts(labels(200), labels(8), 126, 4)
    with pytest.raises(DataError, match=r"batch of 2 cannot .* pass --batch-size 4 or another multiple of 4\."):
        check_amounts(labels(200), labels(8), 2, 4)
    for wrong in ({"batch_size": 0, "images_per_clip": 1}, {"batch_size": 8, "images_per_clip": 0}):
        with pytest.raises(DataError, match="cannot be 0: choose at least 1"):
            check_amounts(labels(200), labels(8), **wrong)
    with pytest.raises(DataError, match="passes cannot be 0"):
        check_amounts(labels(200), labels(8), 8, 1, passes=0)
