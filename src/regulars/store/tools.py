"""Runs PostgreSQL's own programs against a database, without its password on a command line."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from .errors import StoreMisconfigured
from .programs import clean_environment

# A dump of some hundred gigabytes takes hours; a hanging one must still end.
TIMEOUT_SECONDS = 24 * 3600.0


class ToolFailed(StoreMisconfigured):
    """One of PostgreSQL's programs ended with an error; the message is its own."""

    code = "database_tool"


def reach(dsn: str) -> tuple[str, dict[str, str]]:
    """The connection string without its password, and the environment that holds it."""
    where = conninfo_to_dict(dsn)
    password = str(where.pop("password", "") or "")
    return make_conninfo("", **where), clean_environment() | ({"PGPASSWORD": password} if password else {})


def run_tool(program: Path, *arguments: str, dsn: str | None = None) -> str:
    """Run a program to its end and return what it printed. Raises ToolFailed."""
    target, environment = reach(dsn) if dsn is not None else ("", clean_environment())
    line = [str(program), *arguments, *(["--no-password", "--dbname", target] if target else [])]
    try:
        done = subprocess.run(
            line,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            umask=0o077,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise ToolFailed(f"{program.name} cannot be run: {type(error).__name__}.") from error
    if done.returncode != 0:
        raise ToolFailed(f"{program.name} failed: {_first_line(done.stderr)}")
    return done.stdout


@contextmanager
def stream_tool(program: Path, *arguments: str) -> Iterator[IO[bytes]]:
    """What a program prints, while it prints it. Raises ToolFailed at the end when it failed.

    The program ends when the reader stops early.
    """
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [str(program), *arguments],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            umask=0o077,
        )
        assert process.stdout is not None, "it was asked for"
        try:
            yield process.stdout
            if process.wait(timeout=60) != 0:
                complaints.seek(0)
                said = complaints.read().decode("utf-8", "replace")
                raise ToolFailed(f"{program.name} failed: {_first_line(said)}")
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


def _first_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "no message"
