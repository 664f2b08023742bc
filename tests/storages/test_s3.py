"""S3 through django-storages, unchanged: what is sent to a real server, and what happens when it fails."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest
from django.core.management import call_command
from django.template import Context, Template

from django_avatars import naming
from django_avatars.exceptions import StorageUnavailable
from django_avatars.lifecycle import listing
from django_avatars.lifecycle.prune import Sweep
from django_avatars.storages import urls
from tests.app.models import Profile, Team, User
from tests.storages import services
from tests.storages.services import Requests
from tests.storing import upload

pytestmark = [pytest.mark.s3, pytest.mark.django_db(transaction=True, databases=["default", "other"])]


def keys(bucket: Any) -> set[str]:
    """Every object there is."""
    return {entry.key for entry in bucket.bucket.objects.all()}


def create() -> Team:
    """A row with a picture of four sizes."""
    return Team.objects.create(name="Reds", logo=upload(600))


def test_an_upload_is_one_put_a_file_and_nothing_else(requests: Requests) -> None:
    team = create()

    assert len(requests) == 4 == len(requests.of("PUT"))
    assert {one.rpartition("/")[2].partition("_")[2] for one in requests} == {
        "512-256-128-64.webp", "256.webp", "128.webp", "64.webp",
    }  # fmt: skip
    assert team.logo.sizes == (512, 256, 128, 64)


def test_storages_that_do_not_overwrite_are_not_asked_whether_a_new_name_is_taken(use: Callable[..., Any]) -> None:
    requests = Requests(use(services.s3(file_overwrite=False)))

    create()

    assert [one.partition(" ")[0] for one in requests] == ["PUT"] * 4


def test_a_replacement_is_one_request_more_than_an_upload(bucket: Any, requests: Requests) -> None:
    team = create()
    requests.clear()

    team.logo = upload(600, seed=1)
    team.save()

    assert [one.partition(" ")[0] for one in requests] == ["PUT"] * 4 + ["POST"]
    assert requests[-1].endswith("?delete")
    assert keys(bucket) == set(naming.parse(team.logo.name).files())  # type: ignore[union-attr]


def test_a_replacement_of_what_was_made_anew_is_one_more_which_looks_for_what_is_left(
    bucket: Any, requests: Requests
) -> None:
    create()
    call_command("avatars_rebuild", "--all", verbosity=0)
    team = Team.objects.get()
    assert len(keys(bucket)) == 8
    requests.clear()

    team.logo = upload(600, seed=1)
    team.save()

    assert [one.partition(" ")[0] for one in requests] == ["PUT"] * 4 + ["GET", "POST"]
    assert keys(bucket) == set(naming.parse(team.logo.name).files())  # type: ignore[union-attr]


def test_a_removal_is_one_request(bucket: Any, requests: Requests) -> None:
    team = create()
    requests.clear()

    team.delete()

    assert [one.partition(" ")[0] for one in requests] == ["POST"]
    assert keys(bucket) == set()


def test_a_save_that_does_not_touch_the_picture_asks_for_nothing(requests: Requests) -> None:
    team = create()
    requests.clear()

    team.name = "Blues"
    team.save()

    assert requests == []


def test_a_page_of_fifty_asks_for_nothing(requests: Requests) -> None:
    for number in range(50):
        user = User.objects.create_user(f"user{number}")
        Profile.objects.create(user=user, profile_pic=f"avatars/x/{naming.new_token()}_512-256-128-64.webp")
    page = Template("{% load avatars %}{% for user in users %}{% avatar user 48 %}{% endfor %}")

    html = page.render(Context({"users": User.objects.select_related("profile")}))

    assert html.count("<img") == 50
    assert html.count("X-Amz-Signature") == 150
    assert requests == []


def test_four_files_are_on_their_way_at_once(bucket: Any, requests: Requests) -> None:
    requests.together = threading.Barrier(4, timeout=60)  # each waits for the other three, or breaks

    team = create()

    assert len(requests.of("PUT")) == 4
    assert keys(bucket) == set(naming.parse(team.logo.name).files())  # type: ignore[union-attr]


def test_objects_say_what_they_are_and_may_be_kept_for_a_year(bucket: Any) -> None:
    team = create()

    for key in naming.parse(team.logo.name).files():  # type: ignore[union-attr]
        head = bucket.bucket.Object(key).get()
        assert head["ContentType"] == "image/webp"
        assert head["CacheControl"] == "public, max-age=31536000, immutable"


def test_what_the_host_says_of_its_objects_wins(use: Callable[..., Any]) -> None:
    bucket = use(services.s3(object_parameters={"CacheControl": "max-age=60", "ContentDisposition": "inline"}))

    head = bucket.bucket.Object(create().logo.name).get()

    assert (head["CacheControl"], head["ContentDisposition"]) == ("max-age=60", "inline")
    assert bucket.object_parameters == {"CacheControl": "max-age=60", "ContentDisposition": "inline"}


def test_a_folder_of_the_bucket_is_not_doubled(use: Callable[..., Any]) -> None:
    bucket = use(services.s3(location="media/site"))

    team = create()

    assert keys(bucket) == {f"media/site/{file}" for file in naming.parse(team.logo.name).files()}  # type: ignore[union-attr]
    assert {name for name, _ in listing.walk(bucket, "avatars")} == set(naming.parse(team.logo.name).files())  # type: ignore[union-attr]
    team.delete()
    assert keys(bucket) == set()


def test_private_pictures_are_seen_with_a_signature_alone(bucket: Any) -> None:
    url = create().logo.url_for(64)

    with urllib.request.urlopen(url) as answer:
        assert answer.headers["Content-Type"] == "image/webp"
    for tampered in (url.partition("?")[0], url[:-1] + ("0" if url[-1] != "0" else "1")):
        with pytest.raises(urllib.error.HTTPError, match="403") as caught:
            urllib.request.urlopen(tampered)
        caught.value.close()


def test_a_domain_in_front_of_the_bucket_is_put_before_the_name(use: Callable[..., Any], requests: Requests) -> None:
    bucket = use(services.s3(custom_domain="cdn.example.com", querystring_auth=False, location="media"))

    team = create()

    assert team.logo.url == f"https://cdn.example.com/media/{team.logo.name}" == bucket.url(team.logo.name)
    assert urls.base_url(bucket) == "https://cdn.example.com/media/"


def test_a_picture_of_another_making_is_shown_and_left_alone(bucket: Any, requests: Requests) -> None:
    team = Team.objects.create(name="Reds", logo="old/face.jpg")

    assert "/old/face.jpg?" in team.logo.url
    team.delete()
    assert requests == []


def test_a_bucket_that_is_down_leaves_the_row_as_it_was(bucket: Any, requests: Requests) -> None:
    team = create()
    before = keys(bucket)
    team.logo = upload(600, seed=1)
    requests.faults = [None, 500]

    with pytest.raises(StorageUnavailable) as caught:
        team.save()

    assert str(caught.value).startswith(
        "The storage of app.Team.logo failed while a picture was written (ClientError: "
    )
    assert keys(bucket) == before
    assert naming.parse(Team.objects.get().logo.name).files  # type: ignore[union-attr]


def test_a_service_without_bulk_deletes_gets_one_for_each_file(bucket: Any, requests: Requests) -> None:
    team = create()
    requests.clear()
    requests.faults = [405]

    team.delete()

    assert [one.partition(" ")[0] for one in requests] == ["POST"] + ["DELETE"] * 4
    assert keys(bucket) == set()


def test_a_bulk_delete_that_fails_is_left_to_the_sweep(bucket: Any, requests: Requests) -> None:
    team = create()
    requests.faults = [500]

    team.delete()

    assert len(keys(bucket)) == 4
    with Sweep(grace=-5) as sweep:
        assert sweep.find().unused == 1
        assert sweep.delete() == (4, 0)
    assert keys(bucket) == set()


def test_keys_that_a_bulk_delete_refuses_count_as_not_deleted(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django_avatars.lifecycle import references

    monkeypatch.setattr(
        bucket.bucket, "delete_objects", lambda Delete: {"Errors": [{"Key": "a", "Code": "AccessDenied"}]}
    )

    assert references.delete_files(bucket, ["a", "b"]) == 1


def test_a_thousand_files_are_listed_in_one_request(bucket: Any, requests: Requests) -> None:
    client = bucket.bucket.meta.client
    for number in range(3):
        client.put_object(Bucket=bucket.bucket_name, Key=f"avatars/x/{number}", Body=b"")
    requests.clear()

    assert len(list(listing.walk(bucket, "avatars"))) == 3
    assert len(requests) == 1
    assert "list-type=2" in requests[0]
    assert "delimiter" not in requests[0]


@pytest.mark.slow
def test_pages_of_a_listing_are_full(bucket: Any, requests: Requests) -> None:
    # A hundred thousand files are listed in 101 requests when every page is full: measured, and too slow to fill here.
    client = bucket.bucket.meta.client

    def put(number: int) -> None:
        client.put_object(Bucket=bucket.bucket_name, Key=f"avatars/{number % 50}/{number}", Body=b"")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(put, range(1001)))
    requests.clear()

    files = listing.walk(bucket, "avatars")
    assert len(list(islice(files, 1000))) == 1000
    assert len(requests) == 1
    assert len(list(files)) == 1
    assert len(requests) == 2
