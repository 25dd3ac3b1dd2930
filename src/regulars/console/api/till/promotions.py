"""Promotions that a confirmed sale got: named in its event, and noted where they are beyond a bound."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.console.api.deps import Visit
from regulars.console.services.offer_uses import SoldPromotion, uses_of_sale
from regulars.vocabulary.events import Event, Loyalty
from regulars.vocabulary.intake import Result

from .holds import hold_id_in
from .quotes import find_offers_hold
from .refusals import refused
from .telling import note


async def name_promotions(
    visit: Visit, event: Event, sold: Sequence[SoldPromotion], hold_text: str | None
) -> None:
    """Say in a sale's event which promotions it got.

    Raises NotFound (unknown_hold), Unprocessable (unknown_promotion), and InvalidInput for one named twice.
    """
    uses = await uses_of_sale(visit.api.database, visit.vault, sold)
    hold_id = None
    if hold_text is not None:
        hold_id = hold_id_in(hold_text, field="offers_hold")
        hold = await find_offers_hold(visit, hold_id)
        if hold is None:
            raise refused("unknown_hold", field="offers_hold")
        uses = uses or hold.uses
    if uses or hold_id is not None:
        event.loyalty = event.loyalty or Loyalty(actor=visit.actor)
        event.loyalty.promotions, event.loyalty.offers_hold = uses, hold_id


async def note_beyond(visit: Visit, result: Result, sale_id: str) -> None:
    """One line of the audit trail for what a sale took beyond the bounds of promotions."""
    beyond = result.offers.beyond if result.offers is not None else []
    if beyond:
        told = {one.promotion: one.code for one in beyond}
        await note(visit, "promotion.beyond", f"sale:{sale_id}", {"promotions": told})
