"""What an audit makes of single values and columns: shapes, dates, damage, meanings, faults."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.identity.audit.checks import Setting, check
from regulars.capabilities.identity.audit.columns import Gathered, shown_name
from regulars.capabilities.identity.audit.damage import troubles
from regulars.capabilities.identity.audit.dates import read_date
from regulars.capabilities.identity.audit.meanings import Meaning, guess, is_payment_card, looks_like_data
from regulars.capabilities.identity.audit.shapes import CHARACTERS_MAX, shape

TODAY = date(2026, 11, 26)
SETTING = Setting("GB", TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("jane@example.com", "aaa@aaa.aaa"),
        ("+44 20 7946 0018", "+99 99 9999 9999"),
        ("31/12/1980", "99/99/9999"),
        ("JO O'Neil-Smith", "AA A'Aaaa-Aaaa"),
        ("Zoë Müller", "Aaa Aaaa"),
        ("田中", "aa"),
        ("<script>", "<aaa>"),
        ("a\x1b[31m", "a¬[99a"),
        ("9" * 100, "9" * 16 + "…"),
    ],
)
def test_a_shape_shows_how_a_value_is_written_and_not_what_it_is(text: str, expected: str) -> None:
    assert shape(text) == expected


@given(st.text())
def test_no_shape_holds_a_letter_or_digit_of_its_text(text: str) -> None:
    found = shape(text)
    assert len(found) <= CHARACTERS_MAX
    assert {one for one in found if one.isalnum()} <= {"a", "A", "9"}
    assert found.isprintable()


@given(st.dates(date(1905, 1, 1), date(2026, 11, 25)), st.sampled_from("-/."), st.booleans())
def test_a_date_is_read_in_any_usual_form(day: date, mark: str, day_first: bool) -> None:
    order = f"%d{mark}%m{mark}%Y" if day_first else f"%m{mark}%d{mark}%Y"
    written = [order, f"%Y{mark}%m{mark}%d", "%d %b %Y", "%B %d, %Y", "%Y%m%d", f"{order} 10:15:00"]
    for form in written:
        read = read_date(day.strftime(form), day_first=day_first, today=TODAY)
        if (day.month, day.day) == (1, 1) and day.year == 1970:
            assert read.reason == "stands for an unknown date"
        else:
            assert read.value == day, form


@pytest.mark.parametrize(
    ("text", "order", "value"),
    [
        ("13/02/1980", "day first", "1980-02-13"),
        ("02/13/1980", "month first", "1980-02-13"),
        ("02/03/1980", "day or month first", "1980-03-02"),
        ("03/03/80", "day first", "1980-03-03"),
        ("01/02/25", "day or month first", "2025-02-01"),
        ("01/02/27", "day or month first", "1927-02-01"),
        ("29221", "day number", "1980-01-01"),
        ("31/02/1980", None, None),
        ("00/00/0000", None, None),
        ("1900-01-01", "year first", None),
        ("yesterday", None, None),
        ("2/3", None, None),
        ("١٢/٠٣/١٩٨٠", "day or month first", "1980-03-12"),
    ],
)
def test_the_order_of_a_date_is_told_where_it_can_be(text: str, order: str | None, value: str | None) -> None:
    read = read_date(text, day_first=True, today=TODAY)
    assert read.value == (date.fromisoformat(value) if value else None)
    assert order is None or read.order == order
    assert read.value is not None or read.reason


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Müller", []),
        ("MÃ¼ller", ["encoding damaged"]),
        ("Itâ€™s", ["encoding damaged"]),
        ("São Ângelo", []),
        ("M?ller", ["letters lost"]),
        ("M\ufffdller", ["letters lost"]),
        ("Why?", []),
        (" Jane  Doe ", ["spaces at the ends", "double spaces inside"]),
        ("Tom &amp; Co", ["web markup"]),
        ("<script>alert(1)</script>", ["web markup"]),
        ("A < b", []),
        ("#N/A", ["spreadsheet error"]),
        ("Ja\u200bne", ["invisible characters"]),
        ("JANE DOE", ["all capitals"]),
        ("jane doe", ["all small letters"]),
        ("LEE", []),
    ],
)
def test_traces_of_other_programs_are_found_and_sound_texts_are_left_alone(
    text: str, found: list[str]
) -> None:
    assert troubles(text, named=True) == found


@pytest.mark.parametrize(
    ("header", "values", "meaning"),
    [
        ("E-Mail", ["a@b.co"], "email"),
        ("contact", ["a@b.co", "c@d.org", "-"], "email"),
        ("email_status", ["ok", "bounced"] * 50, "category"),
        ("emailOptIn", ["Y", "N"], "yes_no"),
        ("Geburtsdatum", ["1.2.1980"], "birth_date"),
        ("x", ["01/02/1980", "03/04/1975", "30/12/1960"], "birth_date"),
        ("signup_date", ["2020-01-01", "2021-02-02"], "date"),
        ("Mobile Phone Number", ["07700 900123"], "phone"),
        ("x", ["+44 7700 900123", "020 7946 0018"], "phone"),
        ("phone_type", ["HOME", "WORK"], "text"),
        ("Kundennummer", ["4711"], "external_id"),
        ("FEATURES.NAME_LAST", ["Smith"], "family_name"),
        ("NATIONAL_ID_NUMBER", ["123456"], "number"),
        ("customerEmail", ["a@b.co"], "email"),
        ("postcode_fake", ["LS1 4AB"], "postcode"),
        ("Prénom", ["Zoë"], "given_name"),
        ("loyalty card", ["4111 1111 1111 1111"], "payment_card"),
        ("loyalty card", ["9826000000000001"], "loyalty_card"),
        ("ssn", ["123-45-6789"], "text"),
        ("anything", [], "empty"),
    ],
)
def test_what_a_column_holds_is_guessed_from_its_header_and_its_values(
    header: str, values: list[str], meaning: str
) -> None:
    assert guess(header, values, TODAY) == meaning


def test_a_payment_card_number_is_known_by_its_check_digit() -> None:
    assert is_payment_card("4111-1111-1111-1111")
    assert is_payment_card("378282246310005")
    assert not is_payment_card("4111111111111112")
    assert not is_payment_card("9826000000000001")
    assert not is_payment_card("٤١١١١١١١١١١١١١١١")


@pytest.mark.parametrize(
    ("row", "data"),
    [
        (["id", "name", "email"], False),
        (["Jane", "jane@example.com"], True),
        (["Jane", "07700 900123", "12/03/1980"], True),
        (["email", "jane@example.com"], False),
        (["a", "b"], False),
        ([], False),
    ],
)
def test_a_first_row_that_holds_a_customer_is_no_header(row: list[str], data: bool) -> None:
    assert looks_like_data(row) is data


@pytest.mark.parametrize(
    ("meaning", "text", "reason"),
    [
        ("email", "jane.example.com", "has no @"),
        ("email", "a@b@c.de", "has more than one @"),
        ("email", "a@b.de; c@d.de", "holds several addresses"),
        ("email", "ja ne@b.de", "has a space inside"),
        ("email", "jane@example", "the part after @ has no dot"),
        ("email", "test@test.com", "stands for nothing known"),
        ("email", "n/a", "stands for nothing known"),
        ("email", "jane@<b>.de", "is malformed"),
        ("phone", "0000000000", "stands for nothing known"),
        ("phone", "123", "is too short"),
        ("phone", "4.47701E+11", "digits lost by a spreadsheet"),
        ("phone", "call me", "has no digits"),
        ("phone", "55512345678901299", "is too long"),
        ("external_id", "4.2E+10", "digits lost by a spreadsheet"),
        ("external_id", "x" * 201, "has over 200 characters"),
        ("given_name", "Mr", "is only a title or a stand-in"),
        ("family_name", "unknown", "stands for nothing known"),
        ("family_name", "a@b.de", "is an e-mail address"),
        ("family_name", "123", "is a number"),
        ("birth_date", "1.1.2050", "is in the future"),
        ("birth_date", "1.1.1890", "is over 110 years ago"),
        ("birth_date", "30.2.1980", "there is no such day"),
        ("country", "England", "is not a code of two letters"),
        ("payment_token", "4111111111111111", "is a payment card number"),
    ],
)
def test_a_value_that_cannot_be_used_has_a_reason(meaning: Meaning, text: str, reason: str) -> None:
    verdict = check(meaning, text, SETTING)
    assert (verdict.normal, verdict.reason) == (None, reason)


def test_a_usable_value_is_given_as_it_is_compared() -> None:
    assert check("email", " Jane@Example.COM ", SETTING).normal == "jane@example.com"
    assert check("phone", "020 7946 0018", SETTING).normal == "+442079460018"
    assert check("phone", "(702) 919-1300", Setting("US", TODAY)).normal == "+17029191300"
    assert check("given_name", "Mrs Zoë Ann", SETTING).normal == "zoe"
    assert check("birth_date", "02/03/1980", SETTING).normal == "1980-03-02"
    assert check("birth_date", "02/03/1980", Setting("GB", TODAY, day_first=False)).normal == "1980-02-03"
    assert (
        check("postcode", "1234", Setting("DE", TODAY)).reason == "lacks a digit: a leading zero may be lost"
    )
    assert check("email", "jane@gmial.com", SETTING).doubt == "the domain looks misspelt"


def test_a_column_tells_counts_and_leaves_out_shapes_of_single_values() -> None:
    column = Gathered("E-Mail", "email", used=True)
    column.take({"a@b.co": 5, "c@d.org": 4, "nobody": 1}, 12, SETTING)
    told = column.told()
    assert (told.rows, told.filled, told.usable, told.distinct) == (12, 10, 9, 3)
    assert told.reasons == {"has no @": 1}
    assert [(one.shape, one.count) for one in told.shapes] == [("a@a.aa", 5), ("a@a.aaa", 4)]


def test_addresses_that_slipped_into_another_column_are_counted() -> None:
    column = Gathered("Town", "city")
    column.take({"Leeds": 5, "jane@example.com": 2}, 7, SETTING)
    assert column.told().foreign == 2


def test_a_column_name_that_is_somebodys_address_is_told_as_a_shape() -> None:
    assert shown_name("jane@example.com") == "aaa@aaa.aaa"
    assert shown_name("E-Mail\x1b[2J") == "E-Mail¬[2J"
    assert len(shown_name("x" * 10_000)) == 60
