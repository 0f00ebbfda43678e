"""Picture files as arrays of one size: what a viewer would show, on a page of one colour.

A picture is turned as its EXIF orientation says, its colours go through its ICC profile, and where it is transparent
the page shows. Of an animation the first frame is taken. Formats are told by content, not by name, and only those are
decoded for which Pillow runs no other program.
"""

import io
import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from crossmodal.errors import DataError
from crossmodal.runtime.choices import check_choice
from crossmodal.runtime.files import fault_of
from crossmodal.runtime.words import phrase

Fit = Literal["stretch", "pad", "crop"]
Background = Literal["white", "black"]

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF")
READ = "PNG, JPEG, BMP, GIF, WebP or TIFF"
SMALLEST, LARGEST, STEP = 16, 128, 4  # pixels, of a height or width
NEXT_TO_NOTHING = 8  # of 255: a picture of a smaller range shows no ink
# what else is found under a picture's name: (where it stands in the file, how it begins, what it is)
OTHERS = (
    (4, b"ftypavif", "AVIF"),
    (4, b"ftyp", "HEIC or a video"),
    (0, b"%PDF", "PDF"),
    (0, b"8BPS", "Photoshop"),
    (0, b"<", "text such as SVG or a web page"),
)
# what is said of a file by its fault, see `fault_of`
FAULTS = {
    "missing": "does not exist{linked}: remove it or put it back",
    "unreachable": "cannot be opened ({reason}): check the path",
    **dict.fromkeys(("folder", "special"), "is not a regular file: remove it, or save the picture to a file"),
    "empty": "is empty (0 bytes): copy it again",
    "forbidden": "may not be read: ask its owner for permission to read it",
}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
logging.getLogger("PIL").addHandler(logging.NullHandler())  # it would print what our own message says
ORIENTATION, PHOTOMETRIC, BITS = 0x0112, 262, 258  # tags of EXIF and TIFF


def check_image_shape(image_shape: tuple[int, int, int]) -> None:
    """DataError unless it is (height, width, channels): multiples of 4 from 16 to 128 pixels, 1 (grey) or 3 (colour)
    channels."""
    numbers = tuple(image_shape)
    are_whole = len(numbers) == 3 and all(isinstance(n, int | np.integer) for n in numbers)
    if not are_whole or any(n % STEP or not SMALLEST <= n <= LARGEST for n in numbers[:2]):
        raise DataError(
            f"Images cannot have the shape {numbers}: choose a height and a width from {SMALLEST} to {LARGEST} pixels "
            f"that are multiples of {STEP}, such as 28 or 64."
        )
    if numbers[2] not in (1, 3):
        raise DataError(f"Images cannot have {numbers[2]} channels: choose 1 for grey or 3 for colour.")


def check_choices(fit: str, background: str) -> None:
    """DataError for a fit or a background that does not exist."""
    check_choice("fit", fit, get_args(Fit), DataError)
    check_choice("background", background, get_args(Background), DataError)


def read_picture(
    path: str | os.PathLike[str],
    image_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    fit: Fit = "stretch",
    background: Background = "white",
    name: str | None = None,
) -> np.ndarray:
    """A picture file as (height, width) uint8 for one channel, (height, width, 3) for three.

    Args:
        path: a PNG, JPEG, BMP, GIF, WebP or TIFF file, whatever it is called.
        image_shape: (height, width, channels), see `check_image_shape`.
        fit: what happens to a picture of other proportions. "stretch" changes them; "pad" keeps the whole picture and
            fills up with the median colour of its edges; "crop" keeps the middle.
        background: the page behind what is transparent.
        name: what to call the file in a message; its name if None.

    Raises:
        DataError: the file cannot be opened or decoded, has more than 89 million pixels, or shows nothing.
    """
    check_image_shape(image_shape)
    check_choices(fit, background)
    height, width, channels = image_shape

    def shown(image):
        seen = as_shown(image, background, name or Path(path).name).convert("L" if channels == 1 else "RGB")
        return fitted(seen, height, width, fit)

    return _decoded(Path(path), name, shown)


def read_whole_picture(path: str | os.PathLike[str]) -> np.ndarray:
    """A picture file in its own size as (height, width, 3) uint8, on white where it is transparent; errors as
    `read_picture`."""
    return _decoded(Path(path), None, lambda image: as_shown(image, name=Path(path).name).convert("RGB"))


def _decoded(path: Path, name: str | None, shown: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """What is shown of a picture file; DataError, see `read_picture`."""
    name = name or path.name
    _check_file(path, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as of damaged EXIF data, which are not needed
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=FORMATS) as image:
                return np.asarray(shown(image))
    except DataError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{name} has more than 89 million pixels: save it smaller.") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{name} is no {READ} picture{_found_in(path)}: save it as PNG or JPEG.") from error
    except MemoryError as error:
        raise DataError(f"{name} needs more memory than is free: save it smaller.") from error
    except Exception as error:  # Pillow raises a different class for each way in which a file can be wrong
        reason = phrase(str(error)) or type(error).__name__
        raise DataError(f"{name} cannot be decoded ({reason}): save it again as PNG or JPEG.") from error


def as_shown(image: Image.Image, background: Background = "white", name: str = "The picture") -> Image.Image:
    """A picture of any of Pillow's modes as a viewer shows it: mode L or RGB, its own size, turned upright.

    Numbers of 16 bits are scaled from their full range. Those of 32 bits say nothing of their range: whole numbers from
    0 to 255 are taken as they are, and floats from 0 to 1 or 0 to 255.

    Raises:
        DataError: the numbers have another range, or the background shows nothing of the picture.
    """
    image.load()
    turn = TURNS.get(_orientation(image))
    if image.mode.startswith("I") or image.mode == "F":
        plain, alpha = _in_eight_bits(image, name)
    else:
        opaque, alpha = _without_alpha(image)
        plain = _in_plain_colours(opaque, image.info.get("icc_profile"))
    if alpha is not None:
        page = Image.new(plain.mode, plain.size, background)
        plain = Image.composite(plain, page, alpha)
        extrema = np.reshape(plain.getextrema(), (-1, 2))
        if np.ptp(extrema, axis=1).max() < NEXT_TO_NOTHING:
            other = "black" if background == "white" else "white"
            raise DataError(
                f"{name} is transparent and shows nothing on {background}: remove it, or pass --background {other}."
            )
    return plain if turn is None else plain.transpose(turn)


def fitted(image: Image.Image, height: int, width: int, fit: Fit) -> Image.Image:
    """A picture of mode L or RGB in another size, see `read_picture`."""
    if fit == "stretch":
        return image.resize((width, height), Image.Resampling.LANCZOS)
    if fit == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    scale = min(width / image.width, height / image.height)
    inner_size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    inner = image.resize(inner_size, Image.Resampling.LANCZOS)
    pixels = np.asarray(inner)
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.atleast_1d(np.median(edges, axis=0)).astype(int)
    page = Image.new(image.mode, (width, height), tuple(int(value) for value in colour))
    page.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    return page


def _check_file(path: Path, name: str) -> None:
    """DataError for what can be known of a path without decoding it."""
    if found := fault_of(path):
        fault, reason = found
        linked = " (a link to nothing)" if fault == "missing" and path.is_symlink() else ""
        raise DataError(f"{name} {FAULTS[fault].format(reason=reason, linked=linked)}.")


def _found_in(path: Path) -> str:
    """What a file that is no picture seems to be, to be put into a sentence."""
    with open(path, "rb") as file:
        start = file.read(32).removeprefix(b"\xef\xbb\xbf")
    for at, signature, kind in OTHERS:
        if start[at:].startswith(signature):
            return f" (it seems to be {kind})"
    return ""


def _orientation(image: Image.Image) -> int:
    """1 to 8 as EXIF counts them; of a TIFF file Pillow has already made it 1."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # damaged EXIF data, which viewers pass over
        return 1


def _without_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """A picture without its transparency, and its opacity as mode L; None where nothing is transparent."""
    if image.mode in ("RGBa", "La"):
        image = image.convert({"RGBa": "RGBA", "La": "LA"}[image.mode])
    if image.mode not in ("RGBA", "LA", "PA") and "transparency" not in image.info:
        return image, None
    grey = image.mode in ("1", "L", "LA")
    rgba = image.convert("RGBA")
    alpha = rgba.getchannel("A")
    lowest, highest = np.ravel(alpha.getextrema())
    # most programs that write BMP files leave 0 where others have the opacity
    is_opaque = lowest == 255 or (image.format == "BMP" and highest == 0)
    return rgba.convert("RGB").convert("L" if grey else "RGB"), None if is_opaque else alpha


def _in_plain_colours(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A picture without transparency as L, or as RGB in the colours of sRGB."""
    plain = image.convert("L" if image.mode == "1" else "RGB") if image.mode in ("1", "P", "HSV", "YCbCr") else image
    srgb = ImageCms.createProfile("sRGB")
    if profile and (converted := _through_profile(plain, profile, srgb)):
        return converted
    if plain.mode == "LAB":
        converted = ImageCms.profileToProfile(plain, ImageCms.createProfile("LAB"), srgb, outputMode="RGB")
        assert converted is not None
        return converted
    return plain if plain.mode == "L" else plain.convert("RGB")


def _through_profile(image: Image.Image, profile: bytes, srgb) -> Image.Image | None:
    """A picture in sRGB by the ICC profile that came with it; None where it is sRGB already or the profile is of no
    use: then viewers show the numbers as they are."""
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = own.profile.xcolor_space.strip()
        fits = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK", "LAB": "Lab"}.get(image.mode) == space
        if not fits or "sRGB" in ImageCms.getProfileDescription(own):
            return None
        return ImageCms.profileToProfile(image, own, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError, AttributeError):
        return None


def _in_eight_bits(image: Image.Image, name: str) -> tuple[Image.Image, Image.Image | None]:
    """A grey picture of 16 or 32 bits as mode L, and its opacity; None where nothing is transparent."""
    values = np.asarray(image)
    tags = getattr(image, "tag_v2", {})  # of TIFF
    transparent = image.info.get("transparency")
    alpha = None
    if isinstance(transparent, int) and (values == transparent).any():
        alpha = Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8))
    if not np.isfinite(values).all():
        raise DataError(f"{name} holds numbers that are NaN or infinite: save it again, as PNG.")
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        white = 4095 if tags.get(BITS) == (12,) else 65535
        values = np.clip(values.astype(np.float32), 0, white)
        if tags.get(PHOTOMETRIC) == 0:  # white is zero; Pillow sees to that in 8 bits alone
            values = white - values
    else:
        lowest, highest = values.min(), values.max()
        white = 1 if image.mode == "F" and highest <= 1 else 255
        if lowest < 0 or highest > white:
            ranges = "0 to 1 or 0 to 255" if image.mode == "F" else "0 to 255"
            raise DataError(
                f"{name} holds numbers from {lowest:g} to {highest:g}, and which of them is white is not known: "
                f"save it with numbers from {ranges}, or in 8 or 16 bits."
            )
    return Image.fromarray(np.round(values.astype(np.float32) * (255 / white)).astype(np.uint8)), alpha
