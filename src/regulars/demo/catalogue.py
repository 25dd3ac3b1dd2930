"""What the demo's shops sell: some two hundred products with categories, prices, VAT and EAN barcodes.

Barcodes begin with 20: GS1 keeps that prefix for use inside a company, so no real product bears one.
"""

from __future__ import annotations

from random import Random
from typing import Final

from msgspec import Struct


class Category(Struct, frozen=True, gc=False):
    """A product group. `season` gives its pull from January to December; VAT in per cent by country."""

    number: int
    name: str
    season: tuple[float, ...]
    vat: dict[str, str]


class Product(Struct, frozen=True, gc=False):
    """One thing on a shelf. Prices are in minor units with VAT, by currency; `weighed` is sold by the kilogram."""

    number: int
    sku: str
    barcode: str
    name: str
    variant: str
    category: Category
    price_minor: dict[str, int]
    weighed: bool = False


_EVEN: Final = (1.0,) * 12
_WINTER: Final = (1.2, 1.1, 0.9, 0.8, 0.6, 0.5, 0.5, 0.6, 0.9, 1.2, 1.7, 2.6)
_SUMMER: Final = (0.4, 0.6, 1.0, 1.5, 1.8, 1.7, 1.5, 1.2, 0.9, 0.6, 0.4, 0.4)
_GIFTS: Final = (0.6, 1.1, 1.1, 0.9, 0.9, 0.8, 0.7, 0.7, 0.8, 1.0, 1.8, 3.0)
_TERM: Final = (1.0, 0.9, 0.8, 0.9, 0.8, 0.7, 0.8, 1.8, 1.9, 1.0, 1.0, 1.4)
_STANDARD: Final = {"GB": "20", "FR": "20"}
_FOOD: Final = {"GB": "0", "FR": "5.5"}

# name | season | VAT | pence from, to | goods | variants ("kg" sells by weight)
_RANGE: Final = (
    ("Coffee", _EVEN, _FOOD, 650, 1450, "House blend,Dark roast,Decaf,Single estate,Breakfast roast", "250 g,1 kg"),
    ("Loose coffee", _EVEN, _FOOD, 1800, 3200, "House blend loose,Espresso loose,Decaf loose", "kg"),
    ("Tea", _EVEN, _FOOD, 320, 980, "English breakfast,Earl Grey,Green sencha,Peppermint,Rooibos", "20 bags,80 bags"),
    ("Chocolate", _GIFTS, _STANDARD, 280, 1600, "Milk bar,Dark bar,Sea salt caramels,Truffle box,Hazelnut", "small,large"),
    ("Bakery", _EVEN, _FOOD, 180, 650, "Shortbread,Ginger biscuits,Oatcakes,Fruit cake,Panettone", "single,sharing"),
    ("Preserves", _EVEN, _FOOD, 320, 620, "Marmalade,Raspberry jam,Lemon curd,Heather honey,Chutney", "small,large"),
    ("Candles", _WINTER, _STANDARD, 900, 3400, "Cedar candle,Fig candle,Orange candle,Linen candle", "small,large"),
    ("Kitchen", _GIFTS, _STANDARD, 700, 6800, "Stoneware mug,Teapot,Cafetiere,Apron,Tea towel,Board", "blue,sand"),
    ("Bath", _GIFTS, _STANDARD, 450, 2800, "Hand soap,Hand cream,Bath salts,Body oil", "rose,sea,herb"),
    ("Stationery", _TERM, _STANDARD, 250, 2200, "Notebook,Week planner,Pen,Wrapping paper,Card set", "plain,lined"),
    ("Knitwear", _WINTER, _STANDARD, 2200, 8900, "Lambswool scarf,Beanie,Jumper,Gloves", "navy S,navy M,moss M,moss L"),
    ("Garden", _SUMMER, _STANDARD, 300, 4200, "Seed box,Hand trowel,Watering can,Herb pots,Twine", "small,large"),
    ("Toys", _GIFTS, _STANDARD, 500, 3600, "Wooden train,Jigsaw,Picture book,Soft rabbit", "small,large"),
    ("Picnic", _SUMMER, _STANDARD, 600, 5200, "Flask,Picnic rug,Lunch box,Water bottle", "green,red,blue"),
)  # fmt: skip


class Catalogue(Struct, frozen=True):
    """All products, and their numbers by category."""

    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    by_category: tuple[tuple[int, ...], ...]


def build_catalogue(rng: Random) -> Catalogue:
    """The same goods for every seed, with prices that differ."""
    categories, products, by_category = [], list[Product](), []
    for number, (name, season, vat, low, high, goods, variants) in enumerate(_RANGE):
        category = Category(number, name, season, vat)
        first = len(products)
        for good in goods.split(","):
            base = low + int(rng.random() * (high - low))
            for step, variant in enumerate(variants.split(",")):
                pence = _price(
                    base * (1.0 + 0.7 * step) if variants.startswith(("small", "single")) else base
                )
                products.append(_product(len(products), category, good, variant, pence))
        categories.append(category)
        by_category.append(tuple(range(first, len(products))))
    return Catalogue(tuple(categories), tuple(products), tuple(by_category))


def _product(number: int, category: Category, good: str, variant: str, pence: int) -> Product:
    weighed = variant == "kg"
    return Product(
        number=number,
        sku=f"{category.name[:3].upper()}-{number:04d}",
        barcode=ean13(f"20{number * 7919 % 10**10:010d}"),
        name=good,
        variant="" if weighed else variant,
        category=category,
        price_minor={"GBP": pence, "EUR": _price(pence * 1.2)},
        weighed=weighed,
    )


def _price(pence: float) -> int:
    """A price as shops set them: ending in 50, 95 or 99."""
    pounds = int(pence) // 100
    rest = int(pence) % 100
    return pounds * 100 + (50 if rest < 50 else 95 if pounds < 10 else 99)


def ean13(twelve: str) -> str:
    """Twelve digits and their check digit."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"
