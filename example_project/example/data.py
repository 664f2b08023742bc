"""Where the example keeps what it writes: one folder, which may be thrown away."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from django.core.management.utils import get_random_secret_key


def data_folder(default: Path) -> Path:
    """The folder named by EXAMPLE_DATA_DIR, else `default`; made if it is not there. Ends if it cannot be written."""
    folder = Path(os.environ.get("EXAMPLE_DATA_DIR") or default).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as exc:
        sys.exit(
            f"The example keeps its database and pictures in {folder}, which cannot be written ({exc.strerror}). "
            "Set EXAMPLE_DATA_DIR to a folder that can."
        )


def secret_key(file: Path) -> str:
    """The key in `file`, made at the first start, so that no two copies of the example share one."""
    try:
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(get_random_secret_key())
    except FileExistsError:
        pass
    return file.read_text()
