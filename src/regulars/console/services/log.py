"""The event log and the quarantine as lines for people: what happened, to whom, how fast, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct, field

from regulars.console.format import channel_words, money, quantity, shorten
from regulars.console.i18n import _, later, ngettext
from regulars.observe import mask
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.store.vault import Unreadable, Vault, open_sealed
from regulars.vocabulary.errors import NotFound

from .common import SourceName, row, rows, sources, store_names
from .faults import title_of
from .people import load_people

EVENTS = load_queries("regulars.store.views", "events.sql")
PAGE_EVENTS = 50
# A filter walks back this far at most, so that a rare type never scans the whole log.
FILTER_EVENTS_MAX = 100_000
_MICROSECOND = timedelta(microseconds=1)
_MICRO = Decimal(1_000_000)

Result = Literal["applied", "rejected"]

# Glyph, colour and words of the event types; by full name first, then by what stands before the dot.
_KINDS: dict[str, tuple[str, str, str]] = {
    "sale.completed": ("shopping-bag", "sale", later("Sale")),
    "sale.refunded": ("receipt-refund", "back", later("Return")),
    "sale.voided": ("receipt-off", "back", later("Voided sale")),
    "customer.updated": ("user", "person", later("Customer details")),
    "customer.deleted": ("trash", "back", later("Customer deleted at the source")),
    "product": ("package", "", later("Product")),
    "product.viewed": ("eye", "", later("Product viewed")),
    "stock": ("package", "", later("Stock")),
    "store": ("building-store", "", later("Shop details")),
    "staff": ("id-badge-2", "", later("Staff details")),
    "payment": ("credit-card", "", later("Payment")),
    "page": ("world", "", later("Page viewed")),
    "cart": ("shopping-cart", "", later("Basket")),
    "message.delivered": ("mail", "", later("Message delivered")),
    "message.opened": ("mail", "", later("Message opened")),
    "message.clicked": ("mail", "", later("Link in a message clicked")),
    "message.bounced": ("mail", "bad", later("Message bounced")),
    "message.complained": ("mail", "bad", later("Complaint about a message")),
    "message.unsubscribed": ("mail", "back", later("Unsubscribed")),
    "consent.given": ("shield-check", "sale", later("Consent given")),
    "consent.withdrawn": ("shield-check", "back", later("Consent withdrawn")),
    "case": ("message-circle", "", later("Service case")),
    "review": ("star", "", later("Review")),
    "score": ("chart-bar", "", later("Score")),
    "source": ("plug-connected", "", later("Notice from the source")),
    "custom": ("bolt", "", later("Custom event")),
    "regulars.canary": ("activity", "", later("Canary")),
    "regulars": ("settings", "", later("Action in Regulars")),
}


# What a source may tell of a customer, in words: the names of the fields, never what is in them.
_CUSTOMER_PARTS: dict[str, str] = {
    "loyalty_card": later("card"),
    "external_id": later("customer number"),
    "email": later("e-mail"),
    "phone": later("phone"),
    "family_name": later("name"),
    "birth_date": later("birthday"),
    "address": later("address"),
}


class Kind(Struct, frozen=True):
    """How a type of event is shown."""

    icon: str
    tone: str
    label: str


class EventLine(Struct, frozen=True):
    """One event as a line. `event_no` is None for a rejected one; `took_us` from receipt to commit."""

    type: str
    kind: Kind
    source: SourceName
    received_at: datetime
    occurred_at: datetime
    summary: str
    result: Result = "applied"
    event_no: int | None = None
    quarantine_id: UUID | None = None
    profile_id: UUID | None = None
    who: str | None = None
    store: str | None = None
    channel: str | None = None
    took_us: int | None = None

    @property
    def key(self) -> str:
        """A stable name for the row."""
        return (
            f"e{self.event_no}"
            if self.event_no is not None
            else f"q{str(self.quarantine_id).replace('-', '')}"
        )


class Step(Struct, frozen=True):
    """One step of a trace: microseconds since receipt; state ok, idle or bad."""

    title: str
    at_us: int | None
    note: str
    state: str = "ok"


class EventDetail(Struct, frozen=True):
    """One event in full. `payload` is what is kept of it: the public event, card numbers scrubbed."""

    line: EventLine
    steps: list[Step]
    payload: Any
    turn_no: int | None = None
    quarantine: str | None = None


class Filters(Struct, frozen=True):
    """What a stream of events shows; absent means all."""

    source_id: int | None = None
    type: str | None = None
    result: Result | None = None

    def admits(self, line: EventLine) -> bool:
        """Whether a line passes."""
        return (
            (self.source_id is None or line.source.source_id == self.source_id)
            and (self.type is None or line.type == self.type or line.type.partition(".")[0] == self.type)
            and (self.result is None or line.result == self.result)
        )


EVERYTHING = Filters()


class Names(Struct, frozen=True):
    """Names that lines need: sources by number, shops by code."""

    sources: dict[int, SourceName] = field(default_factory=dict)
    stores: dict[str, str] = field(default_factory=dict)

    def source(self, source_id: int) -> SourceName:
        """The source, or a stand-in for one that is gone."""
        return self.sources.get(source_id) or SourceName(source_id, _("source %(n)s", n=source_id), "", "")


class LogEnd(Struct, frozen=True):
    """The end of the log and the signs of life."""

    event_no: int = 0
    turn_at: datetime | None = None
    canary_at: datetime | None = None
    profiles: int = 0


def kind_of(type_: str) -> Kind:
    """How a type of event is shown."""
    icon, tone, label = _KINDS.get(type_) or _KINDS.get(type_.partition(".")[0]) or ("bolt", "", type_)
    if type_.startswith("custom."):
        return Kind(icon, tone, type_.partition(".")[2].replace("_", " ").capitalize())
    return Kind(icon, tone, _(label))


async def names(conn: AsyncConnection, workspace_id: int) -> Names:
    """Names for lines."""
    return Names(await sources(conn, workspace_id), await store_names(conn, workspace_id))


async def log_end(conn: AsyncConnection, workspace_id: int) -> LogEnd:
    """Where the log ends now."""
    found = await row(conn, EVENTS.log_end, {"workspace_id": workspace_id})
    return LogEnd(*found) if found else LogEnd()


async def latest(
    conn: AsyncConnection,
    vault: Vault,
    known: Names,
    *,
    filters: Filters = EVERYTHING,
    before: int | None = None,
    after: int | None = None,
    stores: frozenset[str] | None = None,
    limit: int = PAGE_EVENTS,
) -> list[EventLine]:
    """Applied events, newest first, before and after a place in the log; of them those of some `stores`."""
    if after is None:
        end = before if before is not None else (await log_end(conn, vault.workspace_id)).event_no
        after = max(0, end - FILTER_EVENTS_MAX)
    params = {
        "workspace_id": vault.workspace_id,
        "before": before,
        "after": after,
        "source_id": filters.source_id,
        "type": filters.type,
        "limit": limit,
    }
    found = await rows(conn, EVENTS.latest_events, params)
    if stores is not None:
        found = [one for one in found if _store_of(_body(vault, one)) in stores]
    return await _lines(conn, vault, known, found)


async def rejected_before(
    conn: AsyncConnection,
    workspace_id: int,
    known: Names,
    *,
    filters: Filters,
    before: datetime | None,
    limit: int,
) -> list[EventLine]:
    """Waiting rejected events, newest first, before a moment."""
    params = {
        "workspace_id": workspace_id,
        "before": before,
        "source_id": filters.source_id,
        "type": filters.type,
        "limit": limit,
    }
    return [_rejected_line(known, one) for one in await rows(conn, EVENTS.rejected_before, params)]


async def rejected_since(
    conn: AsyncConnection, workspace_id: int, known: Names, *, since: datetime, limit: int
) -> list[EventLine]:
    """Waiting rejected events that came after a moment, newest first."""
    params = {"workspace_id": workspace_id, "since": since, "limit": limit}
    return [_rejected_line(known, one) for one in await rows(conn, EVENTS.rejected_since, params)]


async def event_detail(conn: AsyncConnection, vault: Vault, event_no: int) -> EventDetail:
    """One event with its trace. Raises NotFound."""
    params: dict[str, Any] = {"workspace_id": vault.workspace_id, "event_no": event_no}
    found = await row(conn, EVENTS.one_event, params)
    if found is None:
        raise NotFound("This event is not in the log; it may have been erased.")
    known = await names(conn, vault.workspace_id)
    line = (await _lines(conn, vault, known, [found]))[0]
    sale = await row(conn, EVENTS.sale_of_event, params | {"occurred_at": found[3]})
    payload = _body(vault, found)
    return EventDetail(line, _trace(line, found, sale, payload), payload, turn_no=found[13])


async def rejected_detail(conn: AsyncConnection, vault: Vault, quarantine_id: UUID) -> EventDetail:
    """One rejected event. Raises NotFound."""
    params = {"workspace_id": vault.workspace_id, "ids": [quarantine_id]}
    found = await row(conn, EVENTS.rejected_examples, params)
    if found is None:
        raise NotFound("This rejected event is gone: they are kept for 30 days.")
    known = await names(conn, vault.workspace_id)
    line = _rejected_line(known, found)
    steps = [
        Step(
            _("Received"),
            0,
            _("by %(door)s, from %(source)s", door=door_name(found[3]), source=line.source.name),
        ),
        Step(_("Rejected"), None, line.summary, "bad"),
        Step(
            _("Kept for replay"),
            None,
            ngettext("%(n)s attempt so far", "%(n)s attempts so far", found[10]),
            "idle",
        ),
    ]
    return EventDetail(line, steps, open_rejected(vault, found[8], found[9]), quarantine=str(quarantine_id))


def open_rejected(vault: Vault, wrapped: bytes, sealed: bytes) -> Any:
    """The body of a rejected message: JSON where it is JSON, else its text."""
    try:
        body = open_sealed(vault.unwrap(wrapped), sealed)
    except Unreadable:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode("utf-8", "replace")


def door_name(door: str) -> str:
    """How an event came in, in words."""
    return {
        "events": _("the events API"),
        "segment": _("the tracking API"),
        "hook": _("a webhook"),
        "import": _("a file import"),
        "fetch": _("a fetch"),
        "canary": _("the canary"),
    }.get(door, door)


async def _lines(
    conn: AsyncConnection, vault: Vault, known: Names, found: Sequence[Sequence[Any]]
) -> list[EventLine]:
    """Log rows as lines, each with the name its customer goes by now."""
    ids = list(dict.fromkeys(one[6] for one in found if one[6] is not None))
    # One line goes to everybody who watches, so a name that is a contact is masked for all.
    found_people = await load_people(conn, vault, ids, clear=False, spend=False)
    people = {one.profile_id: one.name for one in found_people}
    return [_line(vault, known, one, people.get(one[6])) for one in found]


def _line(vault: Vault, known: Names, found: Sequence[Any], who: str | None) -> EventLine:
    event_no, type_, source_id, occurred_at, received_at, _record, profile_id = found[:7]
    body = _body(vault, found)
    store = _store_of(body)
    return EventLine(
        type=type_,
        kind=kind_of(type_),
        source=known.source(source_id),
        received_at=received_at,
        occurred_at=occurred_at,
        summary=summary_of(body if isinstance(body, dict) else {}),
        event_no=event_no,
        profile_id=profile_id,
        who=who,
        store=known.stores.get(store, store) if store else None,
        channel=body.get("channel") if isinstance(body, dict) else None,
        took_us=_since(received_at, found[12]),
    )


def _rejected_line(known: Names, found: Sequence[Any]) -> EventLine:
    quarantine_id, received_at, source_id, _door, type_, code, fault_field, message = found[:8]
    return EventLine(
        type=type_,
        kind=Kind("alert-circle", "bad", kind_of(type_).label if type_ else _("Unknown event")),
        source=known.source(source_id),
        received_at=received_at,
        occurred_at=received_at,
        summary=title_of(code, fault_field, message),
        result="rejected",
        quarantine_id=quarantine_id,
    )


def _store_of(body: Any) -> str | None:
    return body.get("store") if isinstance(body, dict) else None


def _body(vault: Vault, found: Sequence[Any]) -> Any:
    wrapped, sealed = found[7], found[8]
    return open_body(vault, wrapped, sealed)


def open_body(vault: Vault, wrapped: bytes | None, sealed: bytes) -> Any:
    """The public event of a log row; an empty one where its key was destroyed by an erasure."""
    try:
        key = vault.unwrap(wrapped) if wrapped is not None else vault.workspace_key
        return msgspec.json.decode(open_sealed(key, sealed))
    except Unreadable:
        return {}


def summary_of(body: dict[str, Any], *, amounts: bool = True) -> str:
    """What an event says, in a few words; contacts in the open parts are masked for everybody.

    Without `amounts`, of a sale its items and receipt, and nothing of a payment or basket.
    """
    if not amounts:
        return _sale_summary(sale, amounts=False) if isinstance(sale := body.get("sale"), dict) else ""
    for part, words in _SUMMARIES.items():
        if isinstance(said := body.get(part), dict):
            return words(said)
    customer, properties = body.get("customer"), body.get("properties")
    if isinstance(customer, dict) and str(body.get("type", "")).startswith("customer."):
        return ", ".join(_(words) for name, words in _CUSTOMER_PARTS.items() if customer.get(name))
    shown = properties if isinstance(properties, dict) else {}
    return mask(str(shown.get("name") or shown.get("title") or shown.get("path") or "")[:120])


def _sale_summary(sale: dict[str, Any], *, amounts: bool = True) -> str:
    parts = [money(sale.get("total_minor", 0), sale.get("currency", ""))] if amounts else []
    if lines := sale.get("lines"):
        count = sum((abs(Decimal(str(line.get("quantity", 1)))) for line in lines), Decimal(0))
        parts.append(_("%(n)s items", n=quantity(int(count * _MICRO))) if count != 1 else _("1 item"))
    parts.append(shorten(str(sale.get("receipt", ""))))
    return " · ".join(part for part in parts if part)


def _cart_summary(cart: dict[str, Any]) -> str:
    return (
        money(cart["total_minor"], cart["currency"])
        if cart.get("currency") and cart.get("total_minor")
        else ""
    )


_SUMMARIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "sale": _sale_summary,
    "payment": lambda said: money(said.get("amount_minor", 0), said.get("currency", "")),
    "consent": lambda said: (
        f"{channel_words(str(said.get('channel', '')))}, {said.get('purpose', 'marketing')}"
    ),
    "product": lambda said: str(said.get("name") or said.get("sku", "")),
    "store_details": lambda said: str(said.get("name") or said.get("code", "")),
    "cart": _cart_summary,
}


def _trace(line: EventLine, found: Sequence[Any], sale: Sequence[Any] | None, payload: Any) -> list[Step]:
    checked_at, loaded_at, decided_at, saved_at = found[9:13]
    received = line.received_at
    where = " · ".join(part for part in (line.source.name, line.store, line.channel) if part)
    return [
        Step(_("Received"), 0, where),
        Step(
            _("Checked"),
            _since(received, checked_at),
            _("Card numbers scrubbed, fields valid, not seen before"),
        ),
        Step(_("Matched"), _since(received, loaded_at), _matched(line), "ok" if line.profile_id else "idle"),
        Step(_("Changed"), _since(received, decided_at), _changed(line, sale)),
        _triggered(_since(received, saved_at), payload),
    ]


def _matched(line: EventLine) -> str:
    if line.profile_id is None:
        return _("Nobody: the event names no customer")
    return line.who or _("a customer without a name")


def _changed(line: EventLine, sale: Sequence[Any] | None) -> str:
    if sale is not None:
        return _sale_change(sale)
    if line.type.startswith("sale."):
        return _("A later version of this receipt has taken its place")
    if line.type.startswith("customer."):
        return _("What this source says of the customer")
    if line.type.startswith("consent."):
        return _("Consent of the address: %(summary)s", summary=line.summary)
    return _("Kept on the timeline") if line.profile_id else _("Kept in the log")


def _sale_change(sale: Sequence[Any]) -> str:
    kind, receipt, currency, total_minor, counted, void, _version = sale
    if void:
        return _("Receipt %(receipt)s is void and counts nowhere", receipt=receipt)
    if not counted:
        return _("Receipt %(receipt)s waits for the sale it names", receipt=receipt)
    amount = money(total_minor if kind == 1 else -total_minor, currency)
    return _("Spend %(amount)s, receipt %(receipt)s", amount=amount, receipt=receipt)


def _triggered(at_us: int | None, payload: Any) -> Step:
    fetches = payload.get("fetches") if isinstance(payload, dict) else None
    if fetches:
        note = ngettext("%(n)s fetch asked of the source", "%(n)s fetches asked of the source", len(fetches))
        return Step(_("Triggered"), at_us, note)
    return Step(_("Triggered"), at_us, _("Nothing outside. Committed to the log"), "idle")


def _since(received: datetime, at: datetime | None) -> int | None:
    return max(0, (at - received) // _MICROSECOND) if at is not None else None
