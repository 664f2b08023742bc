"""The storages of django-storages that are known. None of them is loaded here."""

from __future__ import annotations

from collections.abc import Mapping

from .azure import AzureAdapter
from .base import StorageAdapter
from .google import GoogleAdapter
from .s3 import S3Adapter
from .sftp import SFTPAdapter

ADAPTERS: Mapping[str, type[StorageAdapter]] = {
    "storages.backends.azure_storage.AzureStorage": AzureAdapter,
    "storages.backends.gcloud.GoogleCloudStorage": GoogleAdapter,
    "storages.backends.s3.S3Storage": S3Adapter,
    "storages.backends.sftpstorage.SFTPStorage": SFTPAdapter,
}
"""The adapter for each class, by module and name."""
