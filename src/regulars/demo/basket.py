"""What people put in their baskets, what it costs, and the VAT inside."""

from __future__ import annotations

from bisect import bisect
from itertools import accumulate
from random import Random
from typing import Final

from .catalogue import Catalogue, Product
from .people import Person
from .retail import Line
from .world import Branch

COUPON: Final = "WELCOME10"
COUPON_PER_CENT: Final = 10
MARKDOWN_PER_CENT: Final = 25
SALE_MONTHS: Final = (1, 7)
LINES_MAX: Final = 9
SHIPPING_MINOR: Final = 395
SHIPPING_FREE_FROM_MINOR: Final = 4_000


class Baskets:
    """Fills baskets by taste and season."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._by_month = [
            list(accumulate(category.season[month] for category in catalogue.categories))
            for month in range(12)
        ]

    def fill(self, rng: Random, person: Person, branch: Branch, month: int, *, coupon: bool) -> list[Line]:
        """One to nine lines of different products, half of them from the person's two favourite categories."""
        lines: list[Line] = []
        seen: set[int] = set()
        while True:
            product = self._product(rng, person, month, branch)
            if product.number not in seen:
                seen.add(product.number)
                lines.append(_line(rng, len(lines) + 1, product, branch, month, coupon))
            if rng.random() < 0.42 or len(lines) >= LINES_MAX:
                return lines

    def _product(self, rng: Random, person: Person, month: int, branch: Branch) -> Product:
        groups = self._catalogue.by_category
        while True:
            draw = rng.random()
            if draw < 0.3:
                category = person.taste % len(groups)
            elif draw < 0.5:
                category = person.taste // 97 % len(groups)
            else:
                pull = self._by_month[month - 1]
                category = bisect(pull, rng.random() * pull[-1])
            numbers = groups[category]
            product = self._catalogue.products[numbers[int(rng.random() ** 1.5 * len(numbers))]]
            # Shopify counts in whole pieces, so only Square's tills have scales.
            if not product.weighed or branch.system == "square":
                return product


def _line(rng: Random, number: int, product: Product, branch: Branch, month: int, coupon: bool) -> Line:
    unit = product.price_minor[branch.currency]
    if product.weighed:
        quantity = 100 + 50 * int(rng.random() * 15)
    else:
        quantity = 1000 if rng.random() < 0.86 else 2000 + 1000 * int(rng.random() * 2)
    per_cent = COUPON_PER_CENT if coupon else 0
    if not coupon and month in SALE_MONTHS and rng.random() < 0.2:
        per_cent = MARKDOWN_PER_CENT
    return priced(number, product, quantity, unit, per_cent, branch.country)


def priced(
    number: int, product: Product, quantity_milli: int, unit: int, per_cent: int, country: str
) -> Line:
    """A line with its discount and the VAT inside it, each rounded half up to the minor unit."""
    gross = (unit * quantity_milli + 500) // 1000
    discount = (gross * per_cent + 50) // 100
    total = gross - discount
    per_mille = int(float(product.category.vat[country]) * 10)
    return Line(
        number=number,
        product=product,
        quantity_milli=quantity_milli,
        unit_minor=unit,
        discount_minor=discount,
        total_minor=total,
        tax_minor=vat_inside(total, per_mille),
        tax_per_mille=per_mille,
    )


def vat_inside(total_minor: int, per_mille: int) -> int:
    """The VAT in an amount that includes it, rounded half up."""
    return (2 * total_minor * per_mille + 1000 + per_mille) // (2 * (1000 + per_mille))


def part_of(line: Line, quantity_milli: int) -> Line:
    """The share of a line that comes back: whole lines exactly, parts of it in proportion, rounded down."""
    if quantity_milli == line.quantity_milli:
        total, discount, tax = line.total_minor, line.discount_minor, line.tax_minor
    else:
        total = line.total_minor * quantity_milli // line.quantity_milli
        discount = line.unit_minor * quantity_milli // 1000 - total
        tax = vat_inside(total, line.tax_per_mille)
    return Line(
        line.number, line.product, quantity_milli, line.unit_minor, discount, total, tax, line.tax_per_mille
    )
