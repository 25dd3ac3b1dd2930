"""Write-back: whatever happens on the way, a vendor ends up showing what the member has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any

import msgspec
import pytest

from regulars.capabilities.loyalty.shop_codes import shop_code
from regulars.connectors import connectors
from regulars.delivery import Delivery, runner
from regulars.demo.retail import Account
from regulars.engine.forget import forget
from regulars.engine.lane import Observer
from regulars.engine.prepared import Item
from regulars.engine.programmes import publication, save_draft
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.session import Session
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.workspaces import add_workspace
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.connector import SourceConfig, WebhookRequest
from regulars.vocabulary.events import HELD, RELEASED, Event, Loyalty
from regulars.vocabulary.intake import LoyaltyAnswer, Result, Source, own_source
from tests.delivery.conftest import Start
from tests.delivery.support import until
from tests.delivery.vendors import Vendors, open_vendors
from tests.engine.club import BASE, KNOWN, TIERS

pytestmark = pytest.mark.anyio
REWARD = """
[[reward]]
code = "fiver"
name = "5 off"
point = "points"
points = 50
kind = "amount_off"
value_minor = { GBP = 500 }
"""
PROGRAMME = BASE + TIERS + REWARD + KNOWN
SYSTEMS = ("square", "shopify")


class Waker(Observer):
    """Wakes delivery after each turn, from the engine's thread."""

    def __init__(self) -> None:
        self.delivery: Delivery | None = None

    def turned(self, items: Sequence[Item], results: Sequence[Result], seconds: float) -> None:
        if self.delivery is not None and items:
            self.delivery.wake(items[0].source.workspace_id)


class Town:
    """A workspace with a programme for everybody known, and sources whose vendors are told."""

    def __init__(self, database: Database, master: MasterKey, sources: Sources, gate: EngineGate) -> None:
        self.database, self.master, self.sources, self.gate = database, master, sources, gate
        self.workspace = 0
        self.source: dict[str, Source] = {}
        self.write_backs = WriteBacks(database, audit=write_line_async)
        self.numbers = count(1)
        self.delivery: Delivery | None = None

    async def open(self, workspace: int, vendors: Vendors, *, write_back: str = "on") -> None:
        """Publish the programme and connect both vendors."""
        self.workspace, self.vendors_at = workspace, vendors
        session, vault = Session(self.database), Vault(self.master, workspace)
        now = utc_now() - timedelta(days=9)
        draft = save_draft(session, vault, PROGRAMME, number=None, actor="t", now=now)
        body = publication(session, vault, draft.number, effective_from=now, actor="t", reason="", now=now)
        session.close()
        await self.gate.submit(own_source(workspace), [body], door="test")
        for system in SYSTEMS:
            known = await self.sources.create(
                workspace,
                system,
                kind=system,
                options=vendors.options() | {"write_back": write_back, "currency": "GBP"},
                secrets=vendors.secrets(system),
            )
            self.source[system] = known.source

    async def sell(
        self, who: Account, minor: int, receipt: str | None = None, version: int = 1, coupon: str = ""
    ) -> None:
        """A sale of a vendor's customer: a point for each whole pound."""
        number = next(self.numbers)
        receipt = receipt or f"R-{number}"
        event = {
            "id": f"e-{number}",
            "type": "sale.completed",
            "occurred_at": utc_now().isoformat(),
            "customer": {"external_id": who.id, "phone": who.phone},
            "sale": {
                "receipt": receipt,
                "version": version,
                "receipt_unique": True,
                "currency": "GBP",
                "total_minor": minor,
                "lines": [{"line_id": "1", "total_minor": minor}],
                "coupons": [coupon] if coupon else [],
            },
        }
        await self.tell(who.system, msgspec.json.encode(event))

    async def command(self, type_: str, **said: Any) -> LoyaltyAnswer:
        """A command about a member's points."""
        event = Event(
            id=f"c-{next(self.numbers)}", type=type_, occurred_at=utc_now(), loyalty=Loyalty(**said)
        )
        (result,) = await self.gate.submit(
            own_source(self.workspace), [msgspec.json.encode(event)], door="test"
        )
        (answer,) = result.loyalty
        return answer

    async def reserve(self, who: Account, ttl_seconds: int = 900) -> tuple[str, str]:
        """Reserve five pounds off at the web shop; the hold and its code."""
        record = Vault(self.master, self.workspace).hash("record", "2", "external_id", who.id)
        said = {"amount": 50, "point": "points", "reward": "fiver", "shop": 2, "ttl_seconds": ttl_seconds}
        answer = await self.command(HELD, member=record, **said)
        assert answer.hold is not None
        return answer.hold, shop_code(answer.hold)

    async def tell(self, system: str, *bodies: bytes) -> None:
        """Events of a source."""
        for result in await self.gate.submit(self.source[system], bodies, door="hook"):
            assert result.status != "rejected", result.error

    async def waiting(self) -> int:
        """Members that vendors are still to be told of."""
        found = [
            await self.write_backs.figures(self.workspace, one.source_id) for one in self.source.values()
        ]
        return sum(one.waiting for one in found)

    async def is_quiet(self) -> bool:
        """Nothing waits."""
        return await self.waiting() == 0

    async def rows(self, query: Any) -> list[Any]:
        """Rows of the workspace."""
        async with self.database.read(self.workspace) as conn:
            return await (await conn.execute(query)).fetchall()


@pytest.fixture(scope="module")
async def both(anyio_backend: str) -> AsyncIterator[Vendors]:
    async with open_vendors() as vendors:
        yield vendors


@pytest.fixture
async def vendors(both: Vendors) -> AsyncIterator[Vendors]:
    """The vendors; what they were asked must have been as they describe it."""
    both.called.clear()
    both.before = both.after = _go_on
    yield both
    both.before = both.after = _go_on
    assert both.wrong == []


@pytest.fixture
async def town(
    opened: Database,
    master_key: MasterKey,
    sources: Sources,
    here: int,
    vendors: Vendors,
    start: Start,
    tmp_path: Any,
) -> AsyncIterator[Town]:
    Store(opened, master_key, tmp_path, None).ensure_partitions()
    waker = Waker()
    gate = EngineGate(opened, master_key, observer=waker)
    town = Town(opened, master_key, sources, gate)
    await town.open(here, vendors)
    waker.delivery = town.delivery = await start(connectors=connectors(), lease_seconds=2.0)
    yield town
    await asyncio.to_thread(gate.close)


async def _nothing(*_: Any) -> None:
    return None


async def _go_on(_: str) -> None:
    return None


async def test_vendors_show_what_a_sale_earned_and_what_a_better_telling_left(
    town: Town, vendors: Vendors
) -> None:
    square, shopify = vendors.customers("square")[0], vendors.customers("shopify")[0]
    await town.sell(square, 5_000, "A")
    await town.sell(shopify, 12_000, "B")
    await until(lambda: vendors.square_balance(square.id) == 50)
    await until(lambda: vendors.shown(shopify.id).get("tier") == "gold")
    await town.sell(square, 2_000, "A", version=2)
    await town.sell(shopify, 9_000, "B", version=2)
    await until(lambda: vendors.square_balance(square.id) == 20)
    await until(lambda: vendors.shown(shopify.id)["balance"] == "90")
    await until(town.is_quiet)
    assert vendors.shown(shopify.id)["tier"] == "base"
    ours = await town.rows("select profile_id from record where source_id = 2")
    assert vendors.shown(shopify.id)["member_id"] == ours[0][0].hex
    lines = await town.rows(
        "select actor, details from audit where action = 'points.written_back' order by audit_no"
    )
    assert {actor for actor, _ in lines} == {"regulars"}
    told = [(one["source"], one["balance"]) for _, one in lines]
    assert [balance for source, balance in told if source == "square"] == [50, 20]


async def test_many_movements_while_a_vendor_is_slow_are_told_together(town: Town, vendors: Vendors) -> None:
    who, begun, go = vendors.customers("square")[1], asyncio.Event(), asyncio.Event()

    async def hang(name: str) -> None:
        if name == "adjust":
            begun.set()
            await go.wait()

    vendors.before = hang
    await town.sell(who, 100)
    await begun.wait()
    for _ in range(20):
        await town.sell(who, 100)
    assert await town.rows("select count(*) from outbox where kind = 'write_back'") == [(1,)]
    go.set()
    await until(lambda: vendors.square_balance(who.id) == 21)
    await until(town.is_quiet)
    assert vendors.called.count("adjust") == 2, (
        "once for what it looked at first, once for all that came meanwhile"
    )


@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_vendor_that_is_busy_and_broken_shows_the_balance_in_the_end(
    town: Town, vendors: Vendors, system: str
) -> None:
    who, changes = vendors.customers(system)[2], count(1)

    async def refuse_at_first(_: str) -> tuple[int, dict[str, str]] | None:
        return {1: (429, {"retry-after": "1"}), 3: (503, {})}.get(len(vendors.called))

    async def do_and_break(name: str) -> tuple[int, dict[str, str]] | None:
        return (500, {}) if name in ("adjust", "SetStandings") and next(changes) == 1 else None

    vendors.before, vendors.after = refuse_at_first, do_and_break
    for _ in range(6):
        await town.sell(who, 1_000)
    await until(town.is_quiet)
    assert _shown(vendors, who) == 60
    assert await _lifetime(vendors, who) == 60


async def test_a_worker_that_dies_after_sending_moves_nothing_twice(
    town: Town, vendors: Vendors, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, applied = vendors.customers("square")[3], asyncio.Event()

    async def die(name: str) -> None:
        if name == "adjust":
            applied.set()
            await asyncio.Event().wait()

    vendors.after = die
    await town.sell(who, 3_000)
    await applied.wait()
    # The process is gone: nothing of what it did is marked, and its lease runs out by itself.
    assert town.delivery is not None
    monkeypatch.setattr(WriteBacks, "settle", _nothing)
    monkeypatch.setattr(runner, "CLOSE_SECONDS", 0.01)
    await town.delivery.close()
    monkeypatch.undo()
    vendors.after = _go_on
    await start(connectors=connectors(), lease_seconds=2.0)
    await until(town.is_quiet)
    assert vendors.square_balance(who.id) == 30
    assert await _lifetime(vendors, who) == 30


async def test_points_that_square_moves_are_put_right_and_our_own_change_is_no_news(
    town: Town, vendors: Vendors
) -> None:
    who = vendors.customers("square")[4]
    await town.sell(who, 4_000)
    await until(lambda: vendors.square_balance(who.id) == 40)
    await until(town.is_quiet)
    loyalty = vendors.api.square.loyalty
    account = vendors.square_account(who.id)
    loyalty.move(account["id"], 15)
    linked = {"loyalty_account": {"id": account["id"], "customer_id": who.id, "program_id": "p"}}
    await town.tell("square", *_webhook(town, "loyalty.account.updated", linked))
    await town.tell("square", *_webhook(town, "loyalty.event.created", _moved(account, "ACCUMULATE_POINTS")))
    await until(lambda: vendors.square_balance(who.id) == 40)
    await until(town.is_quiet)
    vendors.called.clear()
    echo = _moved(account, "ADJUST_POINTS", "LOYALTY_API", "Balance kept by Regulars")
    await town.tell("square", *_webhook(town, "loyalty.event.created", echo))
    await until(town.is_quiet)
    assert vendors.called == [], "an echo asks for nothing"
    assert await town.rows("select sum(remaining)::int from loyalty_lot") == [(40,)], "ours did not move"


async def test_a_refusal_is_shown_and_not_repeated_until_there_is_reason_to(
    town: Town, vendors: Vendors
) -> None:
    who = vendors.customers("shopify")[5]

    async def refuse(name: str) -> tuple[int, dict[str, str]] | None:
        return (422, {}) if name == "SetStandings" else None

    vendors.before = refuse
    await town.sell(who, 1_000)

    async def is_given_up() -> bool:
        return (await town.write_backs.figures(town.workspace, 2)).failed == 1

    await until(is_given_up)
    assert vendors.called.count("SetStandings") == 1
    (one,) = await town.write_backs.troubled(town.workspace, 2)
    assert one.error == "vendor_refused: the vendor answered 422"
    vendors.before = _go_on
    await town.sell(who, 500)
    await until(lambda: vendors.shown(who.id).get("balance") == "15")
    await until(town.is_quiet)
    assert await town.write_backs.troubled(town.workspace, 2) == []


async def test_nothing_is_told_where_it_is_off_nor_of_another_workspace(
    town: Town, vendors: Vendors, opened: Database, master_key: MasterKey, sources: Sources
) -> None:
    other = Town(opened, master_key, sources, town.gate)
    await other.open(add_workspace(opened, f"o-{id(other)}"), vendors, write_back="off")
    who = vendors.customers("square")[6]
    await other.sell(who, 9_000)
    assert await other.rows("select count(*) from outbox where kind = 'write_back'") == [(0,)]
    await town.sell(who, 1_000)
    await until(lambda: vendors.square_balance(who.id) == 10)
    # The switch: what is wished for while it is on is left alone once it is off.
    known = await sources.find(town.workspace, "square")
    assert known is not None
    await sources.configure(town.workspace, "square", options=dict(known.options) | {"write_back": "off"})
    await town.sell(who, 1_000)
    await until(town.is_quiet)
    assert vendors.square_balance(who.id) == 10
    await sources.configure(town.workspace, "square", options=dict(known.options))
    vault = Vault(master_key, town.workspace)
    assert await town.write_backs.tell_page(vault, known.source.source_id, now=utc_now()) is None
    await until(lambda: vendors.square_balance(who.id) == 20)


async def test_a_new_account_is_made_for_a_member_without_a_card(town: Town, vendors: Vendors) -> None:
    with_card = {account.phone for account in vendors.customers("square")}
    who = next(
        account
        for account in vendors.shop.memory.customers()
        if account.system == "square" and account.phone and account.phone not in with_card
    )
    await town.sell(who, 700)
    await until(town.is_quiet)
    assert vendors.square_balance(who.id) == 7
    assert vendors.called.count("accounts") == 1


async def test_no_log_line_holds_a_token_or_a_phone(
    town: Town, vendors: Vendors, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    who, rng = vendors.customers("square")[7], Random(3)

    async def bad_day(name: str) -> tuple[int, dict[str, str]] | None:
        return (rng.choice((401, 500, 429)), {}) if rng.random() < 0.5 else None

    vendors.before = bad_day
    with caplog.at_level(logging.DEBUG):
        await town.sell(who, 700)
        await until(lambda: len(vendors.called) > 3)
    told = caplog.text + "".join(capsys.readouterr())
    phone = who.phone or ""
    for secret in (*vendors.secrets("square").values(), phone, phone.replace(" ", "")):
        assert secret not in told
    assert phone.replace(" ", "") not in str(await town.rows("select body, last_error from outbox"))


def _shown(vendors: Vendors, who: Account) -> int:
    return vendors.square_balance(who.id) if who.system == "square" else int(vendors.shown(who.id)["balance"])


async def _lifetime(vendors: Vendors, who: Account) -> int:
    """All points that ever came to a customer at Square: more than the balance where any came twice."""
    if who.system != "square":
        return _shown(vendors, who)
    return int(vendors.square_account(who.id)["lifetime_points"])


def _webhook(town: Town, type_: str, object_: dict[str, Any]) -> list[bytes]:
    """What the connector makes of a message of Square's."""
    body = {
        "merchant_id": "M",
        "type": type_,
        "event_id": f"w-{next(town.numbers)}",
        "created_at": utc_now().isoformat(),
        "data": {"type": "loyalty", "id": "x", "object": object_},
    }
    request = WebhookRequest("https://x.example", {}, msgspec.json.encode(body), utc_now())
    return [
        msgspec.json.encode(event) for event in connectors()["square"].parse(request, SourceConfig("square"))
    ]


def _moved(
    account: dict[str, Any], kind: str, source: str = "SQUARE", reason: str | None = None
) -> dict[str, Any]:
    details = {"points": 15, "reason": reason} if kind == "ADJUST_POINTS" else {"points": 15}
    return {
        "loyalty_event": {
            "id": "le",
            "type": kind,
            "created_at": utc_now().isoformat(),
            "loyalty_account_id": account["id"],
            "source": source,
            kind.lower(): details,
        }
    }


async def test_a_reserved_reward_is_a_code_that_an_order_pays_for_and_a_release_ends(
    town: Town, vendors: Vendors
) -> None:
    who, codes = vendors.customers("shopify")[8], vendors.api.shopify.codes
    await town.sell(who, 15_000)
    hold, code = await town.reserve(who)
    await until(lambda: code in codes.made)
    made = codes.made[code]
    assert made["context"]["customers"]["add"] == [f"gid://shopify/Customer/{who.id}"]
    assert made["customerGets"]["value"]["discountAmount"]["amount"] == "5.00"
    assert made["usageLimit"] == 1
    await town.sell(who, 1_000, "O-1", coupon=code.lower())
    await until(lambda: vendors.shown(who.id).get("balance") == "120")
    await town.sell(who, 1_000, "O-1", version=2, coupon=code)
    states = await town.rows("select state, captured from loyalty_hold")
    assert states == [("captured", 50)], "told twice, paid once"
    hold, code = await town.reserve(who)
    await until(lambda: code in codes.made)
    await town.command(RELEASED, member=hold_owner(town, who), hold=hold)
    await until(lambda: code in codes.ended)
    await until(town.is_quiet)
    assert vendors.shown(who.id)["balance"] == "120"
    lines = await town.rows("select action from audit where action like 'reward.%' order by audit_no")
    assert [action for (action,) in lines] == [
        "reward.given_at_shop",
        "reward.given_at_shop",
        "reward.ended_at_shop",
    ]


async def test_a_code_is_made_once_although_the_answer_was_lost_and_not_for_who_let_go(
    town: Town, vendors: Vendors
) -> None:
    who, codes = vendors.customers("shopify")[9], vendors.api.shopify.codes
    await town.sell(who, 15_000)
    await until(town.is_quiet)
    lost = count(1)

    async def lose(name: str) -> tuple[int, dict[str, str]] | None:
        return (502, {}) if name == "MakeCode" and next(lost) == 1 else None

    vendors.after = lose
    _, code = await town.reserve(who)
    await until(lambda: code in codes.made)
    await until(town.is_quiet)
    assert vendors.called.count("MakeCode") == 1
    gate = asyncio.Event()

    async def wait(name: str) -> None:
        if name == "CodeOf":
            await gate.wait()

    vendors.before = wait
    hold, code = await town.reserve(who)
    await town.command(RELEASED, member=hold_owner(town, who), hold=hold)
    gate.set()
    await until(town.is_quiet)
    assert code not in codes.made or code in codes.ended


def hold_owner(town: Town, who: Account) -> str:
    """The record of a customer of the web shop."""
    return Vault(town.master, town.workspace).hash("record", "2", "external_id", who.id)


async def test_an_erased_member_leaves_no_wish_behind(
    town: Town, vendors: Vendors, opened: Database, master_key: MasterKey, tmp_path: Any
) -> None:
    who = vendors.customers("shopify")[11]

    async def refuse(_: str) -> tuple[int, dict[str, str]]:
        return 422, {}

    vendors.before = refuse
    await town.sell(who, 1_000)

    async def is_given_up() -> bool:
        return (await town.write_backs.figures(town.workspace, 2)).failed == 1

    await until(is_given_up)
    store = Store(opened, master_key, tmp_path, None)
    vault = Vault(master_key, town.workspace)
    await asyncio.to_thread(forget, store, vault, hold_owner(town, who), actor="user:1", reason="They asked.")
    assert await town.rows("select count(*) from outbox where kind = 'write_back'") == [(0,)]
