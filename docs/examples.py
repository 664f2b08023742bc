"""
Runs the examples of this documentation, in one project that is made of all the files it shows.

`tests/test_docs.py` starts it in a folder of its own, with the blocks of every page as JSON on its
standard input; it answers with what went wrong, by page. Files are on disk before Django starts;
the other blocks of a page run in order, and settings that a page shows hold to its end. Every page
finds `user` (Jane Doe), `photo` (a file) and the models of people/models.py.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.test import RequestFactory, override_settings

FOLDER = Path.cwd()
NOT_OVER = ("INSTALLED_APPS", "AUTH_USER_MODEL")
NOT_IMPORTED = ("tests.py", "scan.py")  # the latter needs Django 6.0, and models of apps that are not installed


def main() -> None:
    sys.path.insert(0, str(FOLDER))
    pages = json.load(sys.stdin)
    apps = sorted(path.parent.name for path in FOLDER.glob("*/__init__.py") if path.parent.name != "project")
    settings.configure(**base_settings(apps))
    django.setup()
    call_command("migrate", run_syncdb=True, verbosity=0)
    for path in sorted(FOLDER.glob("*/*.py")):
        if path.name not in NOT_IMPORTED:
            __import__(".".join(path.relative_to(FOLDER).with_suffix("").parts))
    json.dump({page: run(blocks) for page, blocks in pages.items()}, sys.stdout)


def base_settings(apps: list[str]) -> dict[str, Any]:
    processors = (
        "template.context_processors.request",
        "contrib.auth.context_processors.auth",
        "contrib.messages.context_processors.messages",
    )
    contrib = ("admin", "auth", "contenttypes", "messages", "sessions", "staticfiles")
    return {
        "SECRET_KEY": "docs",
        "ALLOWED_HOSTS": ["testserver"],
        "BASE_DIR": FOLDER,
        "ROOT_URLCONF": "project.urls",
        "INSTALLED_APPS": [
            *(f"django.contrib.{app}" for app in contrib),
            "django_avatars",
            "django_avatars.profile",
            *apps,
        ],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": [f"django.{path}" for path in processors]},
            }
        ],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "STATIC_URL": "/static/",
        "MEDIA_URL": "/media/",
        "MEDIA_ROOT": str(FOLDER / "media"),
        "AVATARS": {"FIELD": "people.Profile.picture"},
    }


def run(blocks: list[dict[str, str]]) -> str:
    """Run the blocks of one page; what went wrong, or nothing."""
    call_command("flush", interactive=False, verbosity=0)
    names = page_names()
    with contextlib.ExitStack() as stack:
        for block in blocks:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    run_block(block, names, stack)
            except BaseException:
                return f"line {block['line']}:\n{block['text']}\n{traceback.format_exc()}"
    return ""


def page_names() -> dict[str, Any]:
    from django.contrib.auth.models import User
    from people.models import Profile
    from teams.models import Team

    user = User.objects.create_user("jane", first_name="Jane", last_name="Doe", email="jane@example.com")
    photo = ContentFile((FOLDER / "photo.jpg").read_bytes(), "photo.jpg")
    team = Team.objects.create(name="Sea Birds")
    return {"user": user, "photo": photo, "Profile": Profile, "team": team, "address": "/", "__name__": "shell"}


def run_block(block: dict[str, str], names: dict[str, Any], stack: contextlib.ExitStack) -> None:
    language, text, path = block["language"], block["text"], block["path"]
    if path.endswith("settings.py"):
        hold(text, stack)
    elif language == "python" and not path:
        exec(compile(text, block["page"], "exec"), names)  # noqa: S102 - our own documentation
    elif language == "html+django" and not path:
        render(text, names)
    elif language == "html+jinja":
        import people.jinja2 as ours

        people = [names["user"]]
        assert ours.environment(autoescape=True).from_string(text).render(user=names["user"], users=people).strip()
    elif language == "console":
        for command in block["commands"]:
            program, _, arguments = command.partition(" manage.py ")
            assert program == "python", command
            call_command(*arguments.split())


def hold(text: str, stack: contextlib.ExitStack) -> None:
    """Settings hold to the end of the page, and the checks of the package find nothing wrong with them."""
    from django_avatars.checks import check_settings

    before = {name: getattr(settings, name) for name in base_settings([]) if name not in NOT_OVER}
    after = {**before, "TEMPLATES": [*settings.TEMPLATES]}
    exec(compile(text, "settings.py", "exec"), after)  # noqa: S102 - our own documentation
    changed = {name: value for name, value in after.items() if name.isupper() and before.get(name) != value}
    stack.enter_context(override_settings(**changed))
    found = [message for message in check_settings() if message.level >= 40]
    assert not found, found


def render(text: str, names: dict[str, Any]) -> None:
    from django.contrib.auth import get_user_model
    from django.template import engines

    names["user"].refresh_from_db()
    request = RequestFactory().get("/")
    request.user = names["user"]
    context = {**names, "users": get_user_model().objects.all()}
    engines["django"].from_string(text).render(context, request)


if __name__ == "__main__":
    main()
