"""Promotions and baskets for tests: short ways to write them, and Hypothesis strategies that draw them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from hypothesis import strategies as st

from regulars.capabilities.offers.basket import Answer, Basket, Line, Usage
from regulars.capabilities.offers.compiled import compile_promotions
from regulars.capabilities.offers.lint import lint
from regulars.capabilities.offers.model import Promotion
from regulars.capabilities.offers.quoting import quote
from regulars.capabilities.profile.state import MICRO

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHELF = {
    "tea": ("Drinks > Tea", "Leaf", 450),
    "coffee": ("Drinks > Coffee", "Bean", 899),
    "beans": ("Drinks > Coffee > Whole", "Bean", 1200),
    "mug": ("Kitchen", "Clay", 700),
    "cup": ("Kitchen", "Clay", 460),
    "spoon": ("Kitchen", "Steel", 120),
}


def promotion(id_: str, kind: str, **parts: Any) -> Promotion:
    """A promotion in EUR; what belongs to the effect is told by its name, the rest goes to the promotion."""
    effect = {"kind": kind} | {key: parts.pop(key) for key in list(parts) if key in _OF_EFFECT}
    written = {"id": id_, "name": id_, "currency": "EUR", "effect": effect} | parts
    made = msgspec.convert(written, Promotion)
    assert lint(made) == []
    return made


_OF_EFFECT = frozenset(
    "off_bp off_minor per price_minor buy pay of parts spend_minor free prices percent".split()
)


def line(line_id: str, sku: str, quantity: float = 1, **parts: Any) -> Line:
    """A line of what is on the shelf."""
    category, brand, price = SHELF[sku]
    known: dict[str, Any] = {"category": category, "brand": brand, "unit_price_minor": price} | parts
    return Line(line_id, sku, round(quantity * MICRO), **known)


def basket(*lines: Line, **parts: Any) -> Basket:
    """A basket in EUR at noon on a Friday."""
    known: dict[str, Any] = {"currency": "EUR", "at": AT} | parts
    return Basket(lines, **known)


def bought(skus: str, **parts: Any) -> Basket:
    """A basket of these products, one line each: "tea tea mug"."""
    return basket(*(line(str(number), sku) for number, sku in enumerate(skus.split())), **parts)


def priced(promotions: list[Promotion], what: Basket | str, usage: Usage | None = None) -> Answer:
    """The quote."""
    return quote(compile_promotions(promotions), bought(what) if isinstance(what, str) else what, usage)


def reasons(answer: Answer) -> dict[str, str]:
    """Why each promotion, or code, did nothing."""
    return {one.promotion_id or one.code: one.reason for one in answer.skipped}


def applied(answer: Answer) -> dict[str, int]:
    """What each promotion took off."""
    return {one.promotion_id: one.amount_minor for one in answer.applied}


# -- drawn ----------------------------------------------------------------------------------------

_SKUS = st.sampled_from(sorted(SHELF))
_SELECTORS: st.SearchStrategy[dict[str, list[str]]] = st.one_of(
    st.just({}),
    st.sets(_SKUS, min_size=1, max_size=4).map(lambda skus: {"skus": sorted(skus)}),
    st.sampled_from(
        [
            {"categories": ["Drinks"]},
            {"categories": ["Drinks > Coffee"]},
            {"categories": ["Kitchen"], "brands": ["Clay"]},
            {"brands": ["Bean"]},
            {"except_skus": ["mug"]},
        ]
    ),
)
_BP = st.sampled_from([500, 1_000, 1_250, 3_333, 5_000, 10_000])
_BY_ITEM = st.one_of(
    _BP.map(lambda bp: {"kind": "percentage", "off_bp": bp}),
    st.integers(1, 500).map(lambda off: {"kind": "amount", "off_minor": off}),
)
_SETS = st.one_of(
    st.integers(100, 900).map(lambda price: {"kind": "fixed_price", "price_minor": price}),
    st.tuples(st.integers(2, 3), st.integers(1, 2)).map(
        lambda two: {"kind": "n_for_m", "buy": two[0], "pay": min(two[1], two[0] - 1)}
    ),
    st.integers(300, 1_500).map(lambda price: {"kind": "n_for_m", "buy": 2, "price_minor": price}),
    st.tuples(st.integers(2, 3), _BP).map(lambda two: {"kind": "cheapest", "of": two[0], "off_bp": two[1]}),
    st.tuples(_SELECTORS, _SELECTORS, _BP).map(
        lambda three: {
            "kind": "bundle", "parts": [{"products": three[0]}, {"products": three[1]}], "off_bp": three[2],
        }
    ),
    st.tuples(_SELECTORS, _SELECTORS, st.integers(1, 2), st.integers(300, 2_000)).map(
        lambda four: {
            "kind": "bundle", "parts": [{"products": four[0], "quantity": four[2]}, {"products": four[1]}],
            "price_minor": four[3],
        }
    ),
    st.tuples(st.integers(100, 800), st.integers(2, 3)).map(
        lambda two: {"kind": "tier_prices", "prices": [{"price_minor": two[0], "from_quantity": two[1]}]}
    ),
)  # fmt: skip


@st.composite
def items_only(draw: st.DrawFn, *, most: int = 4, bounded: bool = False) -> list[Promotion]:
    """Promotions by item and in sets, and some by item on top."""
    made = []
    for number in range(draw(st.integers(1, most))):
        stack = draw(st.integers(0, 4)) == 0
        effect = draw(_BY_ITEM if stack else st.one_of(_BY_ITEM, _SETS))
        written: dict[str, Any] = {
            "id": f"p{number}", "name": "p", "currency": "EUR", "effect": effect, "products": draw(_SELECTORS),
            "priority": draw(st.integers(0, 2)), "floor_minor": draw(st.sampled_from([0, 0, 0, 100, 400])),
            "group": "on top" if stack else "offers", "mode": "stack" if stack else "best",
        }  # fmt: skip
        if bounded and not stack and draw(st.booleans()):
            by_quantity = effect["kind"] == "tier_prices"
            limits = [{"budget_minor": draw(st.integers(1, 900))}, {"basket": draw(st.integers(1, 2))}]
            written["limits"] = limits[0] if by_quantity else draw(st.sampled_from(limits))
        made.append(msgspec.convert(written, Promotion))
    assert [fault for one in made for fault in lint(one, made)] == []
    return made


_WHOLE = st.one_of(
    st.tuples(st.integers(1, 3_000), st.integers(1, 900)).map(
        lambda two: {"kind": "threshold", "spend_minor": two[0], "off_minor": two[1]}
    ),
    st.tuples(st.integers(1, 3_000), _BP).map(
        lambda two: {"kind": "threshold", "spend_minor": two[0], "off_bp": two[1]}
    ),
    st.integers(1, 900).map(lambda off: {"kind": "amount", "off_minor": off, "per": "basket"}),
)


@st.composite
def any_promotions(draw: st.DrawFn, *, most: int = 4) -> list[Promotion]:
    """Those, some on the whole basket, and some that come alone."""
    made = draw(items_only(most=most))
    whole = draw(st.integers(0, 2))
    if whole:
        # A floor holds back what the basket gets as a whole; that is the one thing more items can make worse.
        made = [msgspec.structs.replace(one, floor_minor=0) for one in made]
    for number in range(whole):
        mode = draw(st.sampled_from(["best", "stack"]))
        written = {
            "id": f"w{number}",
            "name": "w",
            "currency": "EUR",
            "effect": draw(_WHOLE),
            "group": f"whole {mode}",
        }
        made.append(msgspec.convert(written | {"mode": mode}, Promotion))
    if draw(st.booleans()):
        effect = draw(st.one_of(_BY_ITEM, _SETS))
        written = {
            "id": "x",
            "name": "x",
            "currency": "EUR",
            "effect": effect,
            "group": "alone",
            "mode": "exclusive",
        }
        made.append(msgspec.convert(written | {"products": draw(_SELECTORS)}, Promotion))
    return made


@st.composite
def baskets(draw: st.DrawFn, *, most: int = 5, weighed: bool = False) -> Basket:
    """A few lines of what is on the shelf."""
    lines = []
    for number in range(draw(st.integers(1, most))):
        sku = draw(_SKUS)
        quantity = draw(st.sampled_from([1, 1, 2])) * MICRO
        if weighed and draw(st.integers(0, 3)) == 0:
            quantity = draw(st.integers(1, 3 * MICRO))
        category, brand, price = SHELF[sku]
        lines.append(Line(str(number), sku, quantity, price, category, brand))
    return basket(*lines)
