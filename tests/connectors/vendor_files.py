"""The vendors' own descriptions and sample messages, which lie beside the project and are no part of it."""

from __future__ import annotations

import gzip
import os
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "vendor"


def shared_dir() -> Path:
    """The folder of the vendors' files.

    Where it is absent the test is skipped and says so; under continuous integration that is a failure.
    """
    if BESIDE.is_dir():
        return BESIDE
    reason = f"the vendors' files are not there: {BESIDE}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def samples(*parts: str) -> dict[str, bytes]:
    """Sample messages by file name."""
    return {path.stem: path.read_bytes() for path in sorted(shared_dir().joinpath(*parts).glob("*.json"))}


@cache
def packed_json(*parts: str) -> Any:
    """A compressed JSON document."""
    return msgspec.json.decode(gzip.decompress(shared_dir().joinpath(*parts).read_bytes()))
