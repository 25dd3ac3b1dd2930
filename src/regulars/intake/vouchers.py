"""Where vouchers of a file are kept: codes that are somebody's, each to be used once.

They are no events, since codes are no state that events make: they stand beside the promotions. A code is taken once.
The same row again is known; a row that says something else of a code is refused.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from regulars.capabilities.loyalty.expiry import end_of
from regulars.capabilities.offers.usage import VOUCHER
from regulars.store.database import Database
from regulars.store.pipeline import Call
from regulars.store.promotion_codes import code_hash
from regulars.store.promotions import read
from regulars.store.queries import load_queries
from regulars.store.vault import Vault, seal
from regulars.vocabulary.intake import EventError, Gate, Result, Source

from .files.vouchers import VoucherRow
from .holders import Holder, Holders, Row, Whose, not_one, rejected
from .openings import programmes_now

_SQL = load_queries("regulars.store", "promotions.sql")
_UTC: Final = ZoneInfo("UTC")
_row = msgspec.json.Decoder(VoucherRow).decode


class _Asked(Struct, frozen=True):
    """A voucher of a batch: the hash of its code, and when it ends."""

    hash: str
    said: VoucherRow
    ends: datetime | None

    @property
    def id(self) -> str:
        """What names the row; the code itself stays out of answers and logs."""
        return f"voucher-{self.hash}"

    @property
    def promotion(self) -> str:
        """What it is counted as."""
        return self.said.promotion or VOUCHER


class VoucherGate:
    """A gate for rows of `files.vouchers`; customers who are made go through the gate behind it."""

    def __init__(self, gate: Gate, database: Database, vault: Vault, whose: Whose, zone: ZoneInfo) -> None:
        """`zone`: where days end."""
        self._gate, self._database, self._vault, self._zone = gate, database, vault, zone
        self._holders = Holders(gate, database, vault, whose)

    async def submit(self, source: Source, bodies: Sequence[bytes], *, door: str) -> list[Result]:
        """What became of each voucher."""
        asked = [self._asked(_row(body)) for body in bodies]
        promotions = await self._promotions(asked)
        results: dict[int, Result] = {}
        for place, one in enumerate(asked):
            refused = _refused(one, promotions)
            if refused is not None:
                results[place] = refused
        named = {
            place: Row(one.id, one.said.written_at, one.said.customer)
            for place, one in enumerate(asked)
            if place not in results and one.said.customer is not None
        }
        found = await self._holders.meet(named, door=door)
        owners: dict[int, Holder] = {}
        for place in named:
            if len(found.get(place, [])) == 1:
                owners[place] = found[place][0]
            else:
                results[place] = not_one(asked[place].id, found.get(place, []))
        wanted = {place: one for place, one in enumerate(asked) if place not in results}
        results |= await self._keep(wanted, owners)
        return [results[place] for place in range(len(asked))]

    async def quarantine(self, source: Source, body: bytes, error: EventError, *, door: str) -> str:
        """As the gate behind it does."""
        return await self._gate.quarantine(source, body, error, door=door)

    def _asked(self, said: VoucherRow) -> _Asked:
        ends = end_of(said.last_day, self._zone) if said.last_day is not None else said.expires_at
        return _Asked(code_hash(self._vault, said.code), said, ends)

    async def _promotions(self, asked: Sequence[_Asked]) -> dict[str, tuple[str, bool]]:
        """State of each promotion that is named, and whether it asks for a code."""
        names = sorted({one.said.promotion for one in asked if one.said.promotion is not None})
        if not names:
            return {}
        params = {"workspace_id": self._vault.workspace_id, "ids": names}
        (found,) = await self._database.ask(self._vault.workspace_id, Call(_SQL.newest_versions, params))
        return {name: (state, read(content).code_required) for name, state, content in found}

    async def _keep(self, wanted: Mapping[int, _Asked], owners: Mapping[int, Holder]) -> dict[int, Result]:
        """Keep codes that are new; of the others, whether they are the same."""
        if not wanted:
            return {}
        workspace_id = self._vault.workspace_id
        first: dict[str, int] = {}
        for place, one in wanted.items():
            first.setdefault(one.hash, place)
        doc = [self._document(wanted[place], owners.get(place)) for place in first.values()]
        params = {"workspace_id": workspace_id, "doc": msgspec.json.encode(doc).decode()}
        async with self._database.write(workspace_id) as conn:
            made = {one[0] for one in await (await conn.execute(_SQL.add_vouchers, params)).fetchall()}
        known = await self._known(set(first))
        out = {}
        for place, one in wanted.items():
            if one.hash in made and first[one.hash] == place:
                out[place] = Result(one.id, "applied")
            elif known.get(one.hash) == _meaning(one, owners.get(place)):
                out[place] = Result(one.id, "duplicate")
            else:
                out[place] = rejected(
                    one.id, "code_taken", "is there already and means something else", "code"
                )
        return out

    def _document(self, one: _Asked, owner: Holder | None) -> dict[str, Any]:
        sealed = seal(self._vault.workspace_key, one.said.code.encode())
        return {
            "code": one.hash,
            "promotion": one.promotion,
            "record_id": owner.record_id if owner is not None else None,
            "expires_at": one.ends,
            "value_minor": one.said.value_minor,
            "currency": one.said.currency,
            "hold_id": None,
            "sealed": base64.b64encode(sealed).decode(),
        }

    async def _known(self, hashes: set[str]) -> dict[str, tuple[Any, ...]]:
        """What some codes mean that are kept."""
        params = {"workspace_id": self._vault.workspace_id, "hashes": "{" + ",".join(sorted(hashes)) + "}"}
        (found,) = await self._database.ask(self._vault.workspace_id, Call(_SQL.meanings, params))
        return {
            hash_.hex: (promotion, value, currency, ends, profile.hex if profile is not None else None)
            for hash_, promotion, value, currency, ends, profile in found
        }


async def voucher_gate(
    gate: Gate, database: Database, vault: Vault, whose: Whose, *, now: datetime
) -> VoucherGate:
    """A gate for vouchers. Their days end as those of the first programme that holds, else in UTC."""
    programmes = await programmes_now(database, vault.workspace_id, now)
    zone = next((one.zone for one in programmes.values()), _UTC)
    return VoucherGate(gate, database, vault, whose, zone)


def _meaning(one: _Asked, owner: Holder | None) -> tuple[Any, ...]:
    said = one.said
    owned_by = owner.profile_id if owner is not None else None
    return one.promotion, said.value_minor, said.currency, one.ends, owned_by


def _refused(one: _Asked, promotions: Mapping[str, tuple[str, bool]]) -> Result | None:
    """The answer to a voucher for a promotion that cannot have it."""
    if one.said.promotion is None:
        return None
    state, asks = promotions.get(one.said.promotion, ("", False))
    if not state or state == "ended":
        return rejected(one.id, "unknown_promotion", "is no promotion that can be used", "promotion")
    if not asks:
        return rejected(
            one.id, "needs_no_code", "asks for no code; write code_required = true first", "promotion"
        )
    return None
