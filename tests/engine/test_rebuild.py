"""What the log gives can take the place of the live state, and the engine goes on from there."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.intake.rebuild import Rebuilder
from tests.engine.stream import Stream
from tests.engine.world import World, differences


def test_a_state_put_in_place_from_the_log_is_the_same_and_goes_on(world: World, seed: int) -> None:
    told = Stream(seed).events(80)
    gate = world.gate()
    try:
        world.tell(gate, told[:60])
        report = Rebuilder(world.database, world.vault).replace()
        assert report.agrees
        assert differences(world.state(), world.expected(told[:60])) == []
        world.tell(gate, told[60:])
    finally:
        gate.close()
    assert differences(world.state(), world.expected(told)) == []
    assert world.rebuild_differences() == []


def test_no_transaction_idles_while_the_log_is_played(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playing may take longer than a transaction may idle, and the server would end the reading one."""
    gate = world.gate()
    try:
        world.tell(gate, Stream(seed).events(20))
    finally:
        gate.close()
    idle: list[int] = []
    play = Rebuilder._play_turn

    def looking(*args: Any) -> None:
        connection = world.database.connect()
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and state like 'idle in transaction%%'",
            {},
        ).fetchone()
        connection.close()
        assert row is not None
        idle.append(row[0])
        play(*args)

    monkeypatch.setattr(Rebuilder, "_play_turn", looking)
    assert Rebuilder(world.database, world.vault).verify().differences == []
    assert idle
    assert set(idle) == {0}
