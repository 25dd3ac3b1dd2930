"""The embedded PostgreSQL: start it, attach to one that runs, restart it when it dies, stop it.

Any number of processes may use one home at once. Each holds a shared lock while it does; the last one
to leave stops the server. The locks vanish with their holders, so a program killed with -9 leaves a
server behind that the next one attaches to and stops. Starting and stopping happen under a second lock.
A server killed with -9 is started again by whoever watches it, and recovers from its log.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.conninfo import make_conninfo

from regulars.store import cluster
from regulars.store.errors import EmbeddedServerError
from regulars.store.home import FileLock, prepare_home
from regulars.store.launch import Launch, choose_launch
from regulars.store.postmaster import Postmaster, end_orphans, find_postmaster, forget_stale, process_exists
from regulars.store.programs import find_programs

# Recovery after a crash replays up to max_wal_size of log before the server answers.
START_TIMEOUT_SECONDS = 300.0
STOP_TIMEOUT_SECONDS = 60.0
_ORPHANS_SECONDS = 30.0
_ORPHANS_GRACE_SECONDS = 0.3
_POLL_SECONDS = 0.02
_WATCH_SECONDS = 0.25
# Every so many looks, make sure that the number is still that of the server.
_THOROUGH_TICKS = 16
_RESTART_PAUSES_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 15.0, 30.0)
_LOG_BYTES_MAX = 4 * 1024 * 1024

# Servers left to other users of the home: kept, so that nobody waits for them at exit.
_left_running: list[subprocess.Popen[bytes]] = []


class EmbeddedServer:
    """The PostgreSQL server of one home. One object is for one thread; `watch` adds its own."""

    def __init__(
        self,
        home: Path,
        *,
        bin_dir: Path | None = None,
        extra: Mapping[str, str] | None = None,
        durable_setup: bool = True,
        carrying_over: bool = False,
        report: Callable[[str], None] | None = None,
    ) -> None:
        """Nothing is started yet. `extra` are server settings that win over ours; `report` is told, in a
        sentence, of each restart; `bin_dir` names other programs than the wheel's; `carrying_over` is for
        the upgrade alone."""
        self.home = prepare_home(home)
        self._bin_dir = bin_dir
        self._extra = dict(extra or {})
        self._durable_setup = durable_setup
        self._carrying_over = carrying_over
        self._report = report or (lambda _: None)
        self._use = FileLock(self.home / "postgres.users")
        self._gate = FileLock(self.home / "postgres.lock")
        self._launch: Launch | None = None
        self._socket_dir: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._adopted_pid: int | None = None
        self._watcher: threading.Thread | None = None
        self._leaving = threading.Event()
        self.restarts = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- what callers ask -------------------------------------------------------------------------

    @property
    def launch(self) -> Launch:
        """How the server is run; found out once."""
        if self._launch is None:
            self._launch = choose_launch(self.home, self._bin_dir or find_programs())
        return self._launch

    @property
    def bin_dir(self) -> Path:
        """The directory of the programs in use: pg_dump, pg_restore and the like."""
        return self.launch.bin_dir

    @property
    def data_dir(self) -> Path:
        """The cluster, for disk space checks."""
        return self.launch.data_dir

    @property
    def dsn(self) -> str:
        """How the program connects: the owner of its database, no superuser. Holds the password."""
        return self._dsn(cluster.OWNER, cluster.credentials(self.home).owner_password, cluster.DATABASE)

    def superuser_dsn(self, database: str = "postgres") -> str:
        """For the supervisor, backups and tests. Holds the password."""
        return self._dsn(cluster.SUPERUSER, cluster.credentials(self.home).superuser_password, database)

    @property
    def socket_dir(self) -> Path:
        """The private directory of the socket the server listens on."""
        if self._socket_dir is None:
            self._socket_dir = cluster.socket_directory(self.launch, self.home)
        return self._socket_dir

    def postmaster(self) -> Postmaster | None:
        """The main process of the running server, ours or another program's child."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        return find_postmaster(self.launch.data_dir)

    # -- start and stop ---------------------------------------------------------------------------

    def start(self, *, timeout_seconds: float = START_TIMEOUT_SECONDS) -> None:
        """Attach to the running server, or make and start it. Returns when it answers.

        Raises EmbeddedServerError with the server's own reason, StoreUnavailable when another process
        stays busy starting it.
        """
        self._leaving.clear()
        with self._gate.hold(timeout_seconds=timeout_seconds, what="starting the embedded PostgreSQL"):
            if not self._use.acquire(shared=True):
                raise EmbeddedServerError(f"The lock {self.home / 'postgres.users'} cannot be shared.")
            try:
                self._ensure_running(timeout_seconds)
            except BaseException:
                self._use.release()
                raise

    def stop(self, *, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> bool:
        """Leave the server; it is stopped when nobody else uses it. True when it was stopped."""
        self._leaving.set()
        if self._watcher is not None:
            self._watcher.join(timeout=START_TIMEOUT_SECONDS)
            self._watcher = None
        with self._gate.hold(timeout_seconds=timeout_seconds, what="starting the embedded PostgreSQL"):
            self._use.release()
            others = FileLock(self.home / "postgres.users")
            try:
                if not others.acquire():
                    self._leave_running()
                    return False
                self._end_server(timeout_seconds)
                return True
            finally:
                others.release()

    def watch(self) -> None:
        """Restart the server whenever it dies, from a thread of its own, until `stop`."""
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="postgres-watch", daemon=True)
            self._watcher.start()

    # -- the parts --------------------------------------------------------------------------------

    def _watch(self) -> None:
        failures = 0
        for tick in itertools.count():
            if self._leaving.wait(_WATCH_SECONDS):
                return
            if self._alive(thorough=tick % _THOROUGH_TICKS == 0):
                failures = 0
                continue
            pause = _RESTART_PAUSES_SECONDS[min(failures, len(_RESTART_PAUSES_SECONDS) - 1)]
            if self._leaving.wait(pause):
                return
            failures = 0 if self._revive() else failures + 1

    def _alive(self, *, thorough: bool) -> bool:
        """True while the server lives. Its number alone is looked at when that is enough: this runs for ever."""
        if self._process is not None and self._process.poll() is None:
            return True
        if self._process is None and self._adopted_pid is not None and not thorough:
            return process_exists(self._adopted_pid)
        found = self.postmaster()
        self._adopted_pid = None if found is None else found.pid
        return found is not None

    def _revive(self) -> bool:
        """Start the server again, unless another process did. False when it does not come up."""
        try:
            with self._gate.hold(
                timeout_seconds=START_TIMEOUT_SECONDS, what="starting the embedded PostgreSQL"
            ):
                self._ensure_running(START_TIMEOUT_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the watch goes on
            self._report(f"The embedded PostgreSQL died and could not be started: {error}")
            return False
        self.restarts += 1
        self._report("The embedded PostgreSQL died and was started again.")
        return True

    def _ensure_running(self, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        self._socket_dir = None
        found = self.postmaster()
        if found is not None and found.stopping:
            self._await_end(found, deadline)
            found = None
        if found is None:
            self._start_server(deadline)
        self._await_ready(deadline)
        with psycopg.connect(self.superuser_dsn(), autocommit=True, connect_timeout=10) as superuser:
            cluster.prepare_database(superuser, cluster.credentials(self.home).owner_password)

    def _start_server(self, deadline: float) -> None:
        launch = self.launch
        running = FileLock(self.home / "postgres.running")
        try:
            self._await_orphans(running)
            secrets = cluster.credentials(self.home)
            if not self._carrying_over:
                cluster.refuse_half_carried(launch)
            cluster.create_cluster(launch, secrets.superuser_password, durable=self._durable_setup)
            socket_dir = cluster.socket_directory(launch, self.home)
            cluster.configure(launch, socket_dir, self._extra)
            forget_stale(launch.data_dir, socket_dir)
            log_start = self._spawn(running)
        finally:
            running.release()
        reason = self._await_first_sign(deadline, log_start)
        if reason is not None:
            raise EmbeddedServerError(f"The embedded PostgreSQL does not start: {reason}")

    def _await_orphans(self, running: FileLock) -> None:
        """Take the lock that every process of the server inherits and so holds for as long as it lives.

        Who has it knows that nothing of an earlier server is left, in whatever container it ran.
        """
        deadline = time.monotonic() + _ORPHANS_SECONDS
        while not running.acquire(timeout_seconds=_ORPHANS_GRACE_SECONDS):
            if time.monotonic() > deadline:
                raise EmbeddedServerError(
                    f"Processes of an earlier PostgreSQL still use {self.launch.data_dir}. End them and try again."
                )
            end_orphans(cluster.cluster_name(self.launch.data_dir), wait_seconds=1.0)

    def _spawn(self, running: FileLock) -> int:
        """Start the main process, detached from our terminal. Returns where its log begins."""
        log = self.log_path
        if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        try:
            begins_at = os.fstat(descriptor).st_size  # before it runs: it may fail and say why at once
            self._process = subprocess.Popen(
                self.launch.command("postgres", "-D", self.launch.data_dir),
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,
                pass_fds=(running.descriptor,),
                **self.launch.options(),
            )
            return begins_at
        except OSError as error:
            raise EmbeddedServerError(f"The embedded PostgreSQL cannot be run: {error}") from error
        finally:
            os.close(descriptor)

    @property
    def log_path(self) -> Path:
        """The server's log: its starts, stops and crashes; no statement and no value."""
        return self.home / "postgres.log"

    def _await_first_sign(self, deadline: float, log_start: int) -> str | None:
        """Wait until the process has taken the data directory; its last words when it ended instead."""
        process = self._process
        while process is not None and time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                return self._last_words(log_start)
            found = find_postmaster(self.launch.data_dir)
            if found is not None and found.pid == process.pid and found.status:
                return None
            time.sleep(_POLL_SECONDS)
        return "it shows no sign of life"

    def _await_ready(self, deadline: float) -> None:
        problem: Exception | None = None
        while time.monotonic() < deadline:
            found = self.postmaster()
            if found is None or self._leaving.is_set():
                raise EmbeddedServerError(
                    f"The embedded PostgreSQL ended while starting: {self._last_words(0)}"
                )
            if found.ready:
                problem = self._answers()
                if problem is None:
                    return
            time.sleep(_POLL_SECONDS)
        reason = type(problem).__name__ if problem is not None else "still recovering"
        raise EmbeddedServerError(f"The embedded PostgreSQL does not answer in time ({reason}).")

    def _answers(self) -> Exception | None:
        """None when the superuser gets in, else what stopped it. A wrong password will not cure itself."""
        try:
            psycopg.connect(self.superuser_dsn(), connect_timeout=10).close()
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise EmbeddedServerError(
                    f"The password in {self.home / 'postgres.secret'} is not that of the database. "
                    "Bring back the file that belongs to this home."
                ) from error
            return error
        return None

    def _end_server(self, timeout_seconds: float) -> None:
        """Stop it in order, and less politely when it takes too long. Its log makes each way safe."""
        found = self.postmaster()
        steps = ((signal.SIGINT, timeout_seconds), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
        for sent, patience_seconds in steps:
            if found is None:
                break
            with suppress(ProcessLookupError):
                os.kill(found.pid, sent)
            found = self._await_end(found, time.monotonic() + patience_seconds)
        if found is not None:
            raise EmbeddedServerError(f"The embedded PostgreSQL (process {found.pid}) cannot be stopped.")
        if self._process is not None:
            self._process.wait(timeout=10.0)
            self._process = None
        cluster.forget_socket(self.launch, self.home, self.socket_dir)
        self._socket_dir = None

    def _await_end(self, postmaster: Postmaster, deadline: float) -> Postmaster | None:
        """Wait until this main process has gone; the process itself when it has not."""
        while time.monotonic() < deadline:
            found = self.postmaster()
            if found is None or found.pid != postmaster.pid:
                return None
            time.sleep(_POLL_SECONDS)
        return postmaster

    def _leave_running(self) -> None:
        if self._process is not None:
            _left_running.append(self._process)
            self._process = None

    def _last_words(self, log_start: int) -> str:
        """The server's reason, from the part of its log written since `log_start`."""
        try:
            with self.log_path.open("rb") as file:
                file.seek(log_start)
                lines = file.read()[-65536:].decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            lines = []
        fatal = [line for line in lines if "FATAL" in line or "PANIC" in line] or lines
        return fatal[-1].strip() if fatal else f"see {self.log_path}"

    def _dsn(self, user: str, password: str, database: str) -> str:
        where: dict[str, Any] = {"host": str(self.socket_dir), "port": cluster.PORT}
        return make_conninfo(**where, user=user, password=password, dbname=database)
