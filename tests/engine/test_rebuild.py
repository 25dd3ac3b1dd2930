"""What the log gives can take the place of the live state, and the engine goes on from there."""

from __future__ import annotations

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
