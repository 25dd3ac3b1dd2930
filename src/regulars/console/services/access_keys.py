"""API keys as people see them: their state in words, who may give which right, and what a form asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.console.accounts import open_person
from regulars.console.i18n import _
from regulars.store.database import AsyncConnection
from regulars.store.keys import NAME_CHARACTERS_MAX, KeyInfo, Keys
from regulars.store.queries import load_queries
from regulars.store.sources import Sources, can_name
from regulars.store.vault import Unreadable, Vault
from regulars.vocabulary.errors import Forbidden, InvalidInput, NotFound
from regulars.vocabulary.scopes import (
    ADMIN,
    EVENTS_WRITE,
    EVERYTHING,
    PII_READ,
    PRIVACY,
    PROFILES_READ,
    PROFILES_WRITE,
    REPORTS_READ,
    SCOPES,
    TILL,
    UNLIMITED,
    Scope,
)

from .common import rows

ACCESS = load_queries("regulars.store.views", "access.sql")
KEYS_SHOWN: Final = 100
SOON: Final = timedelta(days=14)
EXPIRY_DAYS: Final = (30, 90, 365)
OVERLAP_HOURS: Final = (0, 24, 168)
SCOPE_FIELD: Final = "scope."
"""What the names of the boxes of a form begin with; the scope follows."""

GIVES: Final[Mapping[str, frozenset[str]]] = {
    "owner": frozenset(scope.name for scope in SCOPES),
    "engineer": frozenset({EVENTS_WRITE, PROFILES_READ, PROFILES_WRITE, TILL, REPORTS_READ}),
}
"""Which scopes a role may put into a key; other roles make none. An engineer sees no contacts and erases nobody."""

State = Literal["active", "soon", "replaced", "off", "expired", "revoked"]


class KeyLine(Struct, frozen=True):
    """A key in the list. `may_follow`: the visitor may make its successor."""

    key: KeyInfo
    state: State
    scopes: list[str]
    made_by: str
    may_follow: bool

    @property
    def live(self) -> bool:
        """Whether the key has not ended."""
        return not _ended(self.state)


class KeyPage(Struct, frozen=True):
    """One page of the keys in use, or of those that ended."""

    lines: list[KeyLine]
    live: int
    ended: int
    page: int
    more: bool


class KeyForm(Struct, frozen=True, kw_only=True):
    """What a person typed to make a key; `faults` tells what is wrong by field."""

    name: str = ""
    source: str = ""
    new_source: str = ""
    scopes: tuple[str, ...] = ()
    days: int | None = None
    stores: tuple[str, ...] = ()
    faults: dict[str, str] = {}

    @property
    def speaks_for(self) -> str:
        """The source the key is for."""
        return self.source or self.new_source


def scope_words(name: str) -> str:
    """A scope in a few plain words."""
    return {
        EVENTS_WRITE: _("Send events"),
        PROFILES_READ: _("Read profiles"),
        PROFILES_WRITE: _("Change profiles"),
        PRIVACY: _("Erase people"),
        PII_READ: _("See contacts in clear"),
        TILL: _("Work as a till"),
        REPORTS_READ: _("Read reports"),
        ADMIN: _("Set up the workspace"),
        EVERYTHING: _("Everything"),
    }.get(name, name)


def scopes_of_role(role: str) -> list[Scope]:
    """The scopes a role may give, in the order of `SCOPES`."""
    return [scope for scope in SCOPES if scope.name in GIVES.get(role, ())]


def may_give(role: str, scopes: Sequence[str]) -> bool:
    """Whether a role may put all these scopes into a key."""
    return GIVES.get(role, frozenset()).issuperset(scopes)


def require_may_give(role: str, scopes: Sequence[str]) -> None:
    """Raises Forbidden when a role may not put all these scopes into a key."""
    if not may_give(role, scopes):
        raise Forbidden(
            "Your role may not make a key with these rights. Ask an owner of this workspace.", field="scopes"
        )


def state_of(key: KeyInfo, now: datetime, *, source_off: bool) -> State:
    """What a key is good for at a moment."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= now:
        return "expired"
    if source_off:
        return "off"
    if key.replaced_by is not None:
        return "replaced"
    return "soon" if key.expires_at is not None and key.expires_at - now < SOON else "active"


async def key_page(
    conn: AsyncConnection,
    vault: Vault,
    keys: Sequence[KeyInfo],
    *,
    role: str,
    closed: frozenset[str],
    now: datetime,
    ended: bool = False,
    page: int = 1,
) -> KeyPage:
    """One page of keys, newest first. `closed` names the sources that are switched off."""
    states = [(key, state_of(key, now, source_off=key.source in closed)) for key in keys]
    wanted = [(key, state) for key, state in states if _ended(state) is ended]
    start = (page - 1) * KEYS_SHOWN
    shown = wanted[start : start + KEYS_SHOWN]
    names = await _names(conn, vault, [key.created_by for key, _state in shown])
    by_id = {UUID(key.key_id).hex: key.name for key in keys}
    lines = [
        KeyLine(
            key=key,
            state=state,
            scopes=[scope_words(scope) for scope in key.scopes],
            made_by=_maker(key.created_by, names, by_id),
            may_follow=not _ended(state) and key.replaced_by is None and may_give(role, key.scopes),
        )
        for key, state in shown
    ]
    gone = sum(_ended(state) for _key, state in states)
    return KeyPage(lines, len(states) - gone, gone, page, len(wanted) > start + KEYS_SHOWN)


def find_key(keys: Sequence[KeyInfo], key_id: str) -> KeyInfo:
    """The key with an id from an address. Raises NotFound."""
    for key in keys:
        if UUID(key.key_id).hex == key_id:
            return key
    raise NotFound("There is no key with this id.", field="key_id")


def read_form(fields: Mapping[str, str], known: frozenset[str], stores: Sequence[str]) -> KeyForm:
    """What a form asks for, with what is wrong with it. `known` names the sources there are, `stores` are ticked."""
    asked = {name.removeprefix(SCOPE_FIELD) for name in fields if name.startswith(SCOPE_FIELD)}
    scopes = tuple(scope.name for scope in SCOPES if scope.name in asked)
    days = choice(fields.get("days", ""), EXPIRY_DAYS, "days") if fields.get("days") else None
    form = KeyForm(
        name=fields.get("name", "").strip(),
        source=fields.get("source", ""),
        new_source=fields.get("new_source", "").strip(),
        scopes=scopes,
        days=days,
        stores=tuple(stores),
    )
    if asked - set(scopes):
        raise InvalidInput("This form names a right that does not exist.", field="scopes")
    if form.source and form.source not in known:
        raise InvalidInput("This form names a source that does not exist.", field="source")
    return msgspec.structs.replace(form, faults=_faults(form))


def choice(text: str, offered: Sequence[int], field: str) -> int:
    """One of the numbers a form offers. Raises InvalidInput for any other."""
    if text not in map(str, offered):
        raise InvalidInput("This form holds a value that was not offered.", field=field)
    return int(text)


async def names_of_sources(sources: Sources, workspace_id: int) -> tuple[list[str], frozenset[str]]:
    """The names of all sources, and of those that are switched off."""
    known = await sources.list(workspace_id)
    return [one.source.name for one in known], frozenset(
        one.source.name for one in known if one.disabled_at is not None
    )


async def revoke(keys: Keys, workspace_id: int, key: KeyInfo, *, actor: str) -> None:
    """End a key at once; one that was ended before stays as it is."""
    if key.revoked_at is None:
        await keys.revoke(workspace_id, key.key_id, actor=actor)


def _ended(state: State) -> bool:
    return state in {"expired", "revoked"}


def _faults(form: KeyForm) -> dict[str, str]:
    faults = {}
    if not (0 < len(form.name) <= NAME_CHARACTERS_MAX and form.name.isprintable()):
        faults["name"] = _(
            "Give the key a name of one line, at most %(n)s characters.", n=NAME_CHARACTERS_MAX
        )
    if form.source and form.new_source:
        faults["new_source"] = _("Pick a source or name a new one, not both.")
    elif not form.speaks_for:
        faults["new_source"] = _("Pick a source above, or name a new one.")
    elif not can_name(form.speaks_for):
        faults["new_source"] = _("Use lower-case letters, digits, - and _, at most 63, with no - or _ first.")
    if not form.scopes:
        faults["scopes"] = _("Tick at least one right.")
    elif form.stores and not UNLIMITED.isdisjoint(form.scopes):
        unlimited = ", ".join(scope_words(scope) for scope in form.scopes if scope in UNLIMITED)
        faults["stores"] = _(
            "These rights are of all stores: %(names)s. Untick them, or the stores.", names=unlimited
        )
    return faults


async def _names(conn: AsyncConnection, vault: Vault, actors: Sequence[str]) -> dict[str, str]:
    """The names of people by the id that stands in `user:<id>`."""
    ids = {actor.removeprefix("user:") for actor in actors if actor.startswith("user:")}
    wanted = [one for one in ids if len(one) == 32]
    if not wanted:
        return {}
    params = {"workspace_id": vault.workspace_id, "ids": wanted}
    names = {}
    for user_id, sealed_key, sealed in await rows(conn, ACCESS.names_of_users, params):
        try:
            person = open_person(vault, sealed_key, sealed)
        except Unreadable:
            continue
        names[UUID(str(user_id)).hex] = person.name
    return names


def _maker(actor: str, names: Mapping[str, str], keys: Mapping[str, str]) -> str:
    """Who made a key, in words."""
    kind, _colon, id_ = actor.partition(":")
    if kind == "user":
        return names.get(id_) or _("somebody who has left")
    if kind == "key":
        return _("the key “%(name)s”", name=keys.get(id_.replace("-", ""), id_[:8]))
    return _("the command line") if actor == "cli" else actor
