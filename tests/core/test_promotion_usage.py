"""Use of promotions against a model that keeps every hold and sale apart and adds them up anew each time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from regulars.capabilities.offers.codes import ALPHABET, fits, with_check
from regulars.capabilities.offers.usage import MEMBER, TOTAL, WITH_CODE, Hold, Usage, Used, Where, places
from regulars.vocabulary.events import OfferUse

DAY = date(2026, 11, 26)
START = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
RECORDS = ("a" * 32, "b" * 32)
"""Two records of one customer."""
TOTAL_MOST, MEMBER_MOST, BUDGET = 4, 2, 300

uses = st.builds(
    OfferUse,
    promotion=st.sampled_from(["tea", "mug"]),
    version=st.just(1),
    amount_minor=st.integers(0, 120),
    code=st.sampled_from([None, "c" * 32]),
    total_most=st.just(TOTAL_MOST),
    member_most=st.just(MEMBER_MOST),
    code_most=st.just(2),
    budget_minor=st.just(BUDGET),
)
several = st.lists(uses, min_size=1, max_size=2, unique_by=lambda use: use.promotion)
wheres = st.builds(Where, record_id=st.sampled_from([None, *RECORDS]), store=st.just("s1"), day=st.just(DAY))


class Machine(RuleBasedStateMachine):
    """Holds, sales, returns and time, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.usage, self.now, self.number = Usage(), START, 0
        self.over = False

    def fresh(self) -> str:
        self.number += 1
        return f"{self.number:032x}"

    @rule(uses=several, where=wheres, seconds=st.integers(1, 600))
    def hold(self, uses: list[OfferUse], where: Where, seconds: int) -> None:
        self.usage.settle(self.now)
        made = Hold(self.fresh(), where, self.now + timedelta(seconds=seconds), uses)
        refused = self.usage.hold(made, RECORDS if where.record_id else ())
        assert (made.hold_id in self.usage.holds) == (not refused)

    @rule(uses=several, where=wheres, data=st.data())
    def sell(self, uses: list[OfferUse], where: Where, data: st.DataObject) -> None:
        self.usage.settle(self.now)
        hold_id = data.draw(st.sampled_from([None, *self.usage.holds]))
        hold = self.usage.holds.get(hold_id or "")
        if hold is not None and hold.state == "open":
            uses, where = hold.uses, hold.where
            told = Used(self.fresh(), where, self.now, uses)
            assert self.usage.sell(told, hold_id, RECORDS if where.record_id else ()) == [] or self.over
            return
        told = Used(self.fresh(), where, self.now, uses)
        self.over |= bool(self.usage.sell(told, hold_id, RECORDS if where.record_id else ()))

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.usage.settle(self.now)
        self.usage.release(data.draw(st.sampled_from(["0" * 32, *self.usage.holds])))

    @rule(data=st.data(), back=st.booleans())
    def give_back(self, data: st.DataObject, back: bool) -> None:
        if self.usage.sales:
            used = self.usage.sales[data.draw(st.sampled_from(sorted(self.usage.sales)))]
            if back:
                self.usage.uncount(used)
            else:
                self.usage.count(used, RECORDS if used.where.record_id else ())
                self.over |= bool(used.over)

    @rule(seconds=st.integers(1, 400))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def counts_are_what_holds_and_sales_add_up_to(self) -> None:
        found: dict[tuple[str, str, str], list[int]] = {}
        standing: list[tuple[int, Hold | Used]] = []
        standing += [(1, hold) for hold in self.usage.holds.values() if hold.state == "open"]
        standing += [(0, used) for used in self.usage.sales.values() if used.counted]
        for column, part in standing:
            for use in part.uses:
                for where in places(use, part.where):
                    row = found.setdefault(where, [0, 0, 0, 0])
                    row[column] += 1
                    row[column + 2] += use.amount_minor
        counted = {
            key: [count.uses, count.held, count.spent_minor, count.held_minor]
            for key, count in self.usage.counts.items()
        }
        assert {key: row for key, row in counted.items() if any(row)} == found

    @invariant()
    def no_bound_is_passed_but_by_sales_that_say_so(self) -> None:
        if self.over:
            return
        for (scope, _, name), count in self.usage.counts.items():
            if scope == TOTAL:
                assert count.taken <= TOTAL_MOST, name
                assert count.taken_minor <= BUDGET, name
            if scope == WITH_CODE:
                assert count.taken <= 2, name
        for name in ("tea", "mug"):
            rows = [self.usage.counts.get((MEMBER, record, name)) for record in RECORDS]
            assert sum(row.taken for row in rows if row is not None) <= MEMBER_MOST


TestUsage = Machine.TestCase
TestUsage.settings = settings(max_examples=120, stateful_step_count=30, deadline=None)


def test_a_code_with_one_wrong_sign_fits_no_other() -> None:
    code = with_check("ABCDEFGHJKLMN")
    assert fits(code)
    assert fits(f"{code[:4].lower()}-{code[4:]} ")
    wrong = [
        code[:n] + sign + code[n + 1 :] for n in range(len(code)) for sign in ALPHABET if sign != code[n]
    ]
    assert not any(map(fits, wrong))
    assert not fits(code[:-1])
