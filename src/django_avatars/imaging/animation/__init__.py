"""
Animations: every frame is decoded as if it were a still picture, and drawn by us as browsers draw it.

One module a format, each with ``read(source, found, film)``, which lists the frames; they read headers only.
`playing` makes one file of them. Loaded only where a `Spec` asks for animations.
"""

from __future__ import annotations
