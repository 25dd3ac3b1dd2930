"""Write-back of rewards: a code that an order pays for once, and nothing of who is gone."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest

from regulars.engine.forget import forget
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.vault import Vault
from regulars.vocabulary.events import RELEASED
from tests.delivery.support import until
from tests.delivery.told_town import Town, hold_owner
from tests.delivery.vendors import Vendors

pytestmark = pytest.mark.anyio


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
