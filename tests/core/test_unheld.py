"""F2: points that a till let be spent without asking. The member pays no more than there is, and than the limit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.ledger import Book, faults
from regulars.capabilities.loyalty.state import Lot, Member

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def book(*amounts: int, held: int = 0) -> Book:
    member = Member(1, {"r"})
    made = Book(member, now=NOW, occurred_at=NOW, key="k", new_id=lambda *parts: "-".join(parts))
    for number, amount in enumerate(amounts):
        lot = Lot(f"l{number}", "r", 1, "p", "sale", "o", 0, 0, NOW, NOW + timedelta(days=number + 1))
        made.grant(lot, amount)
    if held:
        made.hold("h", "r", "p", held, 900)
    made.close("sale")
    return made


def posted(made: Book, debit: str) -> int:
    entries = [entry for one in made.transactions for entry in one.entries]
    return sum(entry.amount for entry in entries if (entry.debit, entry.credit) == (debit, state.REDEEMED))


@pytest.mark.parametrize(
    ("amount", "limit", "taken", "lost"),
    [(30, 100, 30, 0), (80, 100, 50, 30), (80, 20, 20, 60), (40, 0, 0, 40)],
)
def test_f2_what_is_over_the_balance_or_the_limit_is_the_shops(
    amount: int, limit: int, taken: int, lost: int
) -> None:
    made = book(20, 30)
    hold = made.spend_unheld("u", "r", "p", amount, limit, "s")
    made.close("spend")
    assert (hold.state, hold.amount, hold.captured, hold.sale_id) == (state.CAPTURED, amount, taken, "s")
    assert (posted(made, state.MEMBER), posted(made, state.SHOCK)) == (taken, lost)
    assert made.member.balance("p", NOW).balance == 50 - taken


def test_f2_points_that_are_held_elsewhere_are_not_spent_again() -> None:
    made = book(50, held=40)
    assert made.spend_unheld("u", "r", "p", 50, 100, "s").captured == 10
    assert made.member.balance("p", NOW).held == 40


def test_r6_what_was_taken_comes_back_and_what_the_shop_lost_does_not() -> None:
    made = book(20, 30)
    hold = made.spend_unheld("u", "r", "p", 80, 100, "s")
    made.give_back(hold, hold.captured, timedelta(days=1))
    assert made.member.balance("p", NOW).balance == 50


@given(
    amounts=st.lists(st.integers(1, 50), max_size=4),
    amount=st.integers(1, 300),
    limit=st.integers(0, 300),
)
def test_f2_the_books_stay_right_and_nothing_is_owed(amounts: list[int], amount: int, limit: int) -> None:
    made = book(*amounts)
    hold = made.spend_unheld("u", "r", "p", amount, limit, "s")
    made.close("spend")
    assert hold.captured == min(amount, limit, sum(amounts))
    assert posted(made, state.SHOCK) == amount - hold.captured
    assert faults(list(made.member.lots.values()), list(made.member.holds.values())) == []
    assert made.member.debt("p") == 0
