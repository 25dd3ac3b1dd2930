"""Codes of promotions: made once, told once, and kept as keyed hashes."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterable
from typing import Final

from regulars.capabilities.offers.codes import RANDOM_CHARACTERS, code_of_number, is_usable, normalised
from regulars.vocabulary.errors import Conflict, InvalidInput

from .audit import Audit
from .database import Database
from .promotions import Promotions
from .queries import load_queries
from .vault import Vault

CODES_MAX: Final = 1_000_000
PER_BATCH: Final = 10_000
COUNTED_MAX: Final = 1_000_000
_SQL = load_queries("regulars.store", "promotions.sql")


class Codes:
    """Makes codes for the promotions of a workspace."""

    def __init__(self, database: Database, vault: Vault, promotions: Promotions, *, audit: Audit) -> None:
        self._database, self._vault, self._promotions, self._audit = database, vault, promotions, audit

    async def start(self, promotion_id: str, count: int, *, uses_max: int | None = 1, actor: str) -> int:
        """Note that codes are made; the number of their batch.

        Raises NotFound, Conflict for a promotion that has ended, and InvalidInput for a count out of 1 to CODES_MAX.
        """
        if not 1 <= count <= CODES_MAX:
            raise InvalidInput("Make 1 to %(n)s codes at a time.", field="count", n=CODES_MAX)
        await self._open(promotion_id)
        workspace_id = self._vault.workspace_id
        asked = {"workspace_id": workspace_id, "promotion_id": promotion_id}
        async with self._database.write(workspace_id) as conn:
            await conn.execute(_SQL.lock_set, asked)
            batch = await (await conn.execute(_SQL.next_batch, asked)).fetchone()
            number = int(batch[0]) if batch else 1
            told = {"count": count, "batch": number, "uses_max": uses_max}
            await self._audit(
                conn, workspace_id, actor, "promotion.codes_made", f"promotion:{promotion_id}", told
            )
        return number

    async def make(
        self, promotion_id: str, count: int, *, batch: int, uses_max: int | None = 1
    ) -> AsyncIterator[list[str]]:
        """So many new codes, in lists of PER_BATCH at most; each list is kept before it is told."""
        left = count
        while left:
            fresh = {self._hash(code): code for code in _fresh(min(left, PER_BATCH))}
            kept = await self._keep(promotion_id, fresh, batch, uses_max)
            left -= len(kept)
            yield [fresh[one] for one in kept]

    async def add_word(self, promotion_id: str, word: str, *, uses_max: int | None, actor: str) -> None:
        """A code that people can remember and share, such as SUMMER10.

        Raises InvalidInput for a word that is too short or too long, and Conflict for one that is taken.
        """
        text = normalised(word)
        if not is_usable(text):
            raise InvalidInput("A code has 4 to 40 letters and digits.", field="code")
        batch = await self.start(promotion_id, 1, uses_max=uses_max, actor=actor)
        if not await self._keep(promotion_id, {self._hash(text): text}, batch, uses_max):
            raise Conflict("This code is taken; choose another.", field="code")

    async def count(self, promotion_id: str) -> int:
        """How many codes a promotion has, up to COUNTED_MAX."""
        asked = {
            "workspace_id": self._vault.workspace_id,
            "promotion_id": promotion_id,
            "limit": COUNTED_MAX,
        }
        async with self._database.read(self._vault.workspace_id) as conn:
            found = await (await conn.execute(_SQL.count_codes, asked)).fetchone()
        return int(found[0]) if found else 0

    async def _open(self, promotion_id: str) -> None:
        known = await self._promotions.get(self._vault.workspace_id, promotion_id)
        if known.state == "ended":
            raise Conflict("This promotion has ended; add another one.")
        if not known.promotion.code_required:
            message = "This promotion asks for no code; write code_required = true first."
            raise Conflict(message, field="code_required")

    async def _keep(
        self, promotion_id: str, fresh: dict[str, str], batch: int, uses_max: int | None
    ) -> list[str]:
        row = {
            "workspace_id": self._vault.workspace_id,
            "promotion_id": promotion_id,
            "batch": batch,
            "uses_max": uses_max,
            "hashes": list(fresh),
        }
        async with self._database.write(self._vault.workspace_id) as conn:
            found = await (await conn.execute(_SQL.add_codes, row)).fetchall()
        kept = {one[0] for one in found}
        return [one for one in fresh if one in kept]

    def _hash(self, code: str) -> str:
        return code_hash(self._vault, code)


def code_hash(vault: Vault, code: str) -> str:
    """What is kept of a code."""
    return vault.hash("promotion.code", normalised(code))


def _fresh(count: int) -> Iterable[str]:
    for _ in range(count):
        yield code_of_number(secrets.randbits(5 * RANDOM_CHARACTERS))
