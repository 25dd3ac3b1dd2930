"""The tests of levels: what passes, what does not, and that the two sides are alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.identity.compare import NEEDS_AT, OF_SEVERAL, TESTS, level_test
from regulars.capabilities.identity.compared import keys_of, values_of
from regulars.capabilities.identity.sound import sound

from .matching import fields, retail_matcher


@pytest.mark.parametrize(
    ("when", "at", "one", "other", "passes"),
    [
        ("nickname", None, "bob", "robert", True),
        ("nickname", None, "bob", "rob", True),
        ("nickname", None, "albert", "robert", False),
        ("jaro_winkler", 0.915, "martha", "marhta", True),
        ("jaro_winkler", 0.915, "jane", "john", False),
        ("name_like", 0.915, "patrick", "patricia", False),
        ("name_like", 0.915, "robert", "robret", True),
        ("edits", 1, "smith", "smiht", True),
        ("edits", 1, "jo", "jon", False),
        ("initial", None, "j", "jane", True),
        ("initial", None, "b", "robert", True),
        ("initial", None, "k", "jane", False),
        ("initial", None, "jane", "janet", False),
        ("prefix", None, "alex", "alexander", True),
        ("prefix", None, "al", "alexander", False),
        ("name_start", None, "anna", "annabelle", False),
        ("sound", None, "geoffrey", "jeffrey", True),
        ("sound", None, "jane", "john", False),
        ("words", None, "garcia", "garcia lopez", True),
        ("day_month", None, "1990-01-02", "1990-02-01", True),
        ("day_month", None, "1990-01-02", "1991-02-01", False),
        ("one_digit", None, "1990-01-02", "1996-01-02", True),
        ("one_digit", None, "1990-01-02", "1996-07-02", False),
        ("same_day", None, "1958-03-02", "1985-03-02", True),
        ("year_start", None, "1985-01-01", "1985-11-02", True),
        ("year", None, "1985-01-01", "1985-11-02", True),
        ("month", None, "1985-11-01", "1985-11-02", True),
        ("mailbox", None, "jane@a.example", "jane@b.example", True),
        ("mailbox_similar", 0.9, "jane.doe@a.example", "jane.do@b.example", True),
        ("start", 3, "n11aa", "n11bb", True),
        ("end", 7, "+447029191300", "9191300", True),
    ],
)
def test_levels(when: str, at: float | None, one: str, other: str, passes: bool) -> None:
    assert level_test(when, at)(one, other) is passes
    assert level_test(when, at)(other, one) is passes


def test_the_boundary_of_a_distance_is_where_it_is_said_to_be() -> None:
    """Five letters of which the last differs score 0.92 exactly; a cut there is passed."""
    assert level_test("jaro_winkler", 0.92)("smith", "smitt")


TEXTS = st.text("abjs 019-@.", max_size=11)


@given(TEXTS, TEXTS, st.sampled_from(sorted(TESTS - OF_SEVERAL - {"same"})))
def test_every_level_is_symmetric(one: str, other: str, when: str) -> None:
    test = level_test(when, 2.0 if when in NEEDS_AT else None)
    close = level_test(when, 0.8) if when in NEEDS_AT else test
    assert test(one, other) == test(other, one)
    assert close(one, other) == close(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("catherine", "kathryn"), ("schmidt", "smith"), ("geoffrey", "jeffrey"), ("philip", "filip")],
)
def test_spellings_of_one_name_sound_alike(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_a_record_is_compared_in_plain_form() -> None:
    values = values_of(
        fields(
            given_name="Dr. José María",
            family_name="O’Neil Jr.",
            birth_date="1970-01-01",
            line1="12b Hauptstraße",
            postcode="n1 1aa",
            email="j.o.neil+shop@gmail.com",
            phone="+447700900123",
        )
    )
    assert values == {
        "given_name": ("jose",),
        "middle_name": ("maria",),
        "family_name": ("oneil",),
        "full_name": ("jose oneil",),
        "suffix": ("jr",),
        "address": ("12b hauptstr",),
        "house_number": ("12b",),
        "street": ("hauptstr",),
        "postcode": ("n11aa",),
        "email": ("joneil@gmail.com",),
        "phone": ("+447700900123",),
    }, "1 January 1970 is what programs write where no date is known"


def test_a_record_has_a_key_for_every_choice_and_none_where_a_part_lacks() -> None:
    values = values_of(fields(given_name="Bert", family_name="Smith"))
    keys = keys_of(values, [("given_name.formal", "family_name.start3"), ("family_name", "birth_date")])
    assert {key.split("\x1f")[1] for key in keys} >= {"albert", "herbert", "robert"}
    assert all(key.startswith("0") for key in keys)


def test_muted_values_take_no_part() -> None:
    one = fields(given_name="Jane", email="jane@x.example")
    matcher = retail_matcher()
    heard, unheard = matcher.compared(one), matcher.compared(one, {(6, "email:jane@x.example")})
    assert "email" in heard.values
    assert "email" not in unheard.values
    assert matcher.weight(heard, unheard) < matcher.weight(heard, heard)


def test_former_contacts_speak_only_where_a_name_says_whose_they_were() -> None:
    moved = {"email": ["old@x.example", "new@x.example"], "loyalty_card": "c"}
    assert values_of(fields(given_name="Jane", **moved))["email"] == ("new@x.example", "old@x.example")
    assert values_of(fields(**moved))["email"] == ("new@x.example",)
    shared = {"email": ["his@x.example", "her@x.example"], "payment_token": "t"}
    assert "email" not in values_of(fields(**shared))
    assert "email" not in values_of(fields(email="thesmiths@x.example"))
