"""The figures of the reports are what the receipts add up to, whatever came late, was corrected or forgotten."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from regulars.engine.erase import Eraser
from regulars.engine.turn import utc_now
from regulars.intake.rebuild import Rebuilder
from regulars.store.rollup import Rollup
from regulars.store.session import Session
from regulars.vocabulary.intake import Result
from tests.engine.stream import Stream
from tests.engine.world import Told, World

NAMES = (
    "orders", "identified", "members", "returns", "items_micro", "paid_minor", "returned_minor",
    "identified_minor", "members_minor",
)  # fmt: skip
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Figures = dict[tuple[Any, ...], Counter[str]]


def kept(world: World) -> Figures:
    """The figures as they are kept, without those that are all zero."""
    found = world.rows(
        f"select part, span, store, first_day, name, currency, {', '.join(NAMES)} from report_figure"
    )
    sums = {row[:6]: Counter(dict(zip(NAMES, row[6:], strict=True))) for row in found}
    return {key: counter for key, counter in sums.items() if any(counter.values())}


def expected(world: World, until: date) -> Figures:
    """The figures as the receipts, records and stores add up, worked out here."""
    zones: dict[Any, Any] = dict(world.rows("select code, time_zone from store where time_zone is not null"))
    leaders: dict[Any, Any] = dict(world.rows("select record_id, profile_id from record"))
    known: dict[Any, Any] = dict(world.rows("select record_id, known from record"))
    sums: Figures = {}
    for day, at, store, channel, staff, currency, kind, total, items, on, lines in world.rows(
        "select business_date, occurred_at, store, channel, staff, currency, kind, total_minor, items_micro,"
        " counted_on, lines from sale where counted and kind in (1, 2)"
    ):
        local = at.astimezone(ZoneInfo(zones.get(store, "UTC")))
        member = on is not None and known[leaders[on]]
        names = {
            ("channel", store or "", channel or ""): (total, items),
            ("channels", "", channel or ""): (total, items),
            ("staff", store or "", staff or ""): (total, items),
            ("hour", store or "", f"{local.isoweekday()}-{local:%H}"): (total, items),
        }
        for _, _, category, quantity, *_, line_total in json.loads(lines):
            for key in (("category", store or "", category or ""), ("categories", "", category or "")):
                before = names.get(key, (0, 0))
                names[key] = (before[0] + line_total, before[1] + quantity)
        for (part, place, name), (amount, quantity) in names.items():
            for span, first in (("day", day), ("month", day.replace(day=1))):
                if span == "month" and (part == "channels" or first >= until):
                    continue
                into = sums.setdefault((part, span, place, first, name, currency), Counter())
                into.update(_counted(kind, amount, quantity, on is not None, member))
    return {key: counter for key, counter in sums.items() if any(counter.values())}


def _counted(kind: int, amount: int, quantity: int, identified: bool, member: bool) -> dict[str, int]:
    sold, signed = int(kind == 1), amount if kind == 1 else -amount
    return {
        "orders": sold, "identified": sold * identified, "members": sold * member, "returns": 1 - sold,
        "items_micro": sold * quantity, "paid_minor": sold * amount, "returned_minor": (1 - sold) * amount,
        "identified_minor": signed * identified, "members_minor": signed * member,
    }  # fmt: skip


def settle(world: World) -> None:
    Rollup(world.database, world.workspace_id, now=lambda: NOW).settle()


def agrees(world: World) -> bool:
    settle(world)
    mine, theirs = kept(world), expected(world, NOW.date().replace(day=1))
    differing = {key for key in mine.keys() | theirs.keys() if mine.get(key) != theirs.get(key)}
    assert not differing, [(key, mine.get(key), theirs.get(key)) for key in sorted(differing)[:5]]
    return bool(mine)


def sale(number: int, *, at: str = "2026-10-05T10:00:00Z", kind: str = "completed", **more: Any) -> Told:
    """A receipt of the tills."""
    said = {"receipt": f"r{number}", "currency": "GBP", "total_minor": 500} | more.pop("sale", {})
    body = {"id": f"s{number}", "type": f"sale.{kind}", "occurred_at": at, "store": "leeds", "sale": said}
    return 1, json.dumps(body | more).encode()


def told(world: World, *events: Told) -> list[Result]:
    gate = world.gate()
    try:
        results = world.tell(gate, events)
    finally:
        gate.close()
    assert [result.status for result in results] == ["applied"] * len(events)
    return results


def test_the_figures_follow_a_scrambled_stream_step_by_step(world: World, seed: int) -> None:
    stream = Stream(seed)
    parts = stream.scrambled(stream.events(240))
    gate = world.gate()
    try:
        for number, part in enumerate(parts):
            world.tell(gate, part)
            if number % 5 == 0:
                assert agrees(world) or number < 10
    finally:
        gate.close()
    assert agrees(world)
    assert world.rebuild_differences() == []


def test_a_rebuild_compares_the_figures_and_puts_them_right(world: World, seed: int) -> None:
    told(world, sale(1), sale(2, customer={"email": "a@example.com"}))
    assert agrees(world)
    with world.database.session(world.workspace_id) as connection:
        connection.execute("update report_figure set paid_minor = paid_minor + 1 where part = 'staff'")
    report = Rebuilder(world.database, world.vault).replace()
    assert {line.partition(":")[0] for line in report.differences} == {"reports"}
    assert agrees(world)
    assert world.rebuild_differences() == []


def test_a_customer_who_becomes_known_makes_their_earlier_purchases_a_members(world: World) -> None:
    token = {"payment_token": "par_1"}
    told(world, sale(1, customer=token), sale(2, at="2026-10-06T10:00:00Z", customer=token), sale(3))
    settle(world)
    before = kept(world)["channels", "day", "", date(2026, 10, 5), "", "GBP"]
    assert (before["orders"], before["identified"], before["members"]) == (2, 1, 0)
    told(world, sale(4, at="2026-10-20T10:00:00Z", customer=token | {"loyalty_card": "L1"}))
    assert agrees(world)
    after = kept(world)["channels", "day", "", date(2026, 10, 5), "", "GBP"]
    assert (after["orders"], after["identified"], after["members"]) == (2, 1, 1)


def test_an_erased_customer_leaves_the_sales_and_takes_the_name_from_them(world: World) -> None:
    jane = {"loyalty_card": "L1"}
    back = {"original_receipt": "r1", "total_minor": 200}
    results = told(
        world,
        sale(1, customer=jane),
        sale(2, at="2026-10-09T10:00:00Z", kind="refunded", sale=back),
        sale(3, customer={"loyalty_card": "L2"}),
    )
    assert agrees(world)
    session = Session(world.database)
    Eraser(session, world.vault, utc_now).erase(results[0].profile_id or "", actor="test")
    session.close()
    assert agrees(world)
    sums = kept(world)
    bought = sums["channels", "day", "", date(2026, 10, 5), "", "GBP"]
    assert (bought["orders"], bought["identified"], bought["identified_minor"]) == (2, 1, 500)
    returned = sums["channels", "day", "", date(2026, 10, 9), "", "GBP"]
    assert (returned["returns"], returned["identified_minor"]) == (1, 0)


def test_a_time_zone_told_late_moves_the_hours(world: World) -> None:
    told(world, sale(1))
    settle(world)
    assert any(key[0] == "hour" and key[4] == "1-10" for key in kept(world))
    details = {"code": "leeds", "time_zone": "Europe/London"}
    event = {
        "id": "z1",
        "type": "store.updated",
        "occurred_at": "2026-10-06T10:00:00Z",
        "store_details": details,
    }
    told(world, (1, json.dumps(event).encode()))
    assert agrees(world)
    assert any(key[0] == "hour" and key[4] == "1-11" for key in kept(world))


def test_months_are_added_up_once_they_are_over(world: World) -> None:
    told(world, sale(1, at="2026-10-31T10:00:00Z"), sale(2, at="2026-11-02T10:00:00Z"))
    settle(world)
    assert {key[3] for key in kept(world) if key[1] == "month"} == {date(2026, 10, 1)}
    told(world, sale(3, at="2026-11-03T10:00:00Z"))
    december = Rollup(world.database, world.workspace_id, now=lambda: NOW + timedelta(days=30))
    assert december.settle() == 1
    months = {key[3]: sums for key, sums in kept(world).items() if key[:2] == ("staff", "month")}
    assert {month: sums["orders"] for month, sums in months.items()} == {
        date(2026, 10, 1): 1,
        date(2026, 11, 1): 2,
    }


def test_days_that_a_release_without_reports_wrote_are_found_at_the_start(world: World) -> None:
    told(world, sale(1), sale(2, at="2026-10-08T10:00:00Z"))
    with world.database.session(world.workspace_id) as connection:
        connection.execute("delete from report_touched")
    rollup = Rollup(world.database, world.workspace_id, now=lambda: NOW)
    assert rollup.settle() == 0
    rollup.check()
    assert rollup.settle() == 2
    assert agrees(world)
    rollup.check()
    assert rollup.settle() == 0


def test_names_that_postgres_cannot_read_or_index_stop_nothing(world: World) -> None:
    line = {"category": "ev\x00il", "quantity": "1", "total_minor": 300}
    long = {"category": "\U0001f9c0" * 500, "quantity": "1", "total_minor": 200}
    told(world, sale(1, sale={"lines": [line]}), sale(2, sale={"lines": [long]}))
    settle(world)
    names = {key[4] for key in kept(world) if key[0] == "category"}
    assert names == {"\U0001f9c0" * 200}


def test_no_workspace_sees_the_figures_of_another(world: World, make_world: Any) -> None:
    told(world, sale(1))
    settle(world)
    assert kept(world)
    assert kept(make_world()) == {}
