"""The embedded server survives what machines and operators do to it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from regulars.store.embedded import EmbeddedServer
from regulars.store.errors import EmbeddedServerError, StoreMisconfigured
from regulars.store.home import FileLock
from regulars.store.postmaster import PID_FILE
from regulars.store.programs import find_programs
from tests.servers import TEST_SETTINGS, is_up, wait_until

# Attaches as another program would, says so, and leaves when its standard input ends.
OTHER_PROGRAM = """
import sys
from pathlib import Path
from regulars.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), durable_setup=False, extra={"fsync": "off"})
server.start(timeout_seconds=60)
print(server.postmaster().pid, flush=True)
sys.stdin.read()
print("stopped" if server.stop() else "left running", flush=True)
"""


@pytest.fixture(scope="module")
def shared_home(private_directory: Callable[[], Path]) -> Path:
    """A home whose cluster is made once for the tests of this file."""
    return private_directory() / "home"


@pytest.fixture
def server(shared_home: Path) -> Iterator[EmbeddedServer]:
    """A running server; stopped at the end, whatever the test did to it."""
    server = EmbeddedServer(shared_home, extra=TEST_SETTINGS, durable_setup=False)
    server.start(timeout_seconds=60)
    yield server
    server.stop()


def kill_postmaster(server: EmbeddedServer) -> int:
    found = server.postmaster()
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    wait_until(lambda: server.postmaster() is None)
    return found.pid


def remember(server: EmbeddedServer, word: str) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS memory (word text)")
        connection.execute("INSERT INTO memory VALUES (%s)", (word,))


def remembers(server: EmbeddedServer, word: str) -> bool:
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT EXISTS (SELECT FROM memory WHERE word = %s)", (word,)).fetchone()
        return row == (True,)


def other_program(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OTHER_PROGRAM, str(home)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_a_killed_server_is_started_again_and_has_forgotten_nothing(server: EmbeddedServer) -> None:
    told: list[str] = []
    server = EmbeddedServer(server.home, extra=TEST_SETTINGS, report=told.append)
    server.start(timeout_seconds=60)
    remember(server, "before the kill")
    server.watch()
    found = server.postmaster()
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    wait_until(lambda: server.restarts == 1)
    assert is_up(server)
    assert remembers(server, "before the kill")
    assert told == ["The embedded PostgreSQL died and was started again."]
    server.stop()


def test_a_server_killed_over_and_over_comes_back_each_time(server: EmbeddedServer) -> None:
    server.watch()
    for number in range(1, 4):
        found = server.postmaster()
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)
        wait_until(lambda number=number: server.restarts == number)  # type: ignore[misc]
    assert is_up(server)


def test_a_backend_busy_at_the_kill_does_not_stop_the_restart(server: EmbeddedServer) -> None:
    busy = psycopg.connect(server.dsn, autocommit=True)
    busy.execute("CREATE TABLE IF NOT EXISTS memory (word text)")
    busy.pgconn.send_query(b"DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")
    kill_postmaster(server)
    with FileLock(server.home / "postgres.lock").hold(timeout_seconds=5, what="testing"):
        pass
    server.stop()
    server.start(timeout_seconds=60)
    assert is_up(server)
    busy.close()


def test_a_second_program_attaches_and_the_last_one_to_leave_stops_the_server(
    server: EmbeddedServer, shared_home: Path
) -> None:
    found = server.postmaster()
    assert found is not None
    with other_program(shared_home) as other:
        assert other.stdout is not None and other.stdin is not None
        assert int(other.stdout.readline()) == found.pid
        assert server.stop() is False
        assert is_up(server)
        other.stdin.close()
        assert other.stdout.readline().strip() == "stopped"
    assert server.postmaster() is None


def test_a_program_killed_with_its_server_running_leaves_it_to_the_next_one(shared_home: Path) -> None:
    with other_program(shared_home) as other:
        assert other.stdout is not None
        pid = int(other.stdout.readline())
        other.kill()
    successor = EmbeddedServer(shared_home, extra=TEST_SETTINGS)
    successor.start(timeout_seconds=60)
    found = successor.postmaster()
    assert found is not None and found.pid == pid
    assert successor.stop() is True
    assert successor.postmaster() is None


def test_killing_the_program_and_its_server_at_once_loses_nothing(shared_home: Path) -> None:
    with EmbeddedServer(shared_home, extra=TEST_SETTINGS) as server:
        remember(server, "before both were killed")
    with other_program(shared_home) as other:
        assert other.stdout is not None
        os.kill(int(other.stdout.readline()), signal.SIGKILL)
        other.kill()
    with EmbeddedServer(shared_home, extra=TEST_SETTINGS) as server:
        assert remembers(server, "before both were killed")


def test_programs_that_start_at_once_in_an_empty_place_share_one_server(
    private_directory: Callable[[], Path],
) -> None:
    home = private_directory() / "home"
    programs = [other_program(home) for _ in range(3)]
    pids = {program.stdout.readline() for program in programs if program.stdout is not None}
    said = {program.communicate(timeout=60)[0].strip() for program in programs}
    assert len(pids) == 1
    assert said == {"left running", "stopped"}


def test_a_server_that_another_program_started_is_watched_too(shared_home: Path) -> None:
    with other_program(shared_home) as other:
        assert other.stdout is not None
        pid = int(other.stdout.readline())
        successor = EmbeddedServer(shared_home, extra=TEST_SETTINGS)
        successor.start(timeout_seconds=60)
        successor.watch()
        other.kill()
        other.wait(timeout=10)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: successor.restarts == 1)
        assert is_up(successor)
        assert successor.stop() is True


def test_a_stale_note_whose_number_belongs_to_another_process_does_no_harm(server: EmbeddedServer) -> None:
    note = server.data_dir / PID_FILE
    lines = note.read_text().splitlines()
    kill_postmaster(server)
    with subprocess.Popen(["sleep", "300"]) as stranger:
        note.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        assert server.postmaster() is None
        server.stop()
        server.start(timeout_seconds=60)
        assert is_up(server)
        assert stranger.poll() is None
        stranger.kill()


def test_stopping_twice_and_starting_again_is_harmless(server: EmbeddedServer) -> None:
    assert server.stop() is True
    assert server.stop() is True
    server.start(timeout_seconds=60)
    assert is_up(server)


def test_nobody_but_the_owner_can_read_the_home_or_reach_the_server(server: EmbeddedServer) -> None:
    private = [server.data_dir.parent, server.data_dir, server.socket_dir]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in private)
    files = [path for path in server.home.iterdir() if path.is_file()]
    assert files and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    assert stat.S_IMODE(server.home.stat().st_mode) & 0o066 == 0
    with psycopg.connect(server.superuser_dsn()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        rules = connection.execute("SELECT DISTINCT type, auth_method FROM pg_hba_file_rules").fetchall()
        assert rules == [("local", "scram-sha-256")]


def test_the_program_does_not_connect_as_a_superuser(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False, False, False)


def test_failed_statements_and_their_values_never_reach_the_log(server: EmbeddedServer) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE person (email text PRIMARY KEY, born integer)")
        for values in (
            ("jane@example.com", "1990"),
            ("jane@example.com", "1990"),
            ("x", "jane-doe-was-here"),
        ):
            try:
                connection.execute("INSERT INTO person VALUES (%s, %s::text::integer)", values)
            except psycopg.Error:
                continue
    log = server.log_path.read_text()
    assert "jane" not in log and "INSERT" not in log


def test_what_is_acknowledged_is_on_disk(shared_home: Path) -> None:
    server = EmbeddedServer(shared_home)
    with server, psycopg.connect(server.dsn) as connection:
        shown = [
            connection.execute(f"SHOW {name}".encode()).fetchone() for name in ("fsync", "synchronous_commit")
        ]
    assert shown == [("on",), ("on",)]


def test_a_long_path_to_the_home_gets_a_short_private_socket(private_directory: Callable[[], Path]) -> None:
    deep = private_directory() / "/".join(["a-rather-long-directory-name"] * 4)
    deep.parent.mkdir(parents=True)
    with EmbeddedServer(deep, extra=TEST_SETTINGS, durable_setup=False) as server:
        socket_dir = server.socket_dir
        assert is_up(server) and len(str(socket_dir)) < 80
        assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
        again = EmbeddedServer(deep)
        assert again.dsn == server.dsn
    assert not socket_dir.exists()


def test_data_of_another_major_version_is_refused_by_name(private_directory: Callable[[], Path]) -> None:
    home = private_directory() / "home"
    older = EmbeddedServer(home, bin_dir=find_programs(16), extra=TEST_SETTINGS, durable_setup=False)
    older.start(timeout_seconds=60)
    older.stop()
    with pytest.raises(EmbeddedServerError, match=r"PostgreSQL 16.*brings 18.*regulars migrate"):
        EmbeddedServer(home).start(timeout_seconds=60)


def test_the_servers_own_reason_is_told_when_it_cannot_start(private_directory: Callable[[], Path]) -> None:
    home = private_directory() / "home"
    broken = EmbeddedServer(home, extra={"shared_buffers": "a lot"}, durable_setup=False)
    with pytest.raises(EmbeddedServerError, match=r"shared_buffers|configuration"):
        broken.start(timeout_seconds=60)
    with EmbeddedServer(home, extra=TEST_SETTINGS) as repaired:
        assert is_up(repaired)


def test_a_setup_killed_half_way_is_done_again(private_directory: Callable[[], Path]) -> None:
    home = private_directory() / "home"
    server = EmbeddedServer(home, extra=TEST_SETTINGS, durable_setup=False)
    half = home / ".postgres.new" / "data"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with server:
        assert is_up(server)
    assert not half.exists()


def test_a_secret_that_others_can_read_is_refused(server: EmbeddedServer) -> None:
    server.stop()
    secret = server.home / "postgres.secret"
    secret.chmod(0o640)
    try:
        with pytest.raises(StoreMisconfigured, match="chmod 600"):
            server.start(timeout_seconds=60)
    finally:
        secret.chmod(0o600)
