"""What is known of a customer, system by system: what an answer has to tell, and an erasure to remove."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from regulars.capabilities.identity import kinds
from regulars.console.services.common import rows, sources
from regulars.console.services.consents import words_of
from regulars.console.services.lookups import Found
from regulars.console.services.people import Part
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault
from regulars.vocabulary.connector import Connector

from .book import SQL


class System(Struct):
    """What one source said of the customer, in numbers. `waiting`: calls to it that name the customer.

    `note` says what its vendor leaves to the retailer to clear there.
    """

    name: str
    kind: str
    records: int = 0
    identifiers: int = 0
    events: int = 0
    receipts: int = 0
    consents: int = 0
    waiting: int = 0
    note: str = ""


class FoundData(Struct, frozen=True):
    """All of it. `kept_minor`: what the receipts come to per currency, which stays in the books as nobody's."""

    systems: list[System]
    kept_minor: dict[str, int]

    @property
    def all(self) -> System:
        """The sum over the systems."""
        total = System("", "")
        for system in self.systems:
            for name in COUNTED:
                setattr(total, name, getattr(total, name) + getattr(system, name))
        return total


COUNTED = ("records", "identifiers", "events", "receipts", "consents", "waiting")


class _Counting(Struct):
    systems: dict[int, System] = field(default_factory=dict)

    def of(self, source_id: int) -> System:
        return self.systems.setdefault(source_id, System(f"source {source_id}", ""))


async def found_data(
    conn: AsyncConnection, vault: Vault, found: Found, connectors: Mapping[str, Connector]
) -> FoundData:
    """What is kept of a customer by source."""
    parts = found.parts
    known = await sources(conn, vault.workspace_id)
    counting = _Counting({number: System(one.name, one.kind) for number, one in known.items()})
    for part in parts:
        counting.of(part.source_id).records += 1
        counting.of(part.source_id).identifiers += len(part.identities())
    kept = await _log_and_books(conn, vault.workspace_id, parts, counting)
    words = await words_of(conn, vault.workspace_id, parts, replaced=True)
    for word in {(w.address, w.channel, w.purpose): w for said in words.values() for w in said}.values():
        counting.of(word.source_id).consents += 1
    shown = [one for one in counting.systems.values() if any(getattr(one, name) for name in COUNTED)]
    for system in shown:
        connector = connectors.get(system.kind)
        system.note = connector.privacy_note if connector is not None else ""
    return FoundData(sorted(shown, key=lambda one: one.name), kept)


async def _log_and_books(
    conn: AsyncConnection, workspace_id: int, parts: list[Part], counting: _Counting
) -> dict[str, int]:
    """Count events, receipts and waiting calls; what the receipts come to."""
    asked = {"workspace_id": workspace_id, "ids": [part.record_id for part in parts]}
    for source_id, events in await rows(conn, SQL.events_by_source, asked):
        counting.of(source_id).events = events
    kept: dict[str, int] = {}
    for source_id, currency, receipts, total_minor in await rows(conn, SQL.receipts_by_source, asked):
        counting.of(source_id).receipts += receipts
        kept[currency] = kept.get(currency, 0) + total_minor
    accounts = kinds.NAMES[kinds.EXTERNAL_ID]
    references = [one.value for part in parts for one in part.identities() if one.kind == accounts]
    waiting = {"workspace_id": workspace_id, "references": references}
    for source_id, calls in await rows(conn, SQL.waiting_by_source, waiting) if references else []:
        counting.of(source_id).waiting = calls
    return kept
