"""A real Celery worker makes the renditions, told by a real Redis."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storages import services

pytest.importorskip("celery")

UPLOAD = """
import time, django
django.setup()
from django.core.management import call_command
from tests.app.models import Team
from tests.storing import upload
call_command("migrate", run_syncdb=True, verbosity=0)
team = Team.objects.create(name="Reds", logo=upload(600))
print(team.logo.sizes)
for _ in range(900):  # a worker takes its time to start where others run
    time.sleep(0.1)
    team.refresh_from_db()
    if len(team.logo.sizes) > 1:
        break
print(team.logo.sizes)
"""


@pytest.mark.redis
@pytest.mark.slow
def test_a_worker_makes_what_the_request_left(tmp_path: Path) -> None:
    services.address("REDIS")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.storages.celery_site",
        "DJANGO_AVATARS_SITE": str(tmp_path),
        "PYTHONDEVMODE": "",
        "PYTHONWARNINGS": "ignore",
    }
    worker = "import django; django.setup(); from tests.storages.celery_backend import app; app.worker_main("
    worker += "['worker', '--pool=solo', '--loglevel=error', '--without-gossip', '--without-mingle'])"

    with subprocess.Popen([sys.executable, "-c", worker], env=environment) as running:
        try:
            made = subprocess.run(
                [sys.executable, "-c", UPLOAD], env=environment, capture_output=True, text=True, check=True, timeout=180
            )
        finally:
            running.terminate()

    assert made.stdout.splitlines() == ["(512,)", "(512, 256, 128, 64)"]
