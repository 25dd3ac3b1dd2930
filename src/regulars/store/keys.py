"""API keys: made, checked, rotated and revoked.

A key reads `rgl_<workspace>_<43 random characters>`: it names its workspace, so that the look-up happens
behind that workspace's fence. The text is shown once, when it is made; the database keeps its SHA-256, which
is enough for a secret of 256 random bits. A check is remembered for `CHECK_SECONDS`: that long, at most, a
revoked key still works in a process that just saw it (the revoking process forgets at once).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from msgspec import Struct

from regulars.vocabulary.errors import Conflict, Forbidden, InvalidInput, NotFound, TryLater, Unauthenticated
from regulars.vocabulary.intake import Source
from regulars.vocabulary.scopes import UNLIMITED, check_scopes

from .audit import Audit
from .database import AsyncConnection, Database
from .narrowing import checked_stores
from .queries import load_queries
from .recent import Recent
from .sources import DEFAULT_KIND, DEFAULT_REGION, Sources, loyalty_ranges

PREFIX: Final = "rgl_"
CHECK_SECONDS: Final = 5.0
USED_SECONDS: Final = 60
OVERLAP_HOURS: Final = 24
OVERLAP_HOURS_MAX: Final = 24 * 90
NAME_CHARACTERS_MAX: Final = 200
_TEXT: Final = re.compile(r"rgl_(?P<workspace>[1-9][0-9]{0,8})_[A-Za-z0-9_-]{32,128}")
_RANDOM_BYTES: Final = 32
_HINT_CHARACTERS: Final = 4
_QUERIES = load_queries("regulars.store", "keys.sql")


class Caller(Struct, frozen=True):
    """Who a key stands for: its workspace, what it may do and the source it speaks for.

    `stores`: the codes of the stores it reads for, None for all; it limits nothing that is sent.
    """

    key_id: str
    workspace_id: int
    scopes: frozenset[str]
    source: Source
    options: Mapping[str, str]
    expires_at: datetime | None = None
    disabled: bool = False
    stores: frozenset[str] | None = None


class KeyInfo(Struct, frozen=True):
    """What may be shown of a key. `hint` is its beginning, to tell keys apart."""

    key_id: str
    name: str
    hint: str
    scopes: list[str]
    source: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: str | None
    stores: list[str] | None = None


class NewKey(Struct, frozen=True):
    """A key just made. `text` exists here and nowhere else."""

    key_id: str
    text: str
    scopes: tuple[str, ...]
    source: str
    expires_at: datetime | None
    stores: list[str] | None = None

    def __repr__(self) -> str:
        return f"NewKey({self.key_id!r})"


class _Made(Struct, frozen=True):
    """What a new key is to be."""

    name: str
    scopes: tuple[str, ...]
    source_id: int
    source: str
    expires_at: datetime | None
    stores: list[str] | None


def looks_like_key(text: str) -> bool:
    """True for the form of a key of ours; says nothing about whether it is valid."""
    return _TEXT.fullmatch(text) is not None


class Keys:
    """The keys of all workspaces of one database, for one event loop."""

    def __init__(
        self,
        database: Database,
        sources: Sources,
        *,
        audit: Audit | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._sources = sources
        self._audit = audit
        self._now = now
        self._checked = Recent(self._load, seconds=CHECK_SECONDS, clock=monotonic)
        self._touches: set[asyncio.Task[None]] = set()

    async def verify(self, text: str) -> Caller:
        """The caller a key stands for.

        Raises Unauthenticated when the key is unknown, revoked or expired, Forbidden when its source is
        disabled, StoreUnavailable when that cannot be found out.
        """
        found = _TEXT.fullmatch(text)
        if found is None:
            raise _refused()
        caller = await self._checked.get((int(found["workspace"]), _digest(text)))
        if caller is None or (caller.expires_at is not None and caller.expires_at <= self._now()):
            raise _refused()
        if caller.disabled:
            raise Forbidden(
                "The source %(source)s is switched off.", code="source_disabled", source=caller.source.name
            )
        return caller

    async def create(
        self,
        workspace_id: int,
        *,
        name: str,
        scopes: Iterable[str],
        source: str = "api",
        source_kind: str = DEFAULT_KIND,
        expires_at: datetime | None = None,
        stores: Iterable[str] | None = None,
        actor: str = "",
    ) -> NewKey:
        """Make a key that speaks for `source`, which is added when missing; `stores` limits what it reads.

        Raises InvalidInput, for a limit of a key with a right of the whole chain as well.
        """
        wanted = check_scopes(scopes)
        if stores is not None and not UNLIMITED.isdisjoint(wanted):
            raise InvalidInput(
                "A key limited to stores has none of these rights: %(names)s.",
                field="stores",
                names=", ".join(sorted(UNLIMITED)),
            )
        if not 0 < len(name) <= NAME_CHARACTERS_MAX:
            raise InvalidInput(
                "A key needs a name of at most %(n)s characters.", field="name", n=NAME_CHARACTERS_MAX
            )
        if expires_at is not None and expires_at <= self._now():
            raise InvalidInput("The key would have expired already.", field="expires_at")
        if stores is not None:
            async with self._database.read(workspace_id) as connection:
                stores = await checked_stores(connection, workspace_id, frozenset(stores))
        known = await self._sources.ensure(workspace_id, source, kind=source_kind, actor=actor)
        key = _Made(name, wanted, known.source.source_id, source, expires_at, stores)
        async with self._database.write(workspace_id) as connection:
            return await self._add(connection, workspace_id, key, actor)

    async def list(self, workspace_id: int) -> list[KeyInfo]:
        """All keys of a workspace, newest first, ended ones included."""
        async with self._database.read(workspace_id) as connection:
            cursor = await connection.execute(_QUERIES.all_keys, {"workspace_id": workspace_id})
            return [_info(row) for row in await cursor.fetchall()]

    async def revoke(self, workspace_id: int, key_id: str, *, actor: str = "") -> None:
        """End a key at once: here now, in other processes within CHECK_SECONDS. Raises NotFound."""
        values = {"workspace_id": workspace_id, "key_id": _uuid(key_id), "at": self._now()}
        async with self._database.write(workspace_id) as connection:
            row = await (await connection.execute(_QUERIES.revoke_key, values)).fetchone()
            if row is None:
                raise _unknown()
            await self._tell(connection, workspace_id, actor, "key.revoked", key_id, {"name": row[0]})
        self._checked.forget()

    async def rotate(
        self, workspace_id: int, key_id: str, *, overlap_hours: float = OVERLAP_HOURS, actor: str = ""
    ) -> NewKey:
        """Make a key with the same rights and source; the old one works for `overlap_hours` more.

        A key made to last some time is followed by one that lasts as long. Raises NotFound, and Conflict
        when the key has ended or was rotated before.
        """
        if not 0 <= overlap_hours <= OVERLAP_HOURS_MAX:
            raise InvalidInput("The overlap is 0 to %(n)s hours.", field="overlap_hours", n=OVERLAP_HOURS_MAX)
        now = self._now()
        old = {"workspace_id": workspace_id, "key_id": _uuid(key_id)}
        async with self._database.write(workspace_id) as connection:
            row = await (await connection.execute(_QUERIES.lock_key, old)).fetchone()
            if row is None:
                raise _unknown()
            name, source_id, scopes, created_at, expires_at, revoked_at, replaced_by, stores, source = row
            if revoked_at is not None or replaced_by is not None or (expires_at and expires_at <= now):
                raise Conflict("This key has ended or was rotated already.", field="key_id")
            until = None if expires_at is None else now + (expires_at - created_at)
            key = _Made(name, tuple(scopes), source_id, source, until, stores)
            made = await self._add(connection, workspace_id, key, actor)
            ends = {"replaced_by": UUID(made.key_id), "expires_at": now + timedelta(hours=overlap_hours)}
            await connection.execute(_QUERIES.replace_key, {**old, **ends})
            details = {"name": name, "replaced_by": made.key_id}
            await self._tell(connection, workspace_id, actor, "key.rotated", key_id, details)
        self._checked.forget()
        return made

    def forget(self) -> None:
        """Look every key up anew: a source changed."""
        self._checked.forget()

    async def close(self) -> None:
        """Wait for the notes of last use that are under way."""
        await asyncio.gather(*self._touches, return_exceptions=True)

    async def _add(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        key: _Made,
        actor: str,
    ) -> NewKey:
        key_id = uuid4()
        start = f"{PREFIX}{workspace_id}_"
        text = start + secrets.token_urlsafe(_RANDOM_BYTES)
        values = {
            "workspace_id": workspace_id,
            "key_id": key_id,
            "name": key.name,
            "source_id": key.source_id,
            "key_hash": _digest(text),
            "hint": text[: len(start) + _HINT_CHARACTERS],
            "scopes": list(key.scopes),
            "stores": key.stores,
            "created_at": self._now(),
            "created_by": actor,
            "expires_at": key.expires_at,
        }
        await connection.execute(_QUERIES.add_key, values)
        details: dict[str, Any] = {"name": key.name, "scopes": list(key.scopes), "source": key.source}
        if key.stores is not None:
            details["stores"] = key.stores
        await self._tell(connection, workspace_id, actor, "key.created", str(key_id), details)
        return NewKey(str(key_id), text, key.scopes, key.source, key.expires_at, key.stores)

    async def _tell(
        self,
        connection: AsyncConnection,
        workspace_id: int,
        actor: str,
        action: str,
        key_id: str,
        details: Mapping[str, Any],
    ) -> None:
        if self._audit is not None:
            await self._audit(connection, workspace_id, actor, action, f"key:{key_id}", details)

    async def _load(self, key: tuple[int, bytes]) -> Caller | None:
        """The caller of a key's hash; None for a key that is unknown or revoked."""
        workspace_id, digest = key
        values = {"workspace_id": workspace_id, "key_hash": digest}
        async with self._database.read(workspace_id) as connection:
            row = await (await connection.execute(_QUERIES.caller_by_key, values)).fetchone()
        if row is None or row[3] is not None:
            return None
        key_id, scopes, expires_at, _, last_used_at, stores, source_id, *source, options, off = row
        name, kind, system, never = source
        if last_used_at is None or last_used_at < self._now() - timedelta(seconds=USED_SECONDS):
            self._note_use(workspace_id, key_id)
        region = options.get("region", DEFAULT_REGION)
        return Caller(
            key_id=str(key_id),
            workspace_id=workspace_id,
            scopes=frozenset(scopes),
            source=Source(
                workspace_id, source_id, name, kind, system, never, region, loyalty_ranges(options)
            ),
            options=options,
            expires_at=expires_at,
            disabled=off is not None,
            stores=None if stores is None else frozenset(stores),
        )

    def _note_use(self, workspace_id: int, key_id: UUID) -> None:
        """Write the time of last use beside the request, which does not wait for it."""
        task = asyncio.create_task(self._touch(workspace_id, key_id))
        self._touches.add(task)
        task.add_done_callback(self._touches.discard)

    async def _touch(self, workspace_id: int, key_id: UUID) -> None:
        try:
            async with self._database.write(workspace_id) as connection:
                await connection.execute(_QUERIES.touch_key, {"workspace_id": workspace_id, "key_id": key_id})
        except TryLater:
            return  # The next check of this key, seconds from now, tries again.


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _info(row: tuple[Any, ...]) -> KeyInfo:
    (
        key_id,
        name,
        hint,
        scopes,
        source,
        created_at,
        by,
        expires_at,
        revoked_at,
        used_at,
        replaced_by,
        stores,
    ) = row
    return KeyInfo(
        key_id=str(key_id),
        name=name,
        hint=hint,
        scopes=scopes,
        source=source,
        created_at=created_at,
        created_by=by,
        expires_at=expires_at,
        revoked_at=revoked_at,
        last_used_at=used_at,
        replaced_by=None if replaced_by is None else str(replaced_by),
        stores=stores,
    )


def _uuid(key_id: str) -> UUID:
    try:
        return UUID(key_id)
    except ValueError:
        raise _unknown() from None


def _unknown() -> NotFound:
    return NotFound("There is no key with that id.", field="key_id")


def _refused() -> Unauthenticated:
    return Unauthenticated("The API key is not valid: it is unknown, revoked or expired.")
