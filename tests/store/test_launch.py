"""PostgreSQL refuses root; the embedded server runs all the same, and stays closed to others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import regulars
from regulars.store.embedded import EmbeddedServer
from tests.servers import TEST_SETTINGS, is_up

# Starts, writes, stops, starts again, reads: as an operator's program would.
PROGRAM = """
import sys
from pathlib import Path
import psycopg
from regulars.store.embedded import EmbeddedServer
for word in ("CREATE TABLE memory (word text)", "INSERT INTO memory VALUES ('kept')"):
    with EmbeddedServer(Path(sys.argv[1]), durable_setup=False, extra={"fsync": "off"}) as server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute(word)
with EmbeddedServer(Path(sys.argv[1])) as server, psycopg.connect(server.dsn) as connection:
    print(connection.execute("SELECT word FROM memory").fetchone()[0])
    print(server.data_dir, server.bin_dir, server.launch.uid, server.launch.namespaced)
"""

# Runs a program as the root of a container: all users are there, namespaces are forbidden, and /var/lib is
# one of its own, so that nothing is left behind.
CONTAINER = """
import ctypes, os, subprocess, sys
NEWUSER, NEWNS = 0x10000000, 0x00020000
ready, mapped = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if ctypes.CDLL(None).unshare(NEWUSER | NEWNS) != 0:
        os._exit(77)
    os.write(ready[1], b"x")
    os.read(mapped[0], 1)
    done = subprocess.run(["mount", "-t", "tmpfs", "none", "/var/lib"], check=False)
    if done.returncode != 0:
        os._exit(77)
    open("/proc/sys/user/max_user_namespaces", "w").write("0")
    os.execvp(sys.argv[1], sys.argv[1:])
os.close(ready[1])
if os.read(ready[0], 1):
    for kind in ("uid", "gid"):
        open(f"/proc/{child}/{kind}_map", "w").write("0 0 65536")
    os.write(mapped[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become others")


def python_for(uid: int) -> str:
    """An interpreter that this user can run: the one of the suite may lie in root's home."""
    for candidate in (sys.executable, f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"):
        try:
            subprocess.run(
                [candidate, "--version"], check=True, capture_output=True, user=uid, cwd="/", timeout=20
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return candidate
    pytest.skip("no Python here can be run by an ordinary user")


def run_program(home: Path, *prefix: str, python: str = sys.executable, uid: int | None = None) -> list[str]:
    path = os.pathsep.join(
        str(Path(module.__path__[0]).parent) for module in (regulars, pytest.importorskip("psycopg"))
    )
    identity: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    done = subprocess.run(
        [*prefix, python, "-B", "-c", PROGRAM, str(home)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd="/",
        **identity,
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout).splitlines()


@as_root
def test_root_gives_the_server_a_user_of_its_own_where_that_user_can_reach_the_home(
    private_directory: Callable[[], Path],
) -> None:
    home = private_directory() / "home"
    with EmbeddedServer(home, extra=TEST_SETTINGS, durable_setup=False) as server:
        found = server.postmaster()
        assert found is not None
        uid = Path(f"/proc/{found.pid}").stat().st_uid
        owners = {path.lstat().st_uid for path in [server.data_dir, *server.data_dir.rglob("*")]}
    assert uid not in (0, 65534)
    assert owners == {uid}


@as_root
def test_root_in_a_private_directory_keeps_the_data_there_and_opens_nothing(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    said, where = run_program(closed / "home")
    assert said == "kept"
    assert where.startswith(str(closed / "home")) and where.endswith("None True")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert {path.lstat().st_uid for path in closed.rglob("*")} == {0}


@as_root
def test_a_container_that_forbids_namespaces_works_with_copies(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    container = [sys.executable, "-c", CONTAINER]
    if subprocess.run([*container, "true"], capture_output=True, check=False, timeout=60).returncode == 77:
        pytest.skip("no container can be made here")
    # /var/lib is gone with the namespace, so one program does it all.
    said, where = run_program(closed / "home", *container)
    assert said == "kept"
    assert where.startswith("/var/lib/regulars/")
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
@pytest.mark.parametrize("uid", [1, 54_321])
def test_an_ordinary_user_runs_it_as_himself_even_without_an_account(
    tmp_path_factory: pytest.TempPathFactory, private_directory: Callable[[], Path], uid: int
) -> None:
    python = python_for(uid)
    home = private_directory()
    os.chown(home, uid, uid)
    said, where = run_program(home / "home", python=python, uid=uid)
    assert said == "kept"
    assert where.startswith(str(home / "home"))
    assert {path.lstat().st_uid for path in home.rglob("*")} == {uid}
    assert (home / "home").stat().st_mode & 0o777 == 0o700


@as_root
def test_root_leaves_the_database_of_an_ordinary_user_to_that_user(
    private_directory: Callable[[], Path],
) -> None:
    uid = 54_322
    python = python_for(uid)
    home = private_directory()
    os.chown(home, uid, uid)
    run_program(home / "home", python=python, uid=uid)
    with EmbeddedServer(home / "home", extra=TEST_SETTINGS) as server:
        assert is_up(server)
    assert {path.lstat().st_uid for path in home.rglob("*")} == {uid}


@as_root
def test_another_user_gets_neither_into_the_home_nor_to_the_server(
    private_directory: Callable[[], Path],
) -> None:
    home = private_directory() / "home"
    with EmbeddedServer(home, extra=TEST_SETTINGS, durable_setup=False) as server:
        attempts = [
            ["ls", str(home)],
            ["ls", str(server.socket_dir)],
            ["cat", str(home / "postgres.secret")],
            ["cat", str(server.data_dir / "PG_VERSION")],
            [
                str(server.bin_dir / "psql"),
                "-w",
                "-h",
                str(server.socket_dir),
                "-U",
                "postgres",
                "-c",
                "SELECT 1",
            ],
        ]
        for attempt in attempts:
            done = subprocess.run(
                attempt, user=65534, group=65534, extra_groups=[], capture_output=True, check=False
            )
            assert done.returncode != 0, attempt
