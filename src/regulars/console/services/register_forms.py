"""Forms of the registers: what was typed becomes the details of an entry, or faults that name their field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from regulars.console.i18n import _
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Currency, Id
from regulars.vocabulary.money import to_major, to_minor

from .common import has_controls
from .registers import Details, Register
from .workspace_settings import fault

FLAG: Final = "active"
PRICE: Final = "price_minor"


def typed_of(details: msgspec.Struct) -> dict[str, str]:
    """Details as a form shows them: prices in major units, a flag as `1` or nothing."""
    typed = {}
    for name, value in msgspec.structs.asdict(details).items():
        if name == PRICE:
            price = None if value is None else to_major(value, getattr(details, "currency", None) or "")
            typed[name] = "" if price is None else str(price)
        elif name == FLAG:
            typed[name] = "1" if value else ""
        else:
            typed[name] = value or ""
    return typed


def read_code(text: str) -> tuple[str, str | None]:
    """The code of a new entry, and what is wrong with it."""
    code = text.strip()
    try:
        msgspec.convert(code, Id)
    except msgspec.ValidationError:
        return code, _("A code has 1 to %(n)s characters.", n=200)
    return code, None if not has_controls(code) else _("A code is one line without control characters.")


def read_details(
    register: Register[Any, Details], fields: Mapping[str, str]
) -> tuple[Details | None, dict[str, str]]:
    """The details that were typed, None with the faults when one cannot be used."""
    given: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for one in msgspec.structs.fields(register.details):
        value, problem = _read(one.name, one.type, fields)
        if problem is None:
            given[one.name] = value
        else:
            faults[one.name] = problem
    return (None, faults) if faults else (register.details(**given), {})


def _read(name: str, type_: Any, fields: Mapping[str, str]) -> tuple[Any, str | None]:
    """One value, and what is wrong with it."""
    text = fields.get(name, "").strip()
    if name == FLAG:
        return text == "1", None
    if not text:
        return None, None
    if has_controls(text):
        return None, _("Write this on one line, without control characters.")
    if name == PRICE:
        return _price(text, fields.get("currency", "").strip().upper())
    try:
        value = msgspec.convert(text.upper() if name == "currency" else text, type_)
    except msgspec.ValidationError:
        return None, _problems().get(name) or _("This is too long.")
    return value, fault(name, text) if name == "time_zone" else None


def _price(text: str, currency: str) -> tuple[int | None, str | None]:
    try:
        msgspec.convert(currency, Currency)
    except msgspec.ValidationError:
        return None, _("Say in which currency the price is.")
    try:
        return to_minor(text, currency), None
    except InvalidInput:
        return None, _(
            "Write the price with a point, such as 8.99, and no more decimals than %(currency)s has.",
            currency=currency,
        )


def _problems() -> dict[str, str]:
    return {
        "currency": _("A currency is three letters, such as GBP."),
        "tax_mode": _("Prices are with tax or without."),
    }
