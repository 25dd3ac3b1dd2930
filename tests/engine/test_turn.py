"""What a turn promises: once and only once, a fixed number of statements, and one answer for each event."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.engine.batch import Memory
from regulars.engine.turn import Turn, utc_now
from regulars.intake.prepare import Preparer
from regulars.store.session import Session
from regulars.vocabulary.intake import OWN_SOURCE_ID, Source
from tests.engine.stream import Stream
from tests.engine.world import Told, World, differences, statuses

START = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)


def body(number: int, who: int, kind: str = "sale.completed", **changes: Any) -> bytes:
    """A full event of a customer of their own."""
    event: dict[str, Any] = {
        "id": f"{kind}-{number}",
        "type": kind,
        "occurred_at": (START + timedelta(minutes=number)).isoformat(),
        "channel": "store",
        "store": "leeds",
        "till": "7",
        "staff": "s-1",
        "customer": {
            "external_id": f"c{who}",
            "email": f"p{who}@example.com",
            "phone": f"+44207946{who:04}",
            "given_name": "Jane",
            "loyalty_card": f"L{who}",
        },
        "sale": {"receipt": f"R{number}", "currency": "GBP", "total_minor": 500, "lines": [{"sku": "A"}]},
    }
    return json.dumps(event | changes).encode()


class Counting:
    """Runs turns on a session whose statements it counts."""

    def __init__(self, world: World) -> None:
        self.source: Source = world.sources[1]
        self.session = Session(world.database)
        memory = Memory()
        memory.statistics_due = 10**9
        self.preparer = Preparer(world.vault.hash, memory.zones)
        self.turn = Turn(self.session, world.vault, memory, utc_now)

    def statements(self, bodies: list[bytes]) -> int:
        """How many statements one turn of these events takes."""
        prepare = self.preparer.prepare
        items = [prepare(self.source, one, door="events", received_at=utc_now()) for one in bodies]
        before = self.session.statements
        self.turn.run(items)
        return self.session.statements - before


def test_a_turn_takes_as_many_statements_for_one_event_as_for_a_thousand(world: World) -> None:
    refund = {"receipt": "X", "currency": "GBP", "total_minor": 1, "original_receipt": "R{n}"}
    kinds: dict[str, dict[str, Any]] = {
        "sale.completed": {},
        "sale.refunded": {"sale": refund},
        "customer.updated": {"sale": None, "customer": {"external_id": "c{n}", "given_name": "Ann"}},
        "sale.voided": {"sale": {"receipt": "R{n}", "currency": "GBP", "total_minor": 1}},
        "custom.repeated": {"sale": None},
        "customer.deleted": {"sale": None},
    }
    counting = Counting(world)
    counting.statements([body(5_000, 5_000)])

    def make(place: int, n: int, kind: str) -> bytes:
        changes = json.loads(json.dumps(kinds[kind]).replace("{n}", str(n)))
        minute = (START + timedelta(minutes=2_000 * place + n)).isoformat()
        return body(n, n, kind, occurred_at=minute, **changes)

    try:
        for place, kind in enumerate(kinds):
            one = counting.statements([make(place, 1, kind)])
            many = counting.statements([make(place, n, kind) for n in range(2, 1_002)])
            assert one == many, kind
            assert one <= 25
    finally:
        counting.session.close()


def test_repeats_take_no_more_statements_than_news(world: World) -> None:
    counting = Counting(world)
    bodies = [body(n, n) for n in range(100)]
    try:
        first = counting.statements(bodies)
        assert counting.statements(bodies) <= first
        assert counting.statements([body(n, n % 100) for n in range(200, 300)]) <= first
    finally:
        counting.session.close()


def test_an_event_counts_once_however_often_it_comes(world: World, seed: int) -> None:
    told = Stream(seed).events(30)
    gate = world.gate()
    try:
        within = world.tell(gate, [one for one in told for _ in range(3)])
        across = world.tell(gate, told)
    finally:
        gate.close()
    assert statuses(within) == {"applied": 30, "duplicate": 60}
    assert statuses(across) == {"duplicate": 30}
    assert differences(world.state(), world.expected(told)) == []
    # Whatever the answer says, it says whose event it was.
    whose = [{r.profile_id for r in within[n * 3 : n * 3 + 3]} | {across[n].profile_id} for n in range(30)]
    assert all(len(profiles) <= 2 for profiles in whose)
    assert world.rows("select count(*) from event") == [(30,)]


def test_one_id_from_two_sources_is_two_events(world: World) -> None:
    gate = world.gate()
    try:
        results = world.tell(gate, [(1, body(1, 1)), (2, body(1, 1)), (1, body(1, 1))])
    finally:
        gate.close()
    assert [result.status for result in results] == ["applied", "applied", "duplicate"]


def test_an_event_that_comes_again_in_another_month_is_known(world: World, seed: int) -> None:
    """Tracardi #638: when the index of the month changed, one customer became two."""
    told = Stream(seed).events(20)
    months = [utc_now(), utc_now() + timedelta(days=31), utc_now() + timedelta(days=62)]
    answers = []
    for now in months:
        gate = world.gate(clock=lambda now=now: now)  # type: ignore[misc]
        try:
            answers.append(statuses(world.tell(gate, told)))
        finally:
            gate.close()
    assert answers == [{"applied": 20}, {"duplicate": 20}, {"duplicate": 20}]
    assert differences(world.state(), world.expected(told)) == []


def test_answers_come_in_the_order_of_the_events(world: World) -> None:
    told: list[Told] = [(1, body(n, n)) if n % 3 else (1, b"nope") for n in range(30)]
    gate = world.gate()
    try:
        results = world.tell(gate, told)
    finally:
        gate.close()
    assert [r.id for r in results] == [None if n % 3 == 0 else f"sale.completed-{n}" for n in range(30)]
    assert Counter(r.status for r in results) == {"applied": 20, "rejected": 10}
    profiles = {r.profile_id for r in results if r.status == "applied"}
    assert profiles == set(world.state().profiles)


def test_the_answer_names_the_profile_after_the_merge_it_caused(world: World) -> None:
    gate = world.gate()
    try:
        web = world.tell(gate, [(2, body(1, 1, customer={"external_id": "w1", "loyalty_card": "L1"}))])[0]
        till = world.tell(gate, [(1, body(2, 2, customer={"external_id": "c1", "loyalty_card": "L1"}))])[0]
    finally:
        gate.close()
    assert till.profile_id == web.profile_id
    assert set(world.state().profiles.values()) == {web.profile_id}


def test_events_keep_their_record_whatever_is_merged_later(world: World) -> None:
    """Tracardi #784: events kept the id of a profile that was merged away and could not be found."""
    gate = world.gate()
    try:
        world.tell(gate, [(2, body(1, 1, customer={"external_id": "w1", "email": "a@example.com"}))])
        world.tell(gate, [(1, body(2, 2, customer={"external_id": "c1", "email": "a@example.com"}))])
    finally:
        gate.close()
    records = {row[0] for row in world.rows("select record_id from record")}
    assert {row[0] for row in world.rows("select record_id from event")} == records
    assert len({row[0] for row in world.rows("select profile_id from record")}) == 1


def test_the_log_counts_on_without_gaps(world: World, seed: int) -> None:
    stream = Stream(seed)
    told = stream.events(60)
    gate = world.gate()
    try:
        for request in stream.scrambled(told):
            world.tell(gate, [*request, (1, b"nope")])
    finally:
        gate.close()
    numbers = [row[0] for row in world.rows("select event_no from event order by 1")]
    assert numbers == list(range(1, 61))
    turns = world.rows("select turn_no, events, checked_at, loaded_at, decided_at, saved_at from turn")
    assert sum(row[1] for row in turns) == 60
    for _, _, checked_at, loaded_at, decided_at, _ in turns:
        assert checked_at <= loaded_at <= decided_at


def test_the_sale_of_a_shop_far_east_is_of_its_own_day_after_a_restart(world: World) -> None:
    """Receipts that wait while an engine starts are read in their shop's time zone as well."""
    tokyo = json.dumps(
        {
            "id": "tokyo",
            "type": "store.updated",
            "occurred_at": START.isoformat(),
            "store_details": {"code": "tokyo", "time_zone": "Asia/Tokyo"},
        }
    ).encode()
    late = datetime(2026, 10, 2, 23, 30, tzinfo=UTC).isoformat()
    gate = world.gate()
    world.tell(gate, [(1, tokyo)])
    gate.close()
    # An engine that knows no shop yet prepares receipts of two requests before its first turn.
    counting = Counting(world)
    requests = [[body(n, n, store="tokyo", occurred_at=late)] for n in (1, 2)]
    ready = [
        [
            counting.preparer.prepare(counting.source, one, door="events", received_at=utc_now())
            for one in bodies
        ]
        for bodies in requests
    ]
    for items in ready:
        counting.turn.run(items)
    counting.session.close()
    days = world.rows("select distinct business_date::text from sale")
    assert days == [("2026-10-03",)]
    gate = world.gate()
    try:
        again = body(9, 1, store="tokyo", occurred_at=late)
        newer = json.loads(again) | {"version": 2, "sale": json.loads(body(1, 1))["sale"]}
        world.tell(gate, [(1, json.dumps(newer).encode())])
    finally:
        gate.close()
    assert world.rows("select count(*) from sale") == [(2,)]


def test_a_repeat_survives_that_somebody_elses_refund_touches_the_figures(world: World) -> None:
    """The last repeat of what is known is kept beside the figures; saving those must not lose it."""
    jane = {"external_id": "c1", "given_name": "Jane", "email": "new@example.com"}
    old = jane | {"email": "old@example.com"}
    named = {"receipt": "X", "currency": "GBP", "total_minor": 1, "original_receipt": "R10"}
    told = [
        (1, body(10, 1, customer=jane)),
        (1, body(50, 1, customer=jane)),
        (1, body(60, 2, "sale.refunded", customer={"external_id": "c2"}, sale=named)),
        (1, body(30, 1, customer=old)),
    ]
    gate = world.gate()
    try:
        for one in told:
            world.tell(gate, [one])
    finally:
        gate.close()
    assert differences(world.state(), world.expected(told)) == []


def test_a_refund_finds_its_sale_among_years_of_the_same_number(world: World) -> None:
    """Tills start their numbers anew each day: a shop has thousands of receipts number 17."""
    sale = {"receipt": "17", "currency": "GBP", "total_minor": 500}
    days = [(1, body(n * 1_440, n, sale=sale, id=f"d{n}")) for n in range(120, 0, -1)]
    named = sale | {
        "receipt": "X",
        "total_minor": 100,
        "original_receipt": "17",
        "original_business_date": "2026-10-06",
    }
    refund = (1, body(119 * 1_440, 900, "sale.refunded", sale=named, customer=None))
    void = (1, body(30 * 1_440 + 5, 901, "sale.voided", sale=sale, customer=None))
    recent = [one for one in days if json.loads(one[1])["occurred_at"] < utc_now().isoformat()]
    told = [recent[0], refund, *recent[1:], void]
    told = [one for one in told if json.loads(one[1])["occurred_at"] < utc_now().isoformat()]
    gate = world.gate()
    try:
        for request in (told[:10], told[10:30], told[30:]):
            world.tell(gate, request)
    finally:
        gate.close()
    assert differences(world.state(), world.expected(told)) == []


@pytest.mark.parametrize("size", [1, 50])
def test_a_wake_of_a_canary_leaves_nothing_but_its_time(world: World, size: int) -> None:
    canary = json.dumps(
        {"id": "canary", "type": "regulars.canary", "occurred_at": START.isoformat()}
    ).encode()
    ours = Source(world.workspace_id, OWN_SOURCE_ID, "regulars", "regulars", "regulars")
    gate = world.gate()
    try:
        for _ in range(2):
            gate.submit_wait(ours, [canary] * size, door="canary")
    finally:
        gate.close()
    assert world.rows("select canary_at is not null, event_no from workspace_state") == [(True, 0)]
    assert world.rows("select 1 from event") == []


def test_a_void_that_finds_a_better_receipt_gives_the_refund_back(world: World) -> None:
    """Until the sale of its number is known the void means a refund; that refund's own sale is needed then."""
    refund = {"receipt": "1", "original_receipt": "2", "currency": "GBP", "total_minor": 400}
    told = [
        (2, body(1, 1, sale={"receipt": "2", "currency": "GBP", "total_minor": 900})),
        (2, body(2, 2, "sale.refunded", sale=refund)),
        (2, body(3, 3, "sale.voided", sale={"receipt": "1", "currency": "GBP", "total_minor": 0})),
        (2, body(0, 4, sale={"receipt": "1", "currency": "GBP", "total_minor": 100})),
    ]
    gate = world.gate()
    try:
        for one in told:
            world.tell(gate, [one])
    finally:
        gate.close()
    assert differences(world.state(), world.expected(told)) == []
