"""The vendors' own sample payloads, where this checkout has them beside it."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(__file__).resolve().parents[3] / "shared" / "vendor"


def sample(path: str) -> Any:
    """A sample as JSON. Without it the test is skipped, except under CI=true, where it must be there."""
    file = VENDOR / path
    if not file.exists() and os.environ.get("CI") != "true":
        pytest.skip(f"no vendor samples in {VENDOR}")
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return json.loads(text)


def paths(held: Any, prefix: str = "") -> dict[str, bool]:
    """Key paths of a document; True where a value says nothing about what may stand below (null, empty)."""
    found: dict[str, bool] = {}
    if isinstance(held, dict) and held:
        for name, value in held.items():
            found |= paths(value, f"{prefix}.{name}")
    elif isinstance(held, list) and held:
        for value in held:
            for path, is_open in paths(value, f"{prefix}[]").items():
                found[path] = found.get(path, True) and is_open
    else:
        found[prefix] = held in (None, [], {})
    return found


def unknown(ours: dict[str, bool], theirs: dict[str, bool]) -> list[str]:
    """Paths of ours that theirs neither has nor leaves open."""
    roots = {path for path, is_open in theirs.items() if is_open}
    stems = {path[:place] for path in theirs for place in range(len(path)) if path[place] in ".["}
    return sorted(
        path
        for path, is_open in ours.items()
        if path not in theirs
        and not (is_open and path in stems)
        and not any(path.startswith((f"{root}.", f"{root}[]")) for root in roots)
    )
