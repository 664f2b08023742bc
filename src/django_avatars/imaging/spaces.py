"""Color spaces that a file names by numbers instead of a profile (ITU-T H.273, 8.1 and 8.2), as profiles. No Pillow."""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

Triple: TypeAlias = tuple[float, float, float]
Matrix: TypeAlias = tuple[Triple, Triple, Triple]
Curve: TypeAlias = float | str
"""An exponent, or the name of one of `CURVES`."""

D65 = (0.3127, 0.3290)
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *D65)
PRIMARIES: dict[int, tuple[float, ...]] = {
    1: SRGB,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *D65),
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, 0.310, 0.316),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *D65),
}
"""Chromaticities of red, green, blue and white, by code."""

TRANSFERS: dict[int, Curve] = {
    **dict.fromkeys((1, 6, 11, 14, 15), 2.4), 4: 2.2, 5: 2.8, 7: "240m", 8: 1.0, 13: "srgb", 16: "pq", 17: "cinema",
    18: "hlg",
}  # fmt: skip
"""What makes light of stored values, by code. Television is shown with an exponent of 2.4, as on its screens."""

OF_PROFILES = TRANSFERS | dict.fromkeys((1, 6), "srgb")
"""The same for profiles that name a space: Chromium takes two of the television's for sRGB there."""

OF_PHOTOS = TRANSFERS | dict.fromkeys((1, 2, 6, 14, 15), "srgb")
"""The same for AVIF and HEIC: what their encoders call television, or leave open, browsers take for sRGB."""

PAPER, PEAK, KNEE, BEND = 406.0, 1000.0, 0.5, 1.9
"""
How HDR becomes what an ordinary screen shows: so many candela per square meter are its white, twice as dark is left
as it is, and what is brighter is compressed up to the peak, where it is white too. Chromium's, as measured.
"""

WIDE = PRIMARIES[9]
"""The primaries in which that is done (ITU-R BT.2020), with all parts of a color by what its largest one is."""
LUMA = 0.2627, 0.678, 0.0593
"""What they make of the light of a color."""

STEPS = 25
"""Of each color in the table of an HDR space, which takes a twentieth of a second to make (measured)."""

FARTHEST = 2.0
"""Of a color in XYZ, whose white is 1: what lies beyond is no color of a screen."""

POINTS = 1024
"""Of a curve."""
CUBED = 4096
"""Of the curve of a cube."""
MOST = 1 + 32767 / 32768
"""The largest number that a table has for XYZ."""

BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
"""From XYZ to the cones in which white is adapted."""
D50: Triple = (0.9642, 1.0, 0.8249)
"""The white of profiles."""


RGB_IN_FULL = b"\0\1"
"""How the numbers end that name a space: the pixels are RGB, in the full range of levels."""


class Space(NamedTuple):
    """A color space."""

    primaries: tuple[float, ...]
    """x and y of red, green, blue and white."""
    curve: Curve
    """What makes light of stored values, the same for each color."""
    lost: float = 0.0
    """How much too small the values are that a decoder gives, of 255: in HDR half a level can be seen."""


def is_known(primaries: int, transfer: int) -> bool:
    """Whether these two codes stand for a color space that browsers know."""
    return primaries in PRIMARIES and transfer in TRANSFERS


def named(
    primaries: int, transfer: int, transfers: Mapping[int, Curve] = TRANSFERS, *, lost: float = 0.0
) -> Space | None:
    """The space of two codes; None where we do not know one of them, and where it is sRGB."""
    where, curve = PRIMARIES.get(primaries), transfers.get(transfer)
    if where is None or curve is None or (where, curve) == (SRGB, "srgb"):
        return None
    return Space(where, curve, lost)


@functools.lru_cache(maxsize=32)
def profile(space: Space) -> bytes | None:
    """`space` as a profile (ICC.1:2022) from it to XYZ; None where its numbers describe no space."""
    return _of_table(space) if space.curve in HDR else _of_matrix(space)


def _of_matrix(space: Space) -> bytes | None:
    """A matrix and a curve."""
    try:
        columns = _transposed(_to_d50(space.primaries))
    except ZeroDivisionError:
        return None
    if not all(abs(part) <= FARTHEST for xyz in columns for part in xyz):
        return None
    colors = [b"XYZ " + bytes(4) + struct.pack(">3i", *(round(part * 65536) for part in xyz)) for xyz in columns]
    light = _light(space.curve)
    values = [round(65535 * min(max(light(at / (POINTS - 1)), 0.0), 1.0)) for at in range(POINTS)]
    curve = b"curv" + bytes(4) + struct.pack(f">I{POINTS}H", POINTS, *values)
    names = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")
    places = [132 + 12 * len(names) + 20 * at for at in range(3)]
    places += [places[-1] + 20] * 3
    sizes = [20] * 3 + [len(curve)] * 3
    tags = b"".join(struct.pack(">4sII", *tag) for tag in zip(names, places, sizes, strict=True))
    return _with_head(struct.pack(">I", len(names)) + tags + b"".join(colors) + curve)


def _of_table(space: Space) -> bytes:
    """A table of what is shown: cube roots of XYZ, which are nearly even steps to the eye, and the curve of a cube."""
    show = _shown(space)
    light, lost = _light(space.curve), space.lost / 255
    levels = [light(min(at / (STEPS - 1) + lost, 1.0)) for at in range(STEPS)]
    colors = ((red, green, blue) for red in levels for green in levels for blue in levels)
    parts = [part / MOST for color in colors for part in show(color)]
    grid = [round(65535 * math.cbrt(min(max(part, 0.0), 1.0))) for part in parts]
    cube = [round(65535 * (at / (CUBED - 1)) ** 3) for at in range(CUBED)]
    table = (
        b"mft2" + bytes(4) + bytes([3, 3, STEPS, 0]) + struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    )
    table += struct.pack(">HH", 2, CUBED) + struct.pack(">2H", 0, 65535) * 3
    table += struct.pack(f">{len(grid)}H", *grid) + struct.pack(f">{CUBED}H", *cube) * 3
    return _with_head(struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table)


def _with_head(body: bytes) -> bytes:
    head = struct.pack(">I4xI12s12x4s28x", 128 + len(body), 0x02400000, b"mntrRGB XYZ ", b"acsp")
    return head + struct.pack(">3i", *(round(part * 65536) for part in D50)) + bytes(48) + body


def _shown(space: Space) -> Callable[[Triple], Triple]:
    """What makes XYZ of a color in the light of an HDR space, as an ordinary screen shows it."""
    wide = _to_d50(WIDE)
    widened = _times(_inverse(wide), _to_d50(space.primaries))

    def show(color: Triple) -> Triple:
        color = _apply(widened, color)
        if space.curve == "hlg":
            color = _scaled(color, _on_screen(_dot(LUMA, color)))
        return _apply(wide, _scaled(color, _toned(max(color))))

    return show


def _light(curve: Curve) -> Callable[[float], float]:
    return CURVES[curve] if isinstance(curve, str) else lambda value: math.pow(value, curve)


def _srgb(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4)


def _240m(value: float) -> float:
    """SMPTE ST 240."""
    return value / 4 if value <= 0.0913 else math.pow((value + 0.1115) / 1.1115, 1 / 0.45)


def _cinema(value: float) -> float:
    """SMPTE ST 428-1: white is a little darker than the largest value."""
    return 52.37 / 48 * math.pow(value, 2.6)


def _pq(value: float) -> float:
    """SMPTE ST 2084: up to 10,000 candela per square meter, of which `PAPER` is 1."""
    root = math.pow(value, 1 / 78.84375)
    light = math.pow(max(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root), 1 / 0.1593017578125)
    return 10_000 / PAPER * light


def _hlg(value: float) -> float:
    """ARIB STD-B67: of the scene."""
    return value * value / 3 if value <= 0.5 else (math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12


CURVES: dict[str, Callable[[float], float]] = {
    "srgb": _srgb, "240m": _240m, "cinema": _cinema, "pq": _pq, "hlg": _hlg,
}  # fmt: skip

HDR = ("pq", "hlg")
"""The curves of which no matrix is made: what is shown of a color depends on all its parts."""


def _on_screen(scene: float) -> float:
    """How much lighter what is so light in an HLG scene is shown, by a screen of `PEAK`, whose exponent is 1.2."""
    return PEAK / PAPER * math.pow(max(scene, 0.0), 0.2)


def _toned(white: float) -> float:
    """What to multiply a color with whose largest part is so much of `PAPER`."""
    if white <= KNEE:
        return 1.0
    above = min((white - KNEE) / (PEAK / PAPER - KNEE), 1.0)
    return (KNEE + (1 - KNEE) * above * (1 + BEND) / (1 + BEND * above)) / white


def _scaled(color: Triple, by: float) -> Triple:
    return color[0] * by, color[1] * by, color[2] * by


def _to_d50(primaries: tuple[float, ...]) -> Matrix:
    """From RGB in light to XYZ as a profile has it, whose white is D50."""
    red, green, blue, white = (_xyz(*primaries[at : at + 2]) for at in range(0, 8, 2))
    colors = _transposed((red, green, blue))
    plain = _times(colors, _diagonal(_apply(_inverse(colors), white)))
    cones = [to / of for to, of in zip(_apply(BRADFORD, D50), _apply(BRADFORD, white), strict=True)]
    adapted = _times(_inverse(BRADFORD), _times(_diagonal((cones[0], cones[1], cones[2])), BRADFORD))
    return _times(adapted, plain)


def _xyz(x: float, y: float) -> Triple:
    return x / y, 1.0, (1 - x - y) / y


def _diagonal(of: Triple) -> Matrix:
    return (of[0], 0.0, 0.0), (0.0, of[1], 0.0), (0.0, 0.0, of[2])


def _transposed(m: Matrix) -> Matrix:
    return (m[0][0], m[1][0], m[2][0]), (m[0][1], m[1][1], m[2][1]), (m[0][2], m[1][2], m[2][2])


def _apply(m: Matrix, v: Triple) -> Triple:
    return _dot(m[0], v), _dot(m[1], v), _dot(m[2], v)


def _times(m: Matrix, n: Matrix) -> Matrix:
    a, b, c = _transposed(n)
    return _transposed((_apply(m, a), _apply(m, b), _apply(m, c)))


def _dot(a: Triple, b: Triple) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _cross(a: Triple, b: Triple) -> Triple:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def _inverse(m: Matrix) -> Matrix:
    """Raises ZeroDivisionError where there is none."""
    a, b, c = m
    columns = _cross(b, c), _cross(c, a), _cross(a, b)
    size = _dot(a, columns[0])
    (p, q, r) = ((x / size, y / size, z / size) for x, y, z in columns)
    return _transposed((p, q, r))
