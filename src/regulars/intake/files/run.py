"""`regulars import`: a file goes through the gate as events, can be stopped at any moment and goes on.

Every answered batch moves the position of the run; what was in flight when the process died is sent again
and found to be known. Files are read in a worker thread, so that the engine works meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, TextIO, TypeVar

import stamina
from msgspec import Struct
from msgspec.structs import replace

from regulars.vocabulary.errors import TryLater
from regulars.vocabulary.imports import ImportPosition, ImportProgress, ImportRun
from regulars.vocabulary.intake import Gate, Result, Source

from .encoding import Prepared
from .errors import TooManyRejects
from .fields import Kind
from .meter import Meter
from .rejects import Rejects
from .report import Report
from .source_rows import Opened, open_file
from .stream import JUDGED_MIN, EventStream

IN_FLIGHT_MAX: Final = 3
OUTAGE_SECONDS_MAX: Final = 120.0
_TRIES_MAX: Final = 1_000
_T = TypeVar("_T")


class Options(Struct, frozen=True):
    """What to import. `rejects` is where rejected rows go: next to the file unless given."""

    file: Path
    kind: Kind
    mapping: Path | None = None
    rejects: Path | None = None


async def run_import(
    options: Options, gate: Gate, source: Source, progress: ImportProgress, *, stderr: TextIO | None = None
) -> Report:
    """Import a file and wait until everything is committed.

    `source` says whose file it is. Rejected rows do not stop it; TooManyRejects is raised when they are
    most of the first ones. Raises FileUnreadable and MappingError before anything is imported, and TryLater
    when the store stays away for OUTAGE_SECONDS_MAX. After any error the same call goes on where it was.
    """
    began = time.monotonic()
    meter = Meter(stderr)
    opened = await asyncio.to_thread(open_file, options.file, options.kind, options.mapping)
    try:
        run = ImportRun(opened.run_key(source.name), options.file.name, options.kind)
        position = await _patiently(lambda: progress.begin(run))
        path = options.rejects or options.file.with_name(options.file.name + ".rejects.csv")
        rejects = Rejects(path, resumed=position.events > 0)
        stop = threading.Event()
        stream = EventStream(opened, rejects, meter, stop)
        delivery = _Delivery(run, position, gate, source, progress, rejects, stop)
        try:
            with closing(stream.batches(after=position.events)) as batches:
                await delivery.all(batches)
        finally:
            rejects.close()
            meter.close()
        await _patiently(lambda: progress.finish(run, delivery.position))
    finally:
        opened.reader.close()
    return _report(options, source, opened, stream, rejects, delivery.position, position.events, began)


class _Delivery:
    """Sends batches to the gate, a few at a time, and moves the position in their order."""

    def __init__(
        self,
        run: ImportRun,
        position: ImportPosition,
        gate: Gate,
        source: Source,
        progress: ImportProgress,
        rejects: Rejects,
        stop: threading.Event,
    ) -> None:
        self.position = position
        self._run = run
        self._gate = gate
        self._source = source
        self._progress = progress
        self._rejects = rejects
        self._stop = stop
        self._judged = False

    async def all(self, batches: Iterator[list[Prepared]]) -> None:
        """Deliver everything. On an error or a cancellation the reading thread has ended when this returns."""
        in_flight: deque[tuple[list[Prepared], asyncio.Task[list[Result]]]] = deque()
        try:
            while (batch := await self._next(batches)) is not None:
                if len(in_flight) >= IN_FLIGHT_MAX:
                    await self._settle(*in_flight.popleft())
                in_flight.append((batch, asyncio.create_task(self._submit(batch))))
            while in_flight:
                await self._settle(*in_flight.popleft())
        finally:
            self._stop.set()
            for _, task in in_flight:
                task.cancel()
            await asyncio.gather(*(task for _, task in in_flight), return_exceptions=True)

    async def _next(self, batches: Iterator[list[Prepared]]) -> list[Prepared] | None:
        reading = asyncio.ensure_future(asyncio.to_thread(next, batches, None))
        try:
            return await asyncio.shield(reading)
        except asyncio.CancelledError:
            # The thread cannot be interrupted; it sees `stop` at its next block of rows.
            self._stop.set()
            await asyncio.wait([reading])
            raise

    async def _submit(self, batch: list[Prepared]) -> list[Result]:
        bodies = [prepared.body for prepared in batch]
        return await _patiently(lambda: self._gate.submit(self._source, bodies, door="import"))

    async def _settle(self, batch: list[Prepared], task: asyncio.Task[list[Result]]) -> None:
        """Wait for a batch and note what became of it."""
        results = await task
        counts = {"applied": 0, "duplicate": 0, "rejected": 0}
        reason = ""
        for prepared, result in zip(batch, results, strict=True):
            counts[result.status] += 1
            if result.status == "rejected":
                reason = self._note(prepared, result)
        self._rejects.flush()
        before = self.position
        self.position = replace(
            before,
            events=before.events + len(batch),
            **{status: getattr(before, status) + count for status, count in counts.items()},
        )
        self._judge(reason)
        await _patiently(lambda: self._progress.save(self._run, self.position))

    def _note(self, prepared: Prepared, result: Result) -> str:
        error = result.error
        field = (error and error.field) or "event"
        reason = error.message if error else "was refused"
        self._rejects.add(prepared.line, field, reason, result.quarantine_id)
        return f"line {prepared.line}: {field}: {reason}"

    def _judge(self, reason: str) -> None:
        """Stop when the engine refuses most of the first events."""
        done = self.position
        if self._judged or done.events < JUDGED_MIN:
            return
        self._judged = True
        if done.rejected * 2 > done.events:
            raise TooManyRejects(
                f"Stopped: {done.rejected:,} of the first {done.events:,} events were refused ({reason}). "
                f"Check the mapping; {self._rejects.path} lists them."
            )


async def _patiently(call: Callable[[], Awaitable[_T]]) -> _T:
    """Repeat a call while the store is away, for OUTAGE_SECONDS_MAX at most."""
    async for attempt in stamina.retry_context(
        on=TryLater, attempts=_TRIES_MAX, timeout=OUTAGE_SECONDS_MAX, wait_initial=0.1, wait_max=5.0
    ):
        with attempt:
            return await call()
    raise AssertionError("the last try returns or raises")


def _report(
    options: Options,
    source: Source,
    opened: Opened,
    stream: EventStream,
    rejects: Rejects,
    position: ImportPosition,
    resumed_after: int,
    began: float,
) -> Report:
    return Report(
        file=options.file.name,
        kind=options.kind,
        source=source.name,
        rows=stream.rows,
        rows_skipped=stream.rows_skipped,
        rows_rejected=stream.rows_rejected,
        events=stream.events,
        applied=position.applied,
        duplicate=position.duplicate,
        rejected=position.rejected,
        resumed_after=resumed_after,
        seconds=round(time.monotonic() - began, 3),
        rejects_file=str(rejects.path) if rejects.written else None,
        unused_columns=opened.unused_columns,
    )
