"""How much an effect takes off: of one item, of a set, and how an amount is shared out. Exact integers throughout."""

from __future__ import annotations

from collections.abc import Sequence

from regulars.capabilities.profile.state import MICRO

from .items import Item
from .model import (
    AmountOff,
    Bundle,
    Cheapest,
    Effect,
    FixedPrice,
    NForM,
    Percentage,
    Promotion,
    TierPrices,
)

WHOLE = 10_000


def share_of(amount: int, basis_points: int) -> int:
    """A share of an amount, rounded half up."""
    return (amount * basis_points + WHOLE // 2) // WHOLE


def floor_of(promotion: Promotion, item: Item) -> int:
    """The least that one unit of the item may cost by this promotion; rounded up for weighed goods."""
    floor = promotion.floor_minor
    return -(-floor * item.micro // MICRO) if item.micro else floor


def off_item(promotion: Promotion, item: Item, net: int, floor: int, tier: str) -> int:
    """What a promotion by item takes off one unit that costs `net` now, without going below `floor`.

    What is left never falls as `net` rises, and never rises by more than `net` does: so a dearer start, or one item
    more, cannot make the sum smaller or leave more to pay than it brings.
    """
    room = net - max(floor, floor_of(promotion, item))
    return min(_wanted(promotion.effect, item, net, tier), room) if room > 0 else 0


def _wanted(effect: Effect, item: Item, net: int, tier: str) -> int:
    match effect:
        case Percentage(off_bp):
            return share_of(net, off_bp)
        case AmountOff(off_minor, "item"):
            return (off_minor * item.micro + MICRO // 2) // MICRO if item.micro else off_minor
        case FixedPrice(price) if not item.micro:
            return max(0, net - price)
        case TierPrices() if not item.micro:
            price_at = tier_price(effect, 1, tier)
            return 0 if price_at is None else max(0, net - price_at)
        case _:
            return 0


def tier_price(effect: TierPrices, quantity: int, tier: str) -> int | None:
    """The lowest price that so many of a product reach; None when there is none."""
    reached = [
        one.price_minor
        for one in effect.prices
        if one.from_quantity <= quantity and (not one.tier or one.tier == tier)
    ]
    return min(reached, default=None)


def off_set(effect: Effect, prices: Sequence[int]) -> int:
    """What a set of units at these prices, dearest first, saves; floors are not yet looked at."""
    match effect:
        case NForM(buy, int(pay), _):
            return sum(prices[pay - buy :])
        case NForM(_, _, int(price)) | Bundle(_, int(price)):
            return max(0, sum(prices) - price)
        case Cheapest(_, off_bp):
            return share_of(prices[-1], off_bp)
        case Bundle(_, None, int(off)):
            return min(off, sum(prices))
        case Bundle(_, None, None, int(off_bp)):
            return share_of(sum(prices), off_bp)
        case _:
            return 0


def spread(amount: int, rooms: Sequence[int]) -> list[int]:
    """Share an amount out in proportion to `rooms` by largest remainder; the first of equals gets the odd unit.

    `amount` must not exceed the sum of `rooms`; no share exceeds its room.
    """
    whole = sum(rooms)
    if not amount:
        return [0] * len(rooms)
    shares = [amount * room // whole for room in rooms]
    by_rest = sorted(range(len(rooms)), key=lambda place: (-(amount * rooms[place] % whole), place))
    for place in by_rest[: amount - sum(shares)]:
        shares[place] += 1
    return shares
