"""The master key: the one secret from which every other key is derived.

It comes from REGULARS_MASTER_KEY (32 bytes or more, hexadecimal or base64), else from the file
`master.key` in the home, made on the first run. Whoever has it can read the personal data of a backup;
without it nobody can. It is never printed and never stored in the database.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from regulars.store.errors import MasterKeyError, StoreMisconfigured
from regulars.store.home import prepare_home, read_private, write_private

KEY_BYTES_MIN = 32
KEY_FILE = "master.key"
_SALT = b"regulars/master/1"
_PURPOSE = re.compile(r"[a-z][a-z0-9_.-]*")


class MasterKey:
    """Derives a key for each purpose and workspace; the same inputs give the same key for ever."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < KEY_BYTES_MIN:
            raise MasterKeyError(
                f"The master key has {len(secret)} bytes; it needs at least {KEY_BYTES_MIN}.",
                field="master_key",
            )
        self._secret = secret

    def __repr__(self) -> str:
        return f"MasterKey({self.fingerprint()})"

    def derive(self, purpose: str, workspace_id: int, *, length_bytes: int = 32) -> bytes:
        """A key for one purpose (`identifier.hash`, `record.seal` …) of one workspace (0: no workspace).

        HKDF-SHA256. Takes some ten microseconds: callers keep what they use often.
        """
        if not _PURPOSE.fullmatch(purpose) or workspace_id < 0:
            raise MasterKeyError(
                f"{purpose!r} of workspace {workspace_id} is no purpose to derive a key for."
            )
        info = b"regulars\0" + purpose.encode() + b"\0" + str(workspace_id).encode()
        return HKDF(algorithm=SHA256(), length=length_bytes, salt=_SALT, info=info).derive(self._secret)

    def for_own_process(self) -> bytes:
        """The secret itself, for a process this one starts and speaks to through a pipe; to nobody else."""
        return self._secret

    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell master keys apart and reveal nothing about them."""
        return self.derive("fingerprint", 0, length_bytes=8).hex()


def load_master_key(text: str | None, home: Path) -> MasterKey:
    """The key from the setting when given, else from the home's file, made on the first run.

    Raises MasterKeyError when it cannot be read as a key, is too short, or others can read the file.
    """
    if text is not None:
        return MasterKey(decode_key(text))
    path = prepare_home(home) / KEY_FILE
    try:
        return MasterKey(_read(path))
    except FileNotFoundError:
        write_private(path, base64.b64encode(os.urandom(KEY_BYTES_MIN)) + b"\n", replace=False)
        return MasterKey(_read(path))


def decode_key(text: str) -> bytes:
    """Bytes of a key written in hexadecimal, or in either alphabet of base64, padded or not."""
    text = text.strip()
    # Text of hexadecimal digits alone is never read as base64, which would take a short key for a long one.
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", text):
        return bytes.fromhex(text)
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise MasterKeyError(
            "The master key is neither hexadecimal nor base64. Make one with: openssl rand -base64 32",
            field="master_key",
        ) from None


def _read(path: Path) -> bytes:
    try:
        return decode_key(read_private(path).decode("ascii", "replace"))
    except PermissionError as error:
        raise MasterKeyError(f"{path} belongs to another user.", field="master_key") from error
    except StoreMisconfigured as error:
        raise MasterKeyError(error.message, field="master_key") from error
