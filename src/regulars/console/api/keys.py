"""API keys: made, followed by another, ended. The text of a key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.store.keys import NAME_CHARACTERS_MAX, OVERLAP_HOURS, OVERLAP_HOURS_MAX, KeyInfo, NewKey
from regulars.vocabulary.errors import Forbidden, NotFound
from regulars.vocabulary.events import Aware
from regulars.vocabulary.scopes import EVERYTHING, PII_READ, allows

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor
from .shapes import Id, StoreCodes
from .sources import Name

GUARDED: Final = (PII_READ, EVERYTHING)
"""Scopes that only a key which has them may hand on: an admin key sees no contacts, nor do those it makes."""


class KeyRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a key is for. `source` is whose events it sends; it is added when missing.

    `stores` limits what the key reads to some stores, by their codes, as people can be limited; it then has none of
    the rights admin, privacy and *.
    """

    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
    scopes: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=20)]
    source: Name = "api"
    expires_at: Aware | None = None
    stores: StoreCodes | None = None


class RotateRequest(Struct, forbid_unknown_fields=True):
    """How long the old key works on."""

    overlap_hours: Annotated[float, Meta(ge=0, le=OVERLAP_HOURS_MAX)] = OVERLAP_HOURS


class Key(Struct, frozen=True):
    """A key without its text; `hint` is its beginning."""

    id: Id
    name: str
    hint: str
    scopes: list[str]
    source: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    replaced_by: Id | None
    stores: Annotated[list[str] | None, Meta(description="The stores it reads for; null: all of them.")]


class MadeKey(Struct, frozen=True):
    """A key just made. Keep `key`: it is not shown again."""

    id: Id
    key: str
    scopes: list[str]
    source: str
    expires_at: datetime | None
    stores: list[str] | None


class KeyPage(Struct, frozen=True):
    """One page of keys."""

    data: list[Key]
    next: str | None


@get("/v1/keys", summary="List keys")
async def list_keys(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> KeyPage:
    """All keys, the newest first, ended ones included."""
    place = read_cursor(cursor, tuple[datetime, UUID])
    listed = await visit.deps.keys.list(visit.workspace_id)
    ordered = sorted(((one.created_at, UUID(one.key_id), one) for one in listed), key=_order, reverse=True)
    rest = [one for one in ordered if place is None or one[:2] < place]
    kept, more = cut(rest, limit, lambda one: one[:2])
    return KeyPage([_shown(one) for _, _, one in kept], more)


@post("/v1/keys", summary="Make a key")
async def make_key(visit: AtVisit, data: JSONBody[KeyRequest]) -> MadeKey:
    """Make a key. A key hands on pii:read and * only if it has them itself."""
    _may_hand_on(visit, data.scopes)
    made = await visit.deps.keys.create(
        visit.workspace_id,
        name=data.name,
        scopes=data.scopes,
        source=data.source,
        expires_at=data.expires_at,
        stores=data.stores,
        actor=visit.actor,
    )
    return _made(made)


@post("/v1/keys/{key_id:str}/rotate", summary="Follow a key by another")
async def rotate_key(
    visit: AtVisit, key_id: FromPath[str], data: JSONBody[RotateRequest | None] = None
) -> MadeKey:
    """Make a key with the same rights and source; the old one works on for the overlap."""
    old = await _find(visit, key_id)
    _may_hand_on(visit, old.scopes)
    overlap = (data or RotateRequest()).overlap_hours
    made = await visit.deps.keys.rotate(
        visit.workspace_id, old.key_id, overlap_hours=overlap, actor=visit.actor
    )
    return _made(made)


@post("/v1/keys/{key_id:str}/revoke", summary="End a key", status_code=200)
async def revoke_key(visit: AtVisit, key_id: FromPath[str]) -> Key:
    """End a key at once; other processes follow within seconds. A repeat changes nothing."""
    found = await _find(visit, key_id)
    if found.revoked_at is None:
        await visit.deps.keys.revoke(visit.workspace_id, found.key_id, actor=visit.actor)
    return _shown(await _find(visit, key_id))


def _order(one: tuple[datetime, UUID, KeyInfo]) -> tuple[datetime, UUID]:
    return one[:2]


def _may_hand_on(visit: Visit, scopes: Iterable[str]) -> None:
    for scope in GUARDED:
        if scope in scopes and not allows(visit.caller.scopes, scope):
            raise Forbidden(f"Only a key with the scope {scope} hands it on.", field="scopes")


async def _find(visit: Visit, key_id: str) -> KeyInfo:
    try:
        wanted = UUID(key_id)
    except ValueError:
        wanted = None
    for one in await visit.deps.keys.list(visit.workspace_id):
        if UUID(one.key_id) == wanted:
            return one
    raise NotFound("There is no key with this id.", field="key_id")


def _shown(one: KeyInfo) -> Key:
    return Key(
        id=UUID(one.key_id).hex,
        name=one.name,
        hint=one.hint,
        scopes=one.scopes,
        source=one.source,
        created_at=one.created_at,
        created_by=one.created_by,
        expires_at=one.expires_at,
        revoked_at=one.revoked_at,
        last_used_at=one.last_used_at,
        replaced_by=UUID(one.replaced_by).hex if one.replaced_by is not None else None,
        stores=one.stores,
    )


def _made(made: NewKey) -> MadeKey:
    return MadeKey(
        UUID(made.key_id).hex, made.text, list(made.scopes), made.source, made.expires_at, made.stores
    )
