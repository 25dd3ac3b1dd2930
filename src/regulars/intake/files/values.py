"""Turn one value of a file into what a field holds. Every reader returns a value, None, or Bad with a reason.

Values are texts or, from Parquet, Python values. Reasons never quote the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from regulars.vocabulary.money import AMOUNT_MINOR_MAX, exponent

from .batches import Bad

Read = Callable[[Any], Any]

ID_CHARACTERS_MAX: Final = 200
TEXT_CHARACTERS_MAX: Final = 500
QUANTITY_PLACES_MAX: Final = 6
_QUANTITY_MAX: Final = Decimal(10**9)
_VERSION_MAX: Final = 2**53
_MICRO: Final = Decimal("0.000001")
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_GROUPED: Final = {
    ".": re.compile(r"[+-]?\d{1,3}([, '\u00a0\u202f]\d{3})+(\.\d*)?"),
    ",": re.compile(r"[+-]?\d{1,3}([. '\u00a0\u202f]\d{3})+(,\d*)?"),
}
_AROUND_AMOUNT: Final = "£$€¥ \u00a0\u202f"
_YES: Final = frozenset({"true", "yes", "y", "1", "on"})
_NO: Final = frozenset({"false", "no", "n", "0", "off"})
_SALE_KINDS: Final = {
    "sale": "sale",
    "sale.completed": "sale",
    "refund": "refund",
    "sale.refunded": "refund",
    "void": "void",
    "sale.voided": "void",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def text_of(value: Any) -> str | None:
    """A value as text: whole numbers without a point, times in ISO form."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (date, clock_time)):
        return value.isoformat()
    return str(value)


def read_id(value: Any) -> str | Bad | None:
    """An id: up to 200 characters."""
    return _bounded(text_of(value), ID_CHARACTERS_MAX)


def read_text(value: Any) -> str | Bad | None:
    """A text: up to 500 characters."""
    return _bounded(text_of(value), TEXT_CHARACTERS_MAX)


def _bounded(text: str | None, characters_max: int) -> str | Bad | None:
    if not text:
        return None
    if len(text) > characters_max:
        return Bad(f"has over {characters_max} characters")
    return Bad("holds a NUL character") if "\0" in text else text


def read_currency(value: Any) -> str | Bad | None:
    """An ISO 4217 code, in any case."""
    text = (text_of(value) or "").upper()
    if not text:
        return None
    return text if re.fullmatch("[A-Z]{3}", text) else Bad("is not a currency code such as GBP")


def read_yes_no(value: Any) -> bool | Bad | None:
    """Yes or no in the usual spellings."""
    text = (text_of(value) or "").lower()
    if not text:
        return None
    return True if text in _YES else False if text in _NO else Bad("is neither yes nor no")


def read_sale_kind(value: Any) -> str | Bad | None:
    """sale, refund or void, or the names of our event types."""
    text = text_of(value)
    return _SALE_KINDS.get(text.lower(), Bad("is none of sale, refund and void")) if text else None


def minor_reader(number: Read) -> Read:
    """Reads amounts that already are in minor units."""

    def read(value: Any) -> int | Bad | None:
        found = number(value)
        if not isinstance(found, Decimal):
            return found  # type: ignore[no-any-return]
        return (
            int(found) if found == found.to_integral_value() else Bad("is not a whole number of minor units")
        )

    return read


def read_integer(value: Any) -> int | Bad | None:
    """A whole number from 0."""
    text = text_of(value)
    if not text:
        return None
    if not re.fullmatch(r"\d{1,16}", text, re.ASCII) or int(text) > _VERSION_MAX:
        return Bad("is not a whole number")
    return int(text)


def number_reader(mark: str) -> Read:
    """Reads decimals, exactly. `mark` is the decimal mark; the other one may group thousands.

    Currency signs around the number are dropped; `(1.00)` and `1.00-` are negative, as in accounts.
    Floats of a Parquet file are rounded to six places, which undoes what binary fractions add.
    """

    def read(value: Any) -> Decimal | Bad | None:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return _number_of(value, mark)
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            return Bad("is not a number")
        exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not exact.is_finite() or abs(exact) > AMOUNT_MINOR_MAX:
            return Bad("is not a number in range")
        return exact.quantize(_MICRO).normalize() if isinstance(value, float) else exact

    return read


def _number_of(text: str, mark: str) -> Decimal | Bad:
    text = text.strip(_AROUND_AMOUNT)
    negative = False
    if text.startswith("(") and text.endswith(")"):
        negative, text = True, text[1:-1].strip(_AROUND_AMOUNT)
    elif text.endswith("-"):
        negative, text = True, text[:-1].rstrip(_AROUND_AMOUNT)
    elif text[:1] == "-" and text[1:2] in _AROUND_AMOUNT:
        negative, text = True, text[1:].lstrip(_AROUND_AMOUNT)
    if _GROUPED[mark].fullmatch(text):
        text = re.sub(rf"[^\d+\-{mark}]", "", text)
    if mark == ",":
        # A point would now be read as the decimal mark, which it is not.
        text = "?" if "." in text else text.replace(",", ".")
    if len(text) > 40 or not text.isascii() or not _NUMBER.fullmatch(text):
        return Bad("is not a number")
    number = Decimal(text)
    if abs(number) > AMOUNT_MINOR_MAX:
        return Bad("is not a number in range")
    return -number if negative else number


def quantity_reader(number: Read) -> Read:
    """Reads quantities: up to six decimal places."""

    def read(value: Any) -> Decimal | Bad | None:
        found = number(value)
        if not isinstance(found, Decimal):
            return found  # type: ignore[no-any-return]
        if abs(found) > _QUANTITY_MAX or found != found.quantize(_MICRO):
            return Bad(f"is not a quantity with at most {QUANTITY_PLACES_MAX} decimals")
        return _plain(found)

    return read


def _plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short


def minor_of(amount: Decimal, currency: str, *, rounded: bool) -> int | Bad:
    """An amount in minor units. When it is finer than the currency it is rounded half to even, or refused."""
    scaled = amount.scaleb(exponent(currency))
    whole = scaled.to_integral_value(ROUND_HALF_EVEN)
    if whole != scaled and not rounded:
        return Bad(f"has more decimals than {currency} has; allow it with round = true")
    return int(whole) if abs(whole) <= AMOUNT_MINOR_MAX else Bad("is not an amount in range")


def time_reader(formats: list[str], zone: ZoneInfo | None) -> Read:
    """Reads points in time as UTC. A time without an offset is taken in `zone`, and refused without one."""

    def read(value: Any) -> datetime | Bad | None:
        found = _moment(value, formats)
        if not isinstance(found, datetime):
            return found
        if found.tzinfo is None:
            if zone is None:
                return Bad("has no time zone; set time_zone in the mapping")
            found = found.replace(tzinfo=zone)
        try:
            return found.astimezone(UTC)
        except (OverflowError, ValueError):
            return Bad("is not a time in range")

    return read


def date_reader(formats: list[str]) -> Read:
    """Reads calendar dates. A time of day is dropped."""

    def read(value: Any) -> date | Bad | None:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        found = _moment(value, formats)
        if isinstance(found, Bad):
            return Bad(found.reason.replace("a time", "a date").replace(" 10:15", ""))
        return found.date() if found is not None else None

    return read


def _moment(value: Any, formats: list[str]) -> datetime | Bad | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, clock_time())
    text = text_of(value) or ""
    for wanted in formats:
        found = _parse_moment(text, wanted)
        if found is not None:
            return found
    forms = " or ".join("ISO 8601 (2026-01-31 10:15)" if one == "iso" else one for one in formats)
    return Bad(f"is not a time in the form {forms}")


def _parse_moment(text: str, wanted: str) -> datetime | None:
    try:
        if wanted == "iso":
            return datetime.fromisoformat(text)
        if wanted == "unix":
            return _EPOCH + timedelta(seconds=float(text))
        if wanted == "unix_ms":
            return _EPOCH + timedelta(milliseconds=float(text))
        return datetime.strptime(text, wanted)  # noqa: DTZ007 - the mapping's time zone comes later
    except (ValueError, OverflowError):
        return None
