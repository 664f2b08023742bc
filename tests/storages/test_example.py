"""The example runs on real services as it runs on a folder: nothing but its settings knows."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests import pictures
from tests.demo import running_demo
from tests.storages import cloudinary_standin, services

for package in ("rest_framework_simplejwt", "drf_spectacular", "ninja"):
    pytest.importorskip(package, reason=f"{package} is not installed")

PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}


def get(url: str, data: bytes | None = None, **headers: str) -> tuple[str, bytes]:
    """Content type and body of an answer."""
    request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.headers["Content-Type"], answer.read()


def upload(site: str, path: str, field: str, **headers: str) -> Any:
    """What an API answers to a picture of talent@example.com."""
    who = json.dumps({"username": "talent@example.com", "password": "avatars-demo"}).encode()
    token = json.loads(get(f"{site}/api/token/", who, Content_Type="application/json")[1])["access"]
    begin = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="a.jpg"\r\n\r\n'
    body = begin.encode() + pictures.photo(600, 500) + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    return json.loads(get(site + path, body, Content_Type=kind, Authorization=f"Bearer {token}", **headers)[1])


@pytest.mark.slow
@pytest.mark.s3
def test_the_example_runs_on_s3_behind_a_cdn(tmp_path: Path) -> None:
    storage = services.s3()
    bucket, endpoint = storage.bucket_name, storage.endpoint_url
    policy = {"Version": "2012-10-17", "Statement": [{**PUBLIC, "Resource": [f"arn:aws:s3:::{bucket}/*"]}]}
    storage.connection.meta.client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    cdn = f"{endpoint}/{bucket}"

    with running_demo(
        tmp_path / "example",
        EXAMPLE_STORAGE="s3",
        EXAMPLE_S3_BUCKET=bucket,
        EXAMPLE_S3_REGION="us-east-1",
        EXAMPLE_S3_ENDPOINT=endpoint,
        EXAMPLE_S3_KEY=storage.access_key,
        EXAMPLE_S3_SECRET=storage.secret_key,
        EXAMPLE_S3_CDN=cdn,
    ) as site:
        shown = upload(site, "/api/profile/talent/", "profile_picture", is_talent="true")["profile"]["profile_picture"]
        image = upload(site, "/users/me/profile-image", "file")["image_url"]
        kind, data = get(shown)

        assert shown.startswith(f"{cdn}/media/profile_pictures/")
        assert image.startswith(f"{cdn}/media/profile_images/")
        assert (kind, data[8:12]) == ("image/webp", b"WEBP")
        assert cdn.rpartition("/")[0] in get_policy(site)
        assert not (tmp_path / "example" / "media").exists()


@pytest.mark.slow
def test_the_example_runs_on_cloudinary(tmp_path: Path) -> None:
    pytest.importorskip("cloudinary", reason="cloudinary is not installed")
    with cloudinary_standin.running() as service:
        host = service.address
        key = f"{cloudinary_standin.KEY}:{cloudinary_standin.SECRET}@{cloudinary_standin.CLOUD}"
        url = f"cloudinary://{key}?upload_prefix=http://{host}&secure=false&cname={host}"

        with running_demo(tmp_path / "example", EXAMPLE_STORAGE="cloudinary", CLOUDINARY_URL=url) as site:
            shown = upload(site, "/users/me/profile-image", "file")["image_url"]
            kind, _ = get(shown)

            assert shown.startswith(f"http://{host}/{cloudinary_standin.CLOUD}/image/upload/")
            assert "/profile_images/" in shown
            assert kind.startswith("image/")
            assert f"http://{host}" in get_policy(site)
            assert not (tmp_path / "example" / "media").exists()


def get_policy(site: str) -> str:
    """What pages may load."""
    with urllib.request.urlopen(site, timeout=30) as answer:
        return str(answer.headers["Content-Security-Policy"])
