"""Reads the loosely typed values of tracking calls: texts, ids, decimals, money, times.

Clients in many languages send the same thing as text, number or nothing at all. What is clearly meant is
taken; what is not is refused with the field to blame, never guessed. JSON numbers with a fraction arrive here as
Decimal, so no amount ever was a float.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.money import AMOUNT_MINOR_MAX, exponent, to_minor

JsonObject = Mapping[str, Any]

_NUMBER: Final = re.compile(r"[+-]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Za-z]{3}")
# What binary floating point leaves behind: 0.1 + 0.2 arrives as 0.30000000000000004.
_FLOAT_NOISE: Final = Decimal("0.000001")
# Numbers beyond this can only be milliseconds: as seconds they would be past the year 5000.
_SECONDS_MAX: Final = 10**11


def mapping(value: Any) -> JsonObject:
    """An object, or an empty one for anything else (PHP writes empty objects as lists)."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[JsonObject]:
    """The objects in a list; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A text or number as text without surrounding space; None when there is nothing in it."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Decimal):
        return format(value, "f") if abs(value.adjusted()) < 100 else None
    if isinstance(value, int):
        return str(value) if abs(value) < 10**100 else None
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").strip() or None


def first(source: JsonObject, *names: str) -> str | None:
    """The first of these entries that holds a text."""
    for name in names:
        found = text(source.get(name))
        if found is not None:
            return found
    return None


def decimal(value: Any, field: str) -> Decimal | None:
    """A number, sent as such or as text; None when absent. Raises InvalidInput for anything else."""
    if value is None or value == "":
        return None
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        # Sizes are looked at before any arithmetic: it is slow on thousands of digits and may overflow.
        if not -AMOUNT_MINOR_MAX <= value <= AMOUNT_MINOR_MAX:
            raise InvalidInput(f"{field} is out of range", field=field)
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    raise InvalidInput(f"{field} is not a number", field=field)


def exact_minor(value: Any, currency: str, field: str) -> int | None:
    """An amount in minor units; what floating point left behind is dropped, real extra decimals are refused."""
    amount = decimal(value, field)
    if amount is None:
        return None
    rounded = _rounded(amount, currency, field)
    return to_minor(rounded if abs(amount - rounded) < _FLOAT_NOISE else amount, currency, field=field)


def rounded_minor(value: Any, currency: str, field: str) -> int | None:
    """An amount in minor units, half up: for shares that shops compute and do not round themselves."""
    amount = decimal(value, field)
    return None if amount is None else to_minor(_rounded(amount, currency, field), currency, field=field)


def _rounded(amount: Decimal, currency: str, field: str) -> Decimal:
    if abs(amount) > AMOUNT_MINOR_MAX:
        raise InvalidInput(f"{field} is out of range", field=field)
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_UP)


def currency_of(value: Any, default: str | None, field: str) -> str | None:
    """An ISO 4217 code in capitals, or the source's own. Raises InvalidInput for what is no code."""
    given = text(value)
    if given is None:
        return default
    if not _CURRENCY.fullmatch(given):
        raise InvalidInput(f"{field} is not a currency code such as EUR", field=field)
    return given.upper()


def moment(value: Any, field: str) -> datetime | None:
    """An instant in UTC from ISO 8601 or Unix time; without an offset it is UTC. Raises InvalidInput."""
    if value is None or value == "":
        return None
    try:
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            return _unix(Decimal(value))
        if isinstance(value, str):
            read = datetime.fromisoformat(value.strip())
            return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError, ArithmeticError):
        pass
    raise InvalidInput(f"{field} is not a time such as 2026-11-22T10:15:00Z", field=field)


def _unix(value: Decimal) -> datetime:
    seconds = value / 1000 if abs(value) > _SECONDS_MAX else value
    return datetime.fromtimestamp(float(seconds), UTC)


def day(value: Any) -> date | None:
    """A whole date, alone or at the beginning of a time; None for everything else."""
    given = text(value)
    try:
        return date.fromisoformat(given[:10]) if given else None
    except ValueError:
        return None
