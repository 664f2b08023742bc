"""Each section of "Beside other packages" is followed to the letter, and what it promises is seen."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from tests.documents import Block, Project, blocks

PAGE = "docs/how-to/beside-other-packages.md"

BASE = {
    "project/settings.py": """
INSTALLED_APPS += ["django_avatars", "people"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
MIGRATION_MODULES = {"people": None}
MEDIA_ROOT = BASE_DIR / "media"
MEDIA_URL = "/media/"
LOGIN_URL = "admin:login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
""",
    "project/urls.py": """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("avatars/", include("django_avatars.urls")), path("admin/", admin.site.urls)]
""",
    "people/models.py": """
from django.conf import settings
from django.db import models
from django_avatars.fields import AvatarField


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    picture = AvatarField()
    bio = models.TextField(blank=True)
""",
    "people/admin.py": """
from django.contrib import admin
from django_avatars.admin import AvatarAdminMixin
from people.models import Profile


@admin.register(Profile)
class ProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):
    list_display = ["avatar_thumbnail", "user"]
""",
}
"""The project that each section is about."""

PRELUDE = """
import os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
django.setup()
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.test.utils import setup_test_environment
setup_test_environment()
call_command("check", fail_level="WARNING")
call_command("migrate", run_syncdb=True, verbosity=0)
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django_avatars import services, testing
from people.models import Profile
jane = testing.person_with_picture(username="jane", first_name="Jane", last_name="Doe")
picture = Profile.objects.get().picture
client = Client()
client.force_login(User.objects.create_superuser("ada"))
"""

ADMIN = """
html = client.get("/admin/people/profile/").content.decode()
assert picture.url_for(32) in html, html
url = f"/admin/people/profile/{jane.profile.pk}/change/"
html = client.get(url).content.decode()
assert html.count("<avatar-field") == 1, html
assert "avatar-field.js" in html and "avatars-field.css" in html, html
assert f"/admin/people/profile/{jane.profile.pk}/remove-avatar/" in html, html
sent = client.post(url, {"user": jane.pk, "bio": "Sails.", "picture": testing.picture_file(300)})
assert sent.status_code == 302, sent.content.decode()
assert Profile.objects.get(user=jane).picture.name != picture.name
assert client.get(f"/admin/people/profile/{jane.profile.pk}/remove-avatar/").status_code == 200
assert client.post(f"/admin/people/profile/{jane.profile.pk}/remove-avatar/", {"post": "yes"}).status_code == 302
assert not Profile.objects.get(user=jane).picture
"""
"""What an administrator does with a picture."""

CUSTOMERS = """
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Tenant(TenantMixin):
    auto_create_schema = True


class Domain(DomainMixin):
    pass
"""

TENANT_SETTINGS = """
SHARED_APPS = ["django_tenants", "customers", "django.contrib.contenttypes"]
TENANT_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_avatars", "people"]
INSTALLED_APPS = [*dict.fromkeys([*SHARED_APPS, *INSTALLED_APPS])]
TENANT_MODEL, TENANT_DOMAIN_MODEL = "customers.Tenant", "customers.Domain"
MIGRATION_MODULES = {{}}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
MIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware", *MIDDLEWARE]
DATABASES = {{"default": {{"ENGINE": "django_tenants.postgresql_backend", "NAME": "{name}",
                         "HOST": "{host}", "PORT": "{port}", "USER": "postgres"}}}}
"""

GRAPHQL = "{ people { avatar(size: 64) { url initials sizes { size url } } } }"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with profiles that have a picture."""
    project = Project(tmp_path)
    project.type("django-admin startproject project .", "python manage.py startapp people")
    for path, text in BASE.items():
        project.write(Block("", 0, "", "python", f"# {path}\n{text}"))
    return project


def settings(project: Project, text: str) -> None:
    """What a package needs, and its own documentation says."""
    project.write(Block("", 0, "", "python", f"# project/settings.py\n{text}"))


def urls(project: Project, text: str) -> None:
    """The same in the addresses."""
    project.write(Block("", 0, "", "python", f"# project/urls.py\n{BASE['project/urls.py']}{text}"))


def shows(project: Project, section: str, proof: str) -> None:
    """Follow a section; then `proof` holds."""
    assert any(block.section == section for block in blocks(PAGE))
    project.follow(PAGE, section=section)
    project.run("-c", PRELUDE + proof)


def test_wagtail(project: Project) -> None:
    apps = (
        '"wagtail.users", "wagtail.images", "wagtail.documents", "wagtail.admin", "wagtail", "taggit", "modelcluster"'
    )
    settings(project, f'INSTALLED_APPS += [{apps}]\nWAGTAIL_SITE_NAME = "Faces"\nWAGTAILADMIN_BASE_URL = "/"\n')
    settings(project, 'WAGTAILDOCS_EXTENSIONS = ["pdf"]\n')
    urls(project, 'urlpatterns += [path("cms/", include("wagtail.admin.urls"))]\n')

    shows(
        project,
        "Wagtail",
        """
from wagtail.admin.templatetags import wagtailadmin_tags
assert wagtailadmin_tags.avatar_url(jane, 50) == picture.url_for(50)
assert "/avatars/image/" in wagtailadmin_tags.avatar_url(User.objects.get(username="ada"), 50)
jane.is_superuser = True
jane.save()
client.force_login(jane)
assert picture.storage.url(picture.name)[:-20] in client.get("/cms/").content.decode()

html = client.get("/cms/account/").content.decode()
assert html.count("<avatar-field") == html.count("avatar-field.js") == html.count("avatars-wagtail.css") == 1, html
assert html.count('type="file"') == 1 and 'name="avatars-picture"' in html, html
sent = {"name_email-first_name": "Jane", "name_email-last_name": "Roe", "name_email-email": "jane@example.com"}
sent |= {"theme-theme": "dark", "theme-contrast": "system", "theme-density": "snug"}
refused = client.post("/cms/account/", {**sent, "avatars-picture": testing.ContentFile(b"text", "a.jpg")})
assert "is not a picture" in refused.content.decode() and refused.status_code == 200
assert Profile.objects.get().picture.name == picture.name and User.objects.get(pk=jane.pk).last_name == "Doe"
for file, name in ((None, picture.name), (testing.picture_file(300), None), ("clear", "")):
    data = {"avatars-picture-clear": "on"} if file == "clear" else {"avatars-picture": file} if file else {}
    answer = client.post("/cms/account/", {**sent, **data})
    assert answer.status_code == 302, answer.content.decode()
    now = Profile.objects.get().picture.name
    assert now == name if name is not None else now not in ("", picture.name), (now, name)
assert User.objects.get(pk=jane.pk).last_name == "Roe"

from wagtail.users.models import UserProfile
ada = User.objects.get(username="ada")
UserProfile.get_for_user(ada).avatar.save("me.jpg", testing.picture_file(300))
call_command("avatars_import", "wagtailusers.UserProfile.avatar", to="people.Profile.picture")
assert Profile.objects.get(user=ada).picture.sizes == (300, 256, 128, 64)
""",
    )


def test_unfold(project: Project) -> None:
    shows(project, "Unfold", ADMIN)


def test_jazzmin(project: Project) -> None:
    shows(project, "Jazzmin", ADMIN)


def test_grappelli(project: Project) -> None:
    urls(project, 'urlpatterns += [path("grappelli/", include("grappelli.urls"))]\n')

    shows(project, "Grappelli", ADMIN)


def test_crispy_forms(project: Project) -> None:
    settings(project, 'INSTALLED_APPS += ["crispy_forms", "crispy_bootstrap5"]\n')
    settings(project, 'CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"\n')

    shows(
        project,
        "crispy-forms",
        """
from django.forms import modelform_factory
Form = modelform_factory(Profile, fields=["picture", "bio"])
for template in ("people/filter.html", "people/tag.html"):
    for data in ({}, {"data": {}, "files": {"picture": testing.ContentFile(b"text", "a.jpg")}}):
        html = render_to_string(template, {"form": Form(instance=jane.profile, **data)}, RequestFactory().get("/"))
        assert html.count("<avatar-field") == html.count("avatar-field.js") == 1, html
        assert html.count('type="file"') == 1 and 'enctype="multipart/form-data"' in html, html
        assert picture.url_for(96) in html, html
        assert ("invalid-feedback" in html) == bool(data), html
""",
    )


def test_htmx(project: Project) -> None:
    shows(
        project,
        "htmx",
        """
assert 'hx-get="/avatars/"' in render_to_string("people/settings.html")
client.force_login(jane)
htmx = {"HX-Request": "true"}
assert 'hx-post="/avatars/"' in client.get("/avatars/", headers=htmx).content.decode()
refused = client.post("/avatars/", {"avatar": testing.ContentFile(b"text", "a.jpg")}, headers=htmx)
assert refused.status_code == 200 and "is not a picture" in refused.content.decode()
""",
    )


def test_import_export(project: Project) -> None:
    settings(project, 'INSTALLED_APPS += ["import_export"]\n')

    shows(
        project,
        "django-import-export",
        """
from import_export import resources
from people.resources import ProfileResource
rows = ProfileResource().export()
assert rows["picture"] == [picture.url], rows
for resource in (ProfileResource(), resources.modelresource_factory(Profile)()):
    rows = resource.export()
    changed = [["Sails." if head == "bio" else value for head, value in zip(rows.headers, row)] for row in rows]
    rows = type(rows)(*changed, headers=rows.headers)
    assert not resource.import_data(rows, raise_errors=True).has_errors()
    profile = Profile.objects.get()
    assert (profile.picture.name, profile.bio) == (picture.name, "Sails.")
    Profile.objects.update(bio="")
assert picture.storage.exists(picture.name)
""",
    )


def test_modeltranslation(project: Project) -> None:
    settings(project, 'INSTALLED_APPS = ["modeltranslation", *INSTALLED_APPS]\n')
    settings(project, 'LANGUAGES = [("en", "English"), ("de", "Deutsch")]\n')

    shows(
        project,
        "django-modeltranslation",
        """
from pathlib import Path
from zipfile import ZipFile
from django.db import connection
from django.forms import modelform_factory
from django.utils.translation import override
from django_avatars import privacy

def stored():
    with connection.cursor() as cursor:
        names = cursor.execute("SELECT picture, picture_en, picture_de FROM people_profile").fetchone()
    tokens = {file.name.partition("_")[0] for file in Path(picture.storage.location).rglob("*.webp")}
    assert tokens == {name.rpartition("/")[2].partition("_")[0] for name in names if name}, names
    return names

assert stored() == (picture.name, picture.name, "")
with override("de"):
    services.set_own(jane, testing.picture_file(300))
    shown, english, german = stored()
    assert (shown, english) == (german, picture.name) and german != english
    profile = Profile.objects.get(user=jane)
    profile.save(update_fields=["picture"])
    assert stored() == (german, english, german)
    profile.picture = testing.picture_file(300)
    profile.save(update_fields=["picture"])
    profile.save()
    shown, english, german = stored()
    assert (shown, english) == (german, picture.name) and profile.picture.name == german
form = modelform_factory(Profile, fields=["picture"])({}, {"picture": testing.picture_file(300)}, instance=jane.profile)
assert form.is_valid(), form.errors
form.save()
assert stored()[0] == stored()[1] != picture.name
jane.refresh_from_db()
assert services.remove_own(jane)
assert stored() == ("", "", german)
with override("de"):
    assert services.remove_own(jane)
assert stored() == ("", "", "")

services.set_own(jane, testing.picture_file(300))
with override("de"):
    services.set_own(jane, testing.picture_file(300))
assert "" not in stored()
with override("de"):
    assert len(privacy.erase(jane).deleted) == 2
assert stored() == ("", "", "")

with ZipFile("pictures.zip", "w") as archive:
    archive.writestr("jane.jpg", testing.picture_file(300).read())
call_command("avatars_import", zip="pictures.zip")
call_command("update_translation_fields", verbosity=0)
shown, english, german = stored()
assert shown == english != "" and Profile.objects.get().picture.name == shown
""",
    )


def test_model_bakery(project: Project) -> None:
    shows(
        project,
        "model_bakery",
        """
from model_bakery import baker
assert baker.make(Profile, _create_files=True, _fill_optional=["picture"]).picture.sizes == (256, 128, 64)
assert not baker.make(Profile).picture
""",
    )


def test_factory_boy(project: Project) -> None:
    shows(
        project,
        "factory_boy",
        """
from people.factories import ProfileFactory
assert ProfileFactory().picture.sizes == (300, 256, 128, 64)
assert not ProfileFactory(picture=None).picture
""",
    )


def test_pytest(project: Project) -> None:
    project.follow(PAGE, section="pytest")

    said = project.run("-m", "pytest", "-q", "--ds=project.settings", "people/test_profile.py")

    assert "1 passed" in said


@pytest.mark.parametrize("package", ["Strawberry", "Graphene"])
def test_graphql(package: str, project: Project) -> None:
    name = package.lower()
    shows(
        project,
        package,
        f"""
from people.{name}_schema import schema
from django.db import connection
from django.test.utils import CaptureQueriesContext
request = RequestFactory().get("/")
ask = {{"context_value": {{"request": request}}}} if {name!r} == "strawberry" else {{"context_value": request}}
with CaptureQueriesContext(connection) as queries:
    answer = (schema.execute_sync if {name!r} == "strawberry" else schema.execute)({GRAPHQL!r}, **ask)
assert answer.errors is None, answer.errors
[first, second] = answer.data["people"]
assert first["avatar"]["url"] == "http://testserver" + picture.url_for(64)
assert (second["avatar"]["url"], second["avatar"]["initials"], len(queries)) == (None, "A", 1)
""",
    )


def test_django_csp(project: Project) -> None:
    shows(
        project,
        "django-csp",
        """
client.force_login(jane)
response = client.get("/avatars/")
assert response["Content-Security-Policy"] == "default-src 'self'"
html = response.content.decode()
assert "<style" not in html and " style=" not in html and "<script>" not in html, html
""",
    )


TENANTS = """
from pathlib import Path
import os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
django.setup()
from django.conf import settings
from django.core.management import call_command
from django_tenants.utils import schema_context
call_command("migrate_schemas", shared=True, verbosity=0)
from customers.models import Tenant
from django_avatars import testing
stored = {}
for name in ("red", "blue"):
    Tenant.objects.create(schema_name=name)
    with schema_context(name):
        stored[name] = Path(testing.person_with_picture(username=name).profile.picture.path)
        left = stored[name].with_name("a" * 26 + "_64.webp")
        left.touch()
        os.utime(left, (0, 0))
    assert stored[name].is_relative_to(settings.MEDIA_ROOT / name)
"""


@pytest.mark.postgres
@pytest.mark.skipif("DJANGO_AVATARS_POSTGRES" not in os.environ, reason="there is no PostgreSQL")
def test_django_tenants(project: Project) -> None:
    host, _, port = os.environ["DJANGO_AVATARS_POSTGRES"].partition(":")
    name = f"avatars_tenants_{os.getpid()}"
    project.type("python manage.py startapp customers")
    project.write(Block("", 0, "", "python", f"# customers/models.py\n{CUSTOMERS}"))
    settings(project, TENANT_SETTINGS.format(host=host, port=port, name=name))

    with psycopg.connect(host=host, port=port, user="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            project.follow(PAGE, section="django-tenants")
            project.type("python manage.py makemigrations people customers --verbosity 0")
            project.run("-c", TENANTS)
            project.type("python manage.py all_tenants_command avatars_prune --delete")
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    for tenant in ("red", "blue"):
        files = [file.name for file in (project.folder / "media" / tenant).rglob("*.webp")]
        assert len(files) == 3
        assert not any("a" * 26 in name for name in files)
