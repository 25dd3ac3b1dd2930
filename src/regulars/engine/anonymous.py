"""What is left of an event when nothing in it may point to a person.

A receipt keeps its numbers and a register entry its content, so that a rebuild still gives the shop's
figures; of everything else only the fact remains that something happened.
"""

from __future__ import annotations

import msgspec

from regulars.vocabulary.events import Event, Loyalty, Sale

FORGOTTEN = "regulars.forgotten"
"""Type in the sealed body of an event that tells nothing any more; a rebuild passes it over."""

_RECEIPTS = frozenset({"sale.completed", "sale.refunded", "sale.voided"})
_REGISTERS = frozenset({"store.updated", "product.updated", "staff.updated", "stock.updated"})


def anonymous(event: Event, event_key: str) -> Event:
    """The event without customer, free content and ids that a source may have made of a person's."""
    known = event.type in _RECEIPTS or event.type in _REGISTERS
    return Event(
        id=event_key,
        type=event.type if known else FORGOTTEN,
        occurred_at=event.occurred_at,
        channel=event.channel,
        store=event.store,
        till=event.till,
        staff=event.staff,
        sale=_bare(event.sale) if event.sale is not None else None,
        product=event.product,
        stock=event.stock,
        store_details=event.store_details,
        staff_details=event.staff_details if event.type == "staff.updated" else None,
        loyalty=_offers(event.loyalty) if event.sale is not None and event.loyalty is not None else None,
        version=event.version,
    )


def _offers(said: Loyalty) -> Loyalty | None:
    """Which promotions a sale used, since they are counted; nothing of whose points it spent."""
    if not (said.promotions or said.offers_hold):
        return None
    return Loyalty(promotions=said.promotions, offers_hold=said.offers_hold, business_day=said.business_day)


def _bare(sale: Sale) -> Sale:
    """Amounts, products and how it was paid; names of lines may be engravings, coupons and references a person's."""
    return msgspec.structs.replace(
        sale,
        lines=[msgspec.structs.replace(line, name=None) for line in sale.lines],
        tenders=[msgspec.structs.replace(tender, reference=None) for tender in sale.tenders],
        coupons=[],
    )
