"""Carries the embedded database over to the major version of PostgreSQL that the wheel brings now.

The old server is started once more and dumped; its data is set aside; the dump goes into a new cluster;
then the old data is removed. Killed at any moment, nothing is lost: while the old data is set aside no
server starts, and the next call begins again from it. Needs free disk space of about twice the data.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from regulars.store import cluster
from regulars.store.embedded import EmbeddedServer
from regulars.store.errors import EmbeddedServerError
from regulars.store.programs import clean_environment, find_programs, major_version

_JOBS = "2"
_DUMP = "postgres.dump"
# A dump of some hundred gigabytes takes hours; a hanging one must still end.
_COPY_TIMEOUT_SECONDS = 24 * 3600.0


def carry_over(
    home: Path, *, extra: Mapping[str, str] | None = None, report: Callable[[str], None] = lambda _: None
) -> tuple[int, int] | None:
    """Upgrade the home's cluster if another version made it. Returns (from, to), or None if none was needed.

    Raises EmbeddedServerError while another program uses the database, when the wheel lacks the programs
    of the old version, or when the copy fails; the old data is then in place again.
    """
    new = EmbeddedServer(home, extra=extra, carrying_over=True)
    _put_back(new)
    made_by = cluster.cluster_version(new.data_dir)
    ours = major_version(new.bin_dir)
    if made_by is None or made_by == ours:
        return None
    old = EmbeddedServer(home, bin_dir=find_programs(made_by), extra=extra, carrying_over=True)
    dump = new.home / _DUMP
    shutil.rmtree(dump, ignore_errors=True)
    try:
        report(f"Reading the data of PostgreSQL {made_by}")
        _dump(old, new.bin_dir, dump)
        report(f"Writing it to PostgreSQL {ours}")
        new.data_dir.rename(cluster.set_aside(new.launch, made_by))
        _restore(new, dump)
    except BaseException:
        _put_back(new)
        raise
    finally:
        shutil.rmtree(dump, ignore_errors=True)
    _discard(cluster.set_aside(new.launch, made_by))
    return made_by, ours


def _put_back(server: EmbeddedServer) -> None:
    """Undo an upgrade that did not finish: the data set aside is whole, what is in its place is not."""
    for waiting in server.data_dir.parent.glob(f"{server.data_dir.name}.*"):
        if server.postmaster() is not None:
            raise EmbeddedServerError("Another program is carrying the data over. Wait for it to finish.")
        if server.data_dir.exists():
            _discard(server.data_dir)
        waiting.rename(server.data_dir)


def _discard(data_dir: Path) -> None:
    """Remove a cluster; the new name makes sure that one half removed is never taken for data."""
    rubbish = data_dir.with_name(f"rubbish-{data_dir.name}")
    shutil.rmtree(rubbish, ignore_errors=True)
    data_dir.rename(rubbish)
    shutil.rmtree(rubbish)


def _dump(old: EmbeddedServer, bin_dir: Path, target: Path) -> None:
    old.start()
    try:
        _copy(old, bin_dir / "pg_dump", "--format=directory", f"--file={target}", f"--jobs={_JOBS}")
    finally:
        stopped = old.stop()
    if not stopped:
        raise EmbeddedServerError(
            "Another program uses the database. Stop it and run `regulars migrate` again."
        )


def _restore(new: EmbeddedServer, source: Path) -> None:
    new.start()
    try:
        _copy(new, new.bin_dir / "pg_restore", "--exit-on-error", f"--jobs={_JOBS}", str(source))
    finally:
        new.stop()


def _copy(server: EmbeddedServer, program: Path, *arguments: str) -> None:
    """Run pg_dump or pg_restore as superuser, for whom row-level security hides nothing."""
    where = conninfo_to_dict(server.superuser_dsn(cluster.DATABASE))
    environment = clean_environment() | {
        "PGHOST": str(where["host"]),
        "PGPORT": str(where["port"]),
        "PGUSER": str(where["user"]),
        "PGPASSWORD": str(where["password"]),
    }
    done = subprocess.run(
        [program, "--dbname", cluster.DATABASE, "--no-password", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_COPY_TIMEOUT_SECONDS,
        check=False,
        umask=0o077,
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise EmbeddedServerError(f"{program.name} failed: {lines[0]}")
