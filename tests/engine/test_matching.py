"""People decide, models change: the state is that of the records, the model at work and the last words."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.rules import Word, micros
from regulars.engine.identity_memory import shipped, shipped_text
from regulars.engine.models import add_model, promotion
from regulars.intake.gate import EngineGate
from regulars.intake.rematching import Rematcher
from regulars.store.session import Session
from regulars.vocabulary.events import LINKED, Decision, Event
from regulars.vocabulary.intake import own_source
from tests.core.people import last_words
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.world import State, Told, World, differences

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STRICT = shipped_text().replace("link = ", "link = 30 #").replace("review = ", "review = 8 #")


def check(world: World, told: list[Told], matcher: Matcher, words: list[Word] | None = None) -> None:
    """All but the count of events, of which some are ours."""
    got, must = world.state(), world.expected(told, matcher, last_words(words or []))
    assert differences(got, replace_events(must, got.events)) == []


def replace_events(state: State, events: int) -> State:
    return state._replace(events=events)


def decide(world: World, gate: EngineGate, number: int, decision: Decision) -> Word:
    at = NOW + timedelta(minutes=number)
    event = Event(id=f"d{number}", type=LINKED, occurred_at=at, decision=decision)
    source = own_source(world.workspace_id)
    results = gate.enter(source, [msgspec.json.encode(event)], "console").result(timeout=60)
    assert [result.status for result in results] == ["applied"]
    key = world.vault.hash("event", "0", event.id)
    return Word(decision.pairs, decision.together, decision.actor, decision.reason, (micros(at), key))


def rematch(world: World, gate: EngineGate) -> int:
    async def run() -> int:
        await world.database.open()
        try:
            rematcher = Rematcher(gate, world.database, world.master, [world.workspace_id])
            return await rematcher.finish(world.workspace_id)
        finally:
            await world.database.close()

    return asyncio.run(run())


def promote(world: World, gate: EngineGate, number: int) -> None:
    body = promotion(number, actor="user:1", reason="", now=datetime.now(UTC))
    results = gate.enter(own_source(world.workspace_id), [body], "console").result(timeout=60)
    assert [result.status for result in results] == ["applied"]


def test_what_people_decide_holds_whatever_comes_before_and_after(make_world: MakeWorld, seed: int) -> None:
    stream = Stream(seed, customers=6)
    told = stream.events(80)
    world = make_world()
    gate = world.gate()
    words = []
    try:
        for number, requests in enumerate(stream.scrambled(told)):
            world.tell(gate, requests)
            ids = sorted(world.state().profiles)
            if len(ids) > 1 and number % 2 == 0:
                one, other = stream.chance.sample(ids, 2)
                together = stream.chance.choice([True, False, None])
                words.append(
                    decide(world, gate, number, Decision([(one, other)], together, "user:1", "seen"))
                )
        check(world, told, shipped().matcher, words)
    finally:
        gate.close()
    assert world.rebuild_differences() == []
    lines = world.rows("select action, actor from audit where action like 'identity.%' and actor = 'user:1'")
    assert len(lines) == len(words)


@pytest.mark.parametrize("back", [False, True], ids=["forward", "and back"])
def test_another_model_is_put_to_work_while_events_go_on(
    make_world: MakeWorld, seed: int, back: bool
) -> None:
    stream = Stream(seed, customers=12)
    told = stream.events(160)
    world = make_world()
    gate = world.gate()
    session = Session(world.database)
    try:
        requests = stream.scrambled(told)
        half = len(requests) // 2
        for one in requests[:half]:
            world.tell(gate, one)
        number = add_model(session, world.vault, STRICT, None, actor="user:1", now=NOW)
        promote(world, gate, number)
        for one in requests[half:]:
            world.tell(gate, one)
        assert rematch(world, gate) >= 1
        assert rematch(world, gate) == 0
        strict = Matcher(replace(shipped().matcher.model, bands=_bands(30.0, 8.0)))
        check(world, told, strict)
        if back:
            promote(world, gate, 1)
            rematch(world, gate)
            check(world, told, shipped().matcher)
        assert world.rebuild_differences() == []
    finally:
        session.close()
        gate.close()


def _bands(link: float, review: float) -> object:
    return replace(shipped().matcher.model.bands, link=link, review=review)


def test_no_door_speaks_for_the_program_itself(world: World) -> None:
    gate = world.gate()
    body: dict[str, object] = {"id": "x", "type": "regulars.linked", "occurred_at": NOW.isoformat()}
    body["decision"] = {"pairs": [["a" * 32, "b" * 32]], "together": True, "actor": "user:1"}
    try:
        results = world.tell(gate, [(1, json.dumps(body).encode())])
    finally:
        gate.close()
    assert [(r.status, r.error.field if r.error else None) for r in results] == [("rejected", "type")]
