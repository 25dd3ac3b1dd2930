"""As whom PostgreSQL's programs run: they refuse root, and its data must be closed to every other user.

An ordinary user runs them as himself. Root has three ways, taken in this order:

1. an unprivileged uid that belongs to nobody, when the programs and the home can be reached by it;
2. a user namespace, when the home or the programs lie behind a private directory such as /root: the
   data stays root's, the server has no capabilities and takes itself for an ordinary user;
3. copies of what cannot be reached, below /var/lib/regulars, for containers that forbid namespaces.

What was chosen shows in the owner of the data directory, so the same way is taken ever after. No
directory that we did not make is changed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from regulars.store import enter_namespace
from regulars.store.errors import EmbeddedServerError
from regulars.store.home import write_private
from regulars.store.programs import clean_environment

DATA = "data"
_STATE = "postgres"
_PLACE_FILE = "postgres.place"
_SYSTEM_ROOT = Path("/var/lib/regulars")
# Inside the range that Linux systems leave to services without an account, and below 65536, so that it
# exists in containers as well.
_UIDS = range(61_184, 65_520)


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """How to run PostgreSQL's programs and where the server keeps its state."""

    bin_dir: Path
    state_dir: Path
    uid: int | None = None
    namespaced: bool = False

    @property
    def data_dir(self) -> Path:
        """The cluster, PGDATA."""
        return self.state_dir / DATA

    def command(self, program: str, *arguments: str | Path) -> list[str]:
        """The command line of one of the programs."""
        line = [str(self.bin_dir / program), *map(str, arguments)]
        if not self.namespaced:
            return line
        account = _account()
        script = str(Path(enter_namespace.__file__))
        return [sys.executable, "-I", "-S", script, str(account.pw_uid), str(account.pw_gid), *line]

    def options(self) -> dict[str, Any]:
        """Keyword arguments for subprocess: identity, environment, and a directory that anyone can enter."""
        identity: dict[str, Any] = {}
        if self.uid is not None:
            identity = {"user": self.uid, "group": self.uid, "extra_groups": []}
        return {
            "env": clean_environment(),
            "cwd": "/",
            "stdin": subprocess.DEVNULL,
            "umask": 0o077,
            **identity,
        }

    def run(self, program: str, *arguments: str | Path, timeout_seconds: float = 60.0) -> str:
        """Run a program to its end and return what it printed. Raises EmbeddedServerError when it fails."""
        done: subprocess.CompletedProcess[str]
        try:
            done = subprocess.run(
                self.command(program, *arguments),
                capture_output=True,
                text=True,
                timeout=timeout_seconds,
                check=False,
                **self.options(),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise EmbeddedServerError(f"{program} cannot be run: {error}") from error
        if done.returncode != 0:
            raise EmbeddedServerError(f"{program} failed: {_last_line(done.stderr or done.stdout)}")
        return done.stdout

    def make_directory(self, path: Path) -> None:
        """Make a directory that is private to the server's user; one that is there is left as it is."""
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            self.give(path)

    def give(self, path: Path) -> None:
        """Hand one file or directory of ours to the server's user."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid, follow_symlinks=False)


def choose_launch(home: Path, bin_dir: Path) -> Launch:
    """Find the way to run the server for a home, see the top of this file. Raises EmbeddedServerError."""
    if os.geteuid() != 0:
        return Launch(bin_dir=bin_dir, state_dir=home / _STATE)
    outside = _read_place(home)
    state = outside or home / _STATE
    owner = _owner(state / DATA)
    if owner is None:
        return _choose_first(home, bin_dir, outside)
    if owner != 0:
        own = Launch(bin_dir=bin_dir, state_dir=state, uid=owner)
        return own if _can_run(own) else _with_copied_programs(own)
    inside = Launch(bin_dir=bin_dir, state_dir=state, namespaced=True)
    if _can_run(inside) and _can_enter(inside, home):
        return inside
    raise EmbeddedServerError(
        f"The database in {state} was made by root with user namespaces, which do not work here. "
        "Allow them, or move the data with `regulars backup` and `regulars restore`."
    )


def initializer(launch: Launch) -> Launch:
    """As who `initdb` runs: it insists on a user with an account, the server itself does not."""
    uid = os.geteuid() if launch.uid is None else launch.uid
    if launch.namespaced or _has_account(uid):
        return launch
    if launch.uid is None:
        return msgspec.structs.replace(launch, namespaced=True)
    return msgspec.structs.replace(launch, uid=_account().pw_uid)


def _choose_first(home: Path, bin_dir: Path, outside: Path | None) -> Launch:
    own = Launch(bin_dir=bin_dir, state_dir=outside or home / _STATE, uid=_free_uid(home))
    if outside is None and not _can_enter(own, home):
        inside = msgspec.structs.replace(own, uid=None, namespaced=True)
        if _can_run(inside) and _can_enter(inside, home):
            return inside
        own = msgspec.structs.replace(own, state_dir=_place_outside(home))
    if _can_run(own):
        return own
    inside = msgspec.structs.replace(own, uid=None, namespaced=True)
    if outside is None and own.state_dir.parent == home and _can_run(inside) and _can_enter(inside, home):
        return inside
    return _with_copied_programs(own)


def _can_run(launch: Launch) -> bool:
    """True when the server's user can run the programs; found by trying."""
    try:
        launch.run("postgres", "--version")
    except EmbeddedServerError:
        return False
    return True


def _can_enter(launch: Launch, directory: Path) -> bool:
    shell = msgspec.structs.replace(launch, bin_dir=Path("/bin"))
    try:
        shell.run("sh", "-c", 'cd -- "$1"', "sh", directory)
    except EmbeddedServerError:
        return False
    return True


def _with_copied_programs(launch: Launch) -> Launch:
    """Use a copy of the programs that anyone can run, made once for each build of them."""
    source = launch.bin_dir.parent
    build = hashlib.sha256((launch.bin_dir / "postgres").read_bytes()).hexdigest()[:16]
    target = _system_root() / f"programs-{build}"
    if not target.exists():
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        package = source.parent
        libraries = package.with_name(f"{package.name}.libs")
        for part in (source, package / ".dylibs", libraries):
            if part.is_dir():
                _copy_readable(part, temporary / part.relative_to(package.parent))
        temporary.chmod(0o755)
        with suppress(FileExistsError, OSError):
            temporary.rename(target)
        shutil.rmtree(temporary, ignore_errors=True)
    copied = msgspec.structs.replace(launch, bin_dir=target / source.parent.name / source.name / "bin")
    if not _can_run(copied):
        raise EmbeddedServerError(
            "PostgreSQL refuses to run as root, and no other user can run it here. "
            "Start regulars as an ordinary user, or set REGULARS_DATABASE_URL."
        )
    return copied


def _copy_readable(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "*.a"))
    for directory, _, names in os.walk(target):
        Path(directory).chmod(0o755)
        for name in names:
            file = Path(directory, name)
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
    for parent in target.parents[: len(target.parents) - len(_SYSTEM_ROOT.parents) - 1]:
        parent.chmod(0o755)


def _system_root() -> Path:
    with suppress(FileExistsError):
        _SYSTEM_ROOT.mkdir(parents=True)
        _SYSTEM_ROOT.chmod(0o755)
    if _SYSTEM_ROOT.stat().st_uid != 0:
        raise EmbeddedServerError(f"{_SYSTEM_ROOT} does not belong to root, so it cannot be trusted.")
    return _SYSTEM_ROOT


def _place_outside(home: Path) -> Path:
    """A directory for the state of a home that the server's user cannot enter, noted in the home."""
    place = _system_root() / secrets.token_hex(8)
    write_private(home / _PLACE_FILE, f"{place}\n".encode(), replace=False)
    return _read_place(home) or place


def _read_place(home: Path) -> Path | None:
    try:
        return Path((home / _PLACE_FILE).read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return None


def _free_uid(home: Path) -> int:
    """A uid without account and processes; the same home gets the same one while it stays free."""
    first = int.from_bytes(hashlib.sha256(str(home).encode()).digest()[:4])
    busy = _busy_uids()
    for step in range(len(_UIDS)):
        uid = _UIDS[(first + step) % len(_UIDS)]
        if uid not in busy and not _has_account(uid):
            return uid
    raise EmbeddedServerError("No free user id is left for the embedded PostgreSQL.")


def _busy_uids() -> set[int]:
    busy = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            busy.add(entry.stat().st_uid)
    return busy


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _account() -> pwd.struct_passwd:
    """An unprivileged account that every system has; macOS gives `nobody` a uid that programs dislike."""
    for name in ("nobody", "daemon"):
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            if 0 < account.pw_uid < 2**31:
                return account
    raise EmbeddedServerError(
        "This system has neither the user nobody nor daemon; start regulars as an ordinary user."
    )


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no message"


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return None
