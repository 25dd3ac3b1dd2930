"""Putting a model to work at once over all records ends where matching them one by one does, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import parse
from regulars.engine import resolving
from regulars.engine.beside import beside, lines
from regulars.engine.closures import Closures
from regulars.engine.erase import Eraser
from regulars.engine.identity_memory import shipped_text
from regulars.engine.models import add_model
from regulars.engine.resolving import Found, Look
from regulars.engine.turn import utc_now
from regulars.intake import rematching
from regulars.intake.gate import EngineGate
from regulars.intake.rematching import Rematcher
from regulars.store.session import Session
from regulars.vocabulary.intake import Result, Source
from tests.engine.fixtures import MakeWorld
from tests.engine.stream import Stream
from tests.engine.test_matching import check, promote, rematch
from tests.engine.world import World
from tests.servers import wait_until

pytestmark = pytest.mark.embedded_only  # the same statements run on both in test_matching.py

NOW = datetime(2026, 11, 1, tzinfo=UTC)
LOOSE = shipped_text().replace("link = ", "link = 1 #").replace("review = ", "review = -6 #")
FEW = LOOSE.replace("largest = 300", "largest = 300\ncrowd = 3")
ELSEWHERE = LOOSE + '\n[[block]]\non = ["city"]\n\n[[block]]\non = ["family_name"]\n'


class Stopped(Exception):
    """The program ended here."""


class Brittle:
    """A gate that some steps go through, and then none."""

    def __init__(self, gate: EngineGate, steps: int) -> None:
        self._gate, self._left = gate, steps

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """Hand on, or fail."""
        self._left -= 1
        if self._left < 0:
            raise Stopped
        return await self._gate.submit(source, bodies, door=door)


def stopped(world: World, gate: EngineGate, steps: int) -> None:
    """Match anew, and be stopped after some steps."""

    async def run() -> None:
        await world.database.open()
        try:
            brittle = Brittle(gate, steps)
            rematcher = Rematcher(brittle, world.database, world.master, [world.workspace_id])  # type: ignore[arg-type]
            with suppress(Stopped):
                await rematcher.finish(world.workspace_id)
        finally:
            await world.database.close()

    asyncio.run(run())


def otherwise(world: World, number: int, set_max: int) -> set[str]:
    """The records that come out otherwise, looked at with sets of at most so many."""

    async def run() -> set[str]:
        secret = world.master.for_own_process()
        look = Look(world.database.dsn, secret, world.workspace_id, number, None, set_max)
        found: set[str] = set()
        async with beside(resolving.__name__, look) as process:
            async for one in lines(process, Found):
                found.update(record_id for group in one.groups for record_id in group)
            assert await process.wait() == 0
        return found

    return asyncio.run(run())


@pytest.mark.parametrize("content", [LOOSE, FEW, ELSEWHERE], ids=["loose", "few", "elsewhere"])
def test_a_model_is_at_work_whatever_happens_while_it_is_put_there(
    make_world: MakeWorld, seed: int, content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rematching, "PAGE_RECORDS", 4)
    stream = Stream(seed, customers=14, crowd=True)
    told = stream.events(200)
    requests = stream.scrambled(told)
    world = make_world()
    gate, session = world.gate(), Session(world.database)
    try:
        for one in requests[: len(requests) // 2]:
            world.tell(gate, one)
        number = add_model(session, world.vault, content, None, actor="user:1", now=NOW)
        promote(world, gate, number)
        for one in requests[len(requests) // 2 :]:
            if stream.chance.random() < 0.3:
                stopped(world, gate, stream.chance.randrange(6))
            world.tell(gate, one)
        rematch(world, gate)
        check(world, told, Matcher(parse(content)))
        assert world.rows("select keyed_to, rekeyed_to from workspace_state") == [(None, None)]
        assert otherwise(world, number, 10_000) == otherwise(world, number, 2) == set()
        promote(world, gate, 1)
        rematch(world, gate)
        check(world, told, Matcher(parse(shipped_text())))
    finally:
        session.close()
        gate.close()
    assert world.rebuild_differences() == []


def test_whoever_listens_hears_when_the_process_that_looks_is_killed(
    make_world: MakeWorld, seed: int
) -> None:
    """Its helpers must not keep the line open: the server would wait for ever, and they would stay."""
    stream = Stream(seed, customers=14)
    world = make_world()
    gate, session = world.gate(), Session(world.database)
    try:
        for requests in stream.scrambled(stream.events(160)):
            world.tell(gate, requests)
        number = add_model(session, world.vault, LOOSE, None, actor="user:1", now=NOW)
        promote(world, gate, number)
    finally:
        session.close()
        gate.close()

    async def run() -> None:
        look = Look(
            world.database.dsn, world.master.for_own_process(), world.workspace_id, number, rematching.FIRST
        )
        async with beside(resolving.__name__, look) as process:
            async for _ in lines(process, Found):
                process.kill()
            assert await process.wait() != 0
            wait_until(lambda: not alive_in_group(process.pid))

    asyncio.run(run())


def alive_in_group(group: int) -> bool:
    """Whether any process of a group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("set_max", [2, 10_000], ids=["in pieces", "whole"])
def test_all_that_come_out_otherwise_are_found(make_world: MakeWorld, seed: int, set_max: int) -> None:
    stream = Stream(seed, customers=14)
    world = make_world()
    gate, session = world.gate(), Session(world.database)
    try:
        for requests in stream.scrambled(stream.events(160)):
            world.tell(gate, requests)
        number = add_model(session, world.vault, LOOSE, None, actor="user:1", now=NOW)
        promote(world, gate, number)
        before = world.state()
        found = otherwise(world, number, set_max)
        rematch(world, gate)
        after = world.state()
    finally:
        session.close()
        gate.close()
    moved = {rid for rid, profile in after.profiles.items() if before.profiles[rid] != profile}
    looked_at = {rid for pair in before.reviews ^ after.reviews for rid in pair[:2]}
    assert moved | looked_at <= found


def test_an_erasure_leaves_no_key_of_any_set(make_world: MakeWorld, seed: int) -> None:
    stream = Stream(seed, customers=10)
    world = make_world()
    gate, session = world.gate(), Session(world.database)
    try:
        for requests in stream.scrambled(stream.events(100)):
            world.tell(gate, requests)
        number = add_model(session, world.vault, ELSEWHERE, None, actor="user:1", now=NOW)
        promote(world, gate, number)
        stopped(world, gate, 0)  # the keys of both sets are there
        assert len(world.rows("select distinct model_no from match_key")) == 2
        profiles = sorted(set(world.state().profiles.values()))
        for profile in profiles[: len(profiles) // 2]:
            if profile not in world.state().profiles.values():
                continue  # an erasure before has put them together with somebody
            Eraser(session, world.vault, utc_now).erase(profile, actor="test")
        session.rollback()
        kept = world.state().profiles.keys()
        assert {row[0].hex for row in world.rows("select record_id from match_key")} <= kept
        rematch(world, gate)
    finally:
        session.close()
        gate.close()
    assert {row[0] for row in world.rows("select model_no from match_key")} <= {number + 1}
    people = ("records", "keys", "crowds", "reviews", "generics", "identifiers")
    assert [line for line in world.rebuild_differences() if line.startswith(people)] == []


def _sets(count: int, groups: Iterable[Sequence[int]]) -> set[frozenset[int]]:
    """Who hangs together, found the plain way; those alone are left out."""
    sets = [{place} for place in range(count)]
    for group in groups:
        joined = set().union(*(one for one in sets if not one.isdisjoint(group)))
        sets = [one for one in sets if one.isdisjoint(group)] + [joined]
    return {frozenset(one) for one in sets if len(one) > 1}


def test_sets_hold_all_that_hang_together_and_nobody_else(seed: int) -> None:
    chance = Stream(seed).chance
    for _ in range(200):
        count = chance.randrange(2, 30)
        ids = sorted(chance.randbytes(16) for _ in range(count))
        if chance.random() < 0.3:  # alike in their first 64 bits
            ids = sorted([*ids[:-1], ids[0][:8] + chance.randbytes(8)])
        alike = [(n - 1, n) for n in range(1, count) if ids[n][:8] == ids[n - 1][:8]]
        keys, sure = (
            [
                chance.sample(range(count), min(count, chance.randrange(2, 5)))
                for _ in range(chance.randrange(12))
            ]
            for _ in range(2)
        )
        closures = Closures(b"".join(ids))
        closures.share_keys(b"".join(ids[place] for place in group) for group in keys)
        closures.share_more(b"".join(ids[place] for place in group) for group in sure)
        closures.join()
        joined = _sets(count, [*keys, *sure, *alike])
        assert {frozenset(one) for one in closures.sets()} == joined
        if alike:
            continue
        most = chance.randrange(1, count)
        left = {frozenset(group) for group in closures.loosen(most)}
        large = set().union(*(one for one in joined if len(one) > most))
        assert left == {frozenset(group) for group in keys if large.issuperset(group)}
        assert {frozenset(one) for one in closures.sets()} == {one for one in joined if len(one) <= most} | {
            one for one in _sets(count, sure) if one <= large
        }
