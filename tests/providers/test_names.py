from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.db import models
from django.test import override_settings
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from django_avatars.providers.names import MAX_CLUSTER, ZWJ, ZWNJ, display_name, first_cluster, initials
from tests.timing import within

User = get_user_model()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ada", "A"),
        ("Ada Lovelace", "AL"),
        ("ada lovelace", "AL"),
        ("  Ada\tLovelace\n", "AL"),
        ("Ada King Lovelace", "AL"),
        ("Anne-Marie Dupont", "AD"),
        ("Mary O'Brien", "MO"),
        ("J. R. R. Tolkien", "JT"),
        ("Player 1", "P1"),
        ("Ольга Иванова", "ОИ"),
        ("Νίκος Καζαντζάκης", "ΝΚ"),
        ("Արամ Խաչատրյան", "ԱԽ"),
    ],
)
def test_two_letters_come_from_the_first_and_the_last_word(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "王"),
        ("김민준", "김"),
        ("さくら ももこ", "さ"),
        ("محمد علي", "م"),
        ("דוד כהן", "ד"),
        ("გიორგი მელაძე", "გ"),
        ("Ming 王", "M"),
        ("王 Ming", "王"),
    ],
)
def test_scripts_whose_letters_do_not_stand_in_pairs_give_one(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("क्षितिज शर्मा", "क्षि"),
        ("ශ්\u200dරී ලංකා", "ශ්\u200dරී"),
        ("ខ្មែរ", "ខ្មែ"),
        ("น้ำ ใจดี", "น้ำ"),
        ("ຳກ", "ຳ"),
        ("E\u0301mile Zola", "ÉZ"),
        ("q\u0323\u0307a", "Q\u0323\u0307"),
        ("\u1112\u119e\u11ab글", "\u1112\u119e\u11ab"),
    ],
)
def test_a_letter_keeps_what_belongs_to_it(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_thai_and_lao_vowels_written_first_give_way_to_the_consonant_they_follow() -> None:
    assert initials("เอก ศรีสุข") == "อ"
    assert initials("ໂຊກ") == "ຊ"
    assert initials("เ") == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dr. Anna Schmidt", "AS"),
        ("د. محمد علي", "م"),
        ("أ.د. ليلى حسن", "ل"),
        ('ד"ר שרה כהן', "ש"),
        ("פרופ׳ שרה כהן", "ש"),
        ("גב' שרה כהן", "ש"),
        ("डॉ. राम", "रा"),
        ("श्री", "श्री"),
        ("Prof. Dr. h.c. Anna Schmidt", "AS"),
        ("Dr.Anna Schmidt", "AS"),
        ("Frau Schmidt", "S"),
        ("Sra. María Cruz", "MC"),
        ("Jane Doe Jr", "JD"),
        ("Jane Doe Ph.D.", "JD"),
        ("Mr", "M"),
        ("Dr. PhD", "P"),
        ("Smith III", "S"),
    ],
)
def test_titles_do_not_count_but_one_word_always_stays(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Doe, Jane", "JD"),
        ("Doe,Jane", "JD"),
        ("Doe, Dr. Jane", "JD"),
        ("Smith, Jr., John", "JS"),
        ("Smith Jr., John", "JS"),
        ("Martin Luther King, Jr.", "MK"),
        ("Jane Doe, PhD, MBA", "JD"),
        ("Doe,", "D"),
        (", Jane", "J"),
        (", Jr.", "J"),
    ],
)
def test_a_comma_puts_the_family_name_first_unless_a_title_follows(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ludwig van Beethoven", "LB"),
        ("José María de la Cruz", "JC"),
        ("Anna van", "A"),
        ("Anna Berg von", "AB"),
        ("van Gogh", "VG"),
        ("Charles d'Artagnan", "CA"),
        ("Harun al-Rashid", "HR"),
        ("Beverly D'Angelo", "BD"),
        ("Anna d'", "AD"),
    ],
)
def test_particles_and_articles_never_give_the_second_letter(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Jane Doe (she/her)",
        "Jane （ジェーン） Doe",
        "Jane Doe (née (von) Roe)",
        "[ACME] Jane Doe",
        "Jane {x} Doe",
        'Jane "Ace" Doe',
        "Jane “Ace” Doe",
        "Jane „Ace“ Doe",
        "Jane «Ace» Doe",
        "Jane 'Ace' Doe",
        "Jane ‘Ace’ Doe",
        "Jane Doe <mail@example.com>",
        "Jane Doe 🎉",
        "😀 Jane Doe",
        "Jane - Doe",
        "\u202eJane\u202c Doe",
        "J\u00adane D\u200boe",
        "𝐉ane Ｄoe",
    ],
)
def test_what_is_not_the_name_does_not_count(name: str) -> None:
    assert initials(name) == "JD"


def test_a_name_entirely_in_brackets_or_quotes_is_still_a_name() -> None:
    assert initials("(Jane)") == "J"
    assert initials('"Jane Doe"') == "JD"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("jane.doe@example.com", "JD"),
        ("Jane_Doe@example.com", "JD"),
        ("jane-doe@example.com", "JD"),
        ("jane.doe+news.letter@example.com", "JD"),
        ("jane.42@example.com", "J"),
        ("jdoe42@example.com", "J"),
        ("42@example.com", "4"),
        ("+tag@example.com", "T"),
        ("<jane@example.com>", "J"),
        ("@jane", "J"),
        ("jane_doe", "JD"),
        ("jane.doe99", "JD"),
        ("J.R.R.Tolkien", "JT"),
        ("Anne-Marie", "A"),
    ],
)
def test_addresses_and_usernames_are_read_as_names(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize("emoji", ["😀", "👩🏽‍💻", "🇩🇪", "❤️", "👩🏽‍❤️‍💋‍👨🏽"])
def test_an_emoji_stays_whole_and_counts_only_where_there_is_no_letter(emoji: str) -> None:
    assert initials(f"{emoji}{emoji}") == emoji
    assert initials(f"{emoji} Ada") == "A"


@pytest.mark.parametrize(
    "name", ["", " ", "#!?", "\u200b\u200d\u200c", "\u3164", "\u202e", "\ud800", "\ue000", "\u0301", "@", "...", "©"]
)
def test_a_name_without_anything_usable_gives_nothing(name: str) -> None:
    assert initials(name) == ""


def test_capitals_are_used_only_where_one_letter_stays_one_letter() -> None:
    assert initials("ßeta ångström") == "ßÅ"
    assert initials("ﬁona") == "F"


@pytest.mark.parametrize(("language", "expected"), [("tr", "İI"), ("az-latn", "İI"), ("de", "II"), (None, "II")])
def test_the_dot_of_the_i_follows_the_language(language: str | None, expected: str) -> None:
    assert initials("ibrahim ışık", language=language) == expected


def test_stacked_marks_are_cut_off() -> None:
    assert initials("Z" + "\u0302" * 500 + "algo") == "Ẑ\u0302\u0302\u0302"


def test_a_cluster_is_never_longer_than_its_limit() -> None:
    assert len(first_cluster("क्" * 500)) == MAX_CLUSTER
    assert first_cluster("A" + ZWJ * 500) == "A"


def test_a_regional_letter_joins_exactly_one_other() -> None:
    assert first_cluster("🇩🇪🇫🇷") == "🇩🇪"
    assert first_cluster("🇩A") == "🇩"
    assert first_cluster("A🇩") == "A"
    assert first_cluster("") == ""


@pytest.mark.parametrize("filler", ["a", "(", "'", "\u0301", "\ufdfa", "a. ", "🏽", ",", "dr "])
def test_a_name_of_any_length_takes_little_time(filler: str) -> None:
    within(0.05, lambda: initials(filler * 10_000))


@given(st.text() | st.lists(st.sampled_from("aZ ,.@+-_()'\"क्षि👩🏽\u200d💻\u202e\ud800İßم"), max_size=20).map("".join))
def test_whatever_the_name_initials_are_at_most_two_visible_clusters(name: str) -> None:
    answer = initials(name)

    second = answer[len(first_cluster(answer)) :]
    assert second == first_cluster(second)
    assert not any(char.isspace() or char in "@<>&\"'" for char in answer)
    assert all(unicodedata.category(char)[0] != "C" or char in ZWNJ + ZWJ for char in answer)


@given(st.from_regex(r"[a-z0-9.+_-]{2,10}@[a-z]{1,5}\.[a-z]{2,3}", fullmatch=True))
def test_an_address_is_never_shown_whole(email: str) -> None:
    assert "@" not in display_name(User(username=email, email=email))
    assert "@" not in initials(email)


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (User(username="jane", first_name="Jane", last_name="Doe", email="j@example.com"), "Jane Doe"),
        (User(username="jane", email="j@example.com"), "jane"),
        (User(username="jane+news@example.com"), "jane"),
        (User(email="jane.doe@example.com"), "jane.doe"),
        (User(first_name="jane@example.com"), "jane"),
        (User(username="+tag@example.com"), "+tag"),
        (User(username="@jane"), "jane"),
        (User(), ""),
        (AnonymousUser(), ""),
        (None, ""),
        ("Jane Doe", "Jane Doe"),
        (Group(name="Editors"), "Editors"),
    ],
)
def test_a_name_for_display_is_the_most_personal_one_there_is(user: Any, expected: str) -> None:
    assert display_name(user) == expected


def test_a_user_model_of_its_own_needs_no_full_name_and_may_call_its_address_anything() -> None:
    class Member:
        EMAIL_FIELD = "mail"
        mail = "jane@example.com"

        def get_username(self) -> str:
            return ""

    assert display_name(Member()) == "jane"


@pytest.mark.parametrize("name", [" ", "  \t", None])
def test_a_full_name_with_nothing_to_read_is_none(name: str | None) -> None:
    class Member:
        def get_full_name(self) -> str | None:
            return name

        def get_username(self) -> str:
            return "jane"

    assert display_name(Member()) == "jane"


@isolate_apps("django.contrib.auth")
def test_an_object_that_only_django_describes_has_no_name() -> None:
    class Nameless(models.Model):
        class Meta:
            app_label = "auth"

    assert str(Nameless(pk=1)) == "Nameless object (1)"
    assert display_name(Nameless(pk=1)) == ""


def surname(user: Any) -> Any:
    """What a project may name in AVATARS["NAME"]."""
    return user.last_name or None


@override_settings(AVATARS={"NAME": f"{__name__}.surname"})
def test_a_project_decides_what_people_are_called() -> None:
    assert display_name(User(username="jane", last_name="Doe")) == "Doe"
    assert display_name(User(username="jane", last_name="doe@example.com")) == "doe"
    assert display_name(User(username="jane")) == ""


@override_settings(AVATARS={"NAME": f"{__name__}.surname"})
@pytest.mark.parametrize(
    ("shown", "name"),
    [(None, ""), (AnonymousUser(), ""), ("Jane Doe", "Jane Doe"), (Group(name="Crew"), "Crew")],
)
def test_a_project_is_asked_about_users_alone(shown: Any, name: str) -> None:
    assert display_name(shown) == name
