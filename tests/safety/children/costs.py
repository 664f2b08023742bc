"""What a file costs: time, memory, and what it leaves in temporary folders."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.test.utils import override_settings, setup_test_environment

from tests.app.models import Profile, User
from tests.safety.doors import DOORS

from .meters import peak_from_here
from .scenarios import ONE

setup_test_environment()  # so that the client keeps the contexts of the pages


def through(door: str, path: str, name: str, keep_source: bool = False, crop: str = "") -> dict[str, Any]:
    """Send the file at `path` through `door`: the code of its refusal, CPU seconds, megabytes, leftovers."""
    avatars = {**settings.AVATARS, "KEEP_SOURCE": keep_source, "ANIMATION": True}
    with transaction.atomic(), override_settings(ROOT_URLCONF="tests.safety.doors", AVATARS=avatars):
        user = User.objects.get(pk=ONE)
        user.is_staff = user.is_superuser = True
        user.save()
        profile, visitor = Profile.objects.create(user=user), Client()
        visitor.force_login(user)
        data = Path(path).read_bytes()
        # What other tests have left: a process that was killed cleans nothing up.
        there = set(os.listdir(settings.FILE_UPLOAD_TEMP_DIR))
        grown, start = peak_from_here(), time.process_time()
        code = DOORS[door](profile, data, name, visitor, **({"avatar-crop": crop} if crop else {}))
        cost = {"code": code, "seconds": time.process_time() - start, "megabytes": grown()}
        transaction.set_rollback(True)
    return cost | {"left": sorted(set(os.listdir(settings.FILE_UPLOAD_TEMP_DIR)) - there)}


def unit() -> float:
    """CPU seconds of a fixed piece of work of Pillow on pictures, the least of some: what a machine is measured by."""
    from PIL import Image

    noise = Image.effect_noise((3000, 2000), 60)  # made of logarithms, which each C library has its own speed for

    def work() -> float:
        start = time.process_time()
        for _ in range(3):
            small = noise.convert("RGB").resize((512, 512), Image.Resampling.LANCZOS)
            small.save(io.BytesIO(), "webp", quality=81, method=4)
        return time.process_time() - start

    return min(work() for _ in range(3))
