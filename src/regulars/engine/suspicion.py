"""What is suspicious about sales and referrals, where a programme holds back points for it.

A cashier sells to a customer who has the cashier's own e-mail address; somebody who was referred shares a device, a
contact or a home with who referred them. It is looked at when an event is told, and stays with what it earned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.normalise import email
from regulars.capabilities.identity.state import Fields, Record
from regulars.capabilities.loyalty.watching import OWN_CARD, SAME_REFERRAL
from regulars.capabilities.profile.state import SALE
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Unreadable, Vault, open_sealed
from regulars.vocabulary.events import REFERRED

from .batch import Batch
from .points import Points, Programmes, watches_staff
from .prepared import Prepared
from .wake import Entangled, Wake

_MODELS = load_queries("regulars.store", "models.sql")
_fields = msgspec.json.Decoder(Fields).decode
_CONTACTS = (kinds.NAMES[kinds.DEVICE], kinds.NAMES[kinds.EMAIL], kinds.NAMES[kinds.PHONE])
Suspicions: TypeAlias = Mapping[str, tuple[str, ...]]
"""By event key."""


class _Told(Struct):
    """What is sealed of a member of staff, as far as it is asked."""

    email: str | None = None


def suspicions(
    session: Session,
    vault: Vault,
    batch: Batch,
    programmes: Programmes,
    points: Points,
    wakes: Sequence[Wake],
    staff: Iterable[Row],
) -> Suspicions:
    """What is suspicious in a batch whose people are decided. Raises Entangled where turns in the air change that.

    `staff`: rows of load_staff for the cashiers of its sales.
    """
    limits = [version.programme.limits for versions in programmes.values() for version in versions]
    look = _Look(session, vault, batch, points, wakes)
    found: dict[str, tuple[str, ...]] = {}
    if watches_staff(programmes):
        found.update(look.own_cards(staff))
    if any(one.same_referral for one in limits):
        found.update(look.same_referrals())
    return found


class _Look:
    def __init__(
        self, session: Session, vault: Vault, batch: Batch, points: Points, wakes: Sequence[Wake]
    ) -> None:
        self._session, self._vault, self._batch = session, vault, batch
        self._profiles, self._wakes = points.profiles, wakes
        self._by_profile: dict[str, set[str]] = defaultdict(set)
        for record_id, profile_id in points.profiles.items():
            self._by_profile[profile_id].add(record_id)

    def own_cards(self, staff: Iterable[Row]) -> Suspicions:
        """Sales whose cashier has the customer's e-mail address."""
        sold = [
            p
            for p in self._batch.fresh
            if p.sale is not None and p.sale.kind == SALE and p.sale.staff and _whose(p) in self._profiles
        ]
        codes = {p.sale.staff for p in sold if p.sale is not None and p.sale.staff}
        if not codes:
            return {}
        if any(not codes.isdisjoint(wake.staff) for wake in self._wakes):
            raise Entangled
        addresses = {code: address for code, sealed in staff if (address := self._address(sealed))}
        sold = [p for p in sold if p.sale is not None and p.sale.staff in addresses]
        if not sold:
            return {}
        fields = self._fields(record for p in sold for record in self._family(_whose(p)))
        name = kinds.NAMES[kinds.EMAIL]
        return {
            p.event_key: (OWN_CARD,)
            for p in sold
            if p.sale is not None
            and any(
                addresses[p.sale.staff or ""] in fields[record].values.get(name, {})
                for record in self._family(_whose(p))
                if record in fields
            )
        }

    def same_referrals(self) -> Suspicions:
        """Referrals of somebody who is, or lives with, or shares a device or a contact with who referred them."""
        made = {p.event_key: p for p in self._batch.fresh if p.type == REFERRED and p.said is not None}
        other = {key: record for key, p in made.items() if (record := self._referred(p)) is not None}
        if not other:
            return {}
        if any(not wake.changed.isdisjoint(other.values()) for wake in self._wakes):
            raise Entangled
        wanted = set(other.values()) | {r for key in other for r in self._family(_whose(made[key]))}
        fields = self._fields(wanted)
        found = {}
        for key, record in other.items():
            own = self._family(_whose(made[key]))
            theirs = _marks(fields[record]) if record in fields else set()
            if record in own or any(theirs & _marks(fields[one]) for one in own if one in fields):
                found[key] = (SAME_REFERRAL,)
        return found

    def _referred(self, prepared: Prepared) -> str | None:
        """The record of who was referred, as the same source knows them."""
        named = (prepared.event().properties or {}).get("referred")
        if not isinstance(named, str) or not named:
            return None
        kind = kinds.NAMES[kinds.EXTERNAL_ID]
        return self._vault.hash("record", str(prepared.source.source_id), kind, named.strip())

    def _family(self, record_id: str) -> set[str]:
        return self._by_profile.get(self._profiles.get(record_id, ""), set())

    def _address(self, sealed: bytes | None) -> str | None:
        try:
            opened = open_sealed(self._vault.workspace_key, sealed) if sealed is not None else b"{}"
        except Unreadable:
            return None
        return email(msgspec.json.decode(opened, type=_Told).email or "")

    def _fields(self, record_ids: Iterable[str]) -> dict[str, Fields]:
        """What records say, as this batch leaves them."""
        wanted = set(record_ids)
        values: dict[str, Any] = {"workspace_id": self._vault.workspace_id, "ids": uuids(wanted)}
        (rows,) = self._session.run([Call(_MODELS.load_some, values)])
        found = {}
        for row in rows:
            record = Record(*row)
            found[record.record_id] = _fields(open_sealed(self._vault.unwrap(record.wrapped), record.sealed))
        for record_id in wanted:
            told = self._batch.records.get(record_id)
            if told is not None and told.fields is not None:
                found[record_id] = told.fields
        return found


def _whose(prepared: Prepared) -> str:
    return prepared.said.person.record_id if prepared.said is not None else ""


def _marks(fields: Fields) -> set[str | int]:
    """What two who know each other well have in common."""
    said = {entry[0] for name in _CONTACTS for entry in fields.values.get(name, {}).values()}
    return said | set(fields.household)
