"""
AVIF and HEIC: a box format around AV1 and HEVC. Loaded with the first file of either, where settings accept them.

`boxes` takes a file apart, `items` says which pictures it holds and where, `av1` and `hevc` read what a stream
says of its frames, and `container` puts that together.
"""

from __future__ import annotations
