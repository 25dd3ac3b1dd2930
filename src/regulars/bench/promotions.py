"""How long a quote takes, on a made-up catalogue whose promotions compete: 20,000 products, 2,000 promotions."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Final

from msgspec import Struct

from regulars.capabilities.offers.basket import Answer, Basket, Line
from regulars.capabilities.offers.compiled import Snapshot, compile_promotions
from regulars.capabilities.offers.model import (
    AmountOff,
    Bundle,
    BundlePart,
    Cheapest,
    Effect,
    FixedPrice,
    Mode,
    NForM,
    Percentage,
    Promotion,
    Selector,
    Threshold,
    TierPrice,
    TierPrices,
)
from regulars.capabilities.offers.plan import NODES_MAX
from regulars.capabilities.offers.quoting import quote
from regulars.capabilities.profile.state import MICRO

from .every_way import best_saving

SEED: Final = 17
AT: Final = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)
UNITS_MAX: Final = 8
"""So many things in a basket are laid out in every way."""

_ENDINGS = (9, 19, 29, 49, 79, 99)


class Product(Struct, frozen=True):
    """A product on the shelf; `category` is its path, the price in minor units."""

    sku: str
    category: str
    brand: str
    price_minor: int


class Shop(Struct, frozen=True):
    """Products by category, and the promotions that run."""

    shelves: dict[str, list[Product]]
    promotions: list[Promotion]


class Quotes(Struct, frozen=True):
    """Times of quotes in milliseconds, exact and quick; `bounded` is the share that ended with a gap, `gap` the mean
    share of the total that those gaps are, `worse` that of quick quotes that saved less."""

    exact_ms: list[float]
    quick_ms: list[float]
    bounded: float
    gap: float
    worse: float

    def percentile(self, share: float, *, quick: bool = False) -> float:
        """The time within which such a share of quotes was answered."""
        ordered = sorted(self.quick_ms if quick else self.exact_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def make_shop(seed: int = SEED, *, products: int = 20_000, promotions: int = 2_000) -> Shop:
    """A shop of the same seed is the same shop: 10 departments, a category for every 100 products, a brand for 50."""
    random = Random(seed)
    shelves: dict[str, list[Product]] = {}
    categories = max(2, products // 100)
    for number in range(products):
        part = number % categories
        category = f"Department {part % 10} > Category {part}"
        brand = f"Brand {part}-{random.randrange(4)}"
        price = random.choice((1, 2, 3, 4, 5, 7, 9, 12)) * 100 + random.choice(_ENDINGS)
        shelves.setdefault(category, []).append(Product(f"P{number}", category, brand, price))
    kinds = random.choices(list(_KINDS), [weight for _, weight in _KINDS.values()], k=promotions)
    return Shop(shelves, [_promotion(random, number, kind, shelves) for number, kind in enumerate(kinds)])


def _promotion(random: Random, number: int, kind: str, shelves: dict[str, list[Product]]) -> Promotion:
    shelf = shelves[random.choice(list(shelves))]
    effect = _KINDS[kind][0](random, shelf)
    return Promotion(
        f"{kind}-{number}",
        f"Offer {number}",
        effect,
        products=Selector() if kind == "threshold" else _some(random, shelf),
        currency="EUR",
        priority=random.randrange(5),
        group=kind if kind in _MODES else "offers",
        mode=_MODES.get(kind, "best"),
        floor_minor=50 if random.random() < 0.1 else 0,
    )


def _some(random: Random, shelf: list[Product]) -> Selector:
    """A handful of products, a brand of the category, or all of the category."""
    drawn = random.random()
    if drawn < 0.6:
        return Selector(
            skus=frozenset(one.sku for one in random.sample(shelf, min(len(shelf), random.randint(5, 30))))
        )
    if drawn < 0.9:
        return Selector(
            categories=frozenset({shelf[0].category}), brands=frozenset({random.choice(shelf).brand})
        )
    return Selector(categories=frozenset({shelf[0].category}))


def _bundle(random: Random, shelf: list[Product]) -> Effect:
    parts = tuple(BundlePart(_some(random, shelf)) for _ in range(random.choice((2, 2, 3))))
    return Bundle(parts, off_bp=random.choice((1_500, 2_000, 3_000)))


_MODES: Final[dict[str, Mode]] = {"stack": "stack", "exclusive": "exclusive"}
_Make = Callable[[Random, list[Product]], Effect]
_KINDS: Final[dict[str, tuple[_Make, int]]] = {
    "percentage": (lambda random, _: Percentage(random.choice((500, 1_000, 1_500, 2_000))), 25),
    "amount": (lambda random, _: AmountOff(random.choice((20, 30, 50))), 10),
    "fixed": (lambda random, shelf: FixedPrice(random.choice(shelf).price_minor * 3 // 4), 5),
    "three-for-two": (lambda *_: NForM(3, pay=2), 18),
    "two-for-price": (lambda random, shelf: NForM(2, price_minor=random.choice(shelf).price_minor * 3 // 2), 10),
    "second-half-price": (lambda *_: Cheapest(2, 5_000), 12),
    "bundle": (_bundle, 10),
    "by-quantity": (lambda random, shelf: TierPrices((TierPrice(random.choice(shelf).price_minor * 4 // 5, 3),)), 5),
    "stack": (lambda *_: Percentage(500), 2),
    "exclusive": (lambda random, _: Percentage(random.choice((3_000, 5_000))), 2),
    "threshold": (lambda random, _: Threshold(random.choice((3_000, 5_000, 8_000)), off_minor=500), 1),
}  # fmt: skip


def make_basket(random: Random, shop: Shop, lines: int, *, categories: int = 3) -> Basket:
    """So many lines out of a few categories, one to three of each product."""
    shelves = random.sample(list(shop.shelves), min(categories, len(shop.shelves)))
    bought = [random.choice(shop.shelves[random.choice(shelves)]) for _ in range(lines)]
    return Basket(
        tuple(
            Line(f"{number:03}", one.sku, MICRO * random.choice((1, 1, 1, 2, 3)), one.price_minor, one.category, one.brand)
            for number, one in enumerate(bought)
        ),
        "EUR",
        AT,
    )  # fmt: skip


def time_quotes(shop: Shop, lines: int, baskets: int, *, seed: int = SEED) -> Quotes:
    """Quote so many baskets of so many related lines, exactly and quickly."""
    snapshot = compile_promotions(shop.promotions)
    random = Random(f"{seed} {lines}")
    drawn = [make_basket(random, shop, lines, categories=max(2, lines // 5)) for _ in range(baskets)]
    for basket in drawn[:20]:
        quote(snapshot, basket)
    exact = [_timed(snapshot, basket) for basket in drawn]
    quick = [_timed(snapshot, basket, nodes=0) for basket in drawn]
    gaps = [one.gap_minor / one.total_minor for _, one in exact if one.gap_minor]
    worse = sum(one.total_minor > best.total_minor for (_, one), (_, best) in zip(quick, exact, strict=True))
    return Quotes(
        [spent for spent, _ in exact],
        [spent for spent, _ in quick],
        len(gaps) / baskets,
        sum(gaps) / len(gaps) if gaps else 0.0,
        worse / baskets,
    )


def share_optimal(baskets: int, *, seed: int = SEED) -> tuple[float, float]:
    """Of so many small baskets, the shares whose exact and whose quick saving is that of the best of every way."""
    random = Random(seed)
    exact = quick = done = 0
    while done < baskets:
        shop = make_shop(random.randrange(10**6), products=60, promotions=30)
        promotions = [
            one
            for one in shop.promotions
            if one.mode != "exclusive" and not isinstance(one.effect, Threshold)
        ]
        snapshot = compile_promotions(promotions)
        basket = make_basket(random, shop, 4)
        if sum(line.quantity_micro for line in basket.lines) > UNITS_MAX * MICRO:
            continue
        best = best_saving(promotions, basket)
        exact += quote(snapshot, basket).discount_minor == best
        quick += quote(snapshot, basket, nodes=0).discount_minor == best
        done += 1
    return exact / baskets, quick / baskets


def compile_ms(shop: Shop) -> float:
    """How long it takes to make the promotions ready."""
    began = time.perf_counter()
    compile_promotions(shop.promotions)
    return 1_000 * (time.perf_counter() - began)


def _timed(snapshot: Snapshot, basket: Basket, *, nodes: int = NODES_MAX) -> tuple[float, Answer]:
    began = time.perf_counter()
    answer = quote(snapshot, basket, nodes=nodes)
    return 1_000 * (time.perf_counter() - began), answer
