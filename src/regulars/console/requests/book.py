"""The register of requests: writing them down, their steps, finding them again.

What names a person is sealed under a key of the request; who acted, when and how it ended is in clear. Every step
leaves an audit line about `request:<number>`; `by` is who takes it, as the trail names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final, get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from regulars.console.services.common import row, rows
from regulars.console.services.profile import resolve
from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.errors import StoreUnavailable
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, open_sealed, seal
from regulars.vocabulary.errors import Conflict, InvalidInput, NotFound

from . import rules
from .rules import CameBy, Extension, Kind, Method, Outcome, Refusal, State

SQL = load_queries("regulars.store.views", "requests.sql")
TEXT_CHARACTERS_MAX: Final = 4_000
NOTES_MAX: Final = 200
OF_ONE_MAX: Final = 1_000
LINES_MAX: Final = 500
_ADD_TRIES: Final = 5
_LAST_NO: Final = 2**63 - 1
_FIRST_DAY: Final = date(1, 1, 1)


class Note(Struct, frozen=True):
    """What somebody wrote to a request."""

    at: datetime
    by: str
    text: str


class Content(Struct, frozen=True):
    """What is sealed: who asks, in their words what, and notes of those who work on it."""

    asked_by: str = ""
    wording: str = ""
    notes: list[Note] = field(default_factory=list)


class Request(Struct, frozen=True):
    """One request. Once its customer is erased it has neither `profile_id` nor `content`; `subject` stays."""

    no: int
    kind: Kind
    state: State
    came_by: CameBy
    received_on: date
    due_on: date
    created_at: datetime
    created_by: str
    extended_at: datetime | None
    extension: Extension | None
    checked_at: datetime | None
    checked_by: str | None
    check_method: Method | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: Outcome | None
    profile_id: UUID | None
    subject: UUID
    content: Content | None
    erasure_id: UUID | None
    proof: dict[str, Any]

    @property
    def open(self) -> bool:
        """Whether it still waits for an answer."""
        return self.state in rules.OPEN

    def days_left(self, today: date) -> int:
        """Days until its deadline, 0 on the last one, negative once it is over."""
        return (self.due_on - today).days


class NewRequest(Struct, frozen=True, kw_only=True):
    """What is written down when a request comes in. `record_id`: any record of the customer, or their profile."""

    kind: str
    came_by: str
    received_on: date
    record_id: UUID
    asked_by: str = ""
    wording: str = ""


class Place(Struct, frozen=True, array_like=True):
    """Where a list goes on."""

    due_on: date
    no: int


class Book:
    """The requests of one workspace. `zone`: where days are counted when no shop says its own."""

    def __init__(self, db: Database, vault: Vault, clock: Callable[[], datetime], zone: tzinfo) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock
        self._zone = zone

    async def today(self) -> date:
        """The day it is where most of the shops are."""
        async with self._db.read(self._vault.workspace_id) as conn:
            return await self._today(conn)

    async def waiting(self) -> int:
        """How many open requests are overdue or due within a week."""
        async with self._db.read(self._vault.workspace_id) as conn:
            day = await self._today(conn) + timedelta(days=rules.SOON_DAYS)
            found = await row(conn, SQL.count_waiting, self._params(day=day))
        return int(found[0]) if found else 0

    async def one(self, no: int) -> Request:
        """A request by its number. Raises NotFound."""
        async with self._db.read(self._vault.workspace_id) as conn:
            return await self._one(conn, no)

    async def waiting_list(
        self, *, kind: str | None, overdue: bool, after: Place | None, limit: int
    ) -> list[Request]:
        """Open requests, the nearest deadline first."""
        place = after or Place(_FIRST_DAY, 0)
        async with self._db.read(self._vault.workspace_id) as conn:
            due_before = await self._today(conn) if overdue else None
            params = self._params(
                kind=kind, due_before=due_before, due_on=place.due_on, request_no=place.no, limit=limit
            )
            return [_read(self._vault, found) for found in await rows(conn, SQL.open_requests, params)]

    async def newest(
        self,
        *,
        kind: str | None = None,
        closed: bool = False,
        profile_id: UUID | None = None,
        before: int | None = None,
        limit: int,
    ) -> list[Request]:
        """Requests by number, the newest first; closed ones or those of a customer where asked.

        Any id of the customer's records will do. Raises NotFound for one there is not (any more).
        """
        async with self._db.read(self._vault.workspace_id) as conn:
            if profile_id is not None:
                profile_id = await resolve(conn, self._vault.workspace_id, profile_id)
            params = self._params(
                kind=kind, closed=closed, profile_id=profile_id, request_no=before or _LAST_NO, limit=limit
            )
            return [_read(self._vault, found) for found in await rows(conn, SQL.newest_requests, params)]

    async def add(self, new: NewRequest, by: str) -> Request:
        """Write a request down. Raises InvalidInput with the field, NotFound for a customer there is not."""
        kind, came_by = one_of(new.kind, Kind, "kind"), one_of(new.came_by, CameBy, "came_by")
        content = Content(_text(new.asked_by, "asked_by"), _text(new.wording, "wording"))
        data_key, wrapped = self._vault.new_key()
        now = self._clock()
        async with self._db.write(self._vault.workspace_id) as conn:
            today = await self._today(conn)
            if not today - timedelta(days=366) <= new.received_on <= today:
                raise InvalidInput(
                    "A request was received today or within the last year.", field="received_on"
                )
            await resolve(conn, self._vault.workspace_id, new.record_id)
            params = self._params(
                kind=kind,
                came_by=came_by,
                received_on=new.received_on,
                due_on=rules.deadline(new.received_on),
                now=now,
                actor=by,
                record_id=new.record_id,
                subject=self._vault.tombstone("record", new.record_id.hex),
                sealed_key=wrapped,
                sealed=seal(data_key, msgspec.json.encode(content)),
            )
            no = await _numbered(conn, params)
            await self._tell(conn, by, no, "received", {"kind": kind, "received": new.received_on})
            return await self._one(conn, no)

    async def check(self, no: int, method: str, by: str, note: str = "") -> Request:
        """Note how the identity was checked. Raises InvalidInput, NotFound, Conflict when it was before."""
        how = one_of(method, Method, "method")
        text = _text(note, "note")
        async with self._db.write(self._vault.workspace_id) as conn:
            request = await self._held(conn, no)
            state = rules.after(request.state, "check")
            params = self._params(request_no=no, state=state, now=self._clock(), actor=by, method=how)
            await conn.execute(SQL.check_identity, params)
            await self._add_note(conn, no, text, by)
            await self._tell(conn, by, no, "checked", {"method": how})
            return await self._one(conn, no)

    async def extend(self, no: int, reason: str, by: str) -> Request:
        """Add two further months, once and within the first. Raises InvalidInput, NotFound, Conflict."""
        why = one_of(reason, Extension, "reason")
        async with self._db.write(self._vault.workspace_id) as conn:
            request = await self._held(conn, no)
            rules.after(request.state, "extend")
            if request.extended_at is not None:
                raise Conflict("The deadline was extended before; the law allows it once.", code="extended")
            if await self._today(conn) > request.due_on:
                raise Conflict(
                    "The first month is over; an extension must be told within it.", code="too_late"
                )
            due_on = rules.deadline(request.received_on, extended=True)
            params = self._params(request_no=no, due_on=due_on, now=self._clock(), reason=why)
            await conn.execute(SQL.extend_request, params)
            await self._tell(conn, by, no, "extended", {"reason": why, "due": due_on})
            return await self._one(conn, no)

    async def note(self, no: int, text: str, by: str) -> Request:
        """Add a note. Raises InvalidInput, NotFound, Conflict once the customer is erased."""
        said = _text(text, "note")
        if not said:
            raise InvalidInput("Write something.", field="note")
        async with self._db.write(self._vault.workspace_id) as conn:
            await self._held(conn, no)
            await self._add_note(conn, no, said, by)
            await self._tell(conn, by, no, "noted", {})
            return await self._one(conn, no)

    async def keep_proof(
        self, no: int, by: str, action: str, told: Mapping[str, Any], add: Callable[[Request], dict[str, Any]]
    ) -> Request:
        """Replace the proof of a request by what `add` makes of it, with an audit line."""
        async with self._db.write(self._vault.workspace_id) as conn:
            request = await self._held(conn, no)
            await conn.execute(SQL.set_proof, self._params(request_no=no, proof=_json(add(request))))
            await self._tell(conn, by, no, action, told)
            return await self._one(conn, no)

    async def close(
        self,
        no: int,
        by: str,
        *,
        refused: Refusal | None = None,
        proof: Mapping[str, Any] | None = None,
        note: str = "",
        fingerprint: Callable[[Request, Mapping[str, Any]], str],
    ) -> Request:
        """End a request as carried out, or refused; the audit line holds the fingerprint of its proof.

        One that the erasure itself has closed only gets its proof. Raises NotFound, Conflict.
        """
        async with self._db.write(self._vault.workspace_id) as conn:
            request = await self._held(conn, no)
            state = request.state
            if request.erasure_id is None:
                state = rules.after(state, "refuse" if refused else "carry_out")
                await self._add_note(conn, no, _text(note, "note"), by)
            params = self._params(
                request_no=no,
                state=state,
                outcome=refused or "answered",
                now=self._clock(),
                actor=by,
                proof=_json({**request.proof, **(proof or {})}),
            )
            await conn.execute(SQL.close_request, params)
            ended = await self._one(conn, no)
            told = {
                "outcome": ended.outcome,
                "proof_sha256": fingerprint(ended, await self._erasure(conn, ended)),
            }
            await self._tell(conn, by, no, "refused" if refused else "done", told)
            return ended

    async def erasure_proof(self, request: Request) -> dict[str, Any]:
        """What the database keeps of the erasure that emptied a request; nothing without one."""
        async with self._db.read(self._vault.workspace_id) as conn:
            return await self._erasure(conn, request)

    async def lines(self, request: Request) -> list[tuple[Any, ...]]:
        """The audit lines about a request and about the erasure it led to, in order."""
        objects = [f"request:{request.no}"] + ([request.erasure_id.hex] if request.erasure_id else [])
        async with self._db.read(self._vault.workspace_id) as conn:
            return await rows(conn, SQL.lines_about, self._params(objects=objects, limit=LINES_MAX))

    # -- inside -----------------------------------------------------------------------------------

    def _params(self, **values: Any) -> dict[str, Any]:
        return {"workspace_id": self._vault.workspace_id, **values}

    async def _today(self, conn: AsyncConnection) -> date:
        found = await row(conn, SQL.shop_zone, self._params())
        return self._clock().astimezone(_zone(found[0]) if found else self._zone).date()

    async def _one(self, conn: AsyncConnection, no: int) -> Request:
        found = await row(conn, SQL.one_request, self._params(request_no=no))
        if found is None:
            raise NotFound("There is no request with this number.", field="request_no")
        return _read(self._vault, found)

    async def _held(self, conn: AsyncConnection, no: int) -> Request:
        await conn.execute(SQL.lock_request, self._params(request_no=no))
        return await self._one(conn, no)

    async def _erasure(self, conn: AsyncConnection, request: Request) -> dict[str, Any]:
        if request.erasure_id is None:
            return {}
        found = await row(conn, SQL.erasure_proof, self._params(erasure_id=request.erasure_id))
        return dict(found[0]) if found else {}

    async def _add_note(self, conn: AsyncConnection, no: int, text: str, by: str) -> None:
        if not text:
            return
        request = await self._one(conn, no)
        if request.content is None:
            raise Conflict("The customer was erased, so nothing personal is kept here any more.")
        if len(request.content.notes) >= NOTES_MAX:
            raise Conflict("A request takes at most %(n)s notes.", n=NOTES_MAX)
        notes = [*request.content.notes, Note(self._clock(), by, text)]
        content = msgspec.structs.replace(request.content, notes=notes)
        wrapped = (await rows(conn, SQL.one_request, self._params(request_no=no)))[0][18]
        sealed = seal(self._vault.unwrap(wrapped), msgspec.json.encode(content))
        await conn.execute(SQL.set_content, self._params(request_no=no, sealed=sealed))

    async def _tell(
        self, conn: AsyncConnection, by: str, no: int, step: str, details: Mapping[str, Any]
    ) -> None:
        await write_line_async(
            conn, self._vault.workspace_id, by, f"request.{step}", f"request:{no}", details
        )


async def about_profile(conn: AsyncConnection, vault: Vault, profile_id: UUID) -> list[Request]:
    """The requests of a customer, the newest first; `OF_ONE_MAX` at most."""
    params = {
        "workspace_id": vault.workspace_id,
        "kind": None,
        "closed": False,
        "profile_id": profile_id,
        "request_no": _LAST_NO,
        "limit": OF_ONE_MAX,
    }
    return [_read(vault, found) for found in await rows(conn, SQL.newest_requests, params)]


def _read(vault: Vault, found: Sequence[Any]) -> Request:
    *said, sealed_key, sealed, erasure_id, proof = found
    opened = open_sealed(vault.unwrap(sealed_key), sealed) if sealed is not None else None
    content = msgspec.json.decode(opened, type=Content) if opened is not None else None
    names = Request.__struct_fields__[:-3]
    return Request(**dict(zip(names, said, strict=True)), content=content, erasure_id=erasure_id, proof=proof)


def one_of(text: str, words: Any, name: str) -> Any:
    """A word out of a Literal. Raises InvalidInput with the field."""
    allowed = get_args(words)
    if text not in allowed:
        raise InvalidInput("%(name)s is one of %(names)s.", field=name, name=name, names=", ".join(allowed))
    return text


async def _numbered(conn: AsyncConnection, params: Mapping[str, Any]) -> int:
    """The number of the row added; one that was taken meanwhile is tried again."""
    for _ in range(_ADD_TRIES):
        found = await row(conn, SQL.add_request, params)
        if found is not None:
            return int(found[0])
    raise StoreUnavailable("Many requests are being added at once. Try again.", retry_after_seconds=1)


def _text(text: str, name: str) -> str:
    kept = text.strip()
    if len(kept) > TEXT_CHARACTERS_MAX:
        raise InvalidInput("At most %(n)s characters fit here.", field=name, n=TEXT_CHARACTERS_MAX)
    return kept


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return ZoneInfo("UTC")
