"""Every way to price a small basket, one after another: what the search for the best must come to.

Written from what the promotions say and from nothing of the search: it lays out single units, gives each in turn to
nothing, to a promotion of its own, or to every set it can be in, and keeps the greatest saving. Weighed goods,
promotions on the whole basket and exclusive groups are left to others. The odd cent of a set goes to the first of items
at one price; where what comes on top differs between those, a cent depends on who is first, here by sku.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations, permutations
from typing import Final

from msgspec import Struct

from regulars.capabilities.offers.basket import Basket
from regulars.capabilities.offers.model import (
    AmountOff,
    Bundle,
    Cheapest,
    FixedPrice,
    NForM,
    Percentage,
    Promotion,
    Selector,
    TierPrices,
)

_UNIT: Final = 1_000_000
_SETS = (NForM, Cheapest, Bundle)


class Unit(Struct, frozen=True):
    """One thing in the basket."""

    sku: str
    category: str
    brand: str
    price: int


class _Tried(Struct):
    """What a promotion has been used for so far in one way: times and money."""

    times: int = 0
    money: int = 0


def best_saving(promotions: list[Promotion], basket: Basket) -> int:
    """The most that the basket can save, in minor units."""
    units = [
        Unit(line.sku, line.category, line.brand, line.unit_price_minor)
        for line in basket.lines
        for _ in range(line.quantity_micro // _UNIT)
    ]
    units.sort(key=lambda unit: (-unit.price, unit.sku))
    tops = sorted((one for one in promotions if one.mode == "stack"), key=lambda one: (-one.priority, one.id))
    pool = [one for one in promotions if one.mode == "best"]
    tier = basket.member.tier if basket.member else ""
    ways = _Ways(units, pool, tops, tier)
    return sum(unit.price for unit in units) - ways.least(tuple(range(len(units))), {})


class _Ways:
    def __init__(self, units: list[Unit], pool: list[Promotion], tops: list[Promotion], tier: str) -> None:
        self._units, self._pool, self._tops, self._tier = units, pool, tops, tier
        self._known: dict[tuple[object, ...], int] = {}

    def least(self, left: tuple[int, ...], used: dict[str, _Tried]) -> int:
        """The least that the units left can cost."""
        key = (left, *((name, used[name].times, used[name].money) for name in sorted(used)))
        if key not in self._known:
            self._known[key] = self._least(left, used) if left else 0
        return self._known[key]

    def _least(self, left: tuple[int, ...], used: dict[str, _Tried]) -> int:
        best = self._end(self._units[left[0]], 0, 0) + self.least(left[1:], used)
        for promotion in self._pool:
            for taken in self._sets(promotion, left):
                offs = self._offs(promotion, [self._units[at] for at in taken])
                after = self._use(promotion, sum(offs), len(taken), used)
                if not sum(offs) or after is None:
                    continue
                cost = sum(
                    self._end(self._units[at], off, promotion.floor_minor if off else 0)
                    for at, off in zip(taken, offs, strict=True)
                )
                best = min(best, cost + self.least(tuple(at for at in left if at not in taken), after))
        return best

    def _use(
        self, promotion: Promotion, money: int, size: int, used: dict[str, _Tried]
    ) -> dict[str, _Tried] | None:
        limits = promotion.limits
        if limits.basket is None and limits.budget_minor is None:
            return used
        before = used.get(promotion.id, _Tried())
        singly = not isinstance(promotion.effect, _SETS)
        after = _Tried(before.times + (size if singly else 1), before.money + money)
        if limits.basket is not None and after.times > limits.basket:
            return None
        if limits.budget_minor is not None and after.money > limits.budget_minor:
            return None
        return {**used, promotion.id: after}

    def _sets(self, promotion: Promotion, left: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Every set of the promotion that the first unit left is in."""
        effect = promotion.effect
        if isinstance(effect, Bundle):
            yield from self._bundles(effect, left)
            return
        fits = [at for at in left if _in(promotion.products, self._units[at])]
        if not fits or fits[0] != left[0]:
            return
        sizes = [1]
        if isinstance(effect, TierPrices):
            fits = [at for at in fits if self._units[at] == self._units[left[0]]]
            sizes = list(range(1, len(fits) + 1))
        elif isinstance(effect, NForM | Cheapest):
            sizes = [effect.buy if isinstance(effect, NForM) else effect.of]
        for size in sizes:
            for rest in combinations(fits[1:], size - 1):
                yield left[0], *rest

    def _bundles(self, effect: Bundle, left: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        wanted = [part.products for part in effect.parts for _ in range(part.quantity)]
        for rest in combinations(left[1:], len(wanted) - 1):
            taken = (left[0], *rest)
            for order in permutations(taken):
                pairs = zip(order, wanted, strict=True)
                if all(_in(selector, self._units[at]) for at, selector in pairs):
                    yield taken
                    break

    def _offs(self, promotion: Promotion, units: list[Unit]) -> list[int]:
        """What each unit of a set gets off by itself, dearest first."""
        prices = [unit.price for unit in units]
        rooms = [max(0, price - promotion.floor_minor) for price in prices]
        effect = promotion.effect
        if isinstance(effect, Percentage):
            return [min(_half_up(Fraction(prices[0] * effect.off_bp, 10_000)), rooms[0])]
        if isinstance(effect, AmountOff):
            return [min(effect.off_minor, rooms[0])]
        if isinstance(effect, FixedPrice):
            return [min(max(0, prices[0] - effect.price_minor), rooms[0])]
        if isinstance(effect, TierPrices):
            reached = [
                one.price_minor
                for one in effect.prices
                if one.from_quantity <= len(units) and one.tier in {"", self._tier}
            ]
            price = min(reached, default=prices[0])
            return [min(max(0, prices[0] - price), rooms[0])] * len(units)
        return _shared(min(self._set_off(promotion, prices), sum(rooms)), rooms)

    def _set_off(self, promotion: Promotion, prices: list[int]) -> int:
        effect, whole = promotion.effect, sum(prices)
        if isinstance(effect, NForM) and effect.pay is not None:
            return sum(sorted(prices)[: effect.buy - effect.pay])
        if isinstance(effect, Cheapest):
            return _half_up(Fraction(min(prices) * effect.off_bp, 10_000))
        if isinstance(effect, NForM | Bundle) and effect.price_minor is not None:
            return max(0, whole - effect.price_minor)
        if isinstance(effect, Bundle) and effect.off_bp is not None:
            return _half_up(Fraction(whole * effect.off_bp, 10_000))
        return effect.off_minor or 0 if isinstance(effect, Bundle) else 0

    def _end(self, unit: Unit, off: int, floor: int) -> int:
        """What a unit costs after all that comes on top."""
        net = unit.price - off
        for top in self._tops:
            if not _in(top.products, unit):
                continue
            least = max(floor, top.floor_minor)
            effect = top.effect
            wanted = 0
            if isinstance(effect, Percentage):
                wanted = _half_up(Fraction(net * effect.off_bp, 10_000))
            elif isinstance(effect, AmountOff):
                wanted = effect.off_minor
            taken = min(wanted, max(0, net - least))
            if taken:
                net, floor = net - taken, least
        return net


def _half_up(value: Fraction) -> int:
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def _shared(amount: int, rooms: list[int]) -> list[int]:
    """Largest remainder, the first of equals first."""
    if not amount:
        return [0] * len(rooms)
    exact = [Fraction(amount * room, sum(rooms)) for room in rooms]
    shares = [int(share) for share in exact]
    while sum(shares) < amount:
        most = max(range(len(rooms)), key=lambda at: (exact[at] - shares[at], -at))
        shares[most] += 1
    return shares


def _in(selector: Selector, unit: Unit) -> bool:
    def below(paths: frozenset[str]) -> bool:
        return any(unit.category == path or unit.category.startswith(f"{path} > ") for path in paths)

    if (
        unit.sku in selector.except_skus
        or unit.brand in selector.except_brands
        or below(selector.except_categories)
    ):
        return False
    if not (selector.skus or selector.categories or selector.brands):
        return True
    in_category = not selector.categories or below(selector.categories)
    in_brand = not selector.brands or unit.brand in selector.brands
    listed = bool(selector.categories or selector.brands) and in_category and in_brand
    return unit.sku in selector.skus or listed
