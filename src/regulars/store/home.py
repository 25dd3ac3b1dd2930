"""The home directory: who may read it, its secret files, and locks between processes.

Everything in it belongs to its owner alone. Run as root, the home may be entered but not listed by
others (mode 0711), so that the embedded database can run as an unprivileged user in its own 0700
directory; every file of ours stays 0600. Directories that we did not create are never changed.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from regulars.store.errors import StoreMisconfigured, StoreUnavailable

_POLL_SECONDS = 0.02


def prepare_home(home: Path) -> Path:
    """Make the home if it is missing and return its absolute path. Raises StoreMisconfigured."""
    home = home.expanduser().resolve()
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            home.mkdir(mode=0o700)
            # mkdir is subject to the umask, so the mode is set again on the directory just made.
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise StoreMisconfigured(
            f"The home {home} cannot be created: {error.strerror}. Set REGULARS_HOME to a directory you own."
        ) from error
    if not home.is_dir() or not os.access(home, os.W_OK | os.X_OK):
        raise StoreMisconfigured(f"The home {home} is not a directory this user can write to.")
    return home


def write_private(path: Path, content: bytes, *, replace: bool = True) -> bool:
    """Write a 0600 file all at once, durable when this returns.

    With `replace=False` an existing file wins and False is returned. Run as root in somebody's home, the
    file is given to the owner of the directory, who would be locked out otherwise.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{time.monotonic_ns()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        return _put_in_place(temporary, path, replace=replace)
    finally:
        temporary.unlink(missing_ok=True)


def _put_in_place(temporary: Path, path: Path, *, replace: bool) -> bool:
    if replace:
        temporary.replace(path)
    else:
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
    sync_directory(path.parent)
    return True


def sync_directory(path: Path) -> None:
    """Make new and renamed entries of a directory survive a power cut."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_private(path: Path) -> bytes:
    """Read a secret file. Raises FileNotFoundError, and StoreMisconfigured where others could read it too."""
    descriptor = os.open(path, os.O_RDONLY)
    with os.fdopen(descriptor, "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise StoreMisconfigured(
                f"{path} can be read by other users (mode {mode:04o}). Run: chmod 600 {path}", field=str(path)
            )
        return file.read()


class FileLock:
    """A lock between processes that vanishes with its holder, kill -9 included.

    One object is for one thread at a time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """The open file that carries the lock; a child that inherits it holds the lock as well."""
        if self._descriptor is None:
            raise ValueError("the lock is not held")
        return self._descriptor

    def acquire(self, *, shared: bool = False, timeout_seconds: float = 0.0) -> bool:
        """Take the lock, or change a held one between shared and exclusive. False when the time is up."""
        if self._descriptor is None:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = time.monotonic() + timeout_seconds
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Let go; nothing happens when the lock is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @contextmanager
    def hold(self, *, timeout_seconds: float, what: str) -> Iterator[None]:
        """Hold the lock exclusively. Raises StoreUnavailable when another process keeps it too long."""
        if not self.acquire(timeout_seconds=timeout_seconds):
            self.release()
            raise StoreUnavailable(f"Another process has been busy with {what} for {timeout_seconds:.0f} s.")
        try:
            yield
        finally:
            self.release()
