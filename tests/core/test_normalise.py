"""Details that people and programs write in many ways come out in the one form they are compared in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.capabilities.identity.normalise import email, fold, given_name, name_words, phone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Jane@Example.com", "jane@example.com"),
        ("  jane.doe+shop@EXAMPLE.co.uk ", "jane.doe+shop@example.co.uk"),
        ("o'neil@example.ie", "o'neil@example.ie"),
        ("用户@例子.公司", "用户@例子.公司"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(written: str, kept: str) -> None:
    assert email(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "jane",
        "jane@",
        "@example.com",
        "jane@example",
        "jane@@example.com",
        "jane doe@example.com",
        "jane@example.com, john@example.com",
        "test@test.com",
        "noemail@noemail.com",
        "none@example.org",
        "no-reply@shop.example.org",
        "x" * 65 + "@example.com",
        "jane@" + "e" * 250 + ".com",
    ],
)
def test_what_cannot_be_an_address_identifies_nobody(written: str) -> None:
    assert email(written) is None


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("+44 20 7946 0018", "GB"),
        ("+44 (0)20 7946 0018", "GB"),
        ("+44(0)2079460018", "US"),
        ("020 7946 0018", "GB"),
        ("0044 20 7946 0018", "GB"),
        ("(020) 7946-0018", "GB"),
        ("+44.20.7946.0018", "FR"),
    ],
)
def test_a_phone_number_is_the_same_however_it_is_written(written: str, region: str) -> None:
    assert phone(written, region) == "+442079460018"


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("", "GB"),
        ("call me", "GB"),
        ("12", "GB"),
        ("0000000000", "GB"),
        ("+440000000000", "GB"),
        ("1234567890", "US"),
        ("+44 1234 567890 1234 5678", "GB"),
        ("020 7946 0018", "Atlantis"),
    ],
)
def test_what_cannot_be_a_phone_number_identifies_nobody(written: str, region: str) -> None:
    assert phone(written, region) is None


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Jane", "jane"),
        ("JANE ANNE", "jane"),
        ("Dr. Jane", "jane"),
        ("Anne-Marie", "anne"),
        ("D'Angelo", "dangelo"),
        ("J.", "j"),
        ("José", "jose"),
        ("Jose\u0301", "jose"),
        ("Łukasz", "lukasz"),
        ("Ольга", "olga"),
        ("Γιώργος", "giorgos"),
        ("李", "li"),
        ("Mr", None),
        ("-", None),
        ("unknown", None),
        ("   ", None),
    ],
)
def test_given_names_are_compared_in_plain_letters(written: str, name: str | None) -> None:
    assert given_name(written) == name


def test_a_customer_is_found_by_words_and_beginnings_of_the_name() -> None:
    words = name_words("Anne-Marie", "O'Neil")
    assert {"anne", "marie", "mar", "oneil", "one", "onei"} <= words
    assert "on" not in words


def test_endless_names_give_few_words() -> None:
    assert len(name_words("ab " * 5_000, "x" * 5_000)) < 200


@settings(deadline=None)
@given(st.text())
def test_folding_is_plain_and_folding_again_changes_nothing(text: str) -> None:
    once = fold(text)
    assert once.isascii()
    assert once == once.lower()
    assert fold(once) == once


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(["GB", "US", "DE", "XX", "", "gb"]))
def test_no_text_whatever_breaks_the_reading_of_contacts(text: str, region: str) -> None:
    number = phone(text, region)
    assert number is None or (number.startswith("+") and number[1:].isascii() and number[1:].isdigit())
    address = email(text)
    assert address is None or (email(address) == address and address == address.strip())
