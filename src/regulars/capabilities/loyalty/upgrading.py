"""A sale that reaches a tier: counted in the tier of before it, or at once in the one it reaches (TR2)."""

from __future__ import annotations

from msgspec.structs import replace

from .earning import Earned, Standing, earn
from .programme import Programme
from .purchase import Purchase
from .tiers import Credits, tier_at


def earn_in_basket(programme: Programme, purchase: Purchase, standing: Standing, credit: Credits) -> Earned:
    """What a sale earns, where `credit` is what the customer had before it.

    With `same_basket` its own credit, as it would be without the upgrade, says the tier it is counted in. What the
    upgrade adds to the credit counts from the next sale on, so that one sale rises once.
    """
    earned = earn(programme, purchase, standing)
    if programme.cycle.upgrade != "same_basket" or earned.credit <= 0 or not programme.tier:
        return earned
    codes, day = [tier.code for tier in programme.tier], programme.day_of(purchase.occurred_at)
    reached = tier_at(programme, [*credit, (day, earned.credit)], day).tier
    if codes.index(reached) <= codes.index(standing.tier or codes[0]):
        return earned
    return earn(programme, purchase, replace(standing, tier=reached))
