"""Passwords: argon2id hashes, computed off the event loop and never more than a few at a time.

One hash takes 46 MiB of memory for some 60 ms; the limit bounds what a flood of tries can cost.
"""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

PASSWORD_CHARACTERS_MIN = 10
PASSWORD_CHARACTERS_MAX = 1024
_AT_ONCE_MAX = 2
_HASHER = PasswordHasher(time_cost=2, memory_cost=46 * 1024, parallelism=1)


class Passwords:
    """Hashes and verifies. One object a process."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._limit: asyncio.Semaphore | None = None
        self._nobody: str | None = None

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether the password fits. Without a stored hash the same work is done and the answer is no."""
        async with self._turn():
            if self._nobody is None:
                # Made at the first question whatever it is, so that the time taken tells nothing.
                self._nobody = await asyncio.to_thread(self._hasher.hash, "nobody has this password")
            fits = await asyncio.to_thread(_fits, self._hasher, stored or self._nobody, password)
        return fits and stored is not None

    async def hash(self, password: str) -> str:
        """The text to store."""
        async with self._turn():
            return await asyncio.to_thread(self._hasher.hash, password)

    def is_dated(self, stored: str) -> bool:
        """Whether a stored hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _turn(self) -> asyncio.Semaphore:
        # Made late: it belongs to the event loop that is running.
        if self._limit is None:
            self._limit = asyncio.Semaphore(_AT_ONCE_MAX)
        return self._limit


def _fits(hasher: PasswordHasher, stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
