"""Promotions made ready for looking up: an immutable snapshot with an index by product, category and brand."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from .model import AmountOff, Bundle, Promotion, PromotionError, Selector, Threshold

MAIN = 0
"""The slot of a promotion's own products; those of a bundle's parts and of a free product count from 1."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60


class Product(Struct, frozen=True):
    """What selectors look at: sku, brand, and the category with all above it."""

    sku: str
    brand: str
    paths: tuple[str, ...]


class Chooser(Struct, frozen=True, eq=False):
    """A selector whose categories are in one spelling."""

    skus: frozenset[str]
    categories: frozenset[str]
    brands: frozenset[str]
    except_skus: frozenset[str]
    except_categories: frozenset[str]
    except_brands: frozenset[str]
    open: bool
    excepts: bool

    def takes(self, product: Product) -> bool:
        """Whether the product is one of these."""
        if self.excepts and (
            product.sku in self.except_skus
            or product.brand in self.except_brands
            or not self.except_categories.isdisjoint(product.paths)
        ):
            return False
        if self.open or product.sku in self.skus:
            return True
        if not (self.categories or self.brands):
            return False
        in_category = not self.categories or not self.categories.isdisjoint(product.paths)
        return in_category and (not self.brands or product.brand in self.brands)


class Ready(Struct, frozen=True, eq=False):
    """A promotion with what is worked out once. `order`: its place by priority, then id. `whole`: on the basket.

    `hours` are (weekday from Monday = 0, first minute, end minute) within one day.
    """

    promotion: Promotion
    order: int
    slots: tuple[tuple[int, Chooser], ...]
    whole: bool
    hours: frozenset[tuple[int, int, int]]

    @property
    def id(self) -> str:
        """The promotion's id."""
        return self.promotion.id


Entry = tuple[Ready, int, Chooser]


class Snapshot(Struct, frozen=True, eq=False):
    """A set of promotions. Equal sets have equal digests, in whatever order they came."""

    digest: str
    promotions: tuple[Ready, ...]
    by_id: dict[str, Ready]
    by_sku: dict[str, tuple[Entry, ...]]
    by_category: dict[str, tuple[Entry, ...]]
    by_brand: dict[str, tuple[Entry, ...]]
    everywhere: tuple[Entry, ...]

    def hits(self, product: Product) -> list[tuple[Ready, int]]:
        """Promotions, with the slot, that the product may take part in; each once, in an order of their own."""
        found: dict[tuple[int, int], Ready] = {}
        for entries in self._entries(product):
            for ready, slot, chooser in entries:
                key = (ready.order, slot)
                if key not in found and chooser.takes(product):
                    found[key] = ready
        return [(found[key], key[1]) for key in sorted(found)]

    def _entries(self, product: Product) -> Iterator[tuple[Entry, ...]]:
        yield self.everywhere
        yield self.by_sku.get(product.sku, ())
        yield self.by_brand.get(product.brand, ())
        for path in product.paths:
            yield self.by_category.get(path, ())


def path_of(category: str) -> str:
    """A category path in one spelling: "A>B" and " A > B " are "A > B"."""
    return " > ".join(part for part in (part.strip() for part in category.split(">")) if part)


def paths_of(category: str) -> tuple[str, ...]:
    """The path and all above it, the nearest to the root first."""
    parts = [part for part in (part.strip() for part in category.split(">")) if part]
    return tuple(" > ".join(parts[: end + 1]) for end in range(len(parts)))


def product_of(sku: str, category: str, brand: str) -> Product:
    """A product as selectors see it."""
    return Product(sku, brand, paths_of(category))


def compile_promotions(promotions: Iterable[Promotion]) -> Snapshot:
    """Make a set of promotions ready. Raises PromotionError when two have one id; their order does not matter."""
    ordered = sorted(promotions, key=lambda one: (-one.priority, one.id, one.version))
    digest = hashlib.sha256()
    by_id: dict[str, Ready] = {}
    index: tuple[defaultdict[str, list[Entry]], ...] = tuple(defaultdict(list) for _ in range(3))
    everywhere: list[Entry] = []
    for order, promotion in enumerate(ordered):
        if promotion.id in by_id:
            message = "There are two promotions '%(id)s'; leave one version of it."
            raise PromotionError(message, field="id", id=promotion.id)
        digest.update(msgspec.json.encode(promotion, order="deterministic"))
        ready = by_id[promotion.id] = _ready(promotion, order)
        for slot, chooser in ready.slots:
            _enter((ready, slot, chooser), index, everywhere)
    by_sku, by_category, by_brand = ({key: tuple(value) for key, value in part.items()} for part in index)
    return Snapshot(
        digest.hexdigest(), tuple(by_id.values()), by_id, by_sku, by_category, by_brand, tuple(everywhere)
    )


def _enter(entry: Entry, index: tuple[defaultdict[str, list[Entry]], ...], everywhere: list[Entry]) -> None:
    chooser = entry[2]
    by_sku, by_category, by_brand = index
    if chooser.open:
        everywhere.append(entry)
    for sku in chooser.skus:
        by_sku[sku].append(entry)
    for path in chooser.categories:
        by_category[path].append(entry)
    if not chooser.categories:
        for brand in chooser.brands:
            by_brand[brand].append(entry)


def _ready(promotion: Promotion, order: int) -> Ready:
    effect = promotion.effect
    slots = [(MAIN, _chooser(promotion.products))]
    if isinstance(effect, Bundle):
        slots = [(number, _chooser(part.products)) for number, part in enumerate(effect.parts, 1)]
    elif isinstance(effect, Threshold) and effect.free is not None:
        slots.append((1, _chooser(effect.free)))
    whole = isinstance(effect, Threshold) or (isinstance(effect, AmountOff) and effect.per == "basket")
    return Ready(promotion, order, tuple(slots), whole, frozenset(_hours(promotion)))


def _chooser(selector: Selector) -> Chooser:
    categories, excepts = (
        frozenset(filter(None, map(path_of, paths)))
        for paths in (selector.categories, selector.except_categories)
    )
    return Chooser(
        selector.skus, categories, selector.brands, selector.except_skus, excepts, selector.except_brands,
        open=not (selector.skus or selector.categories or selector.brands),
        excepts=bool(selector.except_skus or excepts or selector.except_brands),
    )  # fmt: skip


def _hours(promotion: Promotion) -> Iterator[tuple[int, int, int]]:
    for hour in promotion.happy_hours:
        begins, ends = (int(clock[:2]) * 60 + int(clock[3:]) for clock in (hour.begins, hour.ends))
        for day, name in enumerate(_DAYS):
            if hour.days and name not in hour.days:
                continue
            if begins < ends:
                yield day, begins, ends
            else:
                yield day, begins, _DAY_MINUTES
                yield (day + 1) % 7, 0, ends
