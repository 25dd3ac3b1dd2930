"""The erasure register: who must stay forgotten, kept outside the database and its backups.

One JSON line for each erasure in `erasures/register.jsonl` of the home, readable by its owner alone. A line
holds keyed hashes and ids, nothing that names a person. It is applied again after a restore, so copy the
folder to a second place, as you do the master key. Lines are only ever added; the same erasure twice is one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec import Struct, field

from .errors import StoreMisconfigured
from .home import sync_directory

DIRECTORY = "erasures"
FILE = "register.jsonl"


class Entry(Struct, frozen=True, omit_defaults=True):
    """One erasure. A backup that began after `clean_after` holds nothing of the person.

    `marks` are the keyed hashes under which the person would be known again, `quarantined` the rejected
    messages that were removed, `master_key` the fingerprint of the key the hashes were made with.
    """

    erasure_id: str
    workspace_id: int
    at: datetime
    clean_after: datetime
    actor: str
    marks: list[str]
    master_key: str
    quarantined: list[str] = field(default_factory=list)
    proof: dict[str, Any] = field(default_factory=dict)


class Register:
    """The register of one home. Any number of processes may use it at once."""

    def __init__(self, home: Path) -> None:
        self.path = home / DIRECTORY / FILE

    def append(self, entries: Iterable[Entry]) -> int:
        """Add what is not in it yet; durable when this returns. The number of lines added.

        Raises StoreMisconfigured when the file is damaged: nothing is added then.
        """
        with self._locked() as file:
            known = {entry.erasure_id for entry in _parse(file.read(), self.path)}
            fresh = {entry.erasure_id: entry for entry in entries if entry.erasure_id not in known}
            if fresh:
                file.seek(0, os.SEEK_END)
                file.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in fresh.values()))
                file.flush()
                os.fsync(file.fileno())
            return len(fresh)

    def read(self) -> list[Entry]:
        """All lines in the order they were written; none where nobody was ever erased."""
        return read_register(self.path) if self.path.exists() else []

    def _locked(self) -> BinaryIO:
        """The file, opened for adding and held alone until it is closed; a torn last line is cut off."""
        directory = self.path.parent
        directory.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        file = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            _give_to_owner(descriptor, directory)
            sync_directory(directory)
            sync_directory(directory.parent)
            content = file.read()
            # A crash while writing leaves half a line; that erasure is in the database and comes back from there.
            file.truncate(content.rfind(b"\n") + 1)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file


def read_register(path: Path) -> list[Entry]:
    """The lines of a register file, such as a copy kept elsewhere. Raises StoreMisconfigured when damaged."""
    try:
        return _parse(path.read_bytes(), path)
    except OSError as error:
        raise StoreMisconfigured(
            f"The erasure register {path} cannot be read: {error.strerror}.", field=str(path)
        ) from error


def _parse(content: bytes, path: Path) -> list[Entry]:
    whole, _, _ = content.rpartition(b"\n")
    entries: list[Entry] = []
    for number, line in enumerate(whole.split(b"\n") if whole else [], 1):
        try:
            entries.append(msgspec.json.decode(line, type=Entry))
        except msgspec.MsgspecError as error:
            raise StoreMisconfigured(
                f"Line {number} of the erasure register {path} is damaged. Bring back the file from its copy.",
                field=str(path),
            ) from error
    return entries


def _give_to_owner(descriptor: int, directory: Path) -> None:
    """Run as root in somebody's home, the file and its folder belong to the owner of the home."""
    if os.geteuid() == 0:
        owner = directory.parent.stat()
        os.chown(directory, owner.st_uid, owner.st_gid)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
