"""Returns: what was given for a line goes back with it, whole, in whatever steps it comes back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty.earning import earn
from regulars.capabilities.loyalty.purchase import SHIPPING_LINE, PurchaseLine, StoredLine, bases, burned
from regulars.capabilities.loyalty.returning import (
    BackLine,
    Matched,
    Over,
    Share,
    SoldLine,
    back_lines,
    match,
    sold_lines,
    take_back,
)
from regulars.capabilities.profile.receipt import row_of
from regulars.capabilities.profile.state import MICRO
from regulars.vocabulary.events import Event, Line, Sale
from regulars.vocabulary.intake import Source

from .programmes import AT, BASE, MEMBER, line, programme, purchase

CLUB = programme(point="pending_days = 14")
SHIRTS = SoldLine("1", 3 * MICRO, 6_000, sku="SHIRT")
SOCKS = SoldLine("2", 2 * MICRO, 1_000, sku="SOCK")


def shares_of(sale_lines: tuple[PurchaseLine, ...], lines: tuple[tuple[str, int], ...]) -> list[Share]:
    quantities = {one.line_id: one.quantity_micro for one in sale_lines} | {SHIPPING_LINE: MICRO}
    return [Share(name, points, 0, quantities[name], 0) for name, points in lines]


def test_r1_a_full_refund_takes_back_all_while_points_are_still_pending() -> None:
    sale = purchase(line("1", 1_999, pieces=3), line("2", 512))
    grant = earn(CLUB, sale, MEMBER).grants[0]
    assert grant.active_at == AT + timedelta(days=14)
    back = take_back(shares_of(sale.lines, grant.lines), {"1": 3 * MICRO, "2": MICRO})
    assert sum(back.values()) == grant.points == 25


def test_r2_a_partial_return_takes_back_what_those_units_gave() -> None:
    """A line bought at double points gives back double, the other what it gave."""
    double = '[[multiplier]]\nid = "x2"\npercent = 200\nwhere = { skus = ["SHIRT"] }'
    sale = purchase(line("1", 6_000, sku="SHIRT", pieces=3), line("2", 1_000, sku="SOCK", pieces=2))
    grant = earn(programme(BASE + double), sale, MEMBER).grants[0]
    shares = shares_of(sale.lines, grant.lines)
    assert grant.points == 130
    assert take_back(shares, {"1": MICRO}) == {"1": 40}
    assert take_back(shares, {"2": MICRO}) == {"2": 5}


def test_complaint_13_the_rule_of_today_has_no_say_in_what_a_return_takes_back() -> None:
    """50 points were given at the old rate; the rate has doubled, or the rule is gone: 50 go back."""
    sale = purchase(line("1", 5_000))
    stored = shares_of(sale.lines, earn(programme(), sale, MEMBER).grants[0].lines)
    for today in (programme(BASE + "rates = { EUR = { points = 2, per_minor = 100 } }"), programme("")):
        assert [grant.points for grant in earn(today, sale, MEMBER).grants] in ([100], [])
        assert take_back(stored, {"1": MICRO}) == {"1": 50}


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 4_000_000)), min_size=1, max_size=6),
    st.data(),
)
def test_r3_any_sequence_of_partial_returns_takes_back_exactly_what_was_given(given_for, data) -> None:  # type: ignore[no-untyped-def]
    taken, returned = [0] * len(given_for), [0] * len(given_for)
    while any(back < quantity for back, (_points, quantity) in zip(returned, given_for, strict=True)):
        shares = [
            Share(str(n), points, taken[n], quantity, returned[n])
            for n, (points, quantity) in enumerate(given_for)
        ]
        coming = {
            str(n): data.draw(st.integers(max(1, (quantity - returned[n]) // 3), quantity - returned[n]))
            for n, (_points, quantity) in enumerate(given_for)
            if returned[n] < quantity
        }
        back = take_back(shares, coming)
        assert all(points > 0 for points in back.values())
        for n in range(len(given_for)):
            taken[n] += back.get(str(n), 0)
            returned[n] += coming.get(str(n), 0)
    assert taken == [points for points, _quantity in given_for]


def test_r6_points_a_basket_was_paid_with_come_back_with_its_lines() -> None:
    sale = purchase(
        line("1", 6_000, pieces=3), line("2", 1_000), tenders=(("points", 1_000), ("card", 6_000))
    )
    spent = burned(sale, 1_000)
    assert spent == {"1": 857, "2": 143}
    shares = shares_of(sale.lines, tuple(spent.items()))
    first = take_back(shares, {"1": MICRO})
    assert first == {"1": 285}
    rest = [
        Share(s.line_id, s.points, first.get(s.line_id, 0), s.quantity_micro, MICRO * (s.line_id == "1"))
        for s in shares
    ]
    assert take_back(rest, {"1": 2 * MICRO, "2": MICRO}) == {"1": 572, "2": 143}


def test_r9_refunded_except_shipping_is_refunded_in_full() -> None:
    sale = purchase(line("1", 6_000, pieces=3), line("2", 1_000, pieces=2), shipping_minor=490)
    grant = earn(CLUB, sale, MEMBER).grants[0]
    for back in (
        [BackLine("1", None, 3 * MICRO), BackLine("2", None, 2 * MICRO)],
        [BackLine(amount_minor=7_000)],
        [BackLine(amount_minor=7_490)],
    ):
        matched = match([SHIRTS, SOCKS], back, other_minor=490)
        assert not matched.over
        assert sum(take_back(shares_of(sale.lines, grant.lines), matched.lines).values()) == grant.points


def test_complaint_14_a_partial_return_moves_only_its_own_lines() -> None:
    """Points, tier credit and points spent each follow the line that comes back; shipping holds nothing up."""
    sale = purchase(
        line("1", 6_000), line("2", 4_000), tenders=(("points", 2_000), ("card", 8_000)), shipping_minor=500
    )
    earned = earn(CLUB, sale, MEMBER)
    assert bases(sale, CLUB.exclude) == {"1": 4_857, "2": 3_238}
    back = {"2": MICRO}
    assert take_back(shares_of(sale.lines, earned.grants[0].lines), back) == {"2": 32}
    assert take_back(shares_of(sale.lines, earned.credit_lines), back) == {"2": 3_238}
    spent = shares_of(sale.lines, tuple(burned(sale, 2_000).items()))
    assert take_back(spent, back) == {"2": 762}
    assert take_back(spent, {SHIPPING_LINE: MICRO}) == {SHIPPING_LINE: 95}


def test_r12_the_same_refund_again_names_what_is_left() -> None:
    once = match([SHIRTS, SOCKS], [BackLine("1", None, 2 * MICRO)])
    assert (once.lines, once.over) == ({"1": 2 * MICRO}, ())
    left = SoldLine("1", 3 * MICRO, 6_000, sku="SHIRT", returned_micro=2 * MICRO)
    twice = match([left, SOCKS], [BackLine("1", None, 2 * MICRO)])
    assert twice.over == (Over(2 * MICRO, MICRO, line_id="1"),)
    assert twice.lines == {"1": MICRO}
    by_sku = match([left, SOCKS], [BackLine(None, "SHIRT", 2 * MICRO)])
    assert by_sku.over == (Over(2 * MICRO, MICRO, sku="SHIRT"),)
    by_amount = match([left], [BackLine(amount_minor=2_001)])
    assert by_amount.over == (Over(2_001, 2_000),)


def test_r12_no_more_than_was_given_is_taken_back_even_when_more_comes_back() -> None:
    assert take_back([Share("1", 10, 0, MICRO, 0)], {"1": 5 * MICRO}) == {"1": 10}
    assert take_back([Share("1", 10, 10, MICRO, MICRO)], {"1": MICRO}) == {}


def test_a_return_without_line_ids_is_matched_by_sku_and_price_then_by_amount() -> None:
    dear = SoldLine("3", MICRO, 2_500, sku="SHIRT")
    assert match([SHIRTS, SOCKS, dear], [BackLine(None, "SHIRT", MICRO, 2_500)]).lines == {"3": MICRO}
    assert match([SHIRTS, SOCKS, dear], [BackLine(None, "SHIRT", MICRO, 2_000)]).lines == {"1": MICRO}
    assert match([SHIRTS, SOCKS], [BackLine(None, "UNKNOWN", MICRO, 1_000)]).lines == {"2": 2 * MICRO}


def test_an_id_that_means_another_product_is_no_line_of_the_sale() -> None:
    """The refund counts its own lines: its line 1 is the sock, which was line 2 of the sale."""
    assert match([SHIRTS, SOCKS], [BackLine("1", "SOCK", MICRO, 500)]).lines == {"2": MICRO}


def test_what_was_never_sold_is_named() -> None:
    assert match([SOCKS], [BackLine("9", "HAT", MICRO)]) == Matched({}, (Over(MICRO, 0, "9", "HAT"),))


TILLS = Source(1, 1, "tills", "api", "tills")


def test_a_refund_names_its_lines_by_the_originals_or_is_an_amount() -> None:
    lines = [
        Line("r1", sku="SOCK", quantity=Decimal(1), total_minor=500, original_line_id="2"),
        Line(sku="SHIRT", quantity=Decimal(-1), total_minor=-2_000),
    ]
    event = Event("e", "sale.refunded", AT, sale=Sale("R2", "EUR", 2_500, lines=lines))
    row = row_of(event, source=TILLS, event_key="k", zone=ZoneInfo("UTC"), hash_=lambda *parts: "0" * 32)
    assert row is not None
    stored = msgspec.json.decode(row.lines, type=list[StoredLine])
    assert match([SHIRTS, SOCKS], back_lines(stored, 2_500)).lines == {"1": MICRO, "2": MICRO}
    assert match([SHIRTS, SOCKS], back_lines([], 7_000)).lines == {"1": 3 * MICRO, "2": 2 * MICRO}


def test_lines_that_bring_goods_back_cannot_come_back_themselves() -> None:
    sale = purchase(line("1", 6_000, sku="SHIRT", pieces=3), line("2", -500, sku="SOCK", pieces=-1))
    assert sold_lines(sale, {"1": MICRO}) == [SoldLine("1", 3 * MICRO, 6_000, "SHIRT", MICRO)]


def test_an_exchange_that_earned_nothing_in_all_can_still_be_undone_line_by_line() -> None:
    """100 points for the first purchase; it is exchanged for one as dear, and that is returned: none are left."""
    exchange = purchase(line("1", 10_030), line("2", -10_000, pieces=-1))
    grant = earn(CLUB, exchange, MEMBER).grants[0]
    assert (grant.points, grant.lines) == (0, (("1", 100), ("2", -100)))
    assert take_back(shares_of(exchange.lines, grant.lines), {"1": MICRO}) == {"1": 100}


def test_an_amount_alone_goes_to_all_that_is_left_in_proportion() -> None:
    assert match([SHIRTS, SOCKS], [BackLine(amount_minor=3_500)]).lines == {"1": 3 * MICRO // 2, "2": MICRO}
    assert match([SHIRTS, SOCKS], [BackLine("1", None, 0, 1_500)]).lines == {"1": 3 * MICRO // 4}


SOLD = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 50_000), st.sampled_from("AB")), min_size=1, max_size=5
)


@given(SOLD, st.lists(st.integers(1, 120_000), max_size=6))
def test_refunds_of_amounts_alone_end_with_everything_back(sold, amounts) -> None:  # type: ignore[no-untyped-def]
    lines = [SoldLine(str(n), q * MICRO, minor, sku=sku) for n, (q, minor, sku) in enumerate(sold)]
    for amount in [*amounts, sum(one.amount_minor for one in lines)]:
        back = match(lines, [BackLine(amount_minor=amount)]).lines
        lines = [
            SoldLine(
                o.line_id, o.quantity_micro, o.amount_minor, o.sku, o.returned_micro + back.get(o.line_id, 0)
            )
            for o in lines
        ]
        assert all(0 <= one.returned_micro <= one.quantity_micro for one in lines)
    assert all(one.left_minor == 0 for one in lines)


BACK = st.lists(
    st.builds(
        BackLine,
        line_id=st.sampled_from(["0", "1", None, "9"]),
        sku=st.sampled_from(["A", "B", None]),
        quantity_micro=st.integers(0, 3_000_000),
        amount_minor=st.integers(0, 9_000),
    ),
    max_size=5,
)


@given(SOLD, BACK, st.randoms(use_true_random=False))
def test_the_order_of_a_return_does_not_matter(sold, back, random) -> None:  # type: ignore[no-untyped-def]
    lines = [SoldLine(str(n), q * MICRO, minor, sku=sku) for n, (q, minor, sku) in enumerate(sold)]
    one = match(lines, back)
    random.shuffle(lines)
    random.shuffle(back)
    assert match(lines, back) == one
    assert all(
        0 < micro <= next(s.quantity_micro for s in lines if s.line_id == n) for n, micro in one.lines.items()
    )


@given(SOLD, st.data())
def test_i12_after_any_partial_returns_a_return_of_the_rest_leaves_no_effect(sold, data) -> None:  # type: ignore[no-untyped-def]
    there = tuple(line(str(n), minor, sku=sku, pieces=q) for n, (q, minor, sku) in enumerate(sold))
    grants = earn(CLUB, purchase(*there), MEMBER).grants
    if not grants:
        return
    shares = shares_of(there, grants[0].lines)
    part = {s.line_id: data.draw(st.integers(0, s.quantity_micro)) for s in shares}
    first = take_back(shares, part)
    rest = [
        Share(s.line_id, s.points, first.get(s.line_id, 0), s.quantity_micro, part[s.line_id]) for s in shares
    ]
    second = take_back(rest, {s.line_id: s.quantity_micro - part[s.line_id] for s in shares})
    assert sum(first.values()) + sum(second.values()) == grants[0].points
