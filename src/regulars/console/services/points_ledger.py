"""What moved a member's points, line by line, and why the balance is what it is: the books added up anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.state import Earning
from regulars.console.i18n import _, later
from regulars.store.database import AsyncConnection

from .common import pack_place, rows, unpack_place, uuid_of
from .member import PointsOf, Standing
from .member_books import SQL

LINES_SHOWN: Final = 25
SOURCES_SHOWN: Final = 25
_END: Final = datetime(9000, 1, 1, tzinfo=UTC)
_LAST_ID: Final = UUID(int=2**128 - 1)
_FIRST_ID: Final = UUID(int=0)
_LAST_TEXT: Final = "\U0010ffff"
_earning: Final = msgspec.json.Decoder(Earning).decode

KINDS: Final[Mapping[str, tuple[str, str]]] = {
    state.ISSUED: ("earned", later("Earned")),
    state.REDEEMED: ("spent", later("Spent")),
    state.EXPIRED: ("expired", later("Expired")),
    state.CLAWBACK: ("taken_back", later("Taken back")),
    state.ADJUSTED: ("adjusted", later("Adjusted")),
    state.OPENED: ("opened", later("Brought along")),
    state.SHOCK: ("till", later("Spent at a till that was not connected")),
    state.RECOVERED: ("recovered", later("Kept from a refund")),
    state.ERASED: ("erased", later("Erased")),
}
"""Where a member's points come from or go to, by the account on the other side: its name in addresses, and its words."""
_OTHERS: Final = {name: account for account, (name, _words) in KINDS.items()}


class LedgerLine(Struct, frozen=True):
    """A movement of a member's points: `amount` came (above zero) or went, for what `kind` says.

    `actor` did it for the `reason` given; both are the program's own where a sale did it. `version` of the programme
    counted it. `receipt` and `event_no` are the sale's it is about, if any.
    """

    txn_id: UUID
    recorded_at: datetime
    point: str
    kind: str
    amount: int
    programme: int
    occurred_at: datetime
    actor: str
    reason: str
    version: int | None
    receipt: str | None
    event_no: int | None

    @property
    def words(self) -> str:
        """The kind in words."""
        return kind_words(self.kind)


class LedgerPage(Struct, frozen=True):
    """Movements, the latest first; `older` is the mark of the next page."""

    lines: list[LedgerLine]
    older: str | None


class Given(Struct, frozen=True):
    """What one rule gave for a sale, or for something else that happened.

    `taken`: how many of them returns took back. `version` of the programme gave them.
    """

    programme: int
    version: int
    rule: str
    point: str
    points: int
    taken: int
    active_from: datetime
    expires_at: datetime | None


class Source(Struct, frozen=True):
    """A lot with points left, and the rule and receipt it came from; None where no rule gave it.

    `last_day` they are good for, by the programme's days. `kind`: sale, bonus, adjusted, opened or reissued. `version` of the programme gave it.
    """

    point: str
    kind: str
    remaining: int
    held: int
    last_day: date | None
    rule: str | None
    version: int | None
    receipt: str | None
    occurred_at: datetime | None
    store: str | None
    event_no: int | None


class WhyPoints(Struct, frozen=True):
    """A balance explained: what came and went in all, by kind, and the lots that are left.

    `unposted`: what has ended but not been posted yet; the balance counts it as gone. `agrees`: whether the books come
    to what the lots hold.
    """

    points: PointsOf
    sums: list[tuple[str, int]]
    unposted: int
    agrees: bool
    sources: list[Source]
    older: str | None


def kind_words(kind: str) -> str:
    """A kind of movement in words."""
    return _(KINDS[_OTHERS[kind]][1])


def kind_of(text: str | None) -> str | None:
    """A kind of movement out of an address; what is none is ignored."""
    return text if text in _OTHERS else None


async def load_lines(
    conn: AsyncConnection,
    workspace_id: int,
    records: Sequence[UUID],
    *,
    programme: int | None = None,
    kind: str | None = None,
    page: str | None = None,
    limit: int = LINES_SHOWN,
) -> LedgerPage:
    """A page of what moved the points of a customer's records, in all programmes or in one.

    Raises InvalidInput for a mark that is not ours.
    """
    place = unpack_place(page, 4)
    params = {
        "workspace_id": workspace_id,
        "ids": list(records),
        "programme": programme,
        "others": [_OTHERS[kind]] if kind else None,
        "before": datetime.fromisoformat(place[0]) if place else _END,
        "txn_id": uuid_of(place[1], "page") if place else _LAST_ID,
        "point": place[2] if place else _LAST_TEXT,
        "other": place[3] if place else _LAST_TEXT,
        "limit": limit + 1,
    }
    found = await rows(conn, SQL.lines, params)
    last = found[limit - 1] if len(found) > limit else None
    older = pack_place(last[1].isoformat(), last[0].hex, last[2], last[3]) if last else None
    return LedgerPage([_line(one) for one in found[:limit]], older)


def _line(found: Sequence[Any]) -> LedgerLine:
    txn_id, recorded_at, point, other, *rest = found
    return LedgerLine(txn_id, recorded_at, point, KINDS[other][0], *rest)


async def earnings_of(
    conn: AsyncConnection, workspace_id: int, records: Sequence[UUID], key: UUID
) -> list[Given]:
    """What each rule gave some records for a sale, by the sale's id."""
    params = {"workspace_id": workspace_id, "ids": list(records), "key": key}
    return [
        Given(
            programme,
            earning.version,
            posted.rule,
            posted.point,
            posted.given,
            posted.taken,
            posted.active_at,
            posted.expires_at,
        )
        for programme, doc in await rows(conn, SQL.earnings_of, params)
        for earning in (_earning(doc),)
        for posted in earning.posted
    ]


async def load_why_points(
    conn: AsyncConnection,
    workspace_id: int,
    standing: Standing,
    stores: Mapping[str, str],
    *,
    point: str | None = None,
    page: str | None = None,
) -> WhyPoints:
    """Explain a balance, of the first point type where none is named; `stores` are names by code."""
    points = next((one for one in standing.points if one.point == point), standing.points[0])
    whose: dict[str, Any] = {
        "workspace_id": workspace_id,
        "ids": standing.records,
        "programme": standing.programme,
    }
    whose["point"] = points.point
    sums = [
        (kind_words(KINDS[other][0]), amount)
        for code, other, amount in await rows(conn, SQL.sums, whose)
        if code == points.point
    ]
    total = sum(amount for _words, amount in sums)
    (in_lots,) = (await rows(conn, SQL.in_lots, whose))[0]
    place = unpack_place(page, 2)
    params = whose | {
        "after": place[0] if place else "-infinity",
        "lot_id": uuid_of(place[1], "page") if place else _FIRST_ID,
        "limit": SOURCES_SHOWN + 1,
    }
    found = await rows(conn, SQL.sources, params)
    older = None
    if len(found) > SOURCES_SHOWN:
        last = found[SOURCES_SHOWN - 1]
        older = pack_place(last[5].isoformat() if last[5] else "infinity", last[0].hex)
    return WhyPoints(
        points=points,
        sums=sums,
        unposted=total - points.balance - points.pending,
        agrees=total == in_lots,
        sources=[_source(one, standing, stores) for one in found[:SOURCES_SHOWN]],
        older=older,
    )


def _source(found: Sequence[Any], standing: Standing, stores: Mapping[str, str]) -> Source:
    lot_id, point, kind, remaining, held, expires_at, doc, receipt, occurred_at, store, event_no = found
    earning = _earning(doc) if doc else None
    posted = earning.posted if earning is not None else []
    return Source(
        point=point,
        kind=kind,
        remaining=remaining,
        held=held,
        last_day=(
            standing.rules.day_of(expires_at - timedelta(microseconds=1)) if expires_at is not None else None
        ),
        rule=next((one.rule for one in posted if one.lot_id == lot_id.hex), None),
        version=earning.version if earning is not None else None,
        receipt=receipt,
        occurred_at=occurred_at or (earning.occurred_at if earning is not None else None),
        store=stores.get(store, store) if store else None,
        event_no=event_no,
    )
