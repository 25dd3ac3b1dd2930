"""What the program costs while nobody asks anything of it: memory and CPU of its whole process tree."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from .place import BenchFailed


class AtRest(Struct, frozen=True):
    """Proportional memory (shared pages counted once over all) in MB, and the share of one core in per cent."""

    memory_mb: float
    cpu_percent: float
    processes: int


def at_rest(root: int, *, settle_seconds: float, seconds: float) -> AtRest:
    """Watch the tree of a process. Linux only: raises BenchFailed elsewhere."""
    if sys.platform != "linux":
        raise BenchFailed("Memory and CPU at rest are read from /proc, which this system does not have.")
    time.sleep(settle_seconds)
    before, began = _ticks(root), time.perf_counter()
    time.sleep(seconds)
    after, passed = _ticks(root), time.perf_counter() - began
    used = sum(after[pid] - before.get(pid, 0) for pid in after) / os.sysconf("SC_CLK_TCK")
    return AtRest(memory_mb(root), 100 * used / passed, len(list(tree(root))))


def memory_mb(root: int) -> float:
    """Memory of a process and all below it, in MB."""
    return sum(map(_pss_bytes, tree(root))) / 1e6


def resident_mb(pid: int) -> float:
    """Memory of one process that is resident now, in MB. Linux only: raises BenchFailed elsewhere."""
    statm = Path(f"/proc/{pid}/statm")
    if not statm.exists():
        raise BenchFailed("Memory is read from /proc, which this system does not have.")
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def tree(root: int) -> Iterator[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            children.setdefault(int(_stat(entry)[1]), []).append(int(entry.parent.name))
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _ticks(root: int) -> dict[int, int]:
    """CPU of each process so far, that of its ended children included."""
    found = {}
    for pid in tree(root):
        with suppress(OSError, ValueError, IndexError):
            found[pid] = sum(int(text) for text in _stat(Path(f"/proc/{pid}/stat"))[11:15])
    return found


def _stat(path: Path) -> list[str]:
    """The fields after the name of the program, which may hold anything: state first, then the parent."""
    return path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _pss_bytes(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
