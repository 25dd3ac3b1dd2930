"""Finding a customer in the store by what a scanner reads or an associate types.

Cards, phones, e-mails and receipts are looked up by keyed hash, names by hashed words; every look-up has a bound.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct, field

from regulars.store.database import Database
from regulars.store.queries import load_queries
from regulars.store.sources import KnownSource
from regulars.store.vault import Vault

from . import lookups
from .customers import identifiers_in
from .lookups import FIRST, Found, listed
from .people import Person, load_people, person_of

STORE_SCREENS: Final = load_queries("regulars.store.views", "store_screens.sql")
ROWS_MAX: Final = 10
RECEIPTS_MAX: Final = 200
"""Of a receipt number that comes back day after day, this many receipts are looked at."""
TEXT_CHARACTERS_MAX: Final = 200
# What scanners put before a code to say which symbology it is in: `]C1` for GS1-128, `]Q3` for GS1 QR.
_SYMBOLOGY: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# What a scanner is often set up to put around a code, and the sentinels of magnetic stripes and Code 39.
_AROUND: Final = "~!#$%^&*;:?|\\/<>=\"'`, "


class Hit(Struct, frozen=True):
    """A customer who was found. `former`: by an e-mail, phone or card they no longer have."""

    person: Person
    former: bool = False


class Finding(Struct, frozen=True):
    """What a text found. `opens`: the one customer it names for certain.

    `unnamed_receipts`: receipts with that number that name nobody. `more`: there are more than are shown.
    """

    text: str
    hits: list[Hit] = field(default_factory=list)
    opens: UUID | None = None
    unnamed_receipts: int = 0
    more: bool = False


class _Exact(Struct, frozen=True):
    """Customers found by identifier or receipt, in order, and what else the look-up learnt."""

    ids: list[UUID]
    former: frozenset[UUID]
    unnamed_receipts: int


def readings(text: str) -> list[str]:
    """What a text may mean: as it stands, and without what a scanner put around it. Empty for blank text."""
    typed = "".join(char for char in text if char.isprintable()).strip()[:TEXT_CHARACTERS_MAX]
    bare = _SYMBOLOGY.sub("", typed.strip(_AROUND), count=1) if "]" in typed[:6] else typed
    return [reading for reading in dict.fromkeys((typed, bare.strip(_AROUND))) if reading]


async def find(
    database: Database,
    vault: Vault,
    text: str,
    *,
    region: str,
    sources: Sequence[KnownSource],
    clear: bool,
) -> Finding:
    """Customers a text may mean, ten at most: by card, phone, e-mail, account or receipt, else by name.

    `clear`: contacts unmasked. Only a present identifier or a receipt that names one customer and no other
    receipt's stranger opens at once; a former phone may be somebody else's now.
    """
    meant = readings(text)
    if not meant:
        return Finding("")
    exact = await _exact(database, vault, meant, region, sources)
    named = await _by_name(database, vault, meant[-1])
    async with database.read(vault.workspace_id) as conn:
        people = {
            one.profile_id: one
            for one in await load_people(conn, vault, exact.ids[: ROWS_MAX + 1], clear=clear, spend=False)
        }
    for one in named:
        people.setdefault(one.profile_id, person_of(one.profile_id, one.parts, clear=clear, spend=False))
    hits = [Hit(person, profile_id in exact.former) for profile_id, person in people.items()]
    certain = len(exact.ids) == 1 and not exact.former and not exact.unnamed_receipts and len(hits) == 1
    return Finding(
        meant[-1],
        hits[:ROWS_MAX],
        exact.ids[0] if certain else None,
        exact.unnamed_receipts,
        more=len(hits) > ROWS_MAX,
    )


async def _exact(
    database: Database, vault: Vault, meant: Sequence[str], region: str, sources: Sequence[KnownSource]
) -> _Exact:
    source_ids = [one.source.source_id for one in sources]
    values = [value for reading in meant for value in identifiers_in(vault, reading, region, source_ids)]
    now = await _by_identifiers(database, vault, values, former=False)
    by_receipt, unnamed = await _by_receipt(database, vault, meant, sources)
    ids = [*dict.fromkeys([*now, *by_receipt])]
    if ids or unnamed:
        return _Exact(ids, frozenset(), unnamed)
    before = await _by_identifiers(database, vault, values, former=True)
    return _Exact(before, frozenset(before), 0)


async def _by_identifiers(
    database: Database, vault: Vault, values: Sequence[tuple[int, str]], *, former: bool
) -> list[UUID]:
    found = await lookups.by_identifiers(
        database, vault, values, former=former, after=FIRST, limit=ROWS_MAX + 1
    )
    return [*dict.fromkeys(one.profile_id for one in found)]


async def _by_receipt(
    database: Database, vault: Vault, meant: Sequence[str], sources: Sequence[KnownSource]
) -> tuple[list[UUID], int]:
    """Whom receipts of that number name, and how many name nobody."""
    systems = sorted({one.source.till_system for one in sources})
    params = {
        "workspace_id": vault.workspace_id,
        "keys": [vault.hash("receipt", system, reading) for system in systems for reading in meant],
        "receipts": RECEIPTS_MAX,
        "limit": ROWS_MAX + 1,
    }
    async with database.read(vault.workspace_id) as conn:
        found = await listed(conn, STORE_SCREENS.receipts_with_number, params)
    return [one[0] for one in found if one[0]], sum(one[1] for one in found if not one[0])


async def _by_name(database: Database, vault: Vault, text: str) -> list[Found]:
    """People whose name has all the words; a text with digits or an at sign is no name."""
    if "@" in text or any(char.isdigit() for char in text):
        return []
    async with database.read(vault.workspace_id) as conn:
        return await lookups.by_name(conn, vault, text, after=FIRST, limit=ROWS_MAX + 1) or []
