"""What the tests of imports share: a gate that keeps events, a memory of positions, files written on the spot."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from regulars.intake.files import Options, Report, run_import
from regulars.vocabulary.events import Event
from regulars.vocabulary.imports import ImportKind, ImportPosition, ImportRun
from regulars.vocabulary.intake import EventError, Result, Source

SHOP = Source(workspace_id=1, source_id=7, name="shop", kind="file", till_system="shop")
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
"""Real files kept beside the project, where there are any."""


class Keeper:
    """A gate without an engine: takes each event id once, and refuses or fails when it is told to."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.bodies: dict[str, bytes] = {}
        self.batches: list[int] = []
        self.refused_types: set[str] = set()
        self.fail_in_batch: dict[int, BaseException] = {}
        self.began: Callable[[], None] = lambda: None
        self.at_once = 0
        self.at_once_max = 0

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        assert door == "import"
        self.began()
        self.batches.append(len(bodies))
        self.at_once += 1
        self.at_once_max = max(self.at_once_max, self.at_once)
        try:
            await asyncio.sleep(0)
            failure = self.fail_in_batch.pop(len(self.batches), None)
            if failure is not None:
                raise failure
            return [self._take(body) for body in bodies]
        finally:
            self.at_once -= 1

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        raise AssertionError("an import makes events, or rejects rows")

    def _take(self, body: bytes) -> Result:
        event = msgspec.json.decode(body, type=Event)
        if event.type in self.refused_types:
            error = EventError("refused", "is not wanted here", "type")
            return Result(
                id=event.id, status="rejected", quarantine_id=f"{len(self.events):032x}", error=error
            )
        if event.id in self.events:
            return Result(id=event.id, status="duplicate")
        self.events[event.id] = event
        self.bodies[event.id] = body
        return Result(id=event.id, status="applied")

    def all(self) -> list[Event]:
        """What was taken, in order."""
        return list(self.events.values())

    def sales(self) -> dict[str, Event]:
        """Sales by receipt."""
        return {event.sale.receipt: event for event in self.events.values() if event.sale is not None}


class Positions:
    """Import positions in memory, as the store keeps them."""

    def __init__(self) -> None:
        self.open: dict[UUID, ImportPosition] = {}
        self.finished: list[ImportPosition] = []
        self.saved: list[ImportPosition] = []

    async def begin(self, run: ImportRun) -> ImportPosition:
        return self.open.setdefault(run.key, ImportPosition())

    async def save(self, run: ImportRun, position: ImportPosition) -> None:
        self.open[run.key] = position
        self.saved.append(position)

    async def finish(self, run: ImportRun, position: ImportPosition) -> None:
        self.open.pop(run.key)
        self.finished.append(position)


class Desk:
    """Imports files that a test writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = Keeper()
        self.positions = Positions()

    def write(self, content: str | bytes, name: str = "data.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def run(
        self,
        kind: ImportKind,
        content: str | bytes | Path,
        mapping: str | Path | None = None,
        *,
        source: Source = SHOP,
        stderr: io.StringIO | None = None,
    ) -> Report:
        """Import a file, or a text that becomes one."""
        path = content if isinstance(content, Path) else self.write(content)
        wanted = self.write(mapping, "mapping.toml") if isinstance(mapping, str) else mapping
        options = Options(file=path, kind=kind, mapping=wanted, rejects=self.folder / "rejects.csv")
        return asyncio.run(run_import(options, self.gate, source, self.positions, stderr=stderr))

    def rejects(self) -> list[tuple[int, str, str]]:
        """Line, field and reason of each rejected row."""
        return [(int(row["line"]), row["field"], row["reason"]) for row in self.reject_rows()]

    def reject_rows(self) -> list[dict[str, str]]:
        path = self.folder / "rejects.csv"
        if not path.exists():
            return []
        with path.open(newline="") as file:
            return list(csv.DictReader(file))


def csv_text(header: Sequence[str], *rows: Sequence[Any], delimiter: str = ",") -> str:
    """A CSV text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
