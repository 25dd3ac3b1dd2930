"""Why a figure of a customer is what it is: its rule, and the receipts it is made of, added up anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal, cast, get_args
from uuid import UUID

from msgspec import Struct

from regulars.capabilities.profile.figures import average_order_minor, cadence_days
from regulars.capabilities.profile.state import REFUND, Figures
from regulars.console.format import day, money
from regulars.console.i18n import _, ngettext, number
from regulars.store.database import AsyncConnection
from regulars.vocabulary.errors import NotFound

from .common import SQL, pack_place, rows, unpack_place, uuid_of
from .log import Names

RECEIPTS_SHOWN: Final = 25
_END: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LAST_ID: Final = UUID(int=2**128 - 1)

Figure = Literal["spend", "orders", "average", "last", "cadence"]
SPEND_FIGURES: Final[frozenset[Figure]] = frozenset({"spend", "average"})
"""Figures for those only who see what a customer spent."""


class Sums(Struct, frozen=True):
    """What receipts come to in one currency. Amounts in minor units."""

    currency: str
    orders: int
    returns: int
    paid_minor: int
    returned_minor: int
    first_at: datetime | None
    last_at: datetime | None


class Receipt(Struct, frozen=True):
    """One receipt that counts. `amount_minor` is negative for a return, None where the viewer may not see it."""

    returned: bool
    occurred_at: datetime
    store: str | None
    channel: str | None
    receipt: str
    currency: str
    amount_minor: int | None
    source: str
    event_no: int


class Why(Struct, frozen=True):
    """A figure explained. `agrees`: whether the receipts come to what the profile says; `older` marks the next page."""

    figure: Figure
    title: str
    rule: str
    value: str
    working: list[str]
    agrees: bool
    receipts: list[Receipt]
    older: str | None


def figure_of(text: str) -> Figure:
    """A figure out of an address. Raises NotFound."""
    if text not in get_args(Figure):
        raise NotFound("There is no figure of this name.")
    return cast(Figure, text)


async def load_why(
    conn: AsyncConnection,
    workspace_id: int,
    profile_id: UUID,
    figure: Figure,
    held: Figures,
    known: Names,
    *,
    stores: frozenset[str] | None,
    page: str | None,
) -> Why:
    """Explain a figure that the profile holds; amounts of other stores than `stores` (None: all) are left out."""
    whose = {"workspace_id": workspace_id, "profile_id": profile_id}
    sums = [Sums(*one) for one in await rows(conn, SQL.receipt_sums, whose)]
    place = unpack_place(page, 2)
    params = whose | {
        "at": datetime.fromisoformat(place[0]) if place else _END,
        "sale_id": uuid_of(place[1], "page") if place else _LAST_ID,
        "limit": RECEIPTS_SHOWN + 1,
    }
    found = await rows(conn, SQL.counted_receipts, params)
    kept = found[:RECEIPTS_SHOWN]
    title, rule = _words(figure)
    anew = _figures(sums)
    return Why(
        figure=figure,
        title=title,
        rule=rule,
        value=_value(figure, held),
        working=_working(figure, sums),
        agrees=_value(figure, anew) == _value(figure, held),
        receipts=[_receipt(one[1:], known, stores) for one in kept],
        older=pack_place(kept[-1][2].isoformat(), kept[-1][0]) if len(found) > RECEIPTS_SHOWN else None,
    )


def _receipt(found: tuple[object, ...], known: Names, stores: frozenset[str] | None) -> Receipt:
    kind, occurred_at, store, channel, receipt, currency, total_minor, source_id, event_no = cast(
        tuple[int, datetime, str | None, str | None, str, str, int, int, int], found
    )
    shown = stores is None or store in stores
    return Receipt(
        returned=kind == REFUND,
        occurred_at=occurred_at,
        store=known.stores.get(store, store) if store else None,
        channel=channel,
        receipt=receipt,
        currency=currency,
        amount_minor=(-total_minor if kind == REFUND else total_minor) if shown else None,
        source=known.source(source_id).name,
        event_no=event_no,
    )


def _figures(sums: list[Sums]) -> Figures:
    """Figures as the receipts alone give them."""
    firsts = [one.first_at for one in sums if one.first_at]
    lasts = [one.last_at for one in sums if one.last_at]
    return Figures(
        orders=sum(one.orders for one in sums),
        returns=sum(one.returns for one in sums),
        spend_minor={one.currency: net for one in sums if (net := one.paid_minor - one.returned_minor)},
        paid_minor={one.currency: one.paid_minor for one in sums if one.paid_minor},
        paid_orders={one.currency: one.orders for one in sums if one.orders},
        first_purchase_at=min(firsts, default=None),
        last_purchase_at=max(lasts, default=None),
    )


def _words(figure: Figure) -> tuple[str, str]:
    """Name and rule of a figure."""
    return {
        "spend": (
            _("Spend"),
            _("What completed sales came to, minus what was returned; each currency by itself. Of a sale that was "
              "told several times the last telling counts, and a voided one does not."),
        ),
        "orders": (_("Orders"), _("Completed sales that stand. Returns are counted apart.")),
        "average": (
            _("Average order"),
            _("What completed sales came to, divided by how many there were. Returns are not taken off."),
        ),
        "last": (_("Last purchase"), _("The latest completed sale that stands.")),
        "cadence": (
            _("Buys every"),
            _("The days from the first purchase to the last, divided by the number of purchases after the first."),
        ),
    }[figure]  # fmt: skip


def _value(figure: Figure, held: Figures) -> str:
    """A figure as it is shown."""
    if figure == "orders":
        return number(held.orders)
    if figure == "last":
        return day(held.last_purchase_at, UTC) if held.last_purchase_at else _("Never")
    if figure == "cadence":
        days = cadence_days(held)
        return "–" if days is None else ngettext("%(n)s day", "%(n)s days", round(days))
    amounts = held.spend_minor if figure == "spend" else average_order_minor(held)
    return ", ".join(money(amount, code) for code, amount in sorted(amounts.items())) or "–"


def _working(figure: Figure, sums: list[Sums]) -> list[str]:
    """How the value follows from the receipts, a line for each currency or one in all."""
    if figure == "spend":
        return [
            _("%(paid)s in %(orders)s sales, minus %(returned)s in %(returns)s returns", paid=money(one.paid_minor, one.currency),
              orders=number(one.orders), returned=money(one.returned_minor, one.currency), returns=number(one.returns))
            for one in sums
        ]  # fmt: skip
    if figure == "average":
        return [
            _(
                "%(paid)s ÷ %(orders)s sales",
                paid=money(one.paid_minor, one.currency),
                orders=number(one.orders),
            )
            for one in sums
            if one.orders
        ]
    held = _figures(sums)
    if figure == "cadence" and held.orders > 1 and held.first_purchase_at and held.last_purchase_at:
        days = (held.last_purchase_at - held.first_purchase_at).total_seconds() / 86_400
        return [_("%(days)s days ÷ %(n)s", days=number(round(days)), n=number(held.orders - 1))]
    return [
        _("%(orders)s sales, %(returns)s returns", orders=number(held.orders), returns=number(held.returns))
    ]
