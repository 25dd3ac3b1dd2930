"""Homes with shops in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regulars.engine.forget import forget
from regulars.store.backup import backup
from tests.backup.shop import PHILIPPA, Shop, shop_in, trade


@pytest.fixture
def home(private_directory: Callable[[], Path]) -> Path:
    """A home that does not exist yet."""
    return private_directory() / "home"


@pytest.fixture
def shop(home: Path) -> Iterator[Shop]:
    """A shop that has traded."""
    with shop_in(home) as shop:
        trade(shop)
        yield shop


class Kept:
    """A backup of a shop that traded, and the register of the erasure of Philippa that came after it."""

    def __init__(self, root: Path) -> None:
        self.directory = root / "backup"
        with shop_in(root / "home") as shop:
            trade(shop)
            self.figures_before = shop.figures()
            backup(shop.store, self.directory)
            philippa = shop.profile_of(PHILIPPA)
            assert philippa is not None
            self.erasure = forget(shop.store, shop.vault, philippa, actor="test")
            self.figures_after = shop.figures()
        self.register = root / "home" / "erasures" / "register.jsonl"


@pytest.fixture(scope="session")
def kept(private_directory: Callable[[], Path]) -> Kept:
    """Made once: a backup, and what was erased since."""
    return Kept(private_directory())
