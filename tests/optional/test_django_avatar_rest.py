"""The REST addresses of django-avatar."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.app.models import Profile
from tests.storing import upload

pytest.importorskip("rest_framework", reason="djangorestframework is not installed")

pytestmark = [pytest.mark.django_db(databases=["default", "other"]), pytest.mark.urls("tests.optional.rest_urls")]


@pytest.fixture
def client(profile: Profile) -> Client:
    """Somebody with a picture, logged in."""
    profile.profile_pic = upload(300)
    profile.save()
    client = Client(headers={"accept": "application/json"})
    client.force_login(profile.user)
    return client


def test_the_list_is_the_one_picture(client: Client, profile: Profile) -> None:
    before = client.get("/api/avatar/").json()
    response = client.post("/api/avatar/", {"avatar": upload(90)})

    assert "128" in before["avatar"]["sizes"]
    assert response.status_code == 200
    profile.refresh_from_db()
    assert profile.profile_pic.sizes == (90, 64)


def test_the_address_of_the_picture_is_answered(client: Client, profile: Profile) -> None:
    def answer(query: str) -> str:
        return str(client.get(f"/api/avatar/render_primary/{query}").json()["image_url"])

    assert answer("") == f"http://testserver{profile.profile_pic.url_for(80)}"
    assert answer("?width=200&height=10") == f"http://testserver{profile.profile_pic.url_for(200)}"
    assert answer("?width=&height=60") == f"http://testserver{profile.profile_pic.url_for(80)}"
    assert client.get("/api/avatar/render_primary/?width=abc").status_code == 400
    assert client.get("/api/avatar/render_primary/?width=-5").status_code == 400
    assert client.delete("/api/avatar/render_primary/").status_code == 405
    assert Client().get("/api/avatar/render_primary/").status_code in (401, 403)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_one_of_several_pictures_is_gone_and_the_answer_says_where_the_picture_is(method: str, client: Client) -> None:
    response = getattr(client, method)("/api/avatar/17/")

    assert response.status_code == 410
    assert response.json()["url"] == "http://testserver/api/avatar/"
