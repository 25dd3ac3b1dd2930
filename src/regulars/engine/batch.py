"""A turn in the making, and what an engine remembers between turns."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from regulars.capabilities.identity.matching import Candidates
from regulars.capabilities.identity.rules import Changes, State, Word, micros
from regulars.capabilities.identity.state import Record
from regulars.capabilities.profile.receipt import row_of
from regulars.capabilities.profile.sales import SalesChanges, SalesState
from regulars.capabilities.profile.state import RecordFigures
from regulars.capabilities.registers.rules import Entries
from regulars.store.vault import Vault

from .identity_memory import AtWork, IdentityMemory, shipped
from .points import Points, Programmes
from .prepared import Prepared, Refused
from .uses import Offers

UTC_ZONE = ZoneInfo("UTC")


class Memory(Struct):
    """What an engine keeps between turns; `cache_no` tells whether it still holds.

    `endpoints`: the webhooks that are told of a type of message, by the type; empty where nobody is told anything.
    `programmes`: published loyalty programmes; `tax_modes` of shops, where they are told. `offers`: promotions were
    reserved or used here. `told`: the sources whose vendors are told where members stand.
    """

    cache_no: int = -1
    zones: dict[str, ZoneInfo] = field(default_factory=dict)
    identity: IdentityMemory = field(default_factory=lambda: IdentityMemory(shipped()))
    tombstones: bool = False
    endpoints: dict[str, list[int]] = field(default_factory=dict)
    programmes: Programmes = field(default_factory=dict)
    offers: bool = False
    told: frozenset[int] = frozenset()
    tax_modes: dict[str, str] = field(default_factory=dict)
    products: set[str] = field(default_factory=set)
    stores: set[str] = field(default_factory=set)
    staff: set[str] = field(default_factory=set)
    statistics_due: int = 0

    def doubt(self) -> None:
        """A turn did not commit: what it may have remembered is read and written anew."""
        self.cache_no = -1
        for known in (self.stores, self.staff, self.products):
            known.clear()


class Step(Struct):
    """How far a batch brings the putting to work of a model: to its start, `keyed` or resolved up to `reached`.

    `reached` is None where all are. `seeks_alike`: it seeks by the keys that are there.
    """

    model: int
    promoted: bool = False
    seeks_alike: bool = False
    keyed: bool = False
    reached: str | None = None
    groups: list[list[str]] = field(default_factory=list)


class Promotion(Struct, frozen=True):
    """Who put a model to work, when and why; `promotion_id` is the key of the event that says so."""

    promotion_id: str
    at: datetime
    actor: str
    reason: str


class Batch(Struct):
    """A turn in the making: what came in, what is new in it, and what the rooms decided.

    `cache_no` is the one it found, `cache_step` how far it moves that. `people` is what identity works on. `matching`: see Step. `receipts_before`: ids of the receipts that are stored already. `quarantined`: the quarantine id of each
    refused message, by its id(). `decided`: identity and sales have decided, and `points` is what follows, and
    `offers`, where any promotion is concerned.
    """

    now: datetime
    taken: list[Prepared]
    refused: list[Refused]
    event_no: int = 0
    turn_no: int = 0
    cache_no: int = 0
    cache_step: int = 0
    duplicates: set[int] = field(default_factory=set)
    fresh: list[Prepared] = field(default_factory=list)
    model: AtWork = field(default_factory=shipped)
    people: State = field(default_factory=State)
    found: Candidates = field(default_factory=Candidates)
    matching: Step | None = None
    promotion: Promotion | None = None
    figures: dict[str, RecordFigures] = field(default_factory=dict)
    identity: Changes = field(default_factory=Changes)
    sales: SalesChanges = field(default_factory=SalesChanges)
    rows: SalesState = field(default_factory=SalesState)
    points: Points = field(default_factory=Points)
    offers: Offers | None = None
    decided: bool = False
    receipts_before: set[str] = field(default_factory=set)
    checked_at: datetime | None = None
    loaded_at: datetime | None = None
    decided_at: datetime | None = None
    canary_at: datetime | None = None
    entries: Entries = field(default_factory=Entries)
    quarantined: dict[int, str] = field(default_factory=dict)

    def words(self) -> list[Word]:
        """What people decide of records in it."""
        return [
            Word(d.pairs, d.together, d.actor, d.reason, (micros(p.occurred_at), p.event_key), d.undoes)
            for p in self.fresh
            if (d := p.decision) is not None
        ]

    @property
    def records(self) -> dict[str, Record]:
        """Records by id, as loaded or as they are now."""
        return self.people.records


def rekey_sale(prepared: Prepared, zones: dict[str, ZoneInfo], vault: Vault) -> bool:
    """Read a receipt's business date anew where its shop's time zone is not the one it was prepared with."""
    if prepared.sale is None:
        return False
    zone = zones.get(prepared.sale.store or "", UTC_ZONE)
    if zone.key == prepared.zone:
        return False
    prepared.zone = zone.key
    prepared.sale = row_of(
        prepared.event(), source=prepared.source, event_key=prepared.event_key, zone=zone, hash_=vault.hash
    )
    if prepared.sale is not None and prepared.said is not None:
        prepared.sale.record_id = prepared.said.person.record_id
    return True
