"""What a preview says is what promoting the model then does, to the record."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import parse
from regulars.engine.identity_memory import shipped_text
from regulars.engine.models import add_model
from regulars.engine.preview import preview
from regulars.engine.snapshot import Snapshot
from regulars.engine.whole import Whole, work_out
from regulars.store.session import Session
from regulars.vocabulary.events import Decision
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.test_matching import decide, promote, rematch
from tests.engine.world import World

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STRICT = shipped_text().replace("link = ", "link = 30 #").replace("review = ", "review = 8 #")
LOOSE = shipped_text().replace("link = ", "link = 1 #").replace("review = ", "review = -6 #")
FEW = shipped_text().replace("largest = 300", "largest = 300\ncrowd = 3")
VALUE_RETIRED = 1483340181
"""A seed where a value comes to name nobody, and two of its carriers in different components weigh more without it."""


def looked_at(world: World, content: str) -> Whole:
    with Snapshot(world.database, world.vault) as snapshot:
        return work_out(snapshot, Matcher(parse(content)))


def profiles(whole: Whole, *, now: bool = False) -> dict[str, str]:
    named = whole.before if now else whole.after
    return {whole.record_id(place): whole.record_id(profile) for place, profile in enumerate(named)}


@pytest.mark.parametrize("content", [STRICT, LOOSE, FEW], ids=["strict", "loose", "few"])
@pytest.mark.parametrize("crowd", [False, True], ids=["", "crowd"])
def test_a_preview_says_what_promoting_then_does(
    make_world: MakeWorld, seed: int, content: str, crowd: bool
) -> None:
    stream = Stream(seed, customers=14, crowd=crowd)
    world = make_world()
    gate = world.gate()
    session = Session(world.database)
    try:
        for requests in stream.scrambled(stream.events(160)):
            world.tell(gate, requests)
        ids = sorted(world.state().profiles)
        for number, together in enumerate([True, False, True, None]):
            one, other = stream.chance.sample(ids, 2)
            decide(world, gate, number, Decision([(one, other)], together, "user:1", "seen"))
        before = world.state()
        whole = looked_at(world, content)
        said = preview(world.database, world.vault, Matcher(parse(content)))
        assert profiles(whole, now=True) == before.profiles
        number = add_model(session, world.vault, content, None, actor="user:1", now=NOW)
        promote(world, gate, number)
        rematch(world, gate)
        after = world.state()
    finally:
        session.close()
        gate.close()
    assert profiles(whole) == after.profiles
    assert whole.reviews == len(after.reviews)
    assert whole.crowded == len(after.crowded)
    assert (said.profiles_before, said.profiles_after) == (before.profile_count, after.profile_count)
    assert (said.reviews_before, said.reviews_after) == (len(before.reviews), len(after.reviews))
    assert (said.merges, said.splits, said.concerned) == changes(before.profiles, after.profiles)


def changes(before: dict[str, str], after: dict[str, str]) -> tuple[int, int, int]:
    """Counted the plain way."""
    into = {after[rid]: {before[r] for r in before if after[r] == after[rid]} for rid in before}
    out = {before[rid]: {after[r] for r in before if before[r] == before[rid]} for rid in before}
    merges = {profile for profile, came in into.items() if len(came) > 1}
    splits = {profile for profile, went in out.items() if len(went) > 1}
    concerned = {before[r] for r in before if before[r] in splits or after[r] in merges}
    return len(merges), len(splits), len(concerned)


@pytest.mark.parametrize("known", [None, VALUE_RETIRED])
def test_the_model_at_work_would_change_nothing(make_world: MakeWorld, seed: int, known: int | None) -> None:
    stream = Stream(known or seed, customers=14)
    world = make_world()
    gate = world.gate()
    try:
        for requests in stream.scrambled(stream.events(160)):
            world.tell(gate, requests)
    finally:
        gate.close()
    said = preview(world.database, world.vault, Matcher(parse(shipped_text())))
    assert (said.merges, said.splits, said.concerned, said.examples) == (0, 0, 0, [])
    assert said.reviews_after == said.reviews_before
    assert all(spend.concerned_minor == 0 for spend in said.spend)


def customer(number: int, **details: object) -> bytes:
    at = (NOW + timedelta(minutes=number)).isoformat()
    event = {"id": f"c-{number}", "type": "customer.updated", "occurred_at": at}
    return json.dumps(event | {"customer": details}).encode()


def test_examples_name_the_profiles_and_no_customer(world: World) -> None:
    gate = world.gate()
    jane = {"given_name": "Jane", "family_name": "Doe", "email": "jane@example.com"}
    try:
        world.tell(
            gate, [(1, customer(1, external_id="t1", **jane)), (2, customer(2, external_id="w1", **jane))]
        )
    finally:
        gate.close()
    said = preview(world.database, world.vault, Matcher(parse(STRICT)))
    assert (said.profiles_before, said.profiles_after, said.splits) == (1, 2, 1)
    (example,) = said.examples
    assert example.change == "split"
    assert [(named.initials, named.records) for named in example.before] == [("J. D.", 2)]
    assert [(named.initials, named.records) for named in example.after] == [("J. D.", 1), ("J. D.", 1)]
    assert {named.profile_id for named in example.after} == set(world.state().profiles)
