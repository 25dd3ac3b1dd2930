"""The form of a basket: what was typed becomes a sale to try, or faults that name their field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct, field

from regulars.capabilities.loyalty.programme import Programme
from regulars.console.i18n import _
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.events import Id, Line, Tender, Text
from regulars.vocabulary.money import to_minor

from .baskets import Basket

ROWS: Final = 3
ROWS_MAX: Final = 12
QUANTITY_MAX: Final = 10_000
PLAIN: Final = ("currency", "store", "channel", "at", "customer", "tier", "first_purchase", "paid_by")
CELLS: Final = ("sku", "category", "brand", "quantity", "total")
T = TypeVar("T")


class Typed(Struct):
    """What was typed: the plain fields by name, the lines by their cells, and what is wrong by name of the field."""

    plain: dict[str, str]
    lines: list[dict[str, str]]
    faults: dict[str, str] = field(default_factory=dict)


def empty(programme: Programme) -> Typed:
    """A form nobody has filled in."""
    plain = dict.fromkeys(PLAIN, "") | {"currency": next(iter(programme.currencies))}
    return Typed(plain, [dict.fromkeys(CELLS, "") for _row in range(ROWS)])


def typed_of(fields: Mapping[str, str]) -> Typed:
    """What a form says, one line more than it asks for where it asks for more."""
    number = min(sum(f"line.{place}.sku" in fields for place in range(ROWS_MAX)), ROWS_MAX)
    lines = [
        {cell: fields.get(f"line.{place}.{cell}", "").strip() for cell in CELLS}
        for place in range(max(number, 1))
    ]
    if "more" in fields and len(lines) < ROWS_MAX:
        lines.append(dict.fromkeys(CELLS, ""))
    return Typed({name: fields.get(name, "").strip() for name in PLAIN}, lines)


def basket_of(typed: Typed, programme: Programme, customer: UUID | None) -> Basket | None:
    """The basket, None with the faults noted where it cannot be tried."""
    plain, faults = typed.plain, typed.faults
    currency = plain["currency"]
    if currency not in programme.currencies:
        faults["currency"] = _("The draft serves no such currency.")
        return None
    lines = [
        line
        for place, cells in enumerate(typed.lines)
        if any(cells.values()) and (line := _line(place, cells, currency, faults)) is not None
    ]
    if not lines and not faults:
        faults["line.0.total"] = _("A basket has at least one line.")
    at = _time(plain["at"], programme, faults)
    store = _text(plain["store"], "store", faults)
    channel = _text(plain["channel"], "channel", faults)
    paid_by = _text(plain["paid_by"], "paid_by", faults)
    if plain["tier"] and plain["tier"] not in [tier.code for tier in programme.tier]:
        faults["tier"] = _("There is no such tier in the draft.")
    if faults:
        return None
    total = sum(line.total_minor for line in lines)
    return Basket(
        currency=currency,
        lines=lines,
        tenders=[Tender(paid_by, total)] if paid_by else [],
        store=store,
        channel=channel,
        at=at,
        customer=customer,
        tier=plain["tier"] or None,
        first_purchase=bool(plain["first_purchase"]),
    )


def _line(place: int, cells: Mapping[str, str], currency: str, faults: dict[str, str]) -> Line | None:
    before = len(faults)
    name = f"line.{place}"
    sku, category, brand = (
        _text(cells[cell], f"{name}.{cell}", faults) for cell in ("sku", "category", "brand")
    )
    quantity, total = Decimal(1), 0
    try:
        quantity = Decimal(cells["quantity"].replace(",", ".") or "1")
        if not 0 < quantity <= QUANTITY_MAX or quantity != round(quantity, 6):
            raise InvalidOperation
    except InvalidOperation:
        faults[f"{name}.quantity"] = _("A quantity is a number above 0.")
    try:
        total = to_minor(cells["total"].replace(",", "."), currency)
        if total <= 0:
            raise ValueError
    except (InvalidInput, ValueError):
        faults[f"{name}.total"] = _("An amount is a number above 0, such as 12.50.")
    if len(faults) > before:
        return None
    return Line(sku=sku, category=category, brand=brand, quantity=quantity, total_minor=total)


def _text(typed: str, name: str, faults: dict[str, str]) -> str | None:
    if not typed:
        return None
    kind = Text if name.endswith((".category", ".brand")) else Id
    try:
        return str(msgspec.convert(typed, kind))
    except msgspec.ValidationError:
        faults[name] = _("This is too long.")
        return None


def _time(typed: str, programme: Programme, faults: dict[str, str]) -> datetime | None:
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=programme.zone)
    except (ValueError, OverflowError):
        faults["at"] = _("This is no time.")
        return None
