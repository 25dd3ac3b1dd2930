"""What webhooks are told: what became true, with the turn that made it true, once, and ids only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from regulars.capabilities.identity.regrouping import regrouped
from regulars.engine.erase import Eraser
from regulars.engine.lane import Limits
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.session import Session
from regulars.vocabulary.webhooks import MESSAGES
from tests.engine.test_turn import START, Counting, body
from tests.engine.world import World

ALL = tuple(MESSAGES)


@pytest.fixture
def gate(world: World) -> Iterator[EngineGate]:
    gate = world.gate()
    yield gate
    gate.close()


def listen(world: World, *types: str, endpoint: int = 1) -> None:
    """An endpoint that is told of these types, as the register would add it."""
    with world.database.session(world.workspace_id) as connection:
        connection.execute(
            "insert into webhook (workspace_id, endpoint_id, url, description, types, sealed_secret)"
            " values (%s, %s, 'https://example.com/', '', %s, '')",
            (world.workspace_id, endpoint, list(types)),
        )
        connection.execute(
            "update workspace_state set cache_no = cache_no + 1 where workspace_id = %s",
            (world.workspace_id,),
        )


def told(world: World) -> list[tuple[str, dict[str, Any]]]:
    """Types and contents of the messages so far, in the order they were written."""
    rows = world.rows("select body from outbox where kind = 'webhook' order by outbox_id")
    return [(one["type"], one["data"]) for (one,) in rows]


def of(world: World, type_: str) -> list[dict[str, Any]]:
    return [data for kind, data in told(world) if kind == type_]


def tell(world: World, gate: EngineGate, *bodies: bytes) -> list[str | None]:
    return [result.profile_id for result in world.tell(gate, [(1, one) for one in bodies])]


def consent(number: int, kind: str, minutes: int, who: int = 1) -> bytes:
    at = (START + timedelta(minutes=minutes)).isoformat()
    said = {"channel": "email", "purpose": "marketing"}
    return body(number, who, f"consent.{kind}", occurred_at=at, consent=said, sale=None)


def test_a_first_sale_tells_of_the_customer_and_of_the_sale(world: World, gate: EngineGate) -> None:
    listen(world, *ALL)
    [profile] = tell(world, gate, body(1, 1))
    [(sale_id,)] = world.rows("select sale_id from sale")
    assert told(world) == [
        ("profile.created", {"profile_id": profile}),
        (
            "sale.recorded",
            {
                "sale_id": sale_id.hex, "version": 1, "profile_id": profile, "amount_minor": 500, "currency": "GBP",
                "store": "leeds", "occurred_at": (START + timedelta(minutes=1)).isoformat().replace("+00:00", "Z"),
            },
        ),
    ]  # fmt: skip


def test_nothing_of_a_person_is_in_a_message(world: World, gate: EngineGate) -> None:
    listen(world, *ALL)
    tell(world, gate, body(1, 1), consent(2, "given", 3))
    text = json.dumps(told(world)).casefold()
    for secret in ("p1@example.com", "44207946", "jane", 'l1"', 'c1"'):
        assert secret not in text


def test_repeats_refunds_voids_and_old_versions_record_no_sale(world: World, gate: EngineGate) -> None:
    listen(world, "sale.recorded")
    sale = {"receipt": "R1", "currency": "GBP", "total_minor": 500, "lines": []}
    tell(world, gate, body(1, 1, sale=sale | {"version": 2}))
    tell(world, gate, body(1, 1, sale=sale | {"version": 2}))
    tell(world, gate, body(2, 1, sale=sale | {"version": 1}, occurred_at=START.isoformat()))
    refund = {"receipt": "F1", "original_receipt": "R1", "currency": "GBP", "total_minor": 500, "lines": []}
    tell(world, gate, body(3, 1, "sale.refunded", sale=refund))
    assert [(one["version"], one["amount_minor"]) for one in of(world, "sale.recorded")] == [(2, 500)]
    newer = body(4, 1, sale=sale | {"version": 3, "total_minor": 450})
    tell(world, gate, newer)
    first, second = of(world, "sale.recorded")
    assert second["sale_id"] == first["sale_id"]
    assert (second["version"], second["amount_minor"]) == (3, 450)


def test_an_anonymous_sale_names_nobody(world: World, gate: EngineGate) -> None:
    listen(world, *ALL)
    tell(world, gate, body(1, 1, customer=None))
    assert [(kind, data["profile_id"]) for kind, data in told(world)] == [("sale.recorded", None)]


def test_two_who_turn_out_to_be_one_and_are_two_again(world: World, gate: EngineGate) -> None:
    listen(world, "profile.created", "profile.merged", "profile.split")
    card = {"external_id": "a", "loyalty_card": "L1"}
    [one] = tell(world, gate, body(1, 1, customer=card))
    [other] = tell(world, gate, body(2, 1, customer={"external_id": "b", "loyalty_card": "L2"}))
    moved = {"external_id": "b", "loyalty_card": "L1"}
    [now] = tell(world, gate, body(3, 1, customer=moved))
    assert now in (one, other)
    gone = other if now == one else one
    assert of(world, "profile.merged") == [{"profile_id": now, "from_ids": [gone]}]
    back = {"external_id": "b", "loyalty_card": "L2"}
    tell(world, gate, body(4, 1, customer=back))
    assert of(world, "profile.split") == [{"profile_id": now, "into_ids": sorted([one or "", other or ""])}]
    assert len(of(world, "profile.created")) == 2


@pytest.mark.parametrize(
    ("before", "after", "moves", "created", "merged", "split"),
    [
        (set(), {"a"}, set(), ["a"], {}, {}),
        ({"a"}, {"a"}, set(), [], {}, {}),
        ({"a", "b"}, {"a"}, {("b", "a")}, [], {"a": ["b"]}, {}),
        ({"b"}, {"a"}, {("b", "a")}, [], {"a": ["b"]}, {}),
        ({"a"}, {"a", "b"}, {("a", "b")}, [], {}, {"a": ["a", "b"]}),
        ({"a"}, {"b", "c"}, {("a", "b"), ("a", "c")}, [], {}, {"a": ["b", "c"]}),
        ({"a", "b"}, {"a", "c"}, {("b", "a"), ("b", "c")}, [], {}, {"b": ["a", "c"]}),
    ],
)
def test_what_became_of_profiles_is_told_by_their_ids(
    before: set[str], after: set[str], moves: set[tuple[str, str]], created: Any, merged: Any, split: Any
) -> None:
    found = regrouped(before, after, moves)
    assert (found.created, found.merged, found.split) == (created, merged, split)


def test_consent_is_told_when_another_word_holds(world: World, gate: EngineGate) -> None:
    listen(world, "consent.changed")
    [profile] = tell(world, gate, consent(1, "given", 10))
    tell(world, gate, consent(2, "given", 20))  # again
    tell(world, gate, consent(3, "withdrawn", 15))  # came late
    assert [one["granted"] for one in of(world, "consent.changed")] == [True]
    tell(world, gate, consent(4, "withdrawn", 30))
    first, second = of(world, "consent.changed")
    assert (first["profile_id"], first["channel"], first["purpose"]) == (profile, "email", "marketing")
    assert second["granted"] is False


def test_a_rejected_event_is_told_once(world: World, gate: EngineGate) -> None:
    listen(world, *ALL)
    world.tell(gate, [(1, b'{"id": "x", "type": "sale.completed"}')])
    [(quarantine_id, code, field)] = world.rows("select quarantine_id, code, field from quarantine")
    wanted = {"quarantine_id": quarantine_id.hex, "source": "tills", "code": code, "field": field}
    assert told(world) == [("event.rejected", wanted)]


def test_each_endpoint_is_told_what_it_wants(world: World, gate: EngineGate) -> None:
    listen(world, "profile.created", endpoint=1)
    listen(world, "sale.recorded", "profile.created", endpoint=2)
    tell(world, gate, body(1, 1))
    rows = world.rows("select source_id, body ->> 'type', body ->> 'id' from outbox order by outbox_id")
    assert sorted(row[:2] for row in rows) == [
        (1, "profile.created"), (2, "profile.created"), (2, "sale.recorded"),
    ]  # fmt: skip
    assert len({id_ for _, type_, id_ in rows if type_ == "profile.created"}) == 1


def test_an_endpoint_that_is_off_is_told_nothing_from_the_next_turn_on(
    world: World, gate: EngineGate
) -> None:
    listen(world, "sale.recorded")
    tell(world, gate, body(1, 1))
    with world.database.session(world.workspace_id) as connection:
        connection.execute("update webhook set disabled_at = now()")
        connection.execute("update workspace_state set cache_no = cache_no + 1")
    tell(world, gate, body(2, 1))
    assert len(told(world)) == 1


def test_without_an_endpoint_a_turn_does_nothing_more(world: World) -> None:
    counting = Counting(world)
    counting.statements([body(1, 1)])
    bare = counting.statements([body(2, 2)])
    listen(world, "event.rejected")
    counting.statements([body(3, 3)])
    assert counting.statements([body(4, 4)]) == bare, "nothing that is wanted happened"
    listen(world, "sale.recorded", endpoint=2)
    counting.statements([body(5, 5)])
    assert counting.statements([body(6, 6)]) == bare + 1
    many = counting.statements([body(n, n) for n in range(7, 107)])
    assert many == bare + 1
    assert len(told(world)) == 102
    counting.session.close()


def test_turns_that_overlap_tell_everything_once(world: World) -> None:
    listen(world, *ALL)
    gate = world.gate(limits=Limits(launch_events_min=1, batch_events_max=5))
    waiting = [gate.enter(world.sources[1], [body(n, n % 7)], "events") for n in range(100)]
    for one in waiting:
        assert one.result(timeout=60)[0].status == "applied"
    gate.close()
    assert len(of(world, "sale.recorded")) == 100
    assert len(of(world, "profile.created")) == 7


def test_a_rebuild_tells_nothing(world: World, gate: EngineGate) -> None:
    listen(world, *ALL)
    tell(world, gate, body(1, 1), body(2, 2), consent(3, "given", 5))
    before = told(world)
    assert world.rebuild_differences() == []
    assert told(world) == before


def test_an_erasure_is_told_and_takes_the_person_out_of_what_was(world: World, gate: EngineGate) -> None:
    listen(world, *ALL)
    [profile, other] = tell(world, gate, body(1, 1), body(2, 2))
    tell(world, gate, consent(3, "given", 5))
    with world.database.session(world.workspace_id) as connection:
        connection.execute(
            "insert into webhook_attempt (workspace_id, outbox_id, at, took_ms, sealed_answer)"
            " select workspace_id, outbox_id, now(), 1, 'said' from outbox"
        )
    session = Session(world.database)
    erasure = Eraser(session, world.vault, utc_now).erase(profile or "", actor="test")
    session.close()
    assert told(world) == [
        ("profile.created", {"profile_id": other}),
        *(("sale.recorded", data) for data in of(world, "sale.recorded")),
        (
            "customer.erased",
            {"profile_id": profile, "record_ids": [profile], "erasure_id": erasure.erasure_id},
        ),
    ]
    assert {data["profile_id"] for data in of(world, "sale.recorded")} == {None, other}
    answers = world.rows(
        "select body -> 'data' ->> 'profile_id' from outbox join webhook_attempt using (outbox_id)"
    )
    assert {whose for (whose,) in answers} == {other}


def test_another_workspace_is_told_nothing(make_world: Any) -> None:
    here, there = make_world(), make_world()
    listen(there, *ALL)
    gate = here.gate()
    tell(here, gate, body(1, 1))
    gate.close()
    assert told(here) == told(there) == []
