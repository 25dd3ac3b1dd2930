"""The clock and the states of a request: what the law fixes."""

from __future__ import annotations

import calendar
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from regulars.console.requests import rules
from regulars.vocabulary.errors import Conflict

DAYS = st.dates(date(2018, 5, 25), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("received", "due", "extended"),
    [
        (date(2026, 1, 31), date(2026, 2, 28), date(2026, 4, 30)),
        (date(2028, 1, 31), date(2028, 2, 29), date(2028, 4, 30)),
        (date(2026, 1, 28), date(2026, 2, 28), date(2026, 4, 28)),
        (date(2026, 3, 31), date(2026, 4, 30), date(2026, 6, 30)),
        (date(2026, 8, 31), date(2026, 9, 30), date(2026, 11, 30)),
        (date(2026, 11, 30), date(2026, 12, 30), date(2027, 2, 28)),
        (date(2026, 12, 31), date(2027, 1, 31), date(2027, 3, 31)),
        (date(2028, 2, 29), date(2028, 3, 29), date(2028, 5, 29)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last_one(received: date, due: date, extended: date) -> None:
    assert rules.deadline(received) == due
    assert rules.deadline(received, extended=True) == extended


@given(DAYS)
def test_a_deadline_is_in_the_next_month_and_never_before_an_earlier_receipt_s(received: date) -> None:
    due = rules.deadline(received)
    assert (due.year * 12 + due.month) - (received.year * 12 + received.month) == 1
    assert due.day == min(received.day, calendar.monthrange(due.year, due.month)[1])
    assert 28 <= (due - received).days <= 31
    assert due <= rules.deadline(received + timedelta(days=1))
    assert due < rules.deadline(received, extended=True)


class Desk(RuleBasedStateMachine):
    """Any steps in any order: what is closed stays closed, and nothing is carried out unchecked."""

    def __init__(self) -> None:
        super().__init__()
        self.state: rules.State = "new"
        self.taken: list[str] = []

    @rule(step=st.sampled_from(rules.STEPS))
    def step(self, step: rules.Step) -> None:
        with suppress(Conflict):
            self.state = rules.after(self.state, step)
            self.taken.append(step)

    @invariant()
    def nothing_is_done_unchecked_or_twice(self) -> None:
        ends = [at for at, step in enumerate(self.taken) if step in ("carry_out", "refuse")]
        assert len(ends) <= 1
        assert (self.state in rules.OPEN) is not bool(ends)
        if "carry_out" in self.taken:
            assert "check" in self.taken[: self.taken.index("carry_out")]
        if ends:
            assert set(self.taken[ends[0] + 1 :]) <= {"note"}


TestDesk = Desk.TestCase
