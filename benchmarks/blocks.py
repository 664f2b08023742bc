"""
How well blocked pictures are recognized: ``python -m benchmarks.blocks [FOLDER …]``.

Draws ten thousand faces, takes the pictures of the folders besides, blocks a thousand of each kind (half of them, if
there are fewer than two thousand), and prints for some distances how many copies of these are found, and how many of
the others are taken for them. Collections hold the same picture in many files, so the pictures of the folders are
measured twice: all of them, and only those that look like no other, in which no hit is a copy.
"""

from __future__ import annotations

import io
import math
import operator
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw, ImageOps

from django_avatars.moderation import fingerprints

DRAWN = 10_000
BLOCKED = 1_000
SIDE = 128
DISTANCES = (6, 8, 10, 12, 14)

ALIKE = 0.9
"""Correlation of the levels of two pictures, upright, turned or mirrored, from which on they count as the same one."""


def face(dice: Random) -> Image.Image:
    """A drawn portrait: a head with hair, eyes, a mouth and a body before a background with light from one side."""
    image = Image.new("RGB", (SIDE, SIDE))
    draw = ImageDraw.Draw(image)
    light, dark = _color(dice, 120, 240), _color(dice, 20, 160)
    for row in range(SIDE):
        draw.line([(0, row), (SIDE, row)], tuple(a + (b - a) * row // SIDE for a, b in zip(light, dark, strict=True)))
    across, down = dice.randrange(52, 76), dice.randrange(48, 68)
    wide, high = dice.randrange(22, 38), dice.randrange(28, 44)
    draw.ellipse((across - 56, down + high - 8, across + 56, 2 * SIDE), _color(dice, 10, 240))
    hair, skin = _color(dice, 10, 200), _color(dice, 90, 245)
    more = dice.randrange(2, 14)
    draw.ellipse((across - wide - more, down - high - more, across + wide + more, down + dice.randrange(0, high)), hair)
    draw.ellipse((across - wide, down - high + dice.randrange(0, 14), across + wide, down + high), skin)
    for side in (-1, 1):
        eye = across + side * wide // 2 + dice.randrange(-2, 3)
        draw.ellipse((eye - 5, down - 8, eye + 5, down), "white")
        draw.ellipse((eye - 2, down - 6, eye + 2, down - 2), _color(dice, 0, 120))
    draw.arc(
        (across - wide // 2, down + 4, across + wide // 2, down + high // 2 + 6), 20, 160, _color(dice, 60, 180), 3
    )
    return image


def _color(dice: Random, least: int, most: int) -> tuple[int, ...]:
    return tuple(dice.randrange(least, most) for _ in range(3))


def photos(folders: Iterable[str]) -> Iterator[Image.Image]:
    """Square pictures of every file that Pillow can read there."""
    for path in sorted(file for folder in folders for file in Path(folder).rglob("*") if file.is_file()):
        try:
            with Image.open(path) as image:
                image.draft("RGB", (2 * SIDE, 2 * SIDE))
                yield ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (SIDE, SIDE))
        except Exception:  # noqa: S112 - collections for tests have many that nobody can read
            continue


def different(images: Iterable[Image.Image]) -> list[Image.Image]:
    """Those of the pictures that are like none before them, as far as their levels say, without any fingerprint."""
    kept: list[Image.Image] = []
    seen: list[tuple[float, ...]] = []
    for image in images:
        turned = [_levels(image if way is None else image.transpose(way)) for way in (None, *Image.Transpose)]
        if not any(sum(map(operator.mul, one, other)) >= ALIKE for one in turned for other in seen):
            kept.append(image)
            seen.append(turned[0])
    return kept


def _levels(image: Image.Image) -> tuple[float, ...]:
    """The levels of 8 times 8 squares: 0 on average, and 1 as the sum of their squares. All 0 for a single color."""
    levels = image.convert("L").resize((8, 8), Image.Resampling.BOX).tobytes()
    mean = sum(levels) / len(levels)
    size = math.dist(levels, [mean] * len(levels)) or math.inf
    return tuple((level - mean) / size for level in levels)


def encoded(image: Image.Image, side: int = SIDE, quality: int = 40) -> Image.Image:
    """The picture at another size, through a JPEG."""
    file = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(file, "JPEG", quality=quality)
    return Image.open(file)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Without so much at each side together."""
    edge = round(image.width * share / 2)
    return image.crop((edge, edge, image.width - edge, image.height - edge))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "encoded again": encoded,
    "half the size": lambda image: encoded(image, SIDE // 2),
    "mirrored": lambda image: encoded(ImageOps.mirror(image)),
    "cut by 5 %": lambda image: encoded(cropped(image, 0.05)),
    "cut by 20 %": lambda image: encoded(cropped(image, 0.2)),
}


def looks(image: Image.Image) -> list[int]:
    """Its fingerprints, as it is and in a mirror."""
    found = [fingerprints.fingerprint(one) for one in (image, ImageOps.mirror(image))]
    return [one for one in found if one is not None]


def nearest(image: Image.Image, blocked: list[int]) -> int:
    """In how many bits it differs from the blocked picture that is most alike; 129 where it cannot be told."""
    return min(((one ^ other).bit_count() for one in looks(image) for other in blocked), default=129)


def measure(name: str, images: list[Image.Image]) -> None:
    """Print a row for each distance."""
    half = min(BLOCKED, len(images) // 2)
    blocked_images, others = images[:half], images[half:]
    prints = [fingerprints.fingerprint(image) for image in blocked_images]
    blocked = [one for one in prints if one is not None]
    print(f"\n{name}: {len(images)} pictures, {len(blocked)} of {len(blocked_images)} can be told from others")
    told = [image for image, one in zip(blocked_images, prints, strict=True) if one is not None]
    own = [one for one in prints if one is not None]
    hits = {
        copy: [nearest(change(image), [one]) for image, one in zip(told, own, strict=True)]
        for copy, change in COPIES.items()
    }
    alarms = [nearest(image, blocked) for image in others]
    print(f"| distance | {' | '.join(COPIES)} | false alarms |")
    for distance in DISTANCES:
        shares = [sum(one <= distance for one in found) / len(found) for found in (*hits.values(), alarms)]
        print(f"| {distance} | {' | '.join(f'{share:.3f}' for share in shares)} |")


def main(folders: list[str]) -> None:
    """Measure both kinds."""
    dice = Random(1)  # noqa: S311 - no secrets
    measure("Drawn faces", [face(dice) for _ in range(DRAWN)])
    if folders:
        found = list(photos(folders))
        dice.shuffle(found)
        measure("Public pictures", found)
        measure("Public pictures, each once", different(found))


if __name__ == "__main__":
    main(sys.argv[1:])
