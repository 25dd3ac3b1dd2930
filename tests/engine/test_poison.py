"""One bad event is put aside alone; its neighbours are applied, and nothing else changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from regulars.engine.batch import Memory
from regulars.engine.lane import Limits
from regulars.engine.turn import Turn, utc_now
from regulars.store.errors import StoreUnavailable
from regulars.store.session import Call, Session
from regulars.store.vault import open_sealed
from regulars.vocabulary.errors import InvalidInput
from regulars.vocabulary.intake import Result
from tests.engine.stream import Stream
from tests.engine.world import Told, World, differences, statuses

AT = datetime(2026, 10, 1, 9, 0, tzinfo=UTC).isoformat()
SALE: dict[str, Any] = {
    "id": "bad",
    "type": "sale.completed",
    "occurred_at": AT,
    "store": "leeds",
    "customer": {"external_id": "c1", "email": "jane@example.com"},
    "sale": {"receipt": "bad", "currency": "GBP", "total_minor": 100, "lines": [{"sku": "A", "quantity": 1}]},
}


def sale(**changes: Any) -> bytes:
    return json.dumps(SALE | changes).encode()


def with_sale(**changes: Any) -> bytes:
    return sale(sale=SALE["sale"] | changes)


# What only the database can refuse, and in which the turn of all its neighbours fails first.
REFUSED_BY_THE_DATABASE = {
    "a zero byte in a receipt": with_sale(receipt="a\x00b"),
    "a zero byte in a shop": sale(store="a\x00b"),
    "a zero byte in a till": sale(till="\x00"),
    "a zero byte in a channel": sale(channel="\x00"),
    "a zero byte in a currency of a line's product": with_sale(lines=[{"sku": "a\x00", "name": "x"}]),
    "a zero byte in a product's name": with_sale(lines=[{"sku": "ab", "name": "a\x00b"}]),
    "a zero byte in a member of staff": sale(staff="\x00"),
    "a zero byte in a purpose": sale(
        type="consent.given", sale=None, consent={"channel": "email", "purpose": "a\x00b"}
    ),
    "a zero byte in a fetch": sale(
        type="source.noticed", sale=None, fetches=[{"kind": "order", "reference": "a\x00b"}]
    ),
}

# What is refused before it comes so far.
REFUSED_AT_THE_GATE = {
    "no JSON": b"nope",
    "half of it": sale()[:-20],
    "nothing": b"",
    "a list": b"[]",
    "bytes that are no UTF-8": sale().replace(b"leeds", b"\xff\xfe"),
    "half of a surrogate pair": sale().replace(b"leeds", rb"\ud800"),
    "too deep": b'{"id":"x","properties":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "too large": sale(properties={"note": "x" * 600_000}),
    "no time": json.dumps({k: v for k, v in SALE.items() if k != "occurred_at"}).encode(),
    "a time without an offset": sale(occurred_at="2026-10-01T09:00:00"),
    "a time in the year 9999": sale(occurred_at="9999-12-31T23:59:59-14:00"),
    "a time in the year 1": sale(occurred_at="0001-01-01T00:00:00+14:00"),
    "a time an hour ahead": sale(occurred_at=(utc_now() + timedelta(hours=1)).isoformat()),
    "an amount out of range": with_sale(total_minor=10**15 + 1),
    "an amount beyond all numbers": sale().replace(b'"total_minor": 100', b'"total_minor": ' + b"9" * 400),
    "an amount that is no whole number": with_sale(total_minor=1.5),
    "a quantity that is no number": with_sale(lines=[{"quantity": "NaN"}]),
    "a quantity without end": with_sale(lines=[{"quantity": "Infinity"}]),
    "a quantity beyond all numbers": sale().replace(b'"quantity": 1', b'"quantity": 1e400'),
    "a quantity too fine": with_sale(lines=[{"quantity": "0.1234567"}]),
    "a version out of range": with_sale(version=2**53 + 1),
    "too many lines": with_sale(lines=[{}] * 2_001),
    "a long id": sale(id="x" * 201),
    "no id": sale(id=""),
    "no sale": sale(sale=None),
    "an unknown type": sale(type="sale.imagined"),
    "a type of our own": sale(type="regulars.erased"),
    "an unknown channel of consent": sale(type="consent.given", consent={"channel": "telepathy"}),
    "consent of nobody": sale(type="consent.given", customer=None, consent={"channel": "email"}),
    "stock that is no number": sale(type="stock.updated", stock={"sku": "A", "quantity": "NaN"}),
    "stock beyond all numbers": sale(type="stock.updated", stock={"sku": "A", "quantity": "1e400"}),
    "a time zone that is none": sale(
        type="store.updated", store_details={"code": "a", "time_zone": "../../etc/passwd"}
    ),
    "a time zone with a zero byte": sale(
        type="store.updated", store_details={"code": "a", "time_zone": "\x00"}
    ),
    "a type with a zero byte": sale(type="custom.a\x00b"),
    "an id that is a number": sale(id=5),
}


@pytest.fixture(scope="module")
def neighbours() -> list[Told]:
    """Good events around the bad ones, figures and refunds included."""
    return Stream(11).events(40)


def check_quarantine(world: World, rejected: dict[str, Result], bodies: dict[str, bytes]) -> None:
    kept = {
        row[0].hex: row[1:]
        for row in world.rows("select quarantine_id, code, field, sealed_key, sealed from quarantine")
    }
    assert set(kept) == {result.quarantine_id for result in rejected.values()}
    for name, result in rejected.items():
        code, field, wrapped, sealed = kept[result.quarantine_id or ""]
        assert result.error is not None
        assert (result.error.code, result.error.field) == (code, field)
        assert result.error.message.isprintable()
        body = open_sealed(world.vault.unwrap(wrapped), sealed)
        assert body[:100] == bodies[name][:100] or "UTF-8" in name


def test_what_the_database_refuses_is_put_aside_alone(world: World, neighbours: list[Told]) -> None:
    told = [(1, body) for source_id, body in neighbours if source_id == 1]
    rejected = {}
    gate = world.gate()
    try:
        for number, (name, bad) in enumerate(REFUSED_BY_THE_DATABASE.items()):
            around = told[number * 2 : number * 2 + 2]
            results = world.tell(gate, [*around[:1], (1, bad), *around[1:]])
            assert [r.status for r in results if r.status != "rejected"] == ["applied"] * len(around)
            rejected[name] = next(r for r in results if r.status == "rejected")
            error = rejected[name].error
            assert error is not None
            assert error.code == "data_fault", name
    finally:
        gate.close()
    assert differences(world.state(), world.expected(told[: 2 * len(rejected)])) == []
    check_quarantine(world, rejected, REFUSED_BY_THE_DATABASE)


def test_what_the_gate_refuses_is_put_aside_alone(world: World, neighbours: list[Told]) -> None:
    told = [(1, body) for source_id, body in neighbours if source_id == 1]
    mixed: list[Told] = list(told)
    for number, bad in enumerate(REFUSED_AT_THE_GATE.values()):
        mixed.insert(1 + number * 2, (1, bad))
    gate = world.gate()
    try:
        results = dict(zip((body for _, body in mixed), world.tell(gate, mixed), strict=True))
    finally:
        gate.close()
    rejected = {name: results[bad] for name, bad in REFUSED_AT_THE_GATE.items()}
    assert {name: r.status for name, r in rejected.items()} == dict.fromkeys(rejected, "rejected")
    assert [results[body].status for _, body in told] == ["applied"] * len(told)
    assert differences(world.state(), world.expected(told)) == []
    check_quarantine(world, rejected, REFUSED_AT_THE_GATE)


def test_many_culprits_among_many_are_each_put_aside(world: World, neighbours: list[Told]) -> None:
    bad = [(1, with_sale(receipt=f"\x00{n}").replace(b'"bad"', f'"bad-{n}"'.encode(), 1)) for n in range(6)]
    told = list(neighbours)
    for place, one in zip((0, 3, 4, 20, 33, 45), bad, strict=True):
        told.insert(place, one)
    gate = world.gate()
    try:
        results = world.tell(gate, told)
        again = world.tell(gate, told)
    finally:
        gate.close()
    assert statuses(results) == {"applied": 40, "rejected": 6}
    assert statuses(again) == {"duplicate": 40, "rejected": 6}
    assert differences(world.state(), world.expected(neighbours)) == []


def test_the_id_of_a_rejected_event_stays_free(world: World) -> None:
    gate = world.gate()
    try:
        first = world.tell(gate, [(1, with_sale(receipt="\x00"))])
        second = world.tell(gate, [(1, sale())])
    finally:
        gate.close()
    assert [result.status for result in first + second] == ["rejected", "applied"]
    assert differences(world.state(), world.expected([(1, sale())])) == []


def test_a_turn_that_failed_and_is_run_again_counts_everything_once(
    world: World, neighbours: list[Told]
) -> None:
    """What was prepared is as it was, so that sales of a failed turn count in the next."""
    told = [(source_id, body) for source_id, body in neighbours if source_id == 1]
    gate = world.gate()
    entrance = gate._entrance(world.workspace_id)
    prepare = entrance.preparer.prepare
    items = [prepare(world.sources[1], body, door="events", received_at=utc_now()) for _, body in told]
    gate.close()
    session = Session(world.database)
    turn = Turn(session, world.vault, Memory(), utc_now)
    finish = session.finish

    def gone(calls: Iterable[Call]) -> None:
        session.run(list(calls))
        raise StoreUnavailable("gone")

    # The server goes away at the last moment: the work of the turn is lost.
    session.finish = gone  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        turn.run(items)
    assert world.state().events == 0
    session.finish = finish  # type: ignore[method-assign]
    turn.run(items)
    session.close()
    assert differences(world.state(), world.expected(told)) == []


def test_an_outage_is_no_fault_of_the_events(world: World) -> None:
    """A database that refuses the program, or lacks a month of the log, puts nothing into quarantine."""
    gate = world.gate()
    late = world.gate(clock=lambda: datetime(2099, 1, 1, tzinfo=UTC), limits=Limits(retry_seconds=0.2))
    try:
        with pytest.raises(StoreUnavailable):
            world.tell(late, [(1, sale())])
        assert world.rows("select 1 from quarantine") == []
        assert statuses(world.tell(gate, [(1, sale())])) == {"applied": 1}
    finally:
        gate.close()
        late.close()


def test_a_shop_and_a_member_of_staff_may_have_the_same_code(world: World) -> None:
    gate = world.gate()
    try:
        world.tell(gate, [(1, sale(id="1", store="7", staff=None))])
        world.tell(gate, [(1, sale(id="2", store="8", staff="7"))])
    finally:
        gate.close()
    assert world.rows("select code from store order by 1") == [("7",), ("8",)]
    assert world.rows("select code from staff") == [("7",)]


def test_more_than_a_thousand_events_are_refused_whole(world: World) -> None:
    gate = world.gate()
    try:
        with pytest.raises(InvalidInput):
            gate.submit_wait(world.sources[1], [sale()] * 1_001, door="events")
    finally:
        gate.close()
    assert world.state().events == 0


def test_what_is_kept_in_clear_of_a_rejected_message_says_nothing_of_a_person(world: World) -> None:
    gate = world.gate()
    card = "4111111111111111"
    try:
        for hostile in (card, f"custom.{card}", "jane@example.com", "a\x00b", "x" * 500):
            world.tell(gate, [(1, json.dumps({"id": hostile, "type": hostile, "note": card}).encode())])
    finally:
        gate.close()
    kept = world.rows("select type, field, message, sealed_key, sealed from quarantine")
    assert len(kept) == 5
    for type_, field, message, wrapped, sealed in kept:
        clear = f"{type_} {field} {message}"
        assert card not in clear
        assert "jane" not in clear
        assert b'"note":"[card number removed]"' in open_sealed(world.vault.unwrap(wrapped), sealed)
