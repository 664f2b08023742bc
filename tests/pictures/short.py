"""AVIF files with the short header of the newest edition of the format, which no encoder at hand writes."""

from __future__ import annotations

from collections.abc import Iterable

from django_avatars.imaging.heif.items import Description

from .tiles import iso_box, iso_boxes

SAMPLED = {"4:0:0": 0, "4:2:0": 1, "4:2:2": 2, "4:4:4": 3}


def short_avif(
    data: bytes,
    *,
    orientation: int = 1,
    sides: tuple[int, int] | None = None,
    subsampling: str = "4:2:0",
    colors: tuple[int, int, int] | None = None,
    icc: bytes = b"",
    exif: bytes = b"",
    is_long: bool = False,
    shares_configuration: bool = False,
    is_deep: bool = False,
    is_multiplied: bool = False,
    unknown: int = 0,
) -> bytes:
    """
    The picture of an AVIF, and its alpha, with a ``mini`` box instead of ``meta`` and ``mdat``.

    `unknown` is one of the bits of the first two bytes that stand for what is rare.
    """
    meta = Description(dict(iso_boxes(data))[b"meta"], len(data))
    streams = {
        item: b"".join(piece if isinstance(piece, bytes) else data[piece.start : piece.stop] for piece in pieces)
        for item, pieces in meta.locations()
        if meta.kinds[item] == b"av01"
    }
    picture, *alphas = (streams[item] for item in sorted(streams, key=lambda item: item != meta.primary))
    configuration, *of_alpha = (meta.properties(item, b"av1C")[0] for item in streams)
    of_alpha = [] if shares_configuration else of_alpha
    (size,) = meta.properties(meta.primary, b"ispe")
    sides = sides or (int.from_bytes(size[4:8]), int.from_bytes(size[8:12]))
    sampled = SAMPLED[subsampling]
    metadata, config, item, side = (20, 12, 28, 15) if is_long else (10, 3, 15, 7)
    bits = [
        (0, 4), (1, 1), (bool(alphas), 1), (bool(colors), 1), (0, 1), (bool(icc), 1), (bool(exif), 1), (bool(exif), 1),
        (sampled, 2), (orientation - 1, 3), (is_long, 1),
        *((pixels - 1, side) for pixels in sides),
        *([(2, 2)] if sampled == 1 else [(0, 1)] if sampled == 2 else []),
        *([(1, 1), (1, 3)] if is_deep else [(0, 1)]),
        *([(is_multiplied, 1)] if alphas else []),
        *((number, 8) for number in colors or ()),
        *([(is_long, 1)] if icc or exif else []), (is_long, 1), (is_long, 1),
        *([(len(icc) - 1, metadata)] if icc else []),
        (len(configuration), config), (len(picture) - 1, item),
        *([(len(alphas[0]), item), (len(b"".join(of_alpha)), config)] if alphas else []),
        *([(0, 1), (len(exif) - 1, metadata), (len(exif) - 1, metadata)] if exif else []),
    ]  # fmt: skip
    head = bytearray(_packed(bits))
    head[:2] = (int.from_bytes(head[:2]) | unknown).to_bytes(2)
    body = b"".join([head, configuration, *of_alpha, icc, *alphas, picture, exif, exif])
    return iso_box(b"ftyp", b"mif3avif") + iso_box(b"mini", body)


def _packed(bits: Iterable[tuple[int, int]]) -> bytes:
    """Each number in as many bits as stand beside it."""
    text = "".join(f"{int(number):0{width}b}" for number, width in bits)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))
