"""
Pictures for tests: ordinary ones, and every hostile file of the threat list. All made here, nothing is downloaded.

Functions return the bytes of a file and take milliseconds. `HOSTILE`, `ORDINARY` and `COSTLY` are
tables to parametrize a test with.
"""

from __future__ import annotations

from .cases import *
from .drawing import *
from .hostile import *
from .lossless import *
from .parts import *
from .profiles import *
from .short import *
from .tiles import *
from .unusual import *
