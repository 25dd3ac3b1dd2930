"""Performs a write-back: reads where a member stands now, and makes the vendor show it as its connector says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec.structs import asdict

from regulars.observe import get_logger
from regulars.store.errors import StoreUnavailable
from regulars.store.outbox import WRITE_BACK, Effect
from regulars.store.sources import KnownSource
from regulars.store.write_backs import (
    REWARD_ENDED,
    REWARD_GIVEN,
    WRITTEN_BACK,
    Changed,
    Stands,
    Written,
    is_on,
)
from regulars.vocabulary.connector import (
    TELL_CALLS_MAX,
    Connector,
    Coupon,
    Request,
    Response,
    TakesCoupons,
    Told,
    WritesBack,
)
from regulars.vocabulary.errors import RegularsError, VendorRefused

from . import attempts
from .attempts import Ended, ask, settlement, told
from .pace import Pace
from .web import Web

_log = get_logger("delivery")


class Standings(Protocol):
    """Reads where a member stands, as committed now; None: they are gone, or the source knows them no more.

    `member` is the id of any record of theirs. Raises TryLater.
    """

    async def __call__(self, workspace_id: int, member: str, known: KnownSource) -> Stands | None: ...

    async def coupon(self, workspace_id: int, *, member: str, hold: str, known: KnownSource) -> Coupon | None:
        """The code of a hold as that stands now; None where there is nothing to make or to end. Raises TryLater."""
        ...


class Writer:
    """Performs write-backs, each for a source with its pace."""

    def __init__(self, web: Web, connectors: Mapping[str, Connector], standings: Standings) -> None:
        self._web = web
        self._connectors = connectors
        self._standings = standings

    async def perform(
        self, workspace_id: int, effect: Effect, known: KnownSource | None, pace: Pace
    ) -> Written:
        """Try once. Never raises but when cancelled: how it ended is in what it returns."""
        changed: Changed | None = None
        try:
            ended, changed = await self._attempt(workspace_id, effect, known, pace)
        except Exception as error:  # noqa: BLE001 - a connector's fault must not end the runner
            _log.error("write-back failed", kind=WRITE_BACK, attempt=effect.attempts, exc_info=error)
            ended = Ended("pending", f"A fault of ours ({type(error).__name__}).")
        return Written(
            **asdict(settlement(effect, ended)),
            member=str(effect.body.get("member", "")),
            source=known.source.name if known is not None else "",
            changed=changed,
        )

    async def _attempt(
        self, workspace_id: int, effect: Effect, known: KnownSource | None, pace: Pace
    ) -> tuple[Ended, Changed | None]:
        """How it ended, and what the vendor was made to show if it was made to show anything."""
        connector = self._connectors.get(known.source.kind) if known is not None else None
        if known is None or connector is None:
            return Ended("dead", "No connector serves this source any more."), None
        closed = _closed(known)
        if closed is not None:
            return closed, None
        try:
            if "hold" in effect.body:
                return await self._reward(workspace_id, effect, known, pace)
            return await self._tell(workspace_id, str(effect.body["member"]), known, pace)
        except StoreUnavailable:
            return Ended("pending", "The store was away.", attempts.STORE_WAIT_SECONDS, forgiven=True), None
        except RegularsError as error:
            return told(error, pace), None

    async def _tell(
        self, workspace_id: int, member: str, known: KnownSource, pace: Pace
    ) -> tuple[Ended, Changed | None]:
        connector = self._connectors[known.source.kind]
        if not isinstance(connector, WritesBack):
            return Ended("dead", "The vendor keeps no points."), None
        stands = await self._standings(workspace_id, member, known)
        if stands is None:
            return Ended("done"), None
        standing = stands.standing
        outcome = await self._ask(lambda got: connector.tell(standing, known.config, got), pace)
        if outcome.why is not None:
            return Ended("dead", f"{VendorRefused.code}: {outcome.why}"), None
        changed = Changed(WRITTEN_BACK, {"balance": standing.balance, "tier": standing.tier})
        return Ended("done", again_seconds=stands.again_seconds), changed if outcome.changed else None

    async def _reward(
        self, workspace_id: int, effect: Effect, known: KnownSource, pace: Pace
    ) -> tuple[Ended, Changed | None]:
        """Give a reward at a web shop, or end it, as its hold stands now."""
        connector = self._connectors[known.source.kind]
        if not isinstance(connector, TakesCoupons):
            return Ended("dead", "The vendor takes no codes."), None
        named = {name: str(effect.body[name]) for name in ("member", "hold", "reward")}
        coupon = await self._standings.coupon(
            workspace_id, member=named["member"], hold=named["hold"], known=known
        )
        if coupon is None:
            return Ended("done"), None
        outcome = await self._ask(lambda got: connector.offer(coupon, known.config, got), pace)
        action = REWARD_GIVEN if coupon.live else REWARD_ENDED
        changed = Changed(action, {"hold": named["hold"], "reward": named["reward"]})
        return Ended("done"), changed if outcome.changed else None

    async def _ask(self, step: Callable[[Sequence[Response]], Request | Told], pace: Pace) -> Told:
        outcome = await ask(step, self._web, pace, calls_max=TELL_CALLS_MAX)
        pace.succeeded()
        return outcome


def _closed(known: KnownSource) -> Ended | None:
    """How it ends where the vendor is not to be told; None where it is."""
    if not is_on(known.options):
        return Ended("done")
    if known.disabled_at is not None:
        return Ended("pending", "The source is switched off.", attempts.CLOSED_WAIT_SECONDS, forgiven=True)
    return None
