"""The audit trail as the console shows it: filters, pages, names, and the check of the chain."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from regulars.console.accounts import open_person
from regulars.store.audit import verify_chain
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.store.vault import Unreadable, Vault

from .audit_words import PROGRAM, Names, action_words, families_of, groups, plain
from .common import pack_place, rows, unpack_place, whole

PAGE_LINES: Final = 50
NAMES_MAX: Final = 2_000
_TEXT_CHARACTERS_MAX: Final = 300
_PAIRS_SHOWN_MAX: Final = 4
_DETAIL_CHARACTERS_MAX: Final = 160
_LAST_NO: Final = 2**63 - 1
_KINDS_WITH_ID: Final = ("profile", "key", "user", "rejected", "decision", "approval", "value")
_KINDS_WITH_CODE: Final = ("source", "product", "store", "staff", "consent", "request", "report")
_SQL = load_queries("regulars.store.views", "audit.sql")


class Filters(Struct, frozen=True):
    """Which lines to show; absent means all. `since` and `until` are days, both included."""

    group: str | None = None
    actor: str | None = None
    object: str | None = None
    since: date | None = None
    until: date | None = None

    def asked(self) -> dict[str, str]:
        """What is set, under its names in the address."""
        texts = {
            "group": self.group,
            "actor": self.actor,
            "object": self.object,
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
        }
        return {name: text for name, text in texts.items() if text}

    def told(self) -> dict[str, str]:
        """What is set, for a line of the trail: what somebody typed is kept only where it is an id."""
        asked = self.asked()
        typed = asked.get("object", "")
        if typed and not _is_id(typed.rpartition(":")[2]):
            asked["object"] = "..."
        return asked

    def without(self, name: str) -> dict[str, str]:
        """What is left in the address when one filter is taken away."""
        return {key: text for key, text in self.asked().items() if key != name}


class Line(Struct, frozen=True):
    """One line in words beside what the trail holds. `href` leads to the page of the object, if it has one."""

    no: int
    at: datetime
    actor: str
    action: str
    object: str
    details: dict[str, Any]
    hash: str
    who: str
    what: str
    about: str
    href: str | None
    pairs: list[tuple[str, str]]

    @property
    def long(self) -> bool:
        """Whether the details are too many for a cell of the table."""
        letters = sum(len(name) + len(value) for name, value in self.pairs)
        return len(self.pairs) > _PAIRS_SHOWN_MAX or letters > _DETAIL_CHARACTERS_MAX


class Page(Struct, frozen=True):
    """One page of lines; `older` is the mark of the next."""

    lines: list[Line]
    names: Names
    older: str | None = None


class Verdict(Struct, frozen=True):
    """Whether the chain is whole; where it is not, `broken_at` is the first line that does not fit."""

    lines: int
    broken_at: int | None


def read_filters(params: Any) -> Filters:
    """Filters out of an address; words that mean nothing are ignored."""
    group = params.get("group")
    return Filters(
        group=group if group in dict(groups()) else None,
        actor=_text(params.get("actor")),
        object=_text(params.get("object")),
        since=_day(params.get("from")),
        until=_day(params.get("to")),
    )


async def load_page(
    conn: AsyncConnection, vault: Vault, filters: Filters, *, zone: tzinfo, page: str | None
) -> Page:
    """Lines that pass the filters, newest first, 50 to a page. Raises InvalidInput for a mark that is not ours."""
    place = unpack_place(page, 1)
    before = whole(place[0], "page") if place else _LAST_NO
    found = await find(conn, vault.workspace_id, filters, zone=zone, before=before, limit=PAGE_LINES + 1)
    names = await load_names(conn, vault)
    kept = found[:PAGE_LINES]
    older = pack_place(kept[-1][0]) if len(found) > PAGE_LINES else None
    return Page([line_of(one, names) for one in kept], names, older)


async def find(
    conn: AsyncConnection,
    workspace_id: int,
    filters: Filters,
    *,
    zone: tzinfo,
    before: int = _LAST_NO,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Lines as the trail holds them, newest first."""
    families, but = families_of(filters.group)
    params = {
        "workspace_id": workspace_id,
        "before": before,
        "families": families,
        "but": but,
        "actor": "" if filters.actor == PROGRAM else filters.actor,
        "objects": objects_meant(filters.object) if filters.object else None,
        "since": start_of(filters.since, zone) if filters.since else None,
        "until": start_of(filters.until + timedelta(days=1), zone) if filters.until else None,
        "limit": limit,
    }
    return await rows(conn, _SQL.found_lines, params)


async def load_names(conn: AsyncConnection, vault: Vault) -> Names:
    """Names of accounts and keys; an account that cannot be opened has none."""
    params = {"workspace_id": vault.workspace_id, "limit": NAMES_MAX}
    people = {}
    for user_id, sealed_key, sealed in await rows(conn, _SQL.account_names, params):
        try:
            person = open_person(vault, sealed_key, sealed)
        except Unreadable:
            continue
        people[plain(str(user_id))] = person.name or person.email
    keys = {plain(str(one[0])): one[1] for one in await rows(conn, _SQL.key_names, params)}
    return Names(people, keys)


def line_of(found: tuple[Any, ...], names: Names) -> Line:
    """A line of the trail in words."""
    no, at, actor, action, object_, details, hash_ = found
    kind, _, id_ = object_.partition(":")
    return Line(
        no=no,
        at=at,
        actor=actor,
        action=action,
        object=object_,
        details=details,
        hash=hash_,
        who=names.actor(actor),
        what=action_words(action),
        about=names.object(object_, action),
        href=_href(kind, id_),
        pairs=names.details(details),
    )


def objects_meant(text: str) -> list[str]:
    """The objects a text can name: as it is written, or as an id or code of any kind of object."""
    if ":" in text:
        kind, _, id_ = text.partition(":")
        return [text, *(f"{kind}:{form}" for form in _forms(id_))] if kind in _KINDS_WITH_ID else [text]
    named = [f"{kind}:{form}" for kind in _KINDS_WITH_ID for form in _forms(text)]
    return [text, *_forms(text), *named, *(f"{kind}:{text}" for kind in _KINDS_WITH_CODE)]


def check_chain(database: Database, workspace_id: int) -> Verdict:
    """Compute the whole chain anew. Takes seconds for a long one: call it in a thread."""
    with database.session(workspace_id) as connection:
        return Verdict(*verify_chain(connection, workspace_id))


def _forms(id_: str) -> list[str]:
    """An id with and without hyphens; nothing for what is no id."""
    return [UUID(id_).hex, str(UUID(id_))] if _is_id(id_) else []


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _href(kind: str, id_: str) -> str | None:
    """The page of an object, if it has one."""
    if kind == "profile" and _is_id(id_):
        return f"/customers/{plain(id_)}"
    if kind == "approval" and _is_id(id_):
        return f"/approvals/{plain(id_)}"
    return f"/requests/{id_}" if kind == "request" else None


def _text(text: str | None) -> str | None:
    kept = "".join(char for char in (text or "")[:_TEXT_CHARACTERS_MAX] if char.isprintable())
    return kept.strip() or None


def _day(text: str | None) -> date | None:
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if 1970 <= day.year <= 2200 else None


def start_of(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), tzinfo=zone)
