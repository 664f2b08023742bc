"""Why some files do not come out as Chromium shows them."""

from __future__ import annotations

DAMAGED = "damaged: browsers show what they have up to the fault, we say so"
RARE_BMP = "two bits, rare bit fields: Pillow decodes no such BMP; run lengths: it does so in Python"
BETWEEN = "a few pixels, of which the square cuts some in half: another filter"

REASONS: dict[str, str] = {
    "*/ImageTestSuite/*": DAMAGED,
    "*/bmp/b/*": DAMAGED,
    "*/bmpsuite/b/*": DAMAGED,
    "*/fuzzing/*": DAMAGED,
    "*truncated*": DAMAGED,
    "Pillow/Tests/images/broken_data_stream.png": DAMAGED,
    "Pillow/Tests/images/mmap_error.bmp": DAMAGED,
    "metadata-extractor-images/jpg/User Comment Encoding.jpg": DAMAGED,
    "*/bmp/[gq]/*": RARE_BMP,
    "*/bmpsuite/[gq]/*": RARE_BMP,
    "Pillow/Tests/images/hopper_rle8*.bmp": RARE_BMP,
    "libwebp-test-data/bad_palette_index.webp": DAMAGED,
    "*/cdfn2c08.png": BETWEEN,
    "Pillow/Tests/images/7x13.png": BETWEEN,
}
"""By the pattern of a name below the folder of the collections."""
