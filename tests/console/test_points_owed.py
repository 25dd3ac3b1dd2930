"""Points owed: the figures of the report against sums made by hand and against the lots, and who may see them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Any

import pytest

from regulars.capabilities.loyalty.liability import Kind, Movement
from regulars.console.services.points_owed import PointsOwed, Span, load_points_owed
from regulars.engine.programmes import publication, save_draft
from regulars.intake.gate import EngineGate
from regulars.store.partitions import ensure_partitions
from regulars.store.session import Session
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.errors import Forbidden
from regulars.vocabulary.events import CAPTURED, HELD, OPENED, SWEPT
from regulars.vocabulary.intake import own_source
from tests.console.stage import Stage
from tests.console.test_pages import check
from tests.console.test_store_points import words
from tests.members import PROGRAMME, join, publish, say, sell

RULES = PROGRAMME.replace("months = 12", "months = 3")
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)


class Clock:
    """The time at which the engine writes down what it is told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, month: int, day: int) -> datetime:
        """Go to a day of 2026."""
        self.now = datetime(2026, month, day, 12, tzinfo=UTC)
        return self.now


@pytest.fixture
def clock(stage: Stage) -> Iterator[Clock]:
    """An engine of its own time."""
    made = Clock()
    with closing(stage.database.connect_owner()) as owner:
        for month in range(1, 8):
            ensure_partitions(owner, datetime(2026, month, 1, tzinfo=UTC))
    stage.gate = gate = EngineGate(stage.database, stage.master, clock=made)
    yield made
    gate.close()


def books(stage: Stage, clock: Clock, rules: str = RULES) -> str:
    """Ada's year: 1,000 points in January, 500 in February, 300 redeemed, 200 for nothing in March."""
    session = Session(stage.database)
    draft = save_draft(session, stage.vault, rules, number=None, actor="cli", now=clock.now)
    body = publication(
        session, stage.vault, draft.number, effective_from=SINCE, actor="cli", reason="", now=clock.now
    )
    session.close()
    (result,) = stage.gate.submit_wait(own_source(stage.workspace_id), [body], door="test")
    assert result.status == "applied"
    tills = stage.source("tills")
    ada = join(stage, tills, "ada", since=SINCE)
    sell(stage, tills, "ada", 100_000, at=clock.turn(1, 10), receipt="JAN")
    sell(stage, tills, "ada", 50_000, at=clock.turn(2, 10), receipt="FEB")
    redeem(stage, ada, clock.turn(2, 20), 300)
    say(stage, OPENED, ada, at=clock.turn(3, 5), amount=200)
    return ada


def redeem(stage: Stage, member: str, at: datetime, amount: int) -> None:
    """Points that are held and captured."""
    held = say(stage, HELD, member, at=at, amount=amount)
    say(stage, CAPTURED, member, at=at, hold=held.hold, amount=amount)


def owed(stage: Stage, first: date, last: date, now: datetime | None = None, **asked: Any) -> PointsOwed:
    """The report of some days."""

    async def load() -> Any:
        async with stage.database.read(asked.pop("workspace", stage.workspace_id)) as conn:
            return await load_points_owed(
                conn, stage.workspace_id, Span(first, last), programme=None, point=None,
                stores=asked.pop("stores", None), now=now or datetime(2026, 12, 1, tzinfo=UTC),
            )  # fmt: skip

    found: PointsOwed = stage.run(load())
    return found


def movement(found: PointsOwed, kind: Kind = Kind.REVENUE) -> tuple[int, ...]:
    """Opening, issued, redeemed, estimate, expired, closing."""
    (total,) = (one.movement for one in found.report.totals if one.kind is kind)
    return tuple(getattr(total, name) for name in Movement.__struct_fields__)


def test_the_figures_are_those_worked_out_by_hand(stage: Stage, clock: Clock) -> None:
    books(stage, clock)
    # 1,000.00 with 1,000 points of 0.01: 100,000 × 1,000 ÷ 101,000 = 990.10 are set aside; all may be redeemed.
    assert movement(owed(stage, JANUARY, date(2026, 1, 31))) == (0, 990, 0, 0, 0, 990)
    # 500.00 with 500 points set 495.05 aside; 300 of January's 1,000 redeemed recognise 297.03: 990 − 297.
    february = owed(stage, FEBRUARY, date(2026, 2, 28))
    assert movement(february) == (990, 495, -297, 0, 0, 1_188)
    assert [(one.month, one.outstanding, one.movement.closing_minor) for one in february.report.rows] == [
        (JANUARY, 700, 693),
        (FEBRUARY, 500, 495),
    ]
    assert (february.issued, february.redeemed, february.expired) == (500, 300, 0)
    assert february.redemption_rate == pytest.approx(0.6)
    # Points that no sale gave are a cost, at what they are worth.
    march = owed(stage, MARCH, date(2026, 3, 31))
    assert movement(march, Kind.COST) == (0, 200, 0, 0, 0, 200)
    assert movement(march) == (1_188, 0, 0, 0, 0, 1_188)


def test_once_points_were_seen_to_expire_the_rest_is_expected_to(stage: Stage, clock: Clock) -> None:
    ada = books(stage, clock)
    assert movement(owed(stage, date(2026, 4, 1), date(2026, 4, 30)))[-1] == 1_188
    say(stage, SWEPT, ada, at=clock.turn(5, 2))
    may = owed(stage, date(2026, 5, 1), date(2026, 5, 31))
    # All that were left of January's ended: nothing more is owed for them, and nothing is expected of February's.
    opening, issued, redeemed, estimate, expired, end = movement(may)
    assert (opening, issued, redeemed, end) == (1_188, 0, 0, 0)
    assert estimate + expired == -1_188
    assert [(one.month, one.expired, one.outstanding, one.expected_breakage) for one in may.report.rows] == [
        (MARCH, 0, 200, 200), (JANUARY, 700, 0, 0), (FEBRUARY, 0, 500, 500),
    ]  # fmt: skip
    assert may.breakage == pytest.approx(0.7)


def test_each_period_begins_where_the_last_one_ended_and_every_line_adds_up(
    stage: Stage, clock: Clock
) -> None:
    ada = books(stage, clock)
    say(stage, SWEPT, ada, at=clock.turn(5, 2))
    ends = [date(2026, month, 28) for month in range(1, 7)]
    before: dict[Any, int] = {}
    for first, last in zip([JANUARY, *ends], ends, strict=False):
        begin = first if first == JANUARY else first.replace(day=29) if first.month != 2 else MARCH
        found = owed(stage, begin, last)
        moved = [one.movement for one in found.report.rows]
        for m in (*moved, *(one.movement for one in found.report.totals)):
            assert m.closing_minor == (
                m.opening_minor + m.issued_minor + m.redeemed_minor + m.estimate_minor + m.expired_minor
            )
        opened = {
            (one.currency, one.kind, one.month): one.movement.opening_minor for one in found.report.rows
        }
        assert {key: minor for key, minor in opened.items() if minor} == {
            key: minor for key, minor in before.items() if minor
        }
        before = {
            (one.currency, one.kind, one.month): one.movement.closing_minor for one in found.report.rows
        }


def test_what_is_open_is_what_the_lots_hold_whatever_was_returned(stage: Stage, clock: Clock) -> None:
    ada = books(stage, clock)
    tills = stage.source("tills")
    back = {"kind": "refunded", "original_receipt": "FEB", "original_store": "london-1"}
    sell(stage, tills, "ada", 20_000, at=clock.turn(3, 8), **back)
    sell(stage, tills, "ada", 30_000, at=clock.turn(3, 9), receipt="MAR")
    redeem(stage, ada, clock.turn(3, 10), 750)
    found = owed(stage, MARCH, date(2026, 3, 31))
    with stage.database.session(stage.workspace_id) as conn:
        lots = conn.execute("select sum(remaining) from loyalty_lot").fetchone()
        spent = conn.execute("select sum(captured - returned) from loyalty_hold").fetchone()
    assert lots is not None
    assert spent is not None
    assert (found.outstanding, sum(one.redeemed for one in found.report.rows)) == (lots[0], spent[0])
    assert found.outstanding == 1_000 + 500 - 500 + 200 + 300 - 300 - 750, "the one unit came back"
    now = owed(stage, MARCH, date(2026, 3, 31), now=datetime(2026, 3, 31, 15, tzinfo=UTC))
    assert now.off == 0
    assert found.off is None, "lots know nothing of a day that is over"


VOUCHER = """
[[reward]]
code = "later"
name = "2 off later"
point = "points"
points = 200
kind = "voucher"
value_minor = { GBP = 200 }
valid_days = 60
"""


def buy_voucher(stage: Stage, member: str, at: datetime) -> str:
    """A voucher for 200 points; what is kept of its code."""
    held = say(stage, HELD, member, at=at, reward="later", ttl_seconds=60)
    say(stage, CAPTURED, member, at=at, hold=held.hold)
    with stage.database.session(stage.workspace_id) as conn:
        found = conn.execute(
            "select replace(code_hash::text, '-', '') from promotion_code where hold_id = %s", (held.hold,)
        ).fetchone()
    assert found is not None
    return str(found[0])


def test_points_that_bought_a_voucher_are_owed_until_it_is_used_or_ends(stage: Stage, clock: Clock) -> None:
    ada = books(stage, clock, RULES + VOUCHER)
    used, _ended = (buy_voucher(stage, ada, clock.turn(3, day)) for day in (6, 7))
    # 300 of January's 1,000 points were redeemed in February. 400 more buy two vouchers: nothing is redeemed by that.
    march = owed(stage, MARCH, date(2026, 3, 31))
    assert movement(march) == (1_188, 0, 0, 0, 0, 1_188)
    assert (march.vouchers, march.points_in_vouchers, march.redeemed) == (2, 400, 0)
    assert march.in_vouchers == {("GBP", Kind.REVENUE, JANUARY): 400}
    now = owed(stage, MARCH, date(2026, 3, 31), now=datetime(2026, 3, 31, 15, tzinfo=UTC))
    assert now.off == 0, "what lots and vouchers hold"
    with closing(stage.client()) as owner:
        text = words(owner.get("/reports/points-owed?from=2026-03-01&to=2026-03-31").text)
        assert "400 open points bought 2 vouchers that were not used yet" in text
        file = owner.get("/reports/points-owed.csv?from=2026-03-01&to=2026-03-31").content.decode("utf-8-sig")
    assert [
        one["in_vouchers"] for one in csv.DictReader(io.StringIO(file)) if one["month"] == "2026-01-01"
    ] == ["400"]
    # One is used in April: 200 ÷ 1,000 of the 990.10 that January set aside, 198.02.
    at = clock.turn(4, 10)
    use = {"promotion": "~voucher", "version": 1, "amount_minor": 200, "code": used, "code_most": 1}
    sell(stage, stage.source("tills"), "ada", 0, at=at, loyalty={"promotions": [use]})
    april = owed(stage, date(2026, 4, 1), date(2026, 4, 30))
    assert movement(april) == (1_188, 0, -198, 0, 0, 990)
    assert (april.vouchers, april.points_in_vouchers, april.redeemed, april.expired) == (1, 200, 200, 0)
    assert movement(owed(stage, MARCH, date(2026, 3, 31))) == (1_188, 0, 0, 0, 0, 1_188), "March is over"
    # The other ends on 7 May, and its points with it.
    may = owed(stage, date(2026, 5, 1), date(2026, 5, 31))
    assert (may.vouchers, may.points_in_vouchers, may.redeemed, may.expired) == (0, 0, 0, 200)


def test_rates_count_members_and_sales_of_the_span(stage: Stage, clock: Clock) -> None:
    books(stage, clock)
    join(stage, stage.source("tills"), "bob", since=SINCE)
    sell(stage, stage.source("tills"), "stranger", 900, at=clock.turn(2, 11))
    found = owed(stage, FEBRUARY, date(2026, 2, 28))
    assert (found.members, found.active_members) == (2, 1)
    assert (found.sales, found.member_sales) == (2, 1)
    assert found.participation == pytest.approx(0.5)


def test_the_page_and_the_file_say_the_same(stage: Stage, clock: Clock) -> None:
    books(stage, clock)
    with closing(stage.client()) as owner:
        page = owner.get("/reports/points-owed?from=2026-02-01&to=2026-02-28")
        check(page)
        text = words(page.text)
        for shown in ("£11.88", "£9.90", "£4.95", "60%", "300 of 500 points", "With a sale, GBP"):
            assert shown in text, shown
        href = re.search(r'href="(/reports/points-owed.csv[^"]*)"', page.text)
        assert href is not None
        answer = owner.get(href[1].replace("&amp;", "&"))
        lines = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(one["month"], one["issued"], one["opening"], one["closing"]) for one in lines] == [
        ("2026-01-01", "1000", "9.90", "6.93"),
        ("2026-02-01", "500", "0.00", "4.95"),
    ]


def test_bad_days_are_named_and_an_empty_shop_is_told_what_comes(stage: Stage) -> None:
    with closing(stage.client()) as owner:
        assert "No programme yet" in owner.get("/reports/points-owed").text
        assert owner.get("/reports/points-owed.csv").status_code == 404
        publish(stage)
        assert "No points yet" in owner.get("/reports/points-owed").text
        for asked in ("from=x", "to=2999-01-01", "from=2026-03-01&to=2026-02-01", "from=2020-01-01"):
            answer = owner.get(f"/reports/points-owed?{asked}")
            assert answer.status_code == 400, asked
            assert "cannot be shown" in answer.text
        assert owner.get("/reports/points-owed?programme=9").status_code == 404


def test_who_is_limited_to_stores_and_another_workspace_see_nothing(stage: Stage, clock: Clock) -> None:
    books(stage, clock)
    with pytest.raises(Forbidden):
        owed(stage, JANUARY, JANUARY, stores=frozenset({"london-1"}))
    other = add_workspace(stage.database, "other")
    assert owed(stage, JANUARY, JANUARY, workspace=other) is None


@pytest.mark.parametrize("role", ["associate", "engineer", "privacy"])
def test_other_roles_do_not_see_it(stage: Stage, role: Any) -> None:
    stage.add_account("x@example.com", role)
    with closing(stage.client(email="x@example.com")) as client:
        assert client.get("/reports/points-owed").status_code == 403
        assert client.get("/reports/points-owed.csv").status_code == 403
