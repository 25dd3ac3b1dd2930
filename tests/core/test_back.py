"""What goods that come back mean, worked out before they do: parts add up to the whole, whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty.back import Back, back_of
from regulars.capabilities.loyalty.purchase import Purchase, PurchaseLine
from regulars.capabilities.loyalty.returning import SoldLine
from regulars.capabilities.loyalty.state import Earning, Hold, Posted
from regulars.capabilities.profile.state import MICRO

AT = datetime(2026, 3, 2, tzinfo=UTC)
LINES = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 5_000)), min_size=1, max_size=4)


def purchase(lines: list[tuple[int, int]], with_points: int) -> Purchase:
    return Purchase(
        "s",
        AT,
        "GBP",
        tuple(
            PurchaseLine(f"{n}", minor, quantity_micro=pieces * MICRO)
            for n, (pieces, minor) in enumerate(lines)
        ),
        (("points", with_points), ("card", sum(minor for _, minor in lines) - with_points)),
    )


def earned(points: list[int]) -> Earning:
    shares = [(f"{n}", amount) for n, amount in enumerate(points)]
    posted = Posted("base", "p", "lot", sum(points), shares, AT, None)
    other = Posted("base", "miles", "lot2", 99, [("0", 99)], AT, None)
    return Earning("s", "r", 1, AT, posted=[posted, other])


def sold(bought: Purchase, back: dict[str, int]) -> list[SoldLine]:
    return [
        SoldLine(one.line_id, one.quantity_micro, one.net_minor, returned_micro=back.get(one.line_id, 0))
        for one in bought.lines
    ]


@given(lines=LINES, data=st.data())
def test_r3_pieces_that_come_back_one_by_one_add_up_to_the_sale(
    lines: list[tuple[int, int]], data: st.DataObject
) -> None:
    total = sum(minor for _, minor in lines)
    bought = purchase(lines, data.draw(st.integers(0, total)))
    points = data.draw(st.lists(st.integers(0, 50), min_size=len(lines), max_size=len(lines)))
    spent = data.draw(st.integers(0, 500))
    hold = Hold("h", "r", 1, "p", spent, AT, "captured", spent, sale_id="s")
    pieces = data.draw(st.permutations([f"{n}" for n, (count, _) in enumerate(lines) for _ in range(count)]))
    back: dict[str, int] = {}
    parts: list[Back] = []
    for name in pieces:
        known = sold(bought, back)
        parts.append(
            back_of(bought, known, {name: MICRO}, point="p", earnings=[earned(points)], spent=[hold])
        )
        back[name] = back.get(name, 0) + MICRO
    assert sum(one.total_minor for one in parts) == total
    assert sum(one.points_minor for one in parts) == bought.tenders[0][1]
    assert sum(one.taken for one in parts) == sum(points)
    assert sum(one.given for one in parts) == spent


def test_a_sale_of_no_member_gives_back_money_alone() -> None:
    bought = purchase([(2, 1_000)], 0)
    back = back_of(bought, sold(bought, {}), {"0": MICRO}, point=None)
    assert (back.total_minor, back.points_minor, back.taken, back.given) == (500, 0, 0, 0)
