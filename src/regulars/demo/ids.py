"""Identifiers shaped like the vendors', each a pure function of (seed, kind, number)."""

from __future__ import annotations

from base64 import b32encode, urlsafe_b64encode
from hashlib import blake2b


class Ids:
    """Makes ids; two worlds with the same seed make the same ones. Different kinds never share an id."""

    def __init__(self, seed: int) -> None:
        self._base = blake2b(b"regulars demo ids %d" % seed, digest_size=32).digest()

    def _digest(self, kind: str, number: int, size: int) -> bytes:
        return blake2b(b"%s %d" % (kind.encode(), number), digest_size=size, key=self._base).digest()

    def token(self, kind: str, number: int, length: int = 24) -> str:
        """Upper-case letters and digits, at most 32 of them."""
        return b32encode(self._digest(kind, number, 20)).decode()[:length]

    def mixed(self, kind: str, number: int, length: int = 28) -> str:
        """Letters of both cases, digits and, rarely, `-` and `_`; at most 64 of them."""
        return urlsafe_b64encode(self._digest(kind, number, 48)).decode()[:length]

    def hexadecimal(self, kind: str, number: int, length: int = 32) -> str:
        """Lower-case hexadecimal digits, at most 64."""
        return self._digest(kind, number, 32).hex()[:length]

    def uuid(self, kind: str, number: int) -> str:
        """A UUID of version 4 by its shape."""
        digits = self._digest(kind, number, 16).hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"

    def small(self, kind: str, number: int, below: int) -> int:
        """A number from 0 to `below` - 1, as good as random; for details nobody looks at twice."""
        return int.from_bytes(self._digest(kind, number, 6), "big") % below
