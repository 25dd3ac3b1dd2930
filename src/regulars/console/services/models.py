"""The models people are matched by: which there are, which is at work and how far, adding one, putting one to work.

Putting a model to work is an event like any other; the records are then matched anew page by page, by whoever runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.frequencies import Frequencies
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import Model, parse
from regulars.capabilities.identity.state import Fields
from regulars.engine.identity_memory import matcher_of, shipped_text
from regulars.engine.models import MODELS_MAX, add_model, promotion
from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.session import Session
from regulars.store.vault import Vault, open_sealed
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound
from regulars.vocabulary.intake import Gate, own_source

from .common import mask, row, rows, whole

_SQL = load_queries("regulars.store", "models.sql")
CONTENT_BYTES_MAX: Final = 64 * 1024
REASON_CHARACTERS_MAX: Final = 500
GENERICS_SHOWN: Final = 200
NUMBER_MAX: Final = 32_767
FIRST: Final = 1
"""The model that came with the program."""
_ALL_BITS: Final = 1 << 128
Keep = Literal["keep", "none"]


class Known(Struct, frozen=True):
    """A model. `promoted_*`: when it was last put to work, by whom and why; None where it never was by hand."""

    number: int
    name: str
    digest: str
    made_at: datetime | None
    made_by: str
    frequencies: bool
    promoted_at: datetime | None = None
    promoted_by: str | None = None
    reason: str | None = None


class Standing(Struct, frozen=True):
    """The model at work. `progress`: the share of the records matched anew by it, from 0 to 1; None when all are.

    A model that seeks by other keys than the one before goes through the records twice, first for the keys.
    """

    number: int
    progress: float | None


class QuietValue(Struct, frozen=True):
    """A value that names nobody. `shown`: the value masked, None where nobody carries it any more."""

    kind: str
    shown: str | None
    people: int
    records: int
    since: datetime


class Quiet(Struct, frozen=True):
    """What says nothing of anybody: the values of most people first, how many there are, how many crowded keys."""

    values: list[QuietValue]
    count: int
    crowded: int


class Models:
    """The models of one workspace. `clock` gives aware UTC times."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], datetime]) -> None:
        self._db, self._vault, self._clock = db, vault, clock
        self._workspace = {"workspace_id": vault.workspace_id}

    async def known(self) -> list[Known]:
        """All models, the newest first. A workspace that was never used has the one that came with the program."""
        async with self._db.read(self._vault.workspace_id) as conn:
            found = await rows(conn, _SQL.list_models, self._workspace | {"limit": MODELS_MAX})
        return [Known(*one) for one in found] or [self._shipped()]

    async def one(self, number: int) -> Known:
        """One of them. Raises NotFound."""
        for found in await self.known():
            if found.number == number:
                return found
        raise NotFound("There is no model %(number)s.", field="number", number=number)

    async def standing(self) -> Standing:
        """Which model is at work, and how far records are matched anew."""
        async with self._db.read(self._vault.workspace_id) as conn:
            found = await row(conn, _SQL.at_work, self._workspace)
        number, keyed_to, resolved_to = found or (FIRST, None, None)
        reached = resolved_to if keyed_to is None else keyed_to
        # Ids of records are hashes, so they lie evenly.
        return Standing(number, None if resolved_to is None else reached.int / _ALL_BITS)

    async def content(self, number: int) -> str:
        """The file of a model as it was given. Raises NotFound."""
        return (await self._stored(number))[0]

    async def matcher(self, number: int) -> Matcher:
        """A model ready to weigh, with its own counts. Raises NotFound."""
        content, frequencies = await self._stored(number)
        return matcher_of(content, frequencies, self._vault.hash)

    async def stored(self, number: int) -> tuple[str, bytes | None]:
        """The file of a model, and its counts as they are stored. Raises NotFound."""
        return await self._stored(number)

    async def counts_at_work(self) -> bytes | None:
        """The counts of the model at work, as they are stored."""
        return (await self._stored((await self.standing()).number))[1]

    async def add(self, content: str, frequencies: Frequencies | Keep, by: str) -> int:
        """Keep a model; its number. It changes nothing until it is put to work.

        `frequencies`: counts of values, or "keep" for those of the model at work, or "none". Raises ModelError (the
        place in `field`), Conflict where there are MODELS_MAX.
        """
        read(content)
        counts = None if isinstance(frequencies, str) else frequencies
        if frequencies == "keep" and (kept := await self.counts_at_work()):
            counts = Frequencies.decode(kept, self._vault.hash)
        async with self._db.read(self._vault.workspace_id) as conn:
            (count,) = await row(conn, _SQL.count_models, self._workspace) or (0,)
        if count >= MODELS_MAX:
            raise Conflict("There are %(n)s models, and no more are kept.", n=MODELS_MAX)
        return await asyncio.to_thread(self._add, content, counts, by)

    def _add(self, content: str, frequencies: Frequencies | None, by: str) -> int:
        session = Session(self._db)
        try:
            return add_model(session, self._vault, content, frequencies, actor=by, now=self._clock())
        finally:
            session.close()

    async def promote(self, gate: Gate, number: int, reason: str, by: str) -> None:
        """Put a model to work; the audit trail tells of it. Raises NotFound, InvalidInput, Conflict, TryLater."""
        reason = reason.strip()
        if not 1 <= len(reason) <= REASON_CHARACTERS_MAX:
            raise InvalidInput("Say why, in 1 to %(n)s characters.", field="reason", n=REASON_CHARACTERS_MAX)
        await self._stored(number)
        if (await self.standing()).number == number:
            raise Conflict("Model %(number)s is at work already.", number=number)
        body = promotion(number, actor=by, reason=reason, now=self._clock())
        await gate.submit(own_source(self._vault.workspace_id), [body], door="matching")

    async def before(self) -> int | None:
        """The model that was at work before the one that is; None where it is the first."""
        async with self._db.read(self._vault.workspace_id) as conn:
            found = await row(conn, _SQL.model_before, self._workspace)
        return found[0] if found else None

    async def rollback(self, gate: Gate, reason: str, by: str) -> int:
        """Put the model to work that was before; its number. Raises NotFound where there was none, and as `promote`."""
        before = await self.before()
        if before is None:
            raise NotFound("There was no other model before.")
        await self.promote(gate, before, reason, by)
        return before

    async def quiet(self, *, masked: bool = True) -> Quiet:
        """Values and keys that say nothing; GENERICS_SHOWN values at most."""
        async with self._db.read(self._vault.workspace_id) as conn:
            found = await rows(conn, _SQL.list_generics, self._workspace | {"limit": GENERICS_SHOWN})
            count, crowded = await row(conn, _SQL.count_quiet, self._workspace) or (0, 0)
            values = []
            for kind, value, *rest in found:
                carrier = await row(conn, _SQL.carrier, self._workspace | {"kind": kind, "value": value})
                shown = self._shown(kind, value.hex, carrier, masked=masked)
                values.append(QuietValue(kinds.NAMES[kind], shown, *rest))
        return Quiet(values, count, crowded)

    def _shown(
        self, kind: int, value: str, carrier: tuple[bytes, bytes] | tuple[object, ...] | None, *, masked: bool
    ) -> str | None:
        if carrier is None:
            return None
        key, sealed = carrier
        assert isinstance(key, bytes) and isinstance(sealed, bytes)
        fields = msgspec.json.decode(open_sealed(self._vault.unwrap(key), sealed), type=Fields)
        name = kinds.NAMES[kind]
        for said, (hash_, _, _) in fields.values.get(name, {}).items():
            if hash_ == value:
                return mask(name, said) if masked else said
        return None

    async def _stored(self, number: int) -> tuple[str, bytes | None]:
        async with self._db.read(self._vault.workspace_id) as conn:
            found = await row(conn, _SQL.load_one, self._workspace | {"model_no": number})
        if found is None:
            if number == FIRST:
                return shipped_text(), None
            raise NotFound("There is no model %(number)s.", field="number", number=number)
        return found[0], found[1]

    @staticmethod
    def _shipped() -> Known:
        model = parse(shipped_text())
        return Known(FIRST, model.name, model.digest(), None, "regulars", frequencies=False)


def number_of(text: str) -> int:
    """The number of a model out of an address. Raises InvalidInput, NotFound."""
    number = whole(text, "number")
    if number > NUMBER_MAX:
        raise NotFound("There is no model %(number)s.", field="number", number=number)
    return number


def read(content: str) -> Model:
    """A model out of a file, fit to be used. Raises ModelError, and InvalidInput for a file that is too large."""
    if len(content.encode("utf-8", "surrogatepass")) > CONTENT_BYTES_MAX:
        raise InvalidInput("A model has at most %(n)s KiB.", field="content", n=CONTENT_BYTES_MAX // 1024)
    return Matcher(parse(content)).model
