"""The tags of Django's templates: they pass arguments, and say how they are written."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Engine, Template, TemplateSyntaxError
from pytest_django import Settings

from django_avatars import rendering
from django_avatars.templatetags.avatars import USAGE
from tests.app.models import Profile, User

NAME = "avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_512-256-128-64.webp"


@pytest.fixture
def jane() -> User:
    """Somebody with a picture, only in memory."""
    jane = User(pk=uuid.UUID(int=17), username="jane", first_name="Jane", last_name="Doe")
    Profile(user=jane, profile_pic=NAME)
    return jane


def render(source: str, *, autoescape: bool = True, **variables: Any) -> str:
    return Template(f"{{% load avatars %}}{source}").render(Context(variables, autoescape=autoescape))


def test_the_tags_pass_their_arguments_on(jane: User) -> None:
    assert render("{% avatar u %}", u=jane) == rendering.avatar(jane)
    assert render("{% avatar u 96 %}", u=jane) == rendering.avatar(jane, 96)
    assert render("{% avatar u 96 label=True class='large' priority=True %}", u=jane) == rendering.avatar(
        jane, 96, label=True, css_class="large", priority=True
    )
    assert render("{% avatar_url u %}", u=jane) == rendering.avatar_url(jane)
    assert render("{% avatar_url u 96 %}", u=jane) == rendering.avatar_url(jane, 96)
    assert render("{% avatar_stack us %}", us=[jane]) == rendering.avatar_stack([jane])
    assert render("{% avatar_stack us max=1 size=64 label='Us' %}", us=[jane] * 3) == rendering.avatar_stack(
        [jane] * 3, max=1, size=64, label="Us"
    )


def test_the_size_may_be_named(jane: User) -> None:
    assert render("{% avatar u size=96 %}{% avatar_url u size=96 %}", u=jane) == (
        rendering.avatar(jane, 96) + rendering.avatar_url(jane, 96)
    )


def test_arguments_may_be_variables_and_filters(jane: User) -> None:
    html = render(
        "{% avatar page.author|default:'nobody' size|add:'16' label=title|upper class=style %}",
        page={"author": jane}, size=80, title="writer", style="small",
    )  # fmt: skip

    assert html == rendering.avatar(jane, 96, label="WRITER", css_class="small")
    assert render("{% avatar gone|default:'Jane Doe' %}") == rendering.avatar("Jane Doe")


@pytest.mark.parametrize("nobody", ["missing", "None", "missing.profile", "anonymous"])
def test_what_is_not_there_is_nobody(nobody: str) -> None:
    assert render(f"{{% avatar {nobody} %}}", anonymous=AnonymousUser()) == rendering.avatar(None)
    assert render(f"{{% avatar_url {nobody} %}}", anonymous=AnonymousUser()) == rendering.avatar_url(None)


def test_the_answer_may_go_into_a_variable(jane: User) -> None:
    assert render("{% avatar u as it %}[{{ it }}]", u=jane) == f"[{rendering.avatar(jane)}]"
    assert render("{% avatar_stack us as it %}[{{ it }}]", us=[jane]) == f"[{rendering.avatar_stack([jane])}]"
    assert render("{% avatar_stack us as it %}{% if it %}some{% else %}none{% endif %}", us=[]) == "none"
    assert render("{% avatar_url u 96 as it %}<a href='{{ it }}'>", u=jane) == (
        f"<a href='{rendering.avatar_url(jane, 96)}'>"
    )


def test_an_address_is_escaped_where_the_template_escapes(settings: Settings, jane: User) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.test_rendering.SigningStorage"}}
    source = "{% avatar_url u %}|{% avatar_url u as it %}{{ it }}"

    assert render(source, u=jane).count("?a=1&amp;s=") == 2
    assert render(source, u=jane, autoescape=False).count("?a=1&s=") == 2
    assert render("{% autoescape off %}{% avatar_url u %}{% endautoescape %}", u=jane).count("?a=1&s=") == 1


def test_html_is_the_same_with_and_without_autoescape(jane: User) -> None:
    source = "{% avatar u label='<b>' class='<b>' %}{% avatar_stack us label='<b>' %}"

    escaped = render(source, u=jane, us=[jane])

    assert escaped == render(source, u=jane, us=[jane], autoescape=False)
    assert "<b>" not in escaped
    assert escaped.count("&lt;b&gt;") == 3


def test_a_text_that_is_escaped_already_is_not_escaped_again_and_ends_no_attribute(jane: User) -> None:
    jane.first_name = "O'Brien <b>&"
    text = '{% load i18n %}{% blocktranslate asvar it with n=u.first_name %}"{{ n }}", profile{% endblocktranslate %}'
    said = "&quot;O&#x27;Brien &lt;b&gt;&amp;&quot;, profile"

    assert f' aria-label="{said}"' in render(f"{text}{{% avatar u label=it %}}", u=jane)
    assert f' aria-label="{said}"' in render(f"{text}{{% avatar u badge='new' badge_label=it %}}", u=jane)
    assert f' aria-label="Jane, {said}"' in render(
        f"{text}{{% avatar u label='Jane' badge='new' badge_label=it %}}", u=jane
    )
    assert f' aria-label="{said}"' in render(f"{text}{{% avatar_stack us label=it %}}", us=[jane, jane], u=jane)
    assert f' aria-label="{said}"' in render(f"{text}{{% avatar_group us label=it %}}", us=[jane, jane], u=jane)
    link = "{% avatar_stack us max=0 more_url='/team/?a=1&amp;b=2&section=3' %}"
    assert 'href="/team/?a=1&amp;b=2&amp;section=3"' in render(link, us=[jane, jane])


def test_a_text_that_only_looks_escaped_is_escaped(jane: User) -> None:
    source = "{% avatar u label='R&amp;D' %} {% avatar u label=it %}"

    assert re.findall('aria-label="(.*?)"', render(source, u=jane, it="R&amp;D")) == ["R&amp;D", "R&amp;amp;D"]


def test_tags_work_in_loops_includes_and_blocks(jane: User) -> None:
    engine = Engine(
        libraries={"avatars": "django_avatars.templatetags.avatars"},
        loaders=[
            (
                "django.template.loaders.locmem.Loader",
                {
                    "base": "{% load avatars %}{% avatar one %}{% block people %}{% endblock %}",
                    "page": "{% extends 'base' %}{% block people %}"
                    "{% for one in people %}{% include 'one' %}{% endfor %}{% endblock %}",
                    "one": "{% load avatars %}[{% avatar one 96 %}{% avatar one 96 %}]",
                },
            )
        ],
    )

    html = engine.get_template("page").render(Context({"people": [jane, "Bo"], "one": None}))

    large, bo = rendering.avatar(jane, 96), rendering.avatar("Bo", 96)
    assert html == f"{rendering.avatar(None)}[{large}{large}][{bo}{bo}]"


def test_a_compiled_template_follows_the_settings(jane: User, settings: Settings) -> None:
    template, context = Template("{% load avatars %}{% avatar u %}"), Context({"u": jane})
    before = template.render(context)

    settings.MEDIA_URL = "/elsewhere/"

    assert template.render(context) == before.replace("/media/", "/elsewhere/")


AVATAR = (
    "Write {% avatar obj [size] [label=…] [class=…] [priority=…] [badge=…] [badge_label=…] [alt=…] [animated=…] %}."
)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("avatar", f"{{% avatar %}} cannot be understood. {AVATAR}"),
        ("avatar as it", f"{{% avatar %}} cannot be understood. {AVATAR}"),
        ("avatar u 48 96", f"{{% avatar u 48 96 %}} cannot be understood. {AVATAR}"),
        ("avatar u 48 size=96", f"{{% avatar u 48 size=96 %}} cannot be understood. {AVATAR}"),
        ("avatar u size=48 size=96", f"{{% avatar u size=48 size=96 %}} cannot be understood. {AVATAR}"),
        ("avatar u width=48", f"{{% avatar u width=48 %}} cannot be understood. {AVATAR}"),
        ("avatar user=u", f"{{% avatar user=u %}} cannot be understood. {AVATAR}"),
        ("avatar u max=3", f"{{% avatar u max=3 %}} cannot be understood. {AVATAR}"),
        ("avatar u css_class='a b'", f"{{% avatar u css_class='a b' %}} cannot be understood. {AVATAR}"),
        ("avatar_url u max=3", "{% avatar_url u max=3 %} cannot be understood. Write {% avatar_url obj [size] %}."),
        (
            "avatar_stack us 4",
            "{% avatar_stack us 4 %} cannot be understood. "
            "Write {% avatar_stack users [max=…] [size=…] [label=…] [more_url=…] %}.",
        ),
        ("avatar u|nothing", "Invalid filter: 'nothing'"),
    ],
)
def test_a_tag_that_is_written_wrongly_says_how_it_is_written(tag: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=f"^{re.escape(message)}$"):
        render(f"{{% {tag} %}}")


@pytest.mark.parametrize("rest", ["as", "as 'it'", "as 48", "as label=u", "as it size=48"])
@pytest.mark.parametrize("name", USAGE)
def test_nothing_but_the_name_of_a_variable_comes_after_as(name: str, rest: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"cannot be understood\. Write "):
        Template(f"{{% load avatars %}}{{% {name} u {rest} %}}")


def test_a_size_that_is_none_says_so(jane: User) -> None:
    message = "An avatar cannot be '' pixels wide. Give a whole number from 1 to 9999."

    with pytest.raises(ValueError, match=f"^{message}$"):
        render("{% avatar u missing %}", u=jane)
