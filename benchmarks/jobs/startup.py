"""What does a package add to start-up? Modules of `django.setup()` over Django alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from ..peers import OURS, PEERS

BARE = "Django alone"


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One. Counts do not vary, so one round does; milliseconds drown in noise, so they are not asked for."""
    yield {"case": "django.setup()", "peers": (OURS, BARE, *PEERS), "runs": 1}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Each over a Django of the same environment, in the same round."""
    for peer in case["peers"]:
        environment = OURS if peer == BARE else peer
        bare = call(environment, "startup", peer="")
        full = call(environment, "startup", peer="" if peer == BARE else peer)
        if bare and full:
            yield (
                peer,
                {
                    "modules": full["modules"] - bare["modules"],
                    "PIL": full["PIL"],
                    "numpy, boto3": full["numpy, boto3"],
                },
            )


def measure(*, peer: str) -> dict[str, float]:
    """Set Django up with the package's app alone, and with its model field."""
    import sys
    from importlib import import_module

    from django.conf import settings as django_settings

    from ..peers import Make

    module = import_module(f"benchmarks.peers.{peer}") if peer else None
    django_settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *(module.APPS if module else ())],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        **(module.settings(Make()) if module else {}),
    )
    import django

    before = set(sys.modules)
    django.setup()
    if module:
        import_module(FIELDS[peer])
    return {
        "modules": float(len(set(sys.modules) - before)),
        "PIL": float("PIL" in sys.modules),
        "numpy, boto3": float(bool({"numpy", "boto3"} & sys.modules.keys())),
    }


FIELDS = {
    "django_avatars": "django_avatars.fields",
    "django_avatar": "avatar.models",
    "easy_thumbnails": "easy_thumbnails.fields",
    "sorl_thumbnail": "sorl.thumbnail",
    "imagekit": "imagekit.models",
    "pictures": "pictures.models",
    "stdimage": "stdimage",
    "versatileimagefield": "versatileimagefield.fields",
}
"""What a models.py imports of each."""
