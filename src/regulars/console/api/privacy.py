"""A person's rights: to be forgotten, and to have all that is kept of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.console.approvals.exported import ExportedLoyalty, loyalty_of_person
from regulars.console.requests.book import Content, Request, about_profile
from regulars.console.services import lookups
from regulars.console.services.consents import addresses_in_words, words_of
from regulars.console.services.export import (
    Receipt,
    RejectedMessage,
    UsedPromotion,
    VoucherOfPerson,
    promotions_of,
    receipts_of,
    rejected_about,
    vouchers_of_person,
)
from regulars.console.services.lookups import PROFILES, Found, listed
from regulars.console.services.member import load_standings
from regulars.console.services.people import Part
from regulars.engine.forget import forget
from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault

from .consents import Consent, consent_of
from .deps import AtVisit, Visit
from .profiles import profile_id_in, source_names, unknown_profile
from .shapes import Id, Identifier, Profile, identifiers_of, profile_of
from .timeline import TimelineEntry, entries_of

PAGE_EVENTS: Final = 1_000
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LAST_NO: Final = 2**63 - 1


class EraseRequest(Struct, forbid_unknown_fields=True):
    """Why a person is erased; kept in the proof, so it names nobody."""

    reason: Literal["request", "retention", "mistake", "other"] = "request"


class Elsewhere(Struct, frozen=True):
    """What the retailer must clear in another system."""

    source: str
    note: str


class Erased(Struct, frozen=True):
    """The proof of an erasure; it names nobody. `proof` has the counts and the state of backups and files."""

    erasure_id: Id
    erased_at: datetime
    proof: dict[str, Any]
    elsewhere: list[Elsewhere]


class ExportedRecord(Struct, frozen=True):
    """All that one source says of the person, replaced values included."""

    record_id: Id
    source: str
    first_at: datetime
    last_at: datetime | None
    fields: Annotated[dict[str, Any], Meta(description="Names, birth date, address and traits.")]
    identifiers: list[Identifier]


class ExportedRequest(Struct, frozen=True):
    """A request the person made before, with what was written down of it."""

    request: int
    kind: str
    received_on: date
    outcome: str | None
    asked_by: str
    wording: str
    notes: list[str]


class Export(Struct, frozen=True):
    """All that is kept of a person."""

    exported_at: datetime
    profile: Profile
    records: list[ExportedRecord]
    consents: list[Consent]
    receipts: list[Receipt]
    loyalty: ExportedLoyalty
    promotions: list[UsedPromotion]
    vouchers: list[VoucherOfPerson]
    events: list[TimelineEntry]
    requests: list[ExportedRequest]
    rejected: list[RejectedMessage]


@post("/v1/profiles/{profile_id:str}/erase", summary="Erase a person", status_code=200)
async def erase_profile(
    visit: AtVisit, profile_id: FromPath[str], data: JSONBody[EraseRequest | None] = None
) -> Erased:
    """Destroy the keys and hashes of a person, for good. Receipts stay for the shop's books, as nobody's.

    Any id of the person's records will do. Replays and imports do not bring the person back, nor do backups:
    the erasure is noted outside the database and repeated after a restore. It takes some seconds.
    """
    record_id = profile_id_in(profile_id)
    elsewhere = await _elsewhere(visit, record_id)
    erasure = await asyncio.to_thread(
        forget,
        visit.deps.store,
        visit.vault,
        record_id.hex,
        actor=visit.actor,
        reason=(data or EraseRequest()).reason,
    )
    return Erased(erasure.erasure_id, erasure.at, erasure.proof, elsewhere)


@get("/v1/profiles/{profile_id:str}/export", summary="Export all that is kept of a person")
async def export_profile(visit: AtVisit, profile_id: FromPath[str]) -> Response[Export]:
    """For access requests: profile, records, consents, receipts, points, events, and rejected messages that name them."""
    names = await source_names(visit)
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, profile_id_in(profile_id))
        if found is None:
            raise unknown_profile()
        exported = await export_of(conn, visit.vault, found, names, now=visit.deps.clock())
    async with visit.api.database.write(visit.workspace_id) as conn:
        name = f"profile:{found.profile_id.hex}"
        details = {"events": len(exported.events)}
        await write_line_async(conn, visit.workspace_id, visit.actor, "customer.exported", name, details)
    headers = {
        "content-disposition": f'attachment; filename="customer-{found.profile_id.hex}.json"',
        "cache-control": "no-store",
    }
    return Response(exported, headers=headers)


async def _elsewhere(visit: Visit, record_id: UUID) -> list[Elsewhere]:
    """The vendors among the sources that tell of the person. Raises NotFound."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await lookups.by_record(conn, visit.vault, record_id)
    if found is None:
        raise unknown_profile()
    out = []
    for number in sorted({part.source_id for part in found.parts}):
        known = await visit.deps.sources.find_id(visit.workspace_id, number)
        connector = visit.deps.connectors.get(known.source.kind) if known is not None else None
        if known is not None and connector is not None:
            out.append(Elsewhere(known.source.name, connector.privacy_note))
    return out


async def export_of(
    conn: AsyncConnection, vault: Vault, found: Found, names: Mapping[int, str], *, now: datetime
) -> Export:
    """All that is kept of a customer. `names` are those of the sources."""
    words = await words_of(conn, vault.workspace_id, found.parts, replaced=True)
    addresses = addresses_in_words(found.parts, clear=True)
    said = {(word.address, word.channel, word.purpose): word for each in words.values() for word in each}
    standings = await load_standings(conn, vault.workspace_id, {found.profile_id: found.parts}, now=now)
    return Export(
        exported_at=now,
        profile=profile_of(
            found.profile_id,
            found.parts,
            words,
            names,
            standings[found.profile_id],
            clear=True,
            spend=True,
        ),
        records=[_record(part, names) for part in found.parts],
        consents=[
            consent_of(word, names[word.source_id], addresses.get(word.address), found.profile_id)
            for word in said.values()
        ],
        receipts=await receipts_of(conn, vault.workspace_id, found.profile_id),
        loyalty=await loyalty_of_person(
            conn,
            vault.workspace_id,
            standings[found.profile_id],
            [part.record_id for part in found.parts],
            now=now,
        ),
        promotions=await promotions_of(conn, vault.workspace_id, found.profile_id),
        vouchers=await vouchers_of_person(conn, vault, found.parts, now=now),
        events=await _events(conn, vault, found.profile_id, names),
        requests=[_asked(one) for one in await about_profile(conn, vault, found.profile_id)],
        rejected=await rejected_about(conn, vault, found.parts),
    )


def _asked(request: Request) -> ExportedRequest:
    content = request.content or Content()
    return ExportedRequest(
        request=request.no,
        kind=request.kind,
        received_on=request.received_on,
        outcome=request.outcome,
        asked_by=content.asked_by,
        wording=content.wording,
        notes=[note.text for note in content.notes],
    )


def _record(part: Part, names: Any) -> ExportedRecord:
    fields = {name: value[0] for name, value in part.fields.scalars.items()}
    return ExportedRecord(
        record_id=part.record_id.hex,
        source=names[part.source_id],
        first_at=part.first_at,
        last_at=part.last_at,
        fields=msgspec.to_builtins(fields),
        identifiers=identifiers_of([part], names, clear=True),
    )


async def _events(
    conn: AsyncConnection, vault: Vault, profile_id: UUID, names: Mapping[int, str]
) -> list[TimelineEntry]:
    out: list[TimelineEntry] = []
    until, before = _NEVER, _LAST_NO
    while True:
        params = {
            "workspace_id": vault.workspace_id,
            "profile_id": profile_id,
            "until": until,
            "before": before,
            "types": None,
            "limit": PAGE_EVENTS,
        }
        found = await listed(conn, PROFILES.timeline, params)
        out += entries_of(vault, found, names, clear=True, stores=None)
        if len(found) < PAGE_EVENTS:
            return out
        until, before = found[-1][3], found[-1][0]
