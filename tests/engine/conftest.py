"""Fixtures of the engine's tests; see tests/engine/fixtures.py."""

from tests.engine.fixtures import make_world, seed, world

__all__ = ["make_world", "seed", "world"]
