"""Whether there is enough data for what a training asks, told before anything is built."""

from dataclasses import dataclass

import numpy as np

from crossmodal.errors import DataError

UNEVEN = 20  # times as many images as another class has


@dataclass(frozen=True)
class Amounts:
    """What an epoch can be made of.

    steps:    whole batches in an epoch, at least one.
    images:   images in these batches.
    left_out: images that sit out an epoch, because no group or batch of them is whole; other ones in the next.
    notes:    what should be known: sentences.
    """

    steps: int
    images: int
    left_out: int
    notes: tuple[str, ...] = ()


def check_amounts(
    image_labels: np.ndarray,
    clip_labels: np.ndarray,
    batch_size: int,
    images_per_clip: int,
    *,
    passes: int = 1,
    parts: int = 1,
    classes: tuple[str, ...] = (),
) -> Amounts:
    """What an epoch of training can be made of, where any image goes with any clip of its class.

    Args:
        image_labels: (images,) class of each training image, once.
        clip_labels: (clips,) class of each training clip.
        batch_size: images in a batch.
        images_per_clip: images of a class that share one clip.
        passes: times that an epoch shows each image.
        parts: into how many parts each batch is cut, one for each device.
        classes: their names; their numbers if there are none.

    Raises:
        DataError: there are no images or no clips, a class has images or clips alone or fewer images than share a clip,
            the batch cannot be cut so, or the images fill no batch. One sentence says what to pass instead.
    """
    image_labels, clip_labels = np.asarray(image_labels, np.int64), np.asarray(clip_labels, np.int64)
    for what, number in (("batch size", batch_size), ("images per clip", images_per_clip), ("passes", passes)):
        if number < 1:
            raise DataError(f"The {what} cannot be {number}: choose at least 1.")
    for kind, labels in (("images", image_labels), ("clips", clip_labels)):
        if not len(labels):
            raise DataError(f"There are no {kind} to train on: add some to each class.")
    unit = images_per_clip * parts  # the smallest batch
    if batch_size % unit:
        fitting = max(batch_size // unit, 1) * unit
        raise DataError(
            f"A batch of {batch_size} cannot be cut into {parts} parts with {images_per_clip} images for each clip: "
            f"pass --batch-size {fitting} or another multiple of {unit}."
        )
    n_classes = int(max(image_labels.max(), clip_labels.max(), len(classes) - 1)) + 1
    images, clips = (np.bincount(labels, minlength=n_classes) for labels in (image_labels, clip_labels))

    def name(label) -> str:
        return classes[label] if label < len(classes) else str(label)

    for kind, counts in (("image", images), ("clip", clips)):
        if (missing := np.flatnonzero((counts == 0) & (images + clips > 0))).size:
            names = ", ".join(name(label) for label in missing)
            raise DataError(f"There is no training {kind} of the class {names}: add some, or remove the class.")
    present = np.flatnonzero(images)
    least = present[images[present].argmin()]
    in_passes = f" in {passes} passes" if passes > 1 else ""
    if (shown := int(images[least]) * passes) < images_per_clip:
        fewer = next(n for n in range(shown, 0, -1) if batch_size % (n * parts) == 0)
        raise DataError(
            f"The class {name(least)} has {_number(images[least], 'training image')}{in_passes}, fewer than the "
            f"{images_per_clip} that share a clip, and would never be trained: pass --images-per-clip {fewer} or "
            f"--passes {-(-images_per_clip // int(images[least]))}."
        )

    def filling(passes: int) -> int:
        """The images that form whole groups, each with a clip of its own, in so many passes."""
        return int((images * passes // images_per_clip).sum()) * images_per_clip

    steps = filling(passes) // batch_size
    if not steps:
        smaller = (
            f"--batch-size {unit * 2 ** int(np.log2(filling(passes) / unit))} or " if filling(passes) >= unit else ""
        )
        more = next(n for n in range(passes, passes + batch_size) if filling(n) >= batch_size)
        verb = "fills" if images.sum() == 1 else "fill"
        raise DataError(
            f"{_number(images.sum(), 'training image')}{in_passes} {verb} no batch of {batch_size}: "
            f"pass {smaller}--passes {more}."
        )
    return Amounts(
        steps,
        steps * batch_size,
        int(images.sum()) * passes - steps * batch_size,
        tuple(_uneven(images[present], [name(label) for label in present])),
    )


def _number(count, unit: str) -> str:
    return f"{count:,} {unit}{'s' if count != 1 else ''}"


def _uneven(images: np.ndarray, names: list[str]) -> list[str]:
    """A sentence if some class has far more images than another."""
    least, most = images.argmin(), images.argmax()
    if images[most] < UNEVEN * images[least]:
        return []
    return [
        f"The class {names[most]} has {images[most]:,} training images and {names[least]} {images[least]:,}: the model "
        f"will hardly learn to draw {names[least]}."
    ]
