"""A basket that is tried on a page: what was typed becomes a basket of a till, or faults that name their field."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from msgspec import Struct, field

from regulars.console.accounts import Viewer
from regulars.console.i18n import _
from regulars.observe import mask
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.money import to_minor

from .common import rows
from .quote_shapes import CODES_MAX, Basket, QuoteLine
from .registers import REGISTERS

ROWS: Final = 6
PRODUCTS_OFFERED_MAX: Final = 200
STORES_OFFERED_MAX: Final = 500
_SQL = load_queries("regulars.store.views", "quotes.sql")


class Offered(Struct, frozen=True):
    """What may be chosen: (code, name) of stores, and of products with their price where it is known."""

    stores: list[tuple[str, str]]
    products: list[tuple[str, str]]
    currency: str


class Typed(Struct):
    """A form as it was typed, with what is wrong by field."""

    fields: Mapping[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What stands in a field."""
        return self.fields.get(name, "").strip()


async def offered(database: Database, workspace_id: int, viewer: Viewer) -> Offered:
    """Stores and products of the register, a bounded part of each; contacts in names for who may see them."""
    asked: dict[str, Any] = {"workspace_id": workspace_id, "after": "", "only": None}
    async with database.read(workspace_id) as conn:
        stores = await rows(conn, REGISTERS.stores, asked | {"limit": STORES_OFFERED_MAX})
        products = await rows(conn, REGISTERS.products, asked | {"limit": PRODUCTS_OFFERED_MAX})
    currencies = [one[6] for one in products if one[6]] + [one[5] for one in stores if one[5]]
    return Offered(
        [(one[0], one[1] or one[0]) for one in stores],
        [(one[0], _seen(one[1] or one[0], viewer)) for one in products if one[7]],
        currencies[0] if currencies else "EUR",
    )


def _seen(text: str, viewer: Viewer) -> str:
    return text if viewer.sees("contacts") else mask(text)


async def basket_of(database: Database, workspace_id: int, typed: Typed) -> Basket | None:
    """The basket of a form; None where something is wrong, which stands in `faults` then."""
    currency = typed.get("currency").upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        typed.faults["currency"] = _("A currency has three letters, such as EUR.")
        return None
    skus = sorted({sku for place in range(ROWS) if (sku := typed.get(f"sku-{place}"))})
    asked = {"workspace_id": workspace_id, "skus": skus}
    (found,) = await database.ask(workspace_id, Call(_SQL.products, asked))
    prices = {one[0]: one[4] for one in found if one[4] is not None and one[5] in (None, currency)}
    lines = [line for place in range(ROWS) if (line := _line(typed, place, currency, prices)) is not None]
    if not lines and not typed.faults:
        typed.faults["sku-0"] = _("Choose a product.")
    if typed.faults:
        return None
    member = typed.get("member")
    as_id = len(member) == 32 and all(char in "0123456789abcdef" for char in member)
    return Basket(
        currency=currency,
        lines=lines,
        store=typed.get("store") or None,
        channel=typed.get("channel") or "store",
        member_id=member if as_id else None,
        card=member[:200] if member and not as_id else None,
        codes=[code[:60] for code in typed.get("codes").split()][:CODES_MAX],
    )


def _line(typed: Typed, place: int, currency: str, prices: Mapping[str, int]) -> QuoteLine | None:
    sku, price, quantity = (typed.get(f"{name}-{place}") for name in ("sku", "price", "qty"))
    if not sku:
        return None
    unit = _price(typed, place, price, currency) if price else prices.get(sku)
    if unit is None and f"price-{place}" not in typed.faults:
        typed.faults[f"price-{place}"] = _("The register has no price of this product; type one.")
    try:
        count = Decimal(quantity.replace(",", ".") or "1")
        if not (0 < count <= 100_000 and count == round(count, 6)):
            raise InvalidOperation
    except InvalidOperation:
        typed.faults[f"qty-{place}"] = _("A quantity is a number above 0.")
        return None
    return QuoteLine(line_id=str(place + 1), sku=sku[:120], qty=count, unit_price_minor=unit or 0)


def _price(typed: Typed, place: int, text: str, currency: str) -> int | None:
    name = f"price-{place}"
    try:
        amount = to_minor(text.replace(",", "."), currency, field=name)
    except InvalidInput:
        typed.faults[name] = _("Write an amount such as 12.50.")
        return None
    if not 0 <= amount <= 10**12:
        typed.faults[name] = _("A price is 0 or more.")
        return None
    return amount
