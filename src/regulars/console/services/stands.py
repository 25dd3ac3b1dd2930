"""Where a member stands for a vendor: the balance and tier of now, and who they are at that source alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Final
from uuid import UUID

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty.shop_codes import shop_code
from regulars.capabilities.loyalty.state import BLOCKED, CAPTURED, LEFT, Hold, is_open
from regulars.capabilities.loyalty.terms import Reward
from regulars.store.database import AsyncConnection, Database
from regulars.store.master import MasterKey
from regulars.store.sources import KnownSource
from regulars.store.vault import Vault
from regulars.store.write_backs import Stands, programme_of
from regulars.vocabulary.connector import Coupon
from regulars.vocabulary.connector import Standing as ToTell

from .common import id_array, rows
from .member import Standing, load_standings, profiles_of
from .member_books import LOYALTY, SQL, hold_of
from .people import Part, load_parts


class Standings:
    """Reads where members of any workspace stand. `clock` gives aware UTC times."""

    def __init__(self, database: Database, master: MasterKey, clock: Callable[[], datetime]) -> None:
        self._database, self._master, self._clock = database, master, clock
        self._vaults: dict[int, Vault] = {}

    async def __call__(self, workspace_id: int, member: str, known: KnownSource) -> Stands | None:
        """The member that a record is of, as committed now; None where there is nothing to tell. Raises TryLater.

        Who left the programme, or is blocked in it, has no points to spend; somebody who takes no part has nothing to show.
        """
        vault = self._vaults.setdefault(workspace_id, Vault(self._master, workspace_id))
        now, programme = self._clock(), programme_of(known.options)
        async with self._database.read(workspace_id) as conn:
            record_id = UUID(member)
            profile_id = (await profiles_of(conn, workspace_id, [record_id])).get(record_id)
            if profile_id is None:
                return None
            parts = (await load_parts(conn, vault, [profile_id]))[profile_id]
            own = [part for part in parts if part.source_id == known.source.source_id]
            standings = (await load_standings(conn, workspace_id, {profile_id: parts}, now=now))[profile_id]
            found = next((one for one in standings if one.programme == programme), None)
            if not own:
                return None
            takes_part = found is not None or await _has_left(conn, workspace_id, programme, parts)
            again = await _again_seconds(conn, workspace_id, found, now) if found is not None else None
        return Stands(_to_tell(profile_id, found, own, takes_part=takes_part), again)

    async def coupon(self, workspace_id: int, *, member: str, hold: str, known: KnownSource) -> Coupon | None:
        """The code of a hold as that stands now; None where there is nothing to make or to end."""
        vault = self._vaults.setdefault(workspace_id, Vault(self._master, workspace_id))
        asked = {"workspace_id": workspace_id, "ids": [], "holds": [UUID(hold)], "sales": []}
        async with self._database.read(workspace_id) as conn:
            found = await rows(conn, LOYALTY.load_holds, asked)
            profile_id = (await profiles_of(conn, workspace_id, [UUID(member)])).get(UUID(member))
            if not found or profile_id is None:
                return None
            held, now = hold_of(found[0]), self._clock()
            parts = (await load_parts(conn, vault, [profile_id]))[profile_id]
        own = [part for part in parts if part.source_id == known.source.source_id]
        ids = _said(own, kinds.EXTERNAL_ID)
        if held.reward is None or not ids or held.state == CAPTURED:
            return None
        return coupon_of(held, held.reward, known.options, ids, now)


AT_SHOPS: Final = frozenset({"amount_off", "percentage"})
"""The kinds of reward that a code of a web shop can stand for; a voucher has a code of its own."""


def coupon_of(
    held: Hold, reward: Reward, options: Mapping[str, str], external_ids: Sequence[str], now: datetime
) -> Coupon | None:
    """The code for a reward at a web shop; None for a reward that a code cannot stand for there."""
    currency = options.get("currency", "")
    minor = reward.value_minor.get(currency, 0)
    if reward.kind not in AT_SHOPS or reward.cash_minor or (reward.percent is None and not minor):
        return None
    return Coupon(
        code=shop_code(held.hold_id),
        title=reward.name,
        live=is_open(held, now),
        starts_at=now,
        ends_at=held.expires_at,
        external_ids=external_ids,
        percent=reward.percent,
        amount_minor=minor,
        currency=currency,
    )


def _to_tell(profile_id: UUID, standing: Standing | None, own: Sequence[Part], *, takes_part: bool) -> ToTell:
    balance = standing.points[0].balance if standing is not None and standing.status != BLOCKED else 0
    return ToTell(
        member_id=profile_id.hex,
        balance=max(balance, 0),
        tier=standing.tier.tier if standing is not None and standing.tier is not None else None,
        external_ids=_said(own, kinds.EXTERNAL_ID),
        phones=_said(own, kinds.PHONE),
        takes_part=takes_part,
    )


def _said(parts: Sequence[Part], kind: int) -> list[str]:
    """Current identifiers of a kind, each once, in an order that only depends on them."""
    return sorted({value for part in parts for value, _ in part.fields.current(kind)})


async def _has_left(conn: AsyncConnection, workspace_id: int, programme: int, parts: Sequence[Part]) -> bool:
    asked = {"workspace_id": workspace_id, "ids": id_array(part.record_id.hex for part in parts)}
    found = await rows(conn, LOYALTY.load_accounts, asked)
    return any(number == programme and status == LEFT for _, number, _, status, *_ in found)


async def _again_seconds(
    conn: AsyncConnection, workspace_id: int, standing: Standing, now: datetime
) -> float | None:
    """After how long the member stands elsewhere though nothing happens: points become spendable, a tier ends."""
    asked = {
        "workspace_id": workspace_id,
        "ids": standing.records,
        "programme": standing.programme,
        "point": standing.points[0].point,
        "now": now,
    }
    times = [row[0] for row in await rows(conn, SQL.next_active, asked) if row[0] is not None]
    if standing.tier is not None and standing.tier.until is not None:
        after = standing.tier.until + timedelta(days=1)
        times.append(datetime.combine(after, clock_time(), standing.rules.zone))
    return max(1.0, (min(times) - now).total_seconds()) if times else None
