"""Fixtures of the simulations; those of the engine serve here as well."""

from tests.engine.fixtures import make_world, seed, world

__all__ = ["make_world", "seed", "world"]
