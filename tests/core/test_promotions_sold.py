"""A sale's basket is made again out of what is kept of it, and its returns add up to what was paid (R8)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from regulars.capabilities.loyalty.purchase import Purchase, PurchaseLine
from regulars.capabilities.loyalty.returning import sold_lines
from regulars.capabilities.offers.basket import Basket
from regulars.capabilities.offers.model import Promotion
from regulars.console.services.return_offers import UsedOffers, given_back, remade
from regulars.console.services.till_sales import KnownSale
from regulars.vocabulary.events import OfferUse
from tests.core.promotions import AT, any_promotions, baskets, bought, priced, promotion

PATIENT = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
_ID = UUID(int=1)


def sale(promotions: list[Promotion], what: Basket) -> tuple[UsedOffers, KnownSale, Purchase]:
    """The basket sold as it was quoted, as its row and purchase keep it."""
    answer = priced(promotions, what)
    net = {one.line_id: one.net_minor for one in answer.lines}
    lines = tuple(
        PurchaseLine(one.line_id, net[one.line_id], one.sku, one.category, one.brand, one.quantity_micro)
        for one in what.lines
    )
    stored = [
        (one.line_id, one.sku, one.category, one.quantity_micro, one.unit_price_minor, 0, 0, net[one.line_id])
        for one in what.lines
    ]
    row = KnownSale(
        _ID, 1, 1, 1, None, True, False, AT, date(2026, 11, 20), "s1", "1", "R", _ID, "EUR",  # noqa: FBT003
        answer.total_minor, 1, _ID, None, msgspec.json.encode(stored),
    )  # fmt: skip
    uses = [OfferUse(one.promotion_id, one.version, one.amount_minor) for one in answer.applied]
    texts = {(one.id, one.version): msgspec.json.encode(one).decode() for one in promotions}
    return UsedOffers(uses, texts), row, Purchase(_ID.hex, AT, "EUR", lines)


@PATIENT
@given(any_promotions(), baskets(weighed=True), st.data())
def test_r8_any_sale_and_order_of_returns_gives_back_exactly_what_was_paid(
    promotions: list[Promotion], what: Basket, data: st.DataObject
) -> None:
    used, row, purchase = sale(promotions, what)
    gone: dict[str, int] = {}
    refunded = 0
    for one in data.draw(st.permutations(what.lines)):
        coming = {one.line_id: one.quantity_micro}
        amounts = given_back(used, row, purchase, sold_lines(purchase, gone), coming, refunded)
        assume(amounts is not None)  # a search that ended early may not end so again
        assert amounts is not None
        assert all(minor >= 0 for minor in amounts.values())
        refunded += sum(amounts.values())
        gone |= coming
        assert refunded <= row.total_minor
    assert refunded == row.total_minor


def test_r8_what_cannot_be_made_again_is_not() -> None:
    three = promotion("three", "n_for_m", buy=3, pay=2)
    used, row, purchase = sale([three], bought("mug mug mug"))
    sold = sold_lines(purchase, {})
    assert remade(used, row, purchase, sold) is not None
    unreadable = UsedOffers(used.uses, {("three", 1): "no promotion"})
    assert remade(unreadable, row, purchase, sold) is None
    nameless = [msgspec.structs.replace(line, sku=None) for line in sold]
    assert remade(used, row, purchase, nameless) is None
    other = UsedOffers([OfferUse("three", 1, 699)], used.texts)
    assert remade(other, row, purchase, sold) is None
