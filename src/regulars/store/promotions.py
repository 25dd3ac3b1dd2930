"""The register of promotions: drafts, versions that are only added, from when on they price baskets, paused and ended.

Every change takes the set of the workspace for itself and moves its number, by which a quote sees whether the set it
knows is the last one. A change leaves an audit line by its `actor`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from regulars.capabilities.offers.lint import lint
from regulars.capabilities.offers.model import Promotion, PromotionError, parse
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from .audit import Audit
from .database import AsyncConnection, Database
from .queries import load_queries

PROMOTIONS_MAX: Final = 10_000
CONTENT_CHARACTERS_MAX: Final = 100_000
VERSIONS_SHOWN_MAX: Final = 100
OVER_SHOWN_MAX: Final = 100
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_CARD: Final = re.compile(r"(?:\d[-_]?){12}")
"""So many digits may be a card's, and would not get into the log."""
_TAKEN: Final = frozenset({"new", "try"})
_SQL = load_queries("regulars.store", "promotions.sql")

State = Literal["draft", "active", "paused", "ended"]


class Version(Struct, frozen=True):
    """A promotion's text at a time; `effective_from` is None while nobody said from when on it holds."""

    version: int
    content: str
    digest: str
    effective_from: datetime | None
    made_at: datetime
    made_by: str


class Known(Struct, frozen=True):
    """A promotion with its newest version. `holds`: the version that prices baskets now, None where none does.

    `uses` are sales, `held` those reserved at tills; money in minor units of the promotion's currency.
    """

    promotion_id: str
    name: str
    state: State
    made_at: datetime
    made_by: str
    changed_at: datetime
    version: int
    content: str
    effective_from: datetime | None
    holds: int | None
    uses: int
    held: int
    spent_minor: int
    held_minor: int

    @property
    def promotion(self) -> Promotion:
        """The newest version as read."""
        return read(self.content)

    @property
    def waiting(self) -> bool:
        """Whether there is a newer text than the one that was put in force last."""
        return self.effective_from is None


class Running(Struct, frozen=True):
    """A version of an active promotion, and from when on it prices baskets."""

    promotion: Promotion
    effective_from: datetime


class OverBound(Struct, frozen=True):
    """A sale that took promotions beyond a bound, as (promotion, reason)."""

    sale_id: str
    store: str
    day: date
    at: datetime
    over: list[tuple[str, str]]


@lru_cache(maxsize=5_000)
def read(content: str) -> Promotion:
    """A promotion out of its text, read once."""
    return parse(content)


def running(rows: Sequence[tuple[Any, ...]]) -> list[Running]:
    """Versions out of rows of `running`; each has the number it is kept under."""
    return [
        Running(msgspec.structs.replace(read(content), version=version), effective_from)
        for _, version, effective_from, content in rows
    ]


def in_force(versions: Sequence[Running], at: datetime) -> list[Promotion]:
    """Of each promotion the newest version that has begun by then, in order of their ids."""
    found: dict[str, Promotion] = {}
    for one in versions:
        before = found.get(one.promotion.id)
        if one.effective_from <= at and (before is None or before.version < one.promotion.version):
            found[one.promotion.id] = one.promotion
    return [found[name] for name in sorted(found)]


def from_now_on(versions: Sequence[Running], now: datetime) -> list[Promotion]:
    """Versions that price baskets now or will later, each once."""
    times = [now, *(one.effective_from for one in versions if one.effective_from > now)]
    found = {(one.id, one.version): one for at in times for one in in_force(versions, at)}
    return [found[key] for key in sorted(found)]


class Promotions:
    """Reads and changes the promotions of all workspaces."""

    def __init__(self, database: Database, *, audit: Audit, clock: Callable[[], datetime]) -> None:
        self._database, self._audit, self._clock = database, audit, clock

    async def page(
        self, workspace_id: int, *, limit: int, after: str = "", state: State | None = None
    ) -> list[Known]:
        """Promotions in order of their ids."""
        asked = {"promotion_id": None, "after": after, "state": state, "limit": limit}
        async with self._database.read(workspace_id) as conn:
            return await self._known(conn, workspace_id, asked)

    async def get(self, workspace_id: int, promotion_id: str) -> Known:
        """One of them. Raises NotFound."""
        async with self._database.read(workspace_id) as conn:
            return await self._one(conn, workspace_id, promotion_id)

    async def versions(self, workspace_id: int, promotion_id: str) -> list[Version]:
        """The versions of one, the newest first, VERSIONS_SHOWN_MAX at most."""
        asked = {"workspace_id": workspace_id, "promotion_id": promotion_id, "limit": VERSIONS_SHOWN_MAX}
        async with self._database.read(workspace_id) as conn:
            rows = await (await conn.execute(_SQL.versions, asked)).fetchall()
        return [Version(*row) for row in rows]

    async def over(self, workspace_id: int, promotion_id: str | None = None) -> list[OverBound]:
        """Sales that went beyond a bound, the latest first, OVER_SHOWN_MAX at most."""
        asked = {"workspace_id": workspace_id, "promotion_id": promotion_id, "limit": OVER_SHOWN_MAX}
        async with self._database.read(workspace_id) as conn:
            rows = await (await conn.execute(_SQL.over, asked)).fetchall()
        return [
            OverBound(sale_id.hex, store, day, at, [(name, reason) for name, reason in over])
            for sale_id, store, day, at, over in rows
        ]

    async def faults(self, workspace_id: int, promotion: Promotion) -> list[PromotionError]:
        """Why a promotion must not price baskets beside those that do."""
        async with self._database.read(workspace_id) as conn:
            return lint(promotion, await self._beside(conn, workspace_id))

    async def add(self, workspace_id: int, content: str, *, actor: str) -> Known:
        """Keep a draft. Raises PromotionError for a text that is none, Conflict for an id that is taken."""
        promotion = _checked(content)
        async with self._database.write(workspace_id) as conn:
            await self._lock(conn, workspace_id)
            counted = await (
                await conn.execute(_SQL.count_promotions, {"workspace_id": workspace_id})
            ).fetchone()
            if counted is not None and counted[0] >= PROMOTIONS_MAX:
                raise Conflict("There are %(n)s promotions already.", n=PROMOTIONS_MAX)
            row = self._row(workspace_id, promotion, content, actor)
            if await (await conn.execute(_SQL.add_promotion, row)).fetchone() is None:
                raise Conflict("There is a promotion with this id already; choose another.", field="id")
            await conn.execute(_SQL.add_version, row)
            told = {"name": promotion.name, "version": 1, "digest": row["digest"]}
            await self._tell(conn, workspace_id, promotion.id, actor, "promotion.drafted", told)
            return await self._one(conn, workspace_id, promotion.id)

    async def change(self, workspace_id: int, promotion_id: str, content: str, *, actor: str) -> Known:
        """Add a version; the one in force stays until the new one is activated. The same text changes nothing.

        Raises PromotionError, NotFound, and Conflict for a promotion that has ended.
        """
        promotion = _checked(content)
        if promotion.id != promotion_id:
            raise PromotionError("A promotion keeps its id; add another one instead.", field="id")
        async with self._database.write(workspace_id) as conn:
            await self._lock(conn, workspace_id)
            known = await self._open(conn, workspace_id, promotion_id)
            if known.content != content:
                row = self._row(workspace_id, promotion, content, actor)
                made = await (await conn.execute(_SQL.add_version, row)).fetchone()
                await conn.execute(_SQL.put_state, row | {"state": known.state})
                told = {"version": made[0] if made else None, "digest": row["digest"]}
                await self._tell(conn, workspace_id, promotion_id, actor, "promotion.changed", told)
            return await self._one(conn, workspace_id, promotion_id)

    async def put(self, workspace_id: int, content: str, *, actor: str) -> Known:
        """Add a version of the promotion the text is of, or keep it as a draft where there is none. Raises as both do."""
        promotion = _checked(content)
        try:
            await self.get(workspace_id, promotion.id)
        except NotFound:
            return await self.add(workspace_id, content, actor=actor)
        return await self.change(workspace_id, promotion.id, content, actor=actor)

    async def activate(
        self, workspace_id: int, promotion_id: str, *, at: datetime | None = None, actor: str
    ) -> Known:
        """Let the newest version price baskets, now or from a later time on; a paused promotion goes on.

        Raises NotFound, Conflict for one that has ended, the first PromotionError of what is wrong with it, and
        InvalidInput for a time that is over.
        """
        now = self._clock()
        if at is not None and at < now:
            raise InvalidInput("That time is over; leave it out to begin now.", field="at")
        async with self._database.write(workspace_id) as conn:
            await self._lock(conn, workspace_id)
            known = await self._open(conn, workspace_id, promotion_id)
            for fault in lint(known.promotion, await self._beside(conn, workspace_id)):
                raise fault
            if at is not None and not known.waiting:
                raise InvalidInput(
                    "There is no change that could begin then; leave the time out.", field="at"
                )
            begins = known.effective_from or at or now
            row = self._row(workspace_id, known.promotion, known.content, actor)
            await conn.execute(_SQL.put_in_force, row | {"version": known.version, "effective_from": begins})
            if known.state != "active" or known.waiting:
                await conn.execute(_SQL.put_state, row | {"state": "active"})
                told = {"version": known.version, "effective_from": begins.isoformat()}
                await self._tell(conn, workspace_id, promotion_id, actor, "promotion.activated", told)
            return await self._one(conn, workspace_id, promotion_id)

    async def pause(self, workspace_id: int, promotion_id: str, *, actor: str) -> Known:
        """Let a promotion price nothing until it is activated again. Raises Conflict for one that does not run."""
        return await self._stop(workspace_id, promotion_id, "paused", ("active", "paused"), actor)

    async def end(self, workspace_id: int, promotion_id: str, *, actor: str) -> Known:
        """End a promotion for good; it and its figures are kept."""
        return await self._stop(
            workspace_id, promotion_id, "ended", ("draft", "active", "paused", "ended"), actor
        )

    # -- inside -----------------------------------------------------------------------------------

    async def _stop(
        self, workspace_id: int, promotion_id: str, state: State, of: tuple[State, ...], actor: str
    ) -> Known:
        async with self._database.write(workspace_id) as conn:
            await self._lock(conn, workspace_id)
            known = await self._one(conn, workspace_id, promotion_id)
            if known.state not in of:
                raise Conflict("Only a promotion that runs can be paused.")
            if known.state != state:
                row = self._row(workspace_id, known.promotion, known.content, actor)
                await conn.execute(_SQL.put_state, row | {"state": state})
                await self._tell(conn, workspace_id, promotion_id, actor, f"promotion.{state}", {})
            return await self._one(conn, workspace_id, promotion_id)

    async def _lock(self, conn: AsyncConnection, workspace_id: int) -> None:
        await conn.execute(_SQL.lock_set, {"workspace_id": workspace_id})

    async def _open(self, conn: AsyncConnection, workspace_id: int, promotion_id: str) -> Known:
        known = await self._one(conn, workspace_id, promotion_id)
        if known.state == "ended":
            raise Conflict("This promotion has ended; add another one.")
        return known

    async def _beside(self, conn: AsyncConnection, workspace_id: int) -> list[Promotion]:
        rows = await (await conn.execute(_SQL.running, {"workspace_id": workspace_id})).fetchall()
        return from_now_on(running(rows), self._clock())

    async def _one(self, conn: AsyncConnection, workspace_id: int, promotion_id: str) -> Known:
        asked = {"promotion_id": promotion_id, "after": "", "state": None, "limit": 1}
        for found in await self._known(conn, workspace_id, asked):
            return found
        raise NotFound("There is no promotion with this id.", field="promotion_id")

    async def _known(self, conn: AsyncConnection, workspace_id: int, asked: dict[str, Any]) -> list[Known]:
        params = {"workspace_id": workspace_id, "now": self._clock()} | asked
        return [Known(*row) for row in await (await conn.execute(_SQL.promotions, params)).fetchall()]

    def _row(self, workspace_id: int, promotion: Promotion, content: str, actor: str) -> dict[str, Any]:
        return {
            "workspace_id": workspace_id,
            "promotion_id": promotion.id,
            "name": promotion.name,
            "content": content,
            "digest": hashlib.sha256(content.encode()).hexdigest(),
            "now": self._clock(),
            "actor": actor,
        }

    async def _tell(
        self,
        conn: AsyncConnection,
        workspace_id: int,
        promotion_id: str,
        actor: str,
        action: str,
        told: dict[str, Any],
    ) -> None:
        await self._audit(conn, workspace_id, actor, action, f"promotion:{promotion_id}", told)


def _checked(content: str) -> Promotion:
    """A text that can be kept. Raises PromotionError."""
    if len(content) > CONTENT_CHARACTERS_MAX:
        raise PromotionError(
            "A promotion has at most %(n)s characters; name categories instead of products.",
            n=CONTENT_CHARACTERS_MAX,
        )
    if "\0" in content:
        raise PromotionError("There is a NUL character in it; take it out.")
    promotion = read(content)
    if promotion.id in _TAKEN:
        raise PromotionError("This id is the address of another page; choose another.", field="id")
    if _ID.fullmatch(promotion.id) is None:
        message = (
            "An id has small letters, digits and hyphens and begins with a letter, such as 'summer-tea'."
        )
        raise PromotionError(message, field="id")
    if _CARD.search(promotion.id):
        raise PromotionError("So many digits in a row may be a card's; use fewer of them.", field="id")
    return promotion
