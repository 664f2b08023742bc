"""The provider, and who has an account there."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.base import Provider, ProviderAccount


class TownAccount(ProviderAccount):  # type: ignore[misc]  # it comes without types
    """An account, with the address of its picture."""

    def get_avatar_url(self) -> str | None:
        """What the provider said at the last log-in."""
        return self.account.extra_data.get("picture")  # type: ignore[no-any-return]


class TownProvider(Provider):  # type: ignore[misc]
    """The provider."""

    id = "town"
    name = "Town"
    account_class = TownAccount
    uses_apps = False

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Who it is there."""
        return str(data["id"])

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Who it is here, at the first log-in."""
        return {"username": data["id"]}


provider_classes = [TownProvider]
