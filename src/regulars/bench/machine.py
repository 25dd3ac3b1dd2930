"""The machine a run was made on, in one line each, so that figures can be compared."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

_FSYNCS = 40
_PAGE_BYTES = 8192


class Machine(Struct, frozen=True):
    """What matters for the figures. `fsync_ms` is the median of writing one page durably where homes are made."""

    processor: str
    cores: int
    memory_gb: float
    system: str
    python: str
    postgres: str
    fsync_ms: float
    load_average: float

    @property
    def busy(self) -> bool:
        """True when something else was running: figures of such a run say little."""
        return self.load_average > 0.3 * self.cores

    def lines(self) -> Iterable[str]:
        """The machine in words."""
        yield f"{self.processor}, {self.cores} cores, {self.memory_gb:.0f} GB, {self.system}"
        yield f"Python {self.python}, PostgreSQL {self.postgres}, fsync of a page {self.fsync_ms:.2f} ms (median)"
        note = ": the machine was busy, so the figures say little" if self.busy else ""
        yield f"load average before the run {self.load_average:.2f}{note}"


def machine(place: Path, postgres: str) -> Machine:
    """Look at the machine; `place` is where the homes of the run are made."""
    return Machine(
        processor=_processor(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_gb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9,
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=postgres,
        fsync_ms=_fsync_ms(place),
        load_average=os.getloadavg()[0],
    )


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _fsync_ms(place: Path) -> float:
    times = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(_FSYNCS):
            began = time.perf_counter()
            file.write(b"x" * _PAGE_BYTES)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    return sorted(times)[_FSYNCS // 2] * 1e3
