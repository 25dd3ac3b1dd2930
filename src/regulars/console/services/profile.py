"""One customer in full: who they are, what they did, why these records are one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct, field

from regulars.capabilities.profile.figures import average_order_minor, cadence_days
from regulars.console.charts import Point
from regulars.console.format import money, month, month_of_year, quantity
from regulars.console.i18n import _, later
from regulars.observe import mask as mask_text
from regulars.store.database import AsyncConnection
from regulars.store.vault import Vault
from regulars.vocabulary.errors import NotFound

from .common import SQL, SourceName, mask, pack_place, row, rows, unpack_place, whole
from .log import Kind, Names, kind_of, names, open_body, summary_of
from .people import Identity, Part, Person, load_parts, person_of
from .seen import is_abroad, seen_event

TIMELINE_ROWS = 25
RECEIPTS_MAX = 100
MONTHS = 12
CATEGORIES_SHOWN = 5
# What the filters of the timeline stand for: what comes before the dot of a type.
TOPICS: Final[dict[str, tuple[str, ...]]] = {
    "sales": ("sale", "payment"),
    "web": ("page", "product", "cart"),
    "messages": ("message", "consent"),
    "service": ("case", "review"),
    "details": ("customer",),
}
_LAST_EVENT_NO = 2**63 - 1


class TimelineLine(Struct, frozen=True):
    """One event on a customer's timeline. Without `amounts` the money is another store's, and left out.

    `receipt` is what the source calls a sale; `retold` says that a later event of it counts in its place.
    """

    event_no: int
    kind: Kind
    type: str
    source: SourceName
    summary: str
    occurred_at: datetime
    received_at: datetime
    store: str | None
    channel: str | None
    lines: list[tuple[str, str, str]]
    amounts: bool
    receipt: str | None = None
    retold: bool = False

    @property
    def slip(self) -> bool:
        """Whether a slip of it can be shown."""
        return self.type == "sale.completed" and self.amounts and not self.retold


class Timeline(Struct, frozen=True):
    """A page of the timeline; `older` is the mark of the next one."""

    lines: list[TimelineLine]
    older: str | None


class IdentityLine(Struct, frozen=True):
    """An identifier with every source that says it."""

    kind: str
    label: str
    icon: str
    value: str
    current: bool
    sources: list[str]


class ConsentLine(Struct, frozen=True):
    """What holds for a channel and purpose."""

    channel: str
    purpose: str
    granted: bool
    at: datetime
    source: SourceName


class RecordLine(Struct, frozen=True):
    """One record: the customer as one source knows them."""

    record_id: UUID
    source: SourceName
    name: str | None
    first_at: datetime
    last_at: datetime | None
    orders: int
    keys: list[str]


class Profile(Struct, frozen=True):
    """The whole page but the timeline."""

    person: Person
    names: Names
    average_minor: dict[str, int]
    cadence_days: float | None
    spend_points: list[Point]
    spend_months: dict[str, list[int]]
    categories: list[tuple[str, float]]
    shops: list[tuple[str, int]]
    identities: list[IdentityLine]
    consent: list[ConsentLine]
    records: list[RecordLine]
    stores: dict[str, str] = field(default_factory=dict)


_IDENTITY_WORDS: Final = {
    "loyalty_card": ("cards", later("Loyalty card")),
    "external_id": ("id-badge-2", later("Customer number")),
    "anonymous_id": ("world", later("Browser")),
    "payment_token": ("credit-card", later("Payment card")),
    "device": ("device-mobile", later("Device")),
    "email": ("mail", later("E-mail")),
    "phone": ("phone", later("Phone")),
}


def unknown_profile() -> NotFound:
    """What is raised for an id that is no customer's."""
    return NotFound("There is no customer with this id; they may have been erased.")


async def resolve(conn: AsyncConnection, workspace_id: int, record_id: UUID) -> UUID:
    """The profile a record belongs to now. Raises NotFound."""
    found = await row(conn, SQL.profile_of_record, {"workspace_id": workspace_id, "record_id": record_id})
    if found is None:
        raise unknown_profile()
    return UUID(str(found[0]))


async def load_profile(
    conn: AsyncConnection,
    vault: Vault,
    profile_id: UUID,
    *,
    now: datetime,
    zone: ZoneInfo,
    clear: bool,
    spend: bool,
) -> Profile:
    """A profile in full; `clear` with contacts, `spend` with what they spent in all.

    Raises NotFound for an id that is no profile's.
    """
    parts = (await load_parts(conn, vault, [profile_id])).get(profile_id)
    if not parts:
        raise unknown_profile()
    person = person_of(profile_id, parts, clear=clear, spend=spend)
    known = await names(conn, vault.workspace_id)
    months = await _months(conn, vault.workspace_id, profile_id, now, zone) if spend else {}
    currency = person.main_currency
    return Profile(
        person=person,
        names=known,
        average_minor=average_order_minor(person.figures) if spend else {},
        cadence_days=cadence_days(person.figures),
        spend_points=_month_points(months, currency),
        spend_months={code: list(values.values()) for code, values in months.items()},
        categories=top_categories(person),
        shops=sorted(
            ((known.stores.get(c, c), n) for c, n in person.figures.stores.items()), key=lambda one: -one[1]
        ),
        identities=_identities(parts, known, clear=clear),
        consent=await _consent(conn, vault.workspace_id, profile_id, known),
        records=_records(parts, known, clear=clear),
        stores=known.stores,
    )


async def load_timeline(
    conn: AsyncConnection,
    vault: Vault,
    profile_id: UUID,
    *,
    topic: str | None,
    until: datetime | None,
    page: str | None,
    clear: bool,
    stores: frozenset[str] | None,
) -> Timeline:
    """Events of a customer, latest in business time first; `until` jumps to a date, `page` is a mark.

    Somebody limited to some `stores` sees all visits, but no amounts of other stores.
    """
    place = unpack_place(page, 2)
    if place:
        until = datetime.fromisoformat(place[0])
    params = {
        "workspace_id": vault.workspace_id,
        "profile_id": profile_id,
        "until": until or datetime(9000, 1, 1, tzinfo=UTC),
        "before": whole(place[1], "page") if place else _LAST_EVENT_NO,
        "types": ",".join(TOPICS[topic]) if topic in TOPICS else None,
        "limit": TIMELINE_ROWS + 1,
    }
    known = await names(conn, vault.workspace_id)
    found = await rows(conn, SQL.profile_timeline, params)
    kept = found[:TIMELINE_ROWS]
    older = pack_place(kept[-1][3].isoformat(), kept[-1][0]) if len(found) > TIMELINE_ROWS else None
    lines = [_timeline_line(vault, known, one, clear=clear, stores=stores) for one in kept]
    return Timeline(await _marked(conn, vault.workspace_id, profile_id, lines), older)


async def _marked(
    conn: AsyncConnection, workspace_id: int, profile_id: UUID, lines: list[TimelineLine]
) -> list[TimelineLine]:
    """The lines, those marked whose receipt a later event told anew: sources tell a sale when it changes."""
    receipts = [line.receipt for line in lines if line.receipt]
    if len(receipts) == len(set(receipts)):
        return lines
    asked = {
        "workspace_id": workspace_id,
        "profile_id": profile_id,
        "receipts": receipts,
        "limit": RECEIPTS_MAX,
    }
    last = defaultdict(set)
    for source_id, receipt, event_no in await rows(conn, SQL.profile_receipts, asked):
        last[source_id, receipt].add(event_no)
    return [
        msgspec.structs.replace(line, retold=bool(told) and line.event_no not in told)
        for line in lines
        for told in [last.get((line.source.source_id, line.receipt or ""), set())]
    ]


async def raw_event(
    conn: AsyncConnection,
    vault: Vault,
    profile_id: UUID,
    event_no: int,
    *,
    clear: bool,
    stores: frozenset[str] | None,
) -> Any:
    """An event of a customer as it was received, as far as it may be seen. Raises NotFound for somebody else's."""
    params = {"workspace_id": vault.workspace_id, "profile_id": profile_id, "event_no": event_no}
    found = await row(conn, SQL.profile_event, params)
    if found is None:
        raise NotFound("This customer has no such event; it may have been erased.")
    return seen_event(open_body(vault, found[0], found[1]), clear=clear, stores=stores)


def identity_words(kind: str) -> tuple[str, str]:
    """Icon and words of a kind of identifier."""
    icon, words = _IDENTITY_WORDS[kind]
    return icon, _(words)


def _timeline_line(
    vault: Vault, known: Names, found: Sequence[Any], *, clear: bool, stores: frozenset[str] | None
) -> TimelineLine:
    event_no, type_, source_id, occurred_at, received_at, _record_id, wrapped, sealed = found
    body = open_body(vault, wrapped, sealed)
    body = body if isinstance(body, dict) else {}
    store, amounts = body.get("store"), not is_abroad(body, stores)
    sale = body.get("sale")
    return TimelineLine(
        event_no=event_no,
        kind=kind_of(type_),
        type=type_,
        source=known.source(source_id),
        summary=summary_of(body, amounts=amounts),
        occurred_at=occurred_at,
        received_at=received_at,
        store=known.stores.get(store, store) if store else None,
        channel=body.get("channel"),
        lines=_sale_lines(sale, clear=clear, amounts=amounts),
        amounts=amounts,
        receipt=str(sale.get("receipt", "")) if isinstance(sale, dict) else None,
    )


def _sale_lines(sale: Any, *, clear: bool, amounts: bool) -> list[tuple[str, str, str]]:
    """(what, how many, how much) of a receipt's lines; without amounts the last is empty."""
    if not isinstance(sale, dict):
        return []
    currency = str(sale.get("currency", ""))
    return [
        (
            name if clear else mask_text(name),
            quantity(int(Decimal(str(line.get("quantity", 1))) * 1_000_000)),
            money(line.get("total_minor", 0), currency) if amounts else "",
        )
        for line in sale.get("lines", [])
        for name in [str(line.get("name") or line.get("sku") or _("Item"))]
    ]


async def _months(
    conn: AsyncConnection, workspace_id: int, profile_id: UUID, now: datetime, zone: ZoneInfo
) -> dict[str, dict[date, int]]:
    """Spend per currency and month of the last twelve, empty months included."""
    span = _month_starts(now.astimezone(zone).date())
    params = {
        "workspace_id": workspace_id,
        "profile_id": profile_id,
        "zone": zone.key,
        "since": now - timedelta(days=400),
    }
    out: dict[str, dict[date, int]] = {}
    for start, currency, net_minor, _orders in await rows(conn, SQL.profile_spend, params):
        if start in span:
            out.setdefault(currency, dict.fromkeys(span, 0))[start] = net_minor
    return out


def _month_starts(today: date) -> list[date]:
    last = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 1)]


def _month_points(months: dict[str, dict[date, int]], currency: str | None) -> list[Point]:
    values = months.get(currency or "", {})
    return [
        Point(month(one), f"{month_of_year(one)}: {money(value, currency or '')}", value)
        for one, value in values.items()
    ]


def top_categories(person: Person) -> list[tuple[str, float]]:
    """Favourite categories with their share of what was bought."""
    bought = {name: micro for name, micro in person.figures.categories.items() if micro > 0}
    whole_micro = sum(bought.values())
    top = sorted(bought.items(), key=lambda one: (-one[1], one[0]))[:CATEGORIES_SHOWN]
    return [(name, micro / whole_micro) for name, micro in top]


def _identities(parts: Sequence[Part], known: Names, *, clear: bool) -> list[IdentityLine]:
    grouped: dict[tuple[str, str], list[Identity]] = defaultdict(list)
    for part in parts:
        for one in part.identities():
            grouped[one.kind, one.value].append(one)
    lines = []
    for (kind, value), said in grouped.items():
        icon, label = identity_words(kind)
        from_sources = sorted({known.source(one.source_id).name for one in said})
        current = any(one.current for one in said)
        lines.append(
            IdentityLine(kind, label, icon, value if clear else mask(kind, value), current, from_sources)
        )
    order = list(_IDENTITY_WORDS)
    return sorted(lines, key=lambda line: (not line.current, order.index(line.kind), line.value))


async def _consent(
    conn: AsyncConnection, workspace_id: int, profile_id: UUID, known: Names
) -> list[ConsentLine]:
    """The latest word per channel and purpose."""
    params = {"workspace_id": workspace_id, "profile_id": profile_id}
    lines: dict[tuple[str, str], ConsentLine] = {}
    for channel, purpose, granted, at, source_id, _address in await rows(conn, SQL.profile_consent, params):
        line = ConsentLine(channel, purpose, granted, at, known.source(source_id))
        held = lines.get((channel, purpose))
        if held is None or (held.at, not held.granted) < (line.at, not line.granted):
            lines[channel, purpose] = line
    return sorted(lines.values(), key=lambda line: (line.purpose, line.channel))


def _records(parts: Sequence[Part], known: Names, *, clear: bool) -> list[RecordLine]:
    return [
        RecordLine(
            record_id=part.record_id,
            source=known.source(part.source_id),
            name=_name(part, clear=clear),
            first_at=part.first_at,
            last_at=part.last_at,
            orders=part.figures.orders,
            keys=[identity_words(one.kind)[1] for one in part.identities() if one.current][:4],
        )
        for part in parts
    ]


def _name(part: Part, *, clear: bool) -> str | None:
    name = part.name
    return name if clear or name is None else mask_text(name)
