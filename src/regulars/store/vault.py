"""Sealing and hashing for one workspace: personal data is readable only with a record's key.

Sealed bytes are AES-256-GCM: 12-byte nonce, then ciphertext and tag. A wrapped key is one byte naming the
master key's generation, then the data key sealed under the wrapping key. Hashes are BLAKE2b-128 in keyed
mode (RFC 7693), shown as 32 hexadecimal digits, stored as uuid.
"""

from __future__ import annotations

import copy
import hashlib
import os
import threading
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from regulars.vocabulary.errors import RegularsError

from .master import MasterKey

NONCE_BYTES = 12
KEY_BYTES = 32
_GENERATION = b"\x01"


class Unreadable(RegularsError):
    """Sealed data that does not open: the key was destroyed, is another, or the bytes were changed."""

    code = "unreadable"


_CHANCE_BYTES = 65_536


class _Chance(threading.local):
    """Random bytes from the operating system, fetched in bulk: one call for thousands of nonces."""

    def __init__(self) -> None:
        self._bytes = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """Fresh random bytes, each given out once."""
        if self._at + count > len(self._bytes):
            self._bytes, self._at = os.urandom(_CHANCE_BYTES), 0
        self._at += count
        return self._bytes[self._at - count : self._at]

    def forget(self) -> None:
        """A forked child must not give out its parent's bytes again."""
        self._bytes, self._at = b"", 0


_chance = _Chance()
os.register_at_fork(after_in_child=_chance.forget)


class Hasher:
    """Keyed hashes of identifiers, words and keys of one workspace."""

    __slots__ = ("_fresh", "key")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._fresh = hashlib.blake2b(digest_size=16, key=key)

    def __call__(self, kind: str, *parts: str) -> str:
        """32 hexadecimal digits for a typed value; parts are joined unambiguously by a control character."""
        hashing = self._fresh.copy()  # the key has gone in already
        hashing.update("\x1f".join((kind, *parts)).encode("utf-8", "surrogatepass"))
        return hashing.hexdigest()


class Vault:
    """The keys of one workspace, held in memory only."""

    def __init__(self, master: MasterKey, workspace_id: int) -> None:
        self.workspace_id = workspace_id
        self._wrap = AESGCM(master.derive("wrap", workspace_id))
        self.workspace_key = master.derive("log", workspace_id)
        self.ticket_key = master.derive("ticket", workspace_id)
        self.hash = Hasher(master.derive("hash", workspace_id))
        self.tombstone = Hasher(master.derive("tombstone", workspace_id))
        self.unwrap = lru_cache(maxsize=20_000)(self._unwrap)

    def shadow(self, workspace_id: int) -> Vault:
        """The same keys, for a copy of this workspace that is kept under another number."""
        other = copy.copy(self)
        other.workspace_id = workspace_id
        return other

    def new_key(self) -> tuple[bytes, bytes]:
        """A fresh data key and its wrapped form for storage."""
        key = _chance.take(KEY_BYTES)
        nonce = _chance.take(NONCE_BYTES)
        return key, _GENERATION + nonce + self._wrap.encrypt(nonce, key, None)

    def _unwrap(self, wrapped: bytes) -> bytes:
        """The data key of a wrapped one. Raises Unreadable."""
        if wrapped[:1] != _GENERATION:
            raise Unreadable("This key was wrapped by an unknown generation of the master key.")
        try:
            return self._wrap.decrypt(wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :], None)
        except InvalidTag:
            raise Unreadable("The master key does not fit this database.") from None


def seal(key: bytes, data: bytes) -> bytes:
    """Encrypt `data` under a data key."""
    nonce = _chance.take(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def open_sealed(key: bytes, sealed: bytes) -> bytes:
    """Decrypt what `seal` made. Raises Unreadable."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
    except InvalidTag:
        raise Unreadable("This data is sealed under another key, or the key was destroyed.") from None
