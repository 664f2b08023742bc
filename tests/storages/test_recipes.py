"""The recipes of the documentation make the storages they are about, and that for Spaces works on a real server."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import storages
from django.utils.module_loading import import_string

from tests.app.models import Team
from tests.documents import blocks
from tests.storages import services
from tests.storing import upload
from tests.test_docs import STORAGES

S3 = "docs/how-to/storages-s3.md"
BACKGROUND = "docs/how-to/background-work.md"

SECRETS = {
    "SPACES_KEY": "avatars", "SPACES_SECRET": "avatars-secret", "S3_KEY": "avatars",
    "S3_SECRET": "avatars-secret", "AZURE_ACCOUNT_KEY": services.AZURITE_KEY,
    "CLOUDINARY_KEY": "111222", "CLOUDINARY_SECRET": "sekret", "IMGPROXY_KEY": "ab", "IMGPROXY_SALT": "cd",
}  # fmt: skip


def settings_of(page: str, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the blocks of a page set."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    found = []
    for block in blocks(page):
        if block.language == "python":
            namespace: dict[str, Any] = {}
            exec(block.text, namespace)  # noqa: S102 - our own documentation
            found.append(namespace)
    return found


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
@pytest.mark.parametrize("page", sorted(STORAGES - {BACKGROUND}))
def test_every_recipe_makes_its_storage(page: str, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    pytest.importorskip("storages")
    pytest.importorskip("cloudinary")
    for namespace in settings_of(page, monkeypatch):
        settings.STORAGES = namespace["STORAGES"]

        storage = storages["default"]

        assert isinstance(storage, import_string(namespace["STORAGES"]["default"]["BACKEND"]))


def bucket_of(namespace: dict[str, Any], **options: Any) -> Any:
    """The storage of a recipe, with a bucket of its own that is there, on the server that `options` name."""
    pytest.importorskip("storages")
    spec = namespace["STORAGES"]["default"]
    bucket = import_string(spec["BACKEND"])(**{**spec["OPTIONS"], **options, "bucket_name": services.fresh_name()})
    bucket.connection.meta.client.create_bucket(Bucket=bucket.bucket_name)
    return bucket


@pytest.mark.s3
@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_the_recipe_for_spaces_works_on_a_real_server(monkeypatch: pytest.MonkeyPatch, use: Callable[..., Any]) -> None:
    endpoint = services.address("S3")
    namespace, _ = settings_of(S3, monkeypatch)
    bucket = use(bucket_of(namespace, endpoint_url=endpoint, region_name="us-east-1", addressing_style="path"))
    client = bucket.connection.meta.client
    (policy,) = (block.text for block in blocks(S3) if '"Statement"' in block.text)
    client.put_bucket_policy(Bucket=bucket.bucket_name, Policy=policy.replace(":::faces/", f":::{bucket.bucket_name}/"))

    team = Team.objects.create(name="Reds", logo=upload(600))

    name = team.logo.name
    assert json.loads(policy)["Statement"][0]["Action"] == "s3:GetObject"
    assert team.logo.url == f"https://faces.fra1.cdn.digitaloceanspaces.com/media/{name}"
    with urllib.request.urlopen(f"{endpoint}/{bucket.bucket_name}/media/{name}") as answer:
        assert answer.headers["Content-Type"] == "image/webp"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    team.delete()
    assert list(bucket.bucket.objects.all()) == []


@pytest.mark.s3
@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_the_recipe_for_a_server_of_your_own_works(monkeypatch: pytest.MonkeyPatch, use: Callable[..., Any]) -> None:
    endpoint = services.address("S3")
    _, namespace = settings_of(S3, monkeypatch)
    bucket = use(bucket_of(namespace, endpoint_url=endpoint))

    team = Team.objects.create(name="Reds", logo=upload(600))

    assert team.logo.url.startswith(f"{endpoint}/{bucket.bucket_name}/{team.logo.name}?")
    with urllib.request.urlopen(team.logo.url) as answer:
        assert answer.headers["Content-Type"] == "image/webp"
    team.delete()
    assert list(bucket.bucket.objects.all()) == []


def test_the_recipe_for_background_work_makes_every_size_after_the_commit(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    (namespace,) = settings_of(BACKGROUND, monkeypatch)

    assert namespace["AVATARS"]["TASKS"] in namespace["TASKS"]
