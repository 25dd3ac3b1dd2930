"""PostgreSQL's main process as seen from outside: is it alive, is it ours, what does it say of itself.

The server notes itself in `postmaster.pid`. After a crash that file stays behind and its number may
belong to any process by then, so a process counts only when its command line names our data directory.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

PID_FILE = "postmaster.pid"
_ORPHAN_POLL_SECONDS = 0.05
_PS_TIMEOUT_SECONDS = 10.0


class Postmaster(msgspec.Struct, frozen=True):
    """The main process and the status line it keeps: starting, ready, stopping; empty at first."""

    pid: int
    status: str

    @property
    def ready(self) -> bool:
        """True when it accepts connections."""
        return self.status == "ready"

    @property
    def stopping(self) -> bool:
        """True when it is on its way out."""
        return self.status == "stopping"


def find_postmaster(data_dir: Path) -> Postmaster | None:
    """The living main process of a cluster, or None."""
    noted = _noted(data_dir)
    if noted is None or not _is_postmaster(noted.pid, data_dir):
        return None
    return noted


def forget_stale(data_dir: Path, socket_dir: Path) -> None:
    """Remove notes of a dead server whose number another process has taken since.

    PostgreSQL refuses to start while that number is in use. Call it only when it is certain that no
    process of the cluster lives.
    """
    (data_dir / PID_FILE).unlink(missing_ok=True)
    for path in socket_dir.glob(".s.PGSQL.*"):
        path.unlink(missing_ok=True)


def end_orphans(cluster_name: str, *, wait_seconds: float) -> None:
    """End the processes that a dead main process left. What they committed is in the log, as always."""
    for sent in (signal.SIGQUIT, signal.SIGKILL):
        orphans = _orphans(cluster_name)
        for pid in orphans:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, sent)
        deadline = time.monotonic() + wait_seconds
        while orphans and time.monotonic() < deadline:
            time.sleep(_ORPHAN_POLL_SECONDS)
            orphans = _orphans(cluster_name)
        if not orphans:
            return


def process_exists(pid: int) -> bool:
    """True when some process, or a zombie, has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _noted(data_dir: Path) -> Postmaster | None:
    try:
        lines = (data_dir / PID_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
        pid = int(lines[0])
    except (OSError, IndexError, ValueError):
        return None
    # A server started for one session by hand notes a negative number.
    return Postmaster(pid=pid, status=lines[7].strip() if len(lines) > 7 else "") if pid > 0 else None


def _is_postmaster(pid: int, data_dir: Path) -> bool:
    command = _command(pid)
    return command is not None and command.endswith(f"postgres -D {data_dir}")


def _orphans(cluster_name: str) -> list[int]:
    title = f"postgres: {cluster_name}:"
    return [pid for pid, command in _processes() if command.startswith(title)]


def _command(pid: int) -> str | None:
    """Command line of a living process; None when it is gone or a zombie."""
    if sys.platform != "linux":
        return _ps("-p", str(pid)).get(pid)
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    return text.replace(b"\0", b" ").decode("utf-8", "surrogateescape").strip() or None


def _processes() -> Iterator[tuple[int, str]]:
    if sys.platform != "linux":
        yield from _ps("-ax").items()
        return
    for entry in Path("/proc").glob("[0-9]*"):
        command = _command(int(entry.name))
        if command is not None:
            yield int(entry.name), command


def _ps(*selection: str) -> dict[int, str]:
    """Command lines by number, from `ps`, where there is no /proc."""
    done = subprocess.run(
        ["/bin/ps", "-ww", "-o", "pid=,command=", *selection],
        capture_output=True,
        text=True,
        timeout=_PS_TIMEOUT_SECONDS,
        check=False,
    )
    rows = [line.strip().partition(" ") for line in done.stdout.splitlines() if line.strip()]
    return {int(pid): command.strip() for pid, _, command in rows}
