"""Write-back: whatever happens on the way, a vendor ends up showing what the member has."""

from __future__ import annotations

import asyncio
import logging
from itertools import count
from random import Random
from typing import Any

import msgspec
import pytest

from regulars.connectors import connectors
from regulars.delivery import runner
from regulars.demo.retail import Account
from regulars.engine.turn import utc_now
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.sources import Sources
from regulars.store.vault import Vault
from regulars.store.workspaces import add_workspace
from regulars.store.write_backs import WriteBacks
from regulars.vocabulary.connector import SourceConfig, WebhookRequest
from tests.delivery.support import Start, until
from tests.delivery.told_town import SYSTEMS, Town, go_on, nothing
from tests.delivery.vendors import Vendors

pytestmark = pytest.mark.anyio


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
    monkeypatch.setattr(WriteBacks, "settle", nothing)
    monkeypatch.setattr(runner, "CLOSE_SECONDS", 0.01)
    await town.delivery.close()
    monkeypatch.undo()
    vendors.after = go_on
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
    vendors.before = go_on
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
