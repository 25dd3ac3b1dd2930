"""The quote of a basket at the pretend till: what a real till would be told of it now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from regulars.console.i18n import _
from regulars.store.vault import Vault

from .pretend_till import BasketLine
from .quote_rest import REWARD
from .quote_shapes import CODES_MAX, REWARDS_MAX, Basket, Quote, QuoteLine
from .quotes import Quotes


class Priced(Struct, frozen=True):
    """A basket as it is priced: its lines with what comes off them, and the names of what does, or does not, by id."""

    quote: Quote
    lines: list[BasketLine]
    names: dict[str, str]

    @property
    def rewards(self) -> list[str]:
        """Codes of the rewards that are in the total."""
        return [one.reward for one in self.quote.points.rewards if one.applied] if self.quote.points else []


class Wished(Struct, frozen=True):
    """What is asked of a quote besides the goods."""

    currency: str
    store: str | None = None
    programme: int | None = None
    profile: UUID | None = None
    codes: Sequence[str] = ()
    rewards: Sequence[str] = ()


async def price(
    quotes: Quotes, vault: Vault, lines: Sequence[BasketLine], wished: Wished, now: datetime
) -> Priced:
    """Quote the lines. Raises InvalidInput for a quantity out of range, NotFound for a programme that does not hold."""
    asked = Basket(
        currency=wished.currency,
        lines=[
            QuoteLine(
                line_id=str(number),
                sku=one.sku[:120],
                qty=one.quantity,
                unit_price_minor=one.price_minor,
                category=one.category[:400] if one.category is not None else None,
                brand=one.brand[:120] if one.brand is not None else None,
            )
            for number, one in enumerate(lines, 1)
        ],
        store=wished.store,
        member_id=wished.profile.hex if wished.profile is not None else None,
        codes=[code[:60] for code in wished.codes][:CODES_MAX],
        rewards=[code[:40] for code in wished.rewards][:REWARDS_MAX],
        programme=wished.programme,
    )
    quoted = await quotes.quote(vault, asked, now)
    told = {line.line_id: line for line in quoted.quote.lines}
    names = {ready.id: ready.promotion.name for ready in quoted.snapshot.promotions}
    names["~voucher"] = _("Voucher")
    for reward in quoted.quote.points.rewards if quoted.quote.points is not None else ():
        names[REWARD + reward.reward] = reward.name
    return Priced(
        quoted.quote,
        [
            replace(one, base_minor=line.base_minor, off_minor=line.base_minor - line.net_minor)
            for number, one in enumerate(lines, 1)
            for line in (told[str(number)],)
        ],
        names,
    )
