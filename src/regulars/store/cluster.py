"""A cluster on disk: made once with a password, configured anew at every start.

The server listens on a Unix socket in a private directory and nowhere else. Statements and parameters
are never logged, not even failed ones: they could name a person.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql

from regulars.store.errors import EmbeddedServerError
from regulars.store.home import read_private, sync_directory, write_private
from regulars.store.launch import Launch, initializer
from regulars.store.programs import major_version
from regulars.store.queries import load_queries

SUPERUSER = "postgres"
OWNER = "regulars"
DATABASE = "regulars"
PORT = 5432
_SECRET_FILE = "postgres.secret"  # noqa: S105 - the name of a file
_SOCKET_NOTE = "postgres.socket"
# Linux allows 107 bytes for the path of a socket, macOS 103.
_SOCKET_PATH_MAX = 103
_INITDB_TIMEOUT_SECONDS = 120.0
_QUERIES = load_queries("regulars.store", "cluster.sql")

_HBA = (
    "# Written at every start. Only the private socket, only with a password.\nlocal all all scram-sha-256\n"
)

# For a machine with two cores and some memory to spare, that is quiet when nobody comes.
_BASE: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "60",
    "huge_pages": "off",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # Durability: what is acknowledged is on disk.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_level": "replica",
    "max_wal_senders": "2",
    "min_wal_size": "256MB",
    # A page's first change after a checkpoint is kept whole; to squeeze it costs more than to write it.
    "wal_compression": "off",
    "wal_buffers": "16MB",
    "checkpoint_timeout": "10min",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "jit": "off",
    # Few helpers: each costs memory and wakes up.
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "max_logical_replication_workers": "0",
    "autovacuum": "on",
    "autovacuum_max_workers": "2",
    # Logs: the server's own life, no statement, no value.
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_connections": "off",
    "log_disconnections": "off",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "datestyle": "iso, ymd",
    # A backend whose client has gone stops working for it.
    "client_connection_check_interval": "5s",
}


class Credentials(msgspec.Struct, frozen=True):
    """Passwords of the embedded server: of its superuser, and of the login the program uses."""

    superuser_password: str
    owner_password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


def credentials(home: Path) -> Credentials:
    """The passwords kept in the home, made on the first call. Raises StoreMisconfigured if others can read."""
    path = home / _SECRET_FILE
    if not path.exists():
        fresh = Credentials(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        write_private(path, msgspec.json.encode(fresh), replace=False)
    return msgspec.json.decode(read_private(path), type=Credentials)


def create_cluster(launch: Launch, password: str, *, durable: bool = True) -> None:
    """Run initdb unless it was done. Killed half-way, the next call starts over.

    Raises EmbeddedServerError when it fails, or when a different major version made the cluster.
    """
    made_by = cluster_version(launch.data_dir)
    ours = major_version(launch.bin_dir)
    if made_by == ours:
        return
    if made_by is not None:
        raise EmbeddedServerError(
            f"The data in {launch.data_dir} was made by PostgreSQL {made_by}, this program brings {ours}. "
            "Run `regulars migrate` to carry it over."
        )
    workshop = launch.state_dir.with_name(f".{launch.state_dir.name}.new")
    shutil.rmtree(workshop, ignore_errors=True)
    try:
        _initdb(initializer(launch), workshop, password, ours, durable=durable)
        _hand_over(launch, workshop / "data")
        launch.make_directory(launch.state_dir)
        (workshop / "data").rename(launch.data_dir)
        sync_directory(launch.state_dir)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def set_aside(launch: Launch, major: int) -> Path:
    """Where the data of an older version waits until it has been carried over."""
    return launch.data_dir.with_name(f"{launch.data_dir.name}.{major}")


def refuse_half_carried(launch: Launch) -> None:
    """Raise EmbeddedServerError while data of an older version waits: what is in its place is not whole."""
    waiting = sorted(launch.state_dir.glob(f"{launch.data_dir.name}.*"))
    if waiting:
        raise EmbeddedServerError(
            f"Carrying the data over to a new PostgreSQL was interrupted; it is safe in {waiting[0]}. "
            "Run `regulars migrate` to finish."
        )


def cluster_version(data_dir: Path) -> int | None:
    """Major version that made the cluster; None where there is none."""
    try:
        return int((data_dir / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def configure(launch: Launch, socket_dir: Path, extra: Mapping[str, str]) -> None:
    """Write the server's configuration; `extra` wins over ours."""
    major = major_version(launch.bin_dir)
    values = dict(_BASE, unix_socket_directories=str(socket_dir), cluster_name=cluster_name(launch.data_dir))
    values["port"] = str(PORT)
    values |= _memory_settings(memory_bytes())
    if major >= 18:
        # No processes for reading ahead: the data of a small shop sits in memory.
        values["io_method"] = "sync"
    values.update(extra)
    lines = [f"{name} = '{_escape(value)}'\n" for name, value in values.items()]
    write_private(
        launch.data_dir / "postgresql.conf", ("# Written at every start.\n" + "".join(lines)).encode()
    )
    write_private(launch.data_dir / "pg_hba.conf", _HBA.encode())


def _memory_settings(total_bytes: int) -> dict[str, str]:
    """A sixteenth of the memory for pages that are changed, 128 MB to 1 GB; it is taken only as it is filled.

    Eight times that for the log between two checkpoints: a page's first change after one is logged whole, and
    a large import that comes upon a checkpoint every few seconds would log little else.
    """
    megabytes = total_bytes // 2**20
    buffers = max(128, min(1024, megabytes // 16))
    return {
        "shared_buffers": f"{buffers}MB",
        "max_wal_size": f"{8 * buffers}MB",
        "effective_cache_size": f"{max(512, megabytes // 2)}MB",
    }


def memory_bytes() -> int:
    """Memory of the machine, or of the container where that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        with suppress(OSError, ValueError):
            total = min(total, int(Path(path).read_text(encoding="ascii")))
    return total


def cluster_name(data_dir: Path) -> str:
    """Name that the server's processes carry in the process list; tells clusters apart."""
    return f"regulars-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"


def socket_directory(launch: Launch, home: Path) -> Path:
    """The private directory of the socket: inside the state, or a short one where that path is too long."""
    inside = launch.state_dir / "socket"
    if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _SOCKET_PATH_MAX:
        launch.make_directory(inside)
        return inside
    noted = _noted_socket_directory(launch, home)
    if noted is not None:
        return noted
    runtime = os.environ.get("XDG_RUNTIME_DIR", "") if launch.uid is None else ""
    short_enough = 0 < len(runtime) < 60 and Path(runtime).is_dir()
    base = Path(runtime if short_enough else "/tmp")  # noqa: S108 - the directory made in it is private
    short = base / f"regulars-{secrets.token_hex(6)}"
    short.mkdir(mode=0o700)
    launch.give(short)
    write_private(home / _SOCKET_NOTE, f"{short}\n".encode())
    return short


def _noted_socket_directory(launch: Launch, home: Path) -> Path | None:
    """The short directory made earlier, if it is still there and still private."""
    with suppress(FileNotFoundError):
        noted = Path((home / _SOCKET_NOTE).read_text(encoding="utf-8").strip())
        found = noted.lstat()
        owner = os.geteuid() if launch.uid is None else launch.uid
        if found.st_mode & 0o170777 == 0o040700 and found.st_uid == owner:
            return noted
    return None


def forget_socket(launch: Launch, home: Path, socket_dir: Path) -> None:
    """Remove the short directory after the server has stopped; one inside the state stays."""
    if socket_dir.parent != launch.state_dir:
        with suppress(OSError):
            socket_dir.rmdir()
        (home / _SOCKET_NOTE).unlink(missing_ok=True)


def prepare_database(superuser: psycopg.Connection[tuple[object, ...]], owner_password: str) -> None:
    """Create the two roles and the database; what is there stays. `superuser` is in autocommit."""
    secret = superuser.pgconn.encrypt_password(owner_password.encode(), OWNER.encode(), b"scram-sha-256")
    superuser.execute(_QUERIES.create_app_role)
    if superuser.execute(_QUERIES.owner_exists).fetchone() == (False,):
        create = sql.SQL(_QUERIES.create_owner).format(password=sql.Literal(secret.decode()))
        superuser.execute(create)
    superuser.execute(_QUERIES.grant_app_role)
    if superuser.execute(_QUERIES.database_exists).fetchone() == (False,):
        superuser.execute(_QUERIES.create_database)


def _initdb(launch: Launch, workshop: Path, password: str, major: int, *, durable: bool) -> None:
    launch.make_directory(workshop)
    password_file = workshop / "password"
    write_private(password_file, password.encode())
    launch.give(password_file)
    locale = ["--locale=C"]
    if major >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    launch.run(
        "initdb",
        *("--pgdata", workshop / "data"),
        *("--username", SUPERUSER, "--pwfile", password_file),
        *("--auth", "scram-sha-256", "--encoding", "UTF8", "--data-checksums", "--no-instructions"),
        *([] if durable else ["--no-sync"]),
        *locale,
        timeout_seconds=_INITDB_TIMEOUT_SECONDS,
    )
    password_file.unlink()


def _hand_over(launch: Launch, data_dir: Path) -> None:
    """Give the new cluster to the server's user. A link to elsewhere would give that away: refuse it."""
    if launch.uid is None:
        return
    for directory, names, files in os.walk(data_dir, topdown=False):
        for name in files + names:
            path = Path(directory, name)
            found = path.lstat()
            if path.is_symlink() or (path.is_file() and found.st_nlink != 1):
                raise EmbeddedServerError(f"{path} was tampered with while the database was made.")
            launch.give(path)
    launch.give(data_dir)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")
