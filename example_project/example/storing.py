"""
Where pictures go: a folder, or a real service, as EXAMPLE_STORAGE says. The systems do not know.

==================  ===============================================================================
EXAMPLE_STORAGE     nothing (a folder), ``s3`` (DigitalOcean Spaces and its kin) or ``cloudinary``
EXAMPLE_S3_BUCKET   the bucket; ``gan7club-spaces``
EXAMPLE_S3_REGION   its region; ``fra1``
EXAMPLE_S3_ENDPOINT where the API answers; ``https://<region>.digitaloceanspaces.com``
EXAMPLE_S3_KEY      and EXAMPLE_S3_SECRET: the credentials; boto3 finds its own without them
EXAMPLE_S3_CDN      where browsers fetch; ``https://<bucket>.<region>.cdn.digitaloceanspaces.com``
CLOUDINARY_URL      ``cloudinary://<key>:<secret>@<cloud>``, as Cloudinary's console shows it
==================  ===============================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured

CHOICES = ("", "s3", "cloudinary")


def backend(environ: Mapping[str, str]) -> dict[str, Any]:
    """The value of ``STORAGES["default"]``."""
    choice = environ.get("EXAMPLE_STORAGE", "")
    if choice == "s3":
        return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": s3_options(environ)}
    if choice == "cloudinary":
        options = {"secure": False} if "secure=false" in environ.get("CLOUDINARY_URL", "") else {}
        return {"BACKEND": "django_avatars.contrib.cloudinary.CloudinaryAvatarStorage", "OPTIONS": options}
    if choice:
        raise ImproperlyConfigured(f"EXAMPLE_STORAGE is {choice!r}, must be nothing, 's3' or 'cloudinary'.")
    return {"BACKEND": "django.core.files.storage.FileSystemStorage"}


def image_hosts(environ: Mapping[str, str]) -> tuple[str, ...]:
    """What the Content-Security-Policy has to allow pictures from, beside the site itself."""
    choice = environ.get("EXAMPLE_STORAGE", "")
    if choice == "s3":
        cdn = urlsplit(s3_cdn(environ))
        return (f"{cdn.scheme}://{cdn.netloc}",)
    if choice == "cloudinary":
        cname = parse_qs(urlsplit(environ.get("CLOUDINARY_URL", "")).query).get("cname")
        return (f"http://{cname[0]}",) if cname else ("https://res.cloudinary.com",)
    return ()


def s3_options(environ: Mapping[str, str]) -> dict[str, Any]:
    """For django-storages. Files are read through the CDN, so the bucket is public and nothing is signed."""
    cdn, region = urlsplit(s3_cdn(environ)), s3_region(environ)
    return {
        "bucket_name": s3_bucket(environ),
        "region_name": region,
        "endpoint_url": environ.get("EXAMPLE_S3_ENDPOINT") or f"https://{region}.digitaloceanspaces.com",
        "access_key": environ.get("EXAMPLE_S3_KEY"),
        "secret_key": environ.get("EXAMPLE_S3_SECRET"),
        "location": "media",
        "custom_domain": cdn.netloc + cdn.path.rstrip("/"),
        "url_protocol": f"{cdn.scheme}:",
        "querystring_auth": False,
        "addressing_style": "path",
    }


def s3_bucket(environ: Mapping[str, str]) -> str:
    """The bucket of the documents, unless another is named."""
    return environ.get("EXAMPLE_S3_BUCKET") or "gan7club-spaces"


def s3_region(environ: Mapping[str, str]) -> str:
    """The region of the documents, unless another is named."""
    return environ.get("EXAMPLE_S3_REGION") or "fra1"


def s3_cdn(environ: Mapping[str, str]) -> str:
    """Where browsers fetch."""
    given = environ.get("EXAMPLE_S3_CDN")
    return given or f"https://{s3_bucket(environ)}.{s3_region(environ)}.cdn.digitaloceanspaces.com"
