"""Run a program in a user namespace where our root is an ordinary user; Linux only.

Run as a script by the launcher: `python enter_namespace.py UID GID PROGRAM ARG…`. The program owns the
same files as we do, believes itself unprivileged, and has no capability left, neither inside nor out.
Imports nothing but the standard library, as it runs without site packages.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_CLONE_NEWUSER = 0x10000000
_PR_SET_NO_NEW_PRIVS = 38


def enter(uid: int, gid: int) -> None:
    """Move this process into a namespace that shows it as `uid`. Raises OSError where that is forbidden."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {outer_uid} 1")
    _write("/proc/self/gid_map", f"{gid} {outer_gid} 1")
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="ascii")


def main(arguments: list[str]) -> None:
    """Enter the namespace and become the program. The capabilities go with the exec, as uid is not 0."""
    enter(int(arguments[0]), int(arguments[1]))
    os.execv(arguments[2], arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
