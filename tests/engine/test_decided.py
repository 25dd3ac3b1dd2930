"""What people decide of records: through the gate, into the state, out of the log, and back again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import Any

import msgspec

from regulars.intake.gate import EngineGate
from regulars.intake.rebuild import Rebuilder
from regulars.vocabulary.events import LINKED, Decision, Event
from regulars.vocabulary.intake import own_source
from tests.engine.world import State, Told, World

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
_numbers = count(1)


def told(name: str, minor: int = 0, **customer: Any) -> Told:
    """What the shop says of a customer of their own, with a sale where it is of some amount."""
    number = next(_numbers)
    event: dict[str, Any] = {
        "id": f"e-{number}",
        "occurred_at": (START + timedelta(minutes=number)).isoformat(),
        "customer": {"external_id": name, **customer},
        "type": "sale.completed" if minor else "customer.updated",
    }
    if minor:
        line = {"sku": "A", "name": "A", "total_minor": minor}
        event["sale"] = {"receipt": f"R-{number}", "currency": "GBP", "total_minor": minor, "lines": [line]}
    return 1, msgspec.json.encode(event)


def decide(
    world: World, gate: EngineGate, *pairs: tuple[str, str], together: bool | None, minute: int
) -> None:
    """A person's word on some pairs; it is in the state when this returns."""
    event = Event(
        id=f"decision-{next(_numbers)}",
        type=LINKED,
        occurred_at=START + timedelta(days=1, minutes=minute),
        decision=Decision(list(pairs), together, "user:1", "Told."),
    )
    (result,) = gate.submit_wait(own_source(world.workspace_id), [msgspec.json.encode(event)], door="test")
    assert result.status == "applied", result.error


def plain(state: State) -> State:
    """The state without the count of the log."""
    return state._replace(events=0)


def sums(state: State) -> dict[str, int]:
    """What each profile spent: the sum over its records."""
    out: dict[str, int] = {}
    for record, profile in state.profiles.items():
        figures = state.figures.get(record)
        out[profile] = out.get(profile, 0) + (figures["spend_minor"]["GBP"] if figures else 0)
    return out


def test_a_merge_and_its_undo_leave_the_state_as_it_was(world: World) -> None:
    with_gate = world.gate()
    try:
        world.tell(
            with_gate,
            [told("ann", 100, given_name="Ann"), told("bob", 250, given_name="Bob"), told("bob", 50)],
        )
        before = world.state()
        one, other = sorted(before.profiles)
        decide(world, with_gate, (one, other), together=True, minute=1)
        merged = world.state()
        assert merged.profile_count == len(set(merged.profiles.values())) == 1
        assert sums(merged) == {merged.profiles[one]: 400}, "added up from the records, nothing twice"
        assert merged.figures == before.figures
        assert merged.records == before.records, "no field of either side is lost"
        assert set(merged.profiles) == set(before.profiles), "every id that was leads somewhere"
        decide(world, with_gate, (one, other), together=None, minute=2)
        assert plain(world.state()) == plain(before)
    finally:
        with_gate.close()
    assert world.rebuild_differences() == []


def test_what_is_held_apart_stays_apart_whatever_is_heard_later(world: World) -> None:
    gate = world.gate()
    try:
        card: dict[str, Any] = {"loyalty_card": "L-1", "given_name": "Ann", "family_name": "Lee"}
        world.tell(gate, [told("one", **card), told("two", **card)])
        one, other = sorted(world.state().profiles)
        decide(world, gate, (one, other), together=False, minute=1)
        assert world.state().profile_count == 2
        world.tell(
            gate,
            [
                told("one", 100, **card, email="ann@example.com"),
                told("two", 70, **card, email="ann@example.com"),
            ],
        )
        state = world.state()
        assert state.profile_count == 2
        assert sorted(sums(state).values()) == [70, 100]
        assert state.reviews == set(), "nobody is asked again"
    finally:
        gate.close()
    assert world.rebuild_differences() == []


def test_decisions_hold_in_a_state_put_in_place_from_the_log(world: World) -> None:
    gate = world.gate()
    try:
        world.tell(gate, [told("ann", 100), told("bob", 250), told("cy", 10)])
        ids = sorted(world.state().profiles)
        decide(world, gate, (ids[0], ids[1]), together=True, minute=1)
        decide(world, gate, (ids[1], ids[2]), together=True, minute=2)
        decide(world, gate, (ids[0], ids[2]), (ids[1], ids[2]), together=False, minute=3)
        before = world.state()
    finally:
        gate.close()
    assert before.profile_count == 2
    Rebuilder(world.database, world.vault).replace()
    assert world.state() == before
    assert len(world.rows("select from decision")) == 3
    assert len(world.rows("select from decision_pair")) == 4
    owner = world.database.connect_owner()
    try:
        for table in ("decision", "decision_pair", "manual_link"):
            owner.execute(f"alter table {table} no force row level security".encode())
            orphans = (
                f"select count(*) from {table} where workspace_id not in (select workspace_id from workspace)"
            )
            assert owner.execute(orphans.encode()).fetchone() == (0,), "a rebuild leaves nothing behind"
        owner.rollback()
    finally:
        owner.close()


def test_no_merge_is_lost_when_two_engines_decide_at_once(world: World) -> None:
    """Merges that race each other, and events beside them, all count."""
    gates = [world.gate(), world.gate()]
    try:
        world.tell(gates[0], [told(f"c-{n}", 10) for n in range(12)])
        ids = sorted(world.state().profiles)
        pairs = list(pairwise(ids))

        def work(number: int) -> None:
            gate = gates[number]
            for place, pair in enumerate(pairs):
                if place % 2 == number:
                    decide(world, gate, pair, together=True, minute=place)
                    world.tell(gate, [told(f"c-{place}", 1)])

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, (0, 1)))
        state = world.state()
        assert state.profile_count == len(set(state.profiles.values())) == 1
        assert list(sums(state).values()) == [12 * 10 + 11]
    finally:
        for gate in gates:
            gate.close()
    assert world.rebuild_differences() == []


def test_a_record_is_there_once_by_a_constraint_of_the_database(world: World) -> None:
    keys = world.rows(
        "select array_agg(a.attname::text order by a.attname) from pg_index i"
        " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = 'record'::regclass and i.indisprimary"
    )
    assert keys == [(["record_id", "workspace_id"],)]


def test_a_merge_leaves_no_row_behind_under_a_profile(world: World) -> None:
    """What names a profile is only the record itself; all else names records, and so goes where its record goes."""
    named = world.rows(
        "select table_name::text || '.' || column_name::text from information_schema.columns"
        " where table_schema = current_schema() and column_name like '%profile%' order by 1"
    )
    assert [name for (name,) in named] == ["record.profile_id", "workspace_state.profiles"]
