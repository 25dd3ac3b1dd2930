"""Guess what a column holds from its header and some of its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final, Literal, get_args

from msgspec import Struct

from .dates import read_date
from .header_words import Field, named

Meaning = Field | Literal["payment_card", "date", "number", "yes_no", "category", "text", "empty"]

SAMPLE_MAX: Final = 2_000
KEYS: Final = ("loyalty_card", "external_id", "payment_token", "email", "phone")
"""Meanings by which records are joined, the strongest first."""
NAMES: Final = frozenset({"given_name", "family_name", "full_name"})
CAPITALS_MATTER: Final = NAMES | {"city", "line1"}
LABELS: Final[dict[Meaning, str]] = {
    "external_id": "customer number",
    "loyalty_card": "loyalty card",
    "payment_token": "payment token",
    "email": "e-mail",
    "phone": "phone",
    "given_name": "first name",
    "family_name": "last name",
    "full_name": "whole name",
    "birth_date": "birth date",
    "line1": "street",
    "line2": "address, line 2",
    "city": "city",
    "region": "region",
    "postcode": "postcode",
    "country": "country",
    "locale": "language",
    "gender": "gender",
    "payment_card": "PAYMENT CARD NUMBER",
    "date": "date",
    "number": "number",
    "yes_no": "yes or no",
    "category": "one of a few words",
    "text": "text",
    "empty": "nothing",
}

_EMAIL: Final = re.compile(r"\S+@\S+\.\S{2,}")
_PHONE: Final = re.compile(r"(?=(?:\D*\d){7,15}\D*$)\+?[\d\s().\-/]+(?:(?:x|ext\.?)\s*\d+)?")
_NO_PHONE: Final = re.compile(r"\d{3}-\d{2}-\d{4}")
_SEPARATED: Final = re.compile(r"[+\s().\-/]|^0")
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")
_LETTERS: Final = re.compile(r"[^\W\d_]{2}|^[^\W\d_]\.?$")
_POSTCODE: Final = re.compile(r"(?=.*\d).{3,10}")
_YES_NO: Final = frozenset("true false yes no y n 0 1 t f ja nein oui non si on off".split())
_CATEGORY_VALUES_MAX: Final = 30
_BORN_YEARS_MIN: Final = 14


class Sample(Struct, frozen=True):
    """Values of a column that are not blank, stripped, at most SAMPLE_MAX; the shares are of these."""

    texts: Sequence[str]

    def share(self, test: Callable[[str], object]) -> float:
        """How many of the values pass a test, from 0 to 1."""
        return sum(1 for text in self.texts if test(text)) / max(1, len(self.texts))


def guess(header: str, texts: Sequence[str], today: date) -> Meaning:
    """What a column holds. `texts` are values that are not blank; a column that has none yet holds nothing."""
    sample = Sample([text.strip() for text in texts[:SAMPLE_MAX]])
    if not sample.texts:
        return "empty"
    if sample.share(_EMAIL.fullmatch) >= 0.5:
        return "email"
    if sample.share(is_payment_card) >= 0.9:
        return "payment_card"
    field, whole = named(header)
    if field is not None and (whole or _fits(field, sample, today)):
        return field
    return _by_content(sample, today)


def is_payment_card(text: str) -> bool:
    """Whether a text has the length, the first digits and the check digit of a payment card number."""
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 14 <= len(digits) <= 19):
        return False
    visa, master = (
        digits[0] == "4" and len(digits) in (16, 19),
        "51" <= digits[:2] <= "55" or "2221" <= digits[:4] <= "2720",
    )
    amex, other = digits[:2] in ("34", "37"), digits[:4] == "6011" or digits[:2] == "65"
    known = visa or (len(digits) == 16 and (master or other)) or (len(digits) == 15 and amex)
    return known and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = sum(int(one) for one in digits[-1::-2])
    return (total + sum(sum(divmod(2 * int(one), 10)) for one in digits[-2::-2])) % 10 == 0


def looks_like_data(header: Sequence[str]) -> bool:
    """Whether a first row holds values and not names: an address, a date or a long number, and no word we know."""
    cells = [cell for cell in header if cell]
    if any(named(cell)[1] for cell in cells):
        return False
    tests = (_EMAIL.fullmatch, re.compile(r"[+\d][\d\s().\-/:]{5,}").fullmatch)
    return any(test(cell) for test in tests for cell in cells)


def _fits(field: Field, sample: Sample, today: date) -> bool:
    """Whether values bear out a header that names a field only in part."""
    different = len(set(sample.texts))
    match field:
        case "email":
            fits = sample.share(_EMAIL.fullmatch) >= 0.2
        case "phone":
            fits = sample.share(_PHONE.fullmatch) >= 0.3
        case "birth_date":
            fits = sample.share(_is_date(today)) >= 0.3
        case "external_id" | "loyalty_card" | "payment_token":
            fits = different >= len(sample.texts) * 0.3 and sample.share(lambda text: len(text) <= 64) > 0.9
        case "postcode":
            fits = sample.share(_POSTCODE.fullmatch) >= 0.5
        case "locale" | "gender":
            fits = different <= _CATEGORY_VALUES_MAX
        case _:
            fits = sample.share(_LETTERS.search) >= 0.5
    return fits


def _by_content(sample: Sample, today: date) -> Meaning:
    if sample.share(lambda text: text.casefold() in _YES_NO) >= 0.95:
        return "yes_no"
    if sample.share(_is_date(today)) >= 0.8 and sample.share(str.isdigit) < 0.5:
        return "birth_date" if _are_births(sample, today) else "date"
    phones = sample.share(_PHONE.fullmatch) - sample.share(_NO_PHONE.fullmatch)
    if phones >= 0.7 and sample.share(_SEPARATED.search) >= 0.7:
        return "phone"
    if len(set(sample.texts)) <= min(_CATEGORY_VALUES_MAX, len(sample.texts) / 5):
        return "category"
    return "number" if sample.share(_NUMBER.fullmatch) >= 0.95 else "text"


def _is_date(today: date) -> Callable[[str], bool]:
    return lambda text: read_date(text, day_first=True, today=today).order is not None


def _are_births(sample: Sample, today: date) -> bool:
    """Whether most dates are old enough, and spread over enough years, to be days of birth."""
    read = (read_date(text, day_first=True, today=today).value for text in sample.texts)
    years = [value.year for value in read if value is not None]
    old = sum(year <= today.year - _BORN_YEARS_MIN for year in years)
    return old > len(years) * 0.6 and len(set(years)) >= min(10, len(years))


assert set(get_args(Field)) < set(LABELS), "every field has its words"
