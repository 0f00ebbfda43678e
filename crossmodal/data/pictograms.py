"""Small colour pictures of what makes ten environmental sounds, drawn here: a dog for barking, a cloud for rain.

    images = pictograms("dog", 200, seed=0)          # (200, 32, 32, 3) uint8

Each picture of a class is another one: moved, scaled, turned and slanted a little, in lines of another width and other
shades, and with parts of its own, such as the time on a clock. They are made of points (x, y) in a square from -1 to 1,
x to the right and y down, which an affine map brings onto a page of `OVERSAMPLED` times the size.
"""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from crossmodal.errors import DataError
from crossmodal.runtime.choices import check_choice

SIZE = 32  # pixels, of a side
OVERSAMPLED = 8
SHIFT, LOG_SCALE, LOG_ASPECT, TURN, SLANT, LOG_WIDTH, SHADE = 0.12, 0.15, 0.08, 0.12, 0.12, 0.35, 22  # to both sides
PAGE, INK = (255, 255, 255), (40, 40, 48)
BROWN, TAN, SKIN = (122, 78, 44), (206, 158, 104), (246, 202, 168)
RED, ORANGE, YELLOW = (206, 40, 40), (240, 122, 28), (252, 208, 64)
BLUE, PALE, GREY, GREEN = (48, 108, 200), (130, 190, 240), (140, 148, 158), (70, 130, 70)


class Pen:
    """Draws on a page in a hand of its own.

    Args:
        rng: of the hand, and of what the pictures draw at random.
    """

    def __init__(self, rng: np.random.Generator):
        self.rng, side = rng, SIZE * OVERSAMPLED
        self.page = Image.new("RGB", (side, side), PAGE)
        self.draw = ImageDraw.Draw(self.page)
        turn, slant = rng.uniform(-1, 1, 2) * (TURN, SLANT)
        aspect = np.exp(LOG_ASPECT * rng.uniform(-1, 1))
        turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        scale = 0.78 * np.exp(LOG_SCALE * rng.uniform(-1, 1)) * side / 2
        self.map = scale * turned @ np.array([[aspect, slant], [0, 1 / aspect]])
        self.middle = side / 2 * (1 + SHIFT * rng.uniform(-1, 1, 2))
        self.width = 0.09 * side / 2 * np.exp(LOG_WIDTH * rng.uniform(-1, 1))
        self.shade = rng.integers(-SHADE, SHADE + 1, 3)

    def points(self, points) -> list[tuple[float, float]]:
        """Where points (n, 2) lie on the page."""
        return [(float(x), float(y)) for x, y in np.asarray(points) @ self.map.T + self.middle]

    def colour(self, colour) -> tuple[int, ...]:
        """A colour in this hand's shade."""
        return tuple(np.clip(np.array(colour) + self.shade, 0, 255).tolist())

    def line(self, points, colour=INK, width: float = 1.0) -> None:
        """A line with round ends, of so many of this hand's widths."""
        placed, radius = self.points(points), self.width * width / 2
        self.draw.line(placed, self.colour(colour), round(2 * radius), joint="curve")
        for x, y in (placed[0], placed[-1]):
            self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), self.colour(colour))

    def fill(self, points, colour, outline: float = 0.6) -> None:
        """A closed shape, with a line around it of so many widths; none if 0."""
        self.draw.polygon(self.points(points), self.colour(colour))
        if outline:
            self.line([*points, points[0]], width=outline)


def oval(x: float, y: float, width: float, height: float, start: float = 0.0, stop: float = 1.0) -> np.ndarray:
    """(n, 2) points of an ellipse of two radii around (x, y), from one share of its round to another, clockwise from
    the right."""
    angle = 2 * np.pi * np.linspace(start, stop, 33)
    return np.stack([x + width * np.cos(angle), y + height * np.sin(angle)], axis=1)


def dog(pen: Pen) -> None:
    pen.fill(oval(0, 0.05, 0.7, 0.75), TAN)
    for side in (-1, 1):
        pen.fill([(side * 0.35, -0.65), (side * 0.95, -0.45), (side * 0.9, 0.35), (side * 0.6, 0.2)], BROWN)
        pen.fill(oval(side * 0.28, -0.15, 0.09, 0.11), INK, 0)
    pen.fill(oval(0, 0.62, 0.17, 0.3), RED, 0)
    pen.fill(oval(0, 0.3, 0.24, 0.17), INK, 0)


def rain(pen: Pen) -> None:
    for x, y, radius in ((-0.45, -0.4, 0.38), (0.5, -0.4, 0.36), (0.0, -0.55, 0.48)):
        pen.fill(oval(x, y, radius, radius), GREY, 0)
    pen.fill([(-0.6, -0.35), (0.6, -0.35), (0.6, -0.05), (-0.6, -0.05)], GREY, 0)
    for x in np.linspace(-0.6, 0.6, 4):
        for y in (0.2, 0.65):
            fall = y + pen.rng.uniform(-0.12, 0.12)
            pen.line([(x, fall), (x - 0.12, fall + 0.28)], BLUE)


def sea(pen: Pen) -> None:
    phase = pen.rng.uniform(0, 2 * np.pi)
    x = np.linspace(-1, 1, 41)
    for k, colour in enumerate((PALE, BLUE, PALE)):
        y = -0.5 + 0.5 * k + 0.18 * np.sin(2 * np.pi * x + phase + k)
        pen.fill([*zip(x, y, strict=True), (1, 1), (-1, 1)], colour, 0)
        pen.line(list(zip(x, y, strict=True)), (30, 60, 140))


def baby(pen: Pen) -> None:
    pen.fill(oval(0, 0, 0.8, 0.85), SKIN)
    pen.line(oval(0.05, -0.85, 0.2, 0.2, 0.3, 1.1), BROWN)
    for side in (-1, 1):
        pen.line([(side * 0.5, -0.2), (side * 0.2, -0.1)])
        tear = pen.rng.uniform(0.1, 0.35)
        pen.fill(oval(side * 0.42, tear, 0.1, 0.17), BLUE, 0)
    pen.fill(oval(0, 0.45, 0.27, 0.25), RED)


def clock(pen: Pen) -> None:
    pen.fill(oval(0, 0, 0.9, 0.9), PAGE, 1.4)
    for share in np.arange(12) / 12:
        x, y = np.cos(2 * np.pi * share), np.sin(2 * np.pi * share)
        pen.line([(0.68 * x, 0.68 * y), (0.76 * x, 0.76 * y)], width=0.6)
    for length, angle in zip((0.42, 0.62), pen.rng.uniform(0, 2 * np.pi, 2), strict=True):
        pen.line([(0, 0), (length * np.sin(angle), -length * np.cos(angle))], width=1.3)


def sneeze(pen: Pen) -> None:
    pen.fill([*oval(-0.35, 0, 0.6, 0.75, 0.1, 0.95), (0.35, 0.05), (0.1, 0.15)], SKIN)
    pen.fill(oval(-0.45, -0.5, 0.5, 0.32, 0.45, 1.0), BROWN, 0)
    pen.line([(-0.15, -0.15), (0.1, -0.1)])
    pen.fill(oval(0.05, 0.38, 0.12, 0.14), RED, 0)
    for _ in range(9):
        away, angle = pen.rng.uniform(0.35, 0.9), pen.rng.uniform(-0.5, 0.5)
        pen.fill(oval(0.1 + away * np.cos(angle), 0.35 + away * np.sin(angle), 0.06, 0.06), BLUE, 0)


def helicopter(pen: Pen) -> None:
    pen.line([(0.2, 0.05), (0.95, -0.1)], GREEN, 1.8)
    pen.line([(0.95, -0.35), (0.95, 0.15)])
    pen.fill(oval(-0.2, 0.1, 0.6, 0.4), GREEN)
    pen.fill(oval(-0.42, 0.03, 0.27, 0.2), PALE)
    reach = pen.rng.uniform(0.55, 0.95)
    pen.line([(-0.2, -0.3), (-0.2, -0.55)])
    pen.line([(-0.2 - reach, -0.55), (-0.2 + reach, -0.55)], width=1.2)
    pen.line([(-0.7, 0.75), (0.3, 0.75)])
    for x in (-0.45, 0.05):
        pen.line([(x, 0.5), (x, 0.75)])


def chainsaw(pen: Pen) -> None:
    pen.fill([(-0.1, -0.14), (0.85, -0.14), (0.98, 0.06), (0.85, 0.26), (-0.1, 0.26)], GREY)
    for x in np.arange(0.05, 0.9, 0.2) + pen.rng.uniform(-0.05, 0.05):
        for y, tip in ((-0.14, -0.3), (0.26, 0.42)):
            pen.fill([(x, y), (x + 0.07, tip), (x + 0.14, y)], INK, 0)
    pen.fill([(-0.85, -0.35), (-0.1, -0.35), (0.02, 0.5), (-0.85, 0.5)], ORANGE)
    pen.line(oval(-0.4, -0.35, 0.32, 0.38, 0.5, 1.0), width=1.5)


def rooster(pen: Pen) -> None:
    for lift in (-0.6, -0.3, 0.0):
        pen.line([(-0.3, 0.3), (-0.75, lift), (-0.95, lift + 0.25)], GREEN, 2)
    for x in (-0.05, 0.2):
        pen.line([(x, 0.6), (x, 0.95)], ORANGE)
    pen.fill(oval(0, 0.3, 0.5, 0.38), BROWN)
    pen.fill([(0.1, 0.2), (0.3, -0.45), (0.62, -0.45), (0.5, 0.35)], BROWN, 0)
    pen.fill(oval(0.45, -0.45, 0.25, 0.22), BROWN)
    for x in (0.28, 0.45, 0.6):
        pen.fill(oval(x, -0.75, 0.11, 0.16 + pen.rng.uniform(0, 0.06)), RED, 0)
    pen.fill([(0.66, -0.52), (0.98, -0.4), (0.66, -0.3)], YELLOW)
    pen.fill(oval(0.62, -0.12, 0.1, 0.16), RED, 0)
    pen.fill(oval(0.5, -0.5, 0.06, 0.06), PAGE, 0)


def fire(pen: Pen) -> None:
    for y in (0.6, 0.9):
        pen.line([(-0.75, y), (0.75, 1.5 - y)], BROWN, 2.2)
    for width, height, colour in ((0.7, 1.5, RED), (0.48, 1.1, ORANGE), (0.26, 0.65, YELLOW)):
        side, left, right = pen.rng.uniform(-0.12, 0.12, 3)
        tips = [(-0.6, 0.55 + left), (-0.3, 0.4), (side, 1.0), (0.3, 0.4), (0.6, 0.6 + right)]
        up = [(width * x, 0.6 - height * y) for x, y in tips]
        pen.fill([(-width, 0.45), *up, (width, 0.45), (0.5 * width, 0.75), (-0.5 * width, 0.75)], colour, 0)


PICTURES: dict[str, Callable[[Pen], None]] = {
    picture.__name__: picture for picture in (dog, rain, sea, baby, clock, sneeze, helicopter, chainsaw, rooster, fire)
}


def pictograms(name: str, count: int, seed: int = 0) -> np.ndarray:
    """Pictures of a class: picture i is a function of (seed, name, i).

    Args:
        name: one of `PICTURES`.

    Returns:
        (count, 32, 32, 3) uint8.

    Raises:
        DataError: there is no such class.
    """
    check_choice("pictogram of", name, PICTURES, DataError)
    drawn = np.zeros((count, SIZE, SIZE, 3), np.uint8)
    for i in range(count):
        pen = Pen(np.random.default_rng([seed, list(PICTURES).index(name), i]))
        PICTURES[name](pen)
        drawn[i] = np.asarray(pen.page.reduce(OVERSAMPLED))
    return drawn
