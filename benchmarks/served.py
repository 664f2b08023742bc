"""The site of the load job: ``benchmarks.served:wsgi`` and ``:asgi``. As a program it makes tables and people."""

from __future__ import annotations

import os

from . import site
from .jobs.load import PEOPLE
from .peers import Make

if __name__ == "__main__" or "BENCHMARK_PEER" in os.environ:
    folder = os.environ["BENCHMARK_FOLDER"]
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3", "OPTIONS": site.SHARED}
    peer = site.open_site(os.environ["BENCHMARK_PEER"], Make(), folder=folder, DATABASES={"default": database})

    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application

    wsgi, asgi = get_wsgi_application(), get_asgi_application()

if __name__ == "__main__":
    site.create_tables()
    peer.seed(site.people(PEOPLE))
