"""Killed between the commit and the answer of an endpoint: the message comes again, under the same id."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from regulars.delivery import Poster
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.store.opening import Store
from regulars.store.webhooks import Webhooks, Wish
from tests.delivery.receiver import Got, Said, open_receiver
from tests.delivery.support import Start, until
from tests.engine.worker import ROOT

pytestmark = pytest.mark.anyio


async def test_what_was_committed_is_delivered_after_a_restart(
    start: Start, opened: Database, master_key: MasterKey, here: int, tmp_path: Path
) -> None:
    Store(opened, master_key, tmp_path, None).ensure_partitions()
    webhooks = Webhooks(opened, master_key, Poster(loopback=True), audit=write_line_async)
    killed = asyncio.Event()

    async def answer(got: Got) -> Said:
        await killed.wait()
        return 200, {}, b""

    async with open_receiver(answer) as receiver:
        wish = Wish(receiver.url, ["sale.recorded"])
        endpoint, secret = await webhooks.create(here, wish, actor="test")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.delivery.killed", opened.dsn, str(here), cwd=ROOT
        )
        try:
            await until(lambda: len(receiver.got) == 1)
        finally:
            process.kill()
            await process.wait()
        killed.set()
        assert (await webhooks.get(here, endpoint.endpoint_id)).waiting == 1
        await start()

        async def is_delivered() -> bool:
            return (await webhooks.get(here, endpoint.endpoint_id)).waiting == 0

        await until(is_delivered)
    first, second = receiver.got
    assert first.id == second.id
    assert first.verified(secret) == second.verified(secret)
