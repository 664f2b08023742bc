"""
What a file says about itself, read by us before any decoder sees a byte of it.

One module a format, each with ``read_header(source, length) -> Header``; AVIF and HEIC are in `heif`. They read
headers only, in bounded time, and name the parts of the file that the decoder gets: pixels, nothing else.
"""

from __future__ import annotations
