"""A desk to import files at."""

from __future__ import annotations

from pathlib import Path

import pytest
import stamina

from tests.intake.files.support import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def no_pauses() -> object:
    """Tries again without waiting."""
    with stamina.set_testing(True, attempts=5) as mode:
        yield mode
