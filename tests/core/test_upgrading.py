"""TR2: a sale that reaches a tier is counted in the tier before it, or at once where the programme says so."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty.fold import EARLIEST, Fact, Person, credits_of, take
from regulars.capabilities.loyalty.ledger import Book
from regulars.capabilities.loyalty.programme import Programme, Version
from regulars.capabilities.loyalty.purchase import Purchase
from regulars.capabilities.loyalty.returning import BackLine
from regulars.capabilities.loyalty.state import Member, Return
from regulars.capabilities.loyalty.trying import Shopper, try_basket
from tests.core.programmes import AT, BASE, TIERS, line, programme

MULTIPLIED = """
[[multiplier]]
id = "silver"
percent = 200
where = { tiers = ["silver"] }
[[multiplier]]
id = "gold"
percent = 300
where = { tiers = ["gold"] }
"""
SAME = '[cycle]\nupgrade = "same_basket"\n'
OF_POINTS = '[credit]\nof = "points"\n'


def purchase(number: int, minor: int) -> Purchase:
    return Purchase(f"s{number}", AT + timedelta(hours=number), "EUR", (line("1", minor),))


def sold(rules: Programme, member: Member, bought: Purchase, back: Return | None = None) -> int:
    """Count a sale, or what comes back of it, and return what it changed."""
    before = member.balance("points", AT + timedelta(days=900)).balance
    at = bought.occurred_at if back is None else back.occurred_at
    book = Book(member, now=at, occurred_at=at, key=f"{at}", new_id=lambda *parts: "/".join(parts))
    returns = {} if back is None else {back.return_id: back}
    fact = Fact(
        bought.sale_id, "r", bought.occurred_at, counted=True,
        purchase=bought if back is None else None, returns=returns, at=at,
    )  # fmt: skip
    take(book, [fact], [Version(1, EARLIEST, rules)], Person("r", EARLIEST))
    return member.balance("points", AT + timedelta(days=900)).balance - before


def earned(extra: str, *amounts: int) -> list[int]:
    rules, member = programme(BASE + MULTIPLIED + TIERS + extra), Member(1, {"r"})
    return [sold(rules, member, purchase(number, minor)) for number, minor in enumerate(amounts)]


@pytest.mark.parametrize(
    ("extra", "amounts", "points"),
    [
        ("", (9_900, 200, 100), [99, 2, 2]),
        (SAME, (9_900, 200, 100), [99, 4, 2]),
        (SAME, (60_000, 100), [1_800, 3]),  # from nothing to gold in one basket
        ("", (60_000, 100), [600, 3]),
    ],
)
def test_tr2_an_upgrade_counts_from_the_next_sale_or_in_its_own_basket(
    extra: str, amounts: tuple[int, ...], points: list[int]
) -> None:
    assert earned(extra, *amounts) == points


def test_tr2_where_points_are_credit_one_sale_rises_once() -> None:
    """150.00 are 150 points without the upgrade: silver from 100. The 300 it gets count from the next sale on."""
    tiers = TIERS.replace("10_000", "100").replace("50_000", "250")
    rules, member = programme(BASE + MULTIPLIED + tiers + SAME + OF_POINTS), Member(1, {"r"})
    assert [sold(rules, member, purchase(number, minor)) for number, minor in enumerate((15_000, 1_000))] == [
        300,
        30,
    ]


def test_tr2_what_comes_back_takes_what_it_was_given() -> None:
    rules, member = programme(BASE + MULTIPLIED + TIERS + SAME), Member(1, {"r"})
    bought = Purchase("s", AT, "EUR", (line("1", 9_000, pieces=3), line("2", 3_000)))
    assert sold(rules, member, bought) == 240
    for number, (name, pieces, points) in enumerate((("1", 1, 60), ("2", 1, 60), ("1", 2, 120)), 1):
        back = Return(
            f"b{number}", AT + timedelta(hours=number), [BackLine(name, quantity_micro=pieces * 10**6)]
        )
        assert sold(rules, member, bought, back) == -points


@given(
    amounts=st.lists(st.integers(1, 60_000), min_size=1, max_size=6),
    extra=st.sampled_from(("", SAME, SAME + OF_POINTS)),
)
def test_a_basket_that_is_tried_gives_what_the_sale_then_gives(amounts: list[int], extra: str) -> None:
    rules, member = programme(BASE + MULTIPLIED + TIERS + extra), Member(1, {"r"})
    for number, minor in enumerate(amounts):
        bought = purchase(number, minor)
        tried = try_basket(rules, bought, Shopper(EARLIEST, credits=credits_of(member)))
        assert tried.total("points") == sold(rules, member, bought)
