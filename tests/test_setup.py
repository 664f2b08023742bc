"""What start-up loads: no Pillow, and few modules of ours."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import django_avatars
from tests.documents import read

PROJECT = """
import json, os, sys
from django.conf import settings

settings.configure(
    INSTALLED_APPS=[*{apps}, "django_avatars", "tests.app"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}},
    AUTH_USER_MODEL="app.User", DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    SECRET_KEY="x", USE_TZ=True,
)
import django
django.setup()
print(json.dumps(sorted(sys.modules)))
"""

CORE = ["django.contrib.auth", "django.contrib.contenttypes"]
WITH_ADMIN = [*CORE, "django.contrib.messages", "django.contrib.sessions", "django.contrib.admin"]
WITH_ALL = [*WITH_ADMIN, *(f"django_avatars.{name}" for name in ("profile", "history", "moderation"))]
OPTIONAL = {"PIL", "boto3", "cv2", "httpx", "numpy", "storages", "rest_framework"}

PACKAGE = Path(django_avatars.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))


@cache
def loaded(program: str) -> set[str]:
    """Modules that a fresh interpreter has loaded after `program`."""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    names: Any = json.loads(done.stdout)
    return set(names)


@pytest.mark.parametrize("apps", [CORE, WITH_ADMIN], ids=["core", "with admin"])
def test_start_up_loads_no_pillow_and_at_most_twelve_modules_of_ours(apps: list[str]) -> None:
    modules = loaded(PROJECT.format(apps=apps))

    ours = {name for name in modules if name.split(".")[0] == "django_avatars"}
    assert "tests.app.models" in modules
    assert "django_avatars.fields" in ours
    assert len(ours) <= 12, sorted(ours)
    assert not {name.split(".")[0] for name in modules} & OPTIONAL


def test_start_up_with_history_and_moderation_loads_no_pillow_either() -> None:
    modules = loaded(PROJECT.format(apps=WITH_ALL))

    assert {"django_avatars.history.verbs", "django_avatars.moderation.verbs"} <= modules
    assert not {name.split(".")[0] for name in modules} & OPTIONAL


def test_the_package_alone_loads_nothing_else() -> None:
    modules = loaded("import json, sys; import django_avatars; print(json.dumps(sorted(sys.modules)))")

    assert {name for name in modules if name.split(".")[0] == "django_avatars"} == {"django_avatars"}
    assert "django" not in modules


def test_the_first_upload_loads_pillow() -> None:
    upload = [
        "import io",
        "from django.core.files.base import ContentFile",
        "from django_avatars.exceptions import InvalidImage",
        "from tests.app.models import Place",
        "try:",
        "    Place(photo=ContentFile(b'text')).save()",
        "except InvalidImage:",
        "    print(json.dumps(sorted(sys.modules)))",
    ]
    program = PROJECT.format(apps=CORE).replace("print(json.dumps(sorted(sys.modules)))", "\n".join(upload))

    assert "PIL.Image" in loaded(program)


def test_without_history_and_moderation_nothing_of_them_is_loaded_or_stored() -> None:
    life = [
        "import io, tempfile",
        "from django.core.management import call_command",
        "from django.db import connection",
        "from django_avatars import privacy, services, rendering, urls",
        "from tests.app.models import Profile, User",
        "from tests.storing import on_disk, upload",
        "from pathlib import Path",
        "settings.AVATARS = {'FIELD': 'app.Profile.profile_pic'}",
        "with tempfile.TemporaryDirectory() as settings.MEDIA_ROOT:",
        "    call_command('migrate', run_syncdb=True, verbosity=0)",
        "    user = User.objects.create_user('jane')",
        "    for seed in (1, 2):",
        "        services.set_own(user, upload(seed=seed), actor=user)",
        "    rendering.avatar(user, 48)",
        "    files = len(on_disk(Path(settings.MEDIA_ROOT)))",
        "    services.remove_own(user)",
        "    call_command('avatars_prune', delete=True, force=True, stdout=io.StringIO())",
        "    privacy.erase(user)",
        "tables = [f'table {name}' for name in connection.introspection.table_names()]",
        "print(json.dumps([*sorted(sys.modules), *tables, f'files {files}']))",
    ]
    program = PROJECT.format(apps=CORE).replace("print(json.dumps(sorted(sys.modules)))", "\n".join(life))

    found = loaded(program.replace('"tests.app"', '"tests.app", "tests.avatar"'))

    assert {"django_avatars.services", "table app_profile", "files 2"} <= found
    modules = ("django_avatars.history", "django_avatars.moderation")
    assert not [name for name in found if name.startswith((*modules, "table avatars_"))]


def test_every_import_inside_a_function_says_why_it_is_there() -> None:
    found = [(path, block) for path in SOURCES for block in blocks(path.read_text())]

    assert found
    assert [(path.name, block) for path, block in found if "#" not in block] == []


def test_an_import_inside_a_function_is_optional_or_in_a_module_that_start_up_loads() -> None:
    at_start_up = loaded(PROJECT.format(apps=WITH_ALL))
    later = {path for path in SOURCES if path.name != "apps.py" and named(path) not in at_start_up}

    found = [(named(path), kind) for path in later for kind in kinds(path) if kind != "optional"]
    assert found == [("django_avatars.imaging.readers", "at first use")]  # HEIF is for who accepts it


def test_the_architecture_says_how_many_imports_are_inside_functions() -> None:
    counted = Counter(kind for path in SOURCES for kind in kinds(path))
    section = read("docs/explanation/architecture.md").partition("## Start-up")[2]

    said = re.findall(r"^\| .+ \| (\d+) \|", section, re.MULTILINE)
    assert [int(one) for one in said] == [counted["at first use"], counted["not at once"], counted["optional"]]


def named(path: Path) -> str:
    """The module of a file."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def kinds(path: Path) -> list[str]:
    """Why each import inside a function of this file is there."""
    found = []
    for node, function in imports_inside_functions(path.read_text()).items():
        is_of_ours_or_pillow = ast.unparse(node).split()[1].startswith((".", "PIL"))
        if function in ("ready", "__getattr__"):
            found.append("not at once")
        else:
            found.append("at first use" if is_of_ours_or_pillow else "optional")
    return found


@cache
def imports_inside_functions(source: str) -> dict[ast.Import | ast.ImportFrom, str]:
    """The imports in functions, and the name of each one's function."""
    return {
        node: function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }


def blocks(source: str) -> list[str]:
    """The lines of imports in functions, those that follow each other as one text."""
    lines = source.splitlines()
    numbers = {
        number
        for node in imports_inside_functions(source)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    found: list[str] = []
    for number, line in enumerate(lines, start=1):
        if number in numbers:
            is_first = not numbers & {number - 1, *([number - 2] if not lines[number - 2] else [])}
            found.append(line) if is_first else found.append(f"{found.pop()}\n{line}")
    return found


def test_no_module_of_ours_is_imported_by_a_string() -> None:
    by_string = {path.name for path in SOURCES if "import_module(" in path.read_text()}
    paths = {path.name for path in SOURCES if 'import_string("' in path.read_text()}

    assert by_string == {"decode.py", "encode.py", "signals.py"}  # Pillow's modules, and django-avatar
    assert paths == set()  # but what the settings name
