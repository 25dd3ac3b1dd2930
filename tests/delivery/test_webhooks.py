"""Messages reach their endpoints: signed, at least once, under one id, with patience, in nobody's way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from regulars.delivery import Poster
from regulars.delivery.telling import WAITS_SECONDS
from regulars.observe import Metrics
from regulars.store.audit import write_line_async
from regulars.store.database import Database
from regulars.store.deliveries import Deliveries, Delivery, Opened
from regulars.store.letters import Letters
from regulars.store.master import MasterKey
from regulars.store.vault import Vault
from regulars.store.webhooks import Endpoint, Webhooks, Wish
from regulars.store.workspaces import add_workspace
from regulars.vocabulary.errors import Conflict, NotFound
from tests.delivery.receiver import Got, Receiver, Said, answering, open_receiver, post_out, take
from tests.delivery.support import Start, until

pytestmark = pytest.mark.anyio
AT_ONCE = (0.001,) * len(WAITS_SECONDS)


@pytest.fixture
def webhooks(opened: Database, master_key: MasterKey) -> Webhooks:
    return Webhooks(opened, master_key, Poster(loopback=True), audit=write_line_async)


@pytest.fixture
def log(opened: Database, master_key: MasterKey, here: int) -> Deliveries:
    return Deliveries(opened, Vault(master_key, here), audit=write_line_async)


async def add(
    webhooks: Webhooks, workspace: int, receiver: Receiver, path: str = "/in"
) -> tuple[Endpoint, str]:
    return await webhooks.create(workspace, Wish(receiver.url + path, ["sale.recorded"]), actor="test")


async def newest(log: Deliveries, endpoint: Endpoint) -> Delivery:
    return (await log.page(endpoint.endpoint_id, limit=1))[0]


def in_state(log: Deliveries, endpoint: Endpoint, state: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (await newest(log, endpoint)).state == state

    return look


async def opened_newest(log: Deliveries, endpoint: Endpoint) -> Opened:
    return await log.open(endpoint.endpoint_id, (await newest(log, endpoint)).delivery_id)


async def actions(opened: Database, workspace: int) -> list[tuple[str, str]]:
    async with opened.read(workspace) as connection:
        rows = await (
            await connection.execute("select actor, action from audit order by audit_no")
        ).fetchall()
    return [(actor, action) for actor, action in rows]


async def test_a_message_comes_signed_for_a_foreign_verifier(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries, metrics: Metrics
) -> None:
    async with open_receiver(take) as receiver:
        endpoint, secret = await add(webhooks, here, receiver)
        await post_out(opened, here, endpoint.endpoint_id)
        await start()
        await until(in_state(log, endpoint, "done"))
    [got] = receiver.got
    assert got.path == "/in"
    assert got.headers["content-type"] == "application/json"
    told = got.verified(secret)
    assert told["type"] == "sale.recorded"
    assert told["data"]["amount_minor"] == 899
    with pytest.raises(WebhookVerificationError):
        Got(got.path, got.headers, got.body.replace(b"899", b"898")).verified(secret)
    found = await opened_newest(log, endpoint)
    assert found.delivery.message_id == got.id
    assert found.body == got.body
    [attempt] = found.attempts
    assert (attempt.status, attempt.body, attempt.error) == (200, b"thank you", None)
    assert metrics.value("deliveries_total", kind="webhook", result="done") == 1
    assert (await webhooks.get(here, endpoint.endpoint_id)).health == "well"


async def test_for_a_day_after_a_rotation_both_secrets_verify(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(take) as receiver:
        endpoint, old = await add(webhooks, here, receiver)
        _, new = await webhooks.rotate(here, endpoint.endpoint_id, actor="test")
        await post_out(opened, here, endpoint.endpoint_id)
        await start()
        await until(in_state(log, endpoint, "done"))
        [got] = receiver.got
        assert got.verified(old) == got.verified(new)
        async with opened.write(here) as connection:
            await connection.execute("update webhook set old_secret_until = now() - interval '1 second'")
        await post_out(opened, here, endpoint.endpoint_id)
        await until(lambda: len(receiver.got) == 2)
    late = receiver.got[1]
    assert late.verified(new)
    with pytest.raises(WebhookVerificationError):
        late.verified(old)


async def test_after_an_error_it_is_tried_again_under_the_same_id(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(answering((500, {}, b"x" * 5_000), 404, 204)) as receiver:
        endpoint, secret = await add(webhooks, here, receiver)
        await post_out(opened, here, endpoint.endpoint_id)
        await start(waits_seconds=AT_ONCE)
        await until(in_state(log, endpoint, "done"))
    assert len({got.id for got in receiver.got}) == 1
    assert all(got.verified(secret) for got in receiver.got)
    found = await opened_newest(log, endpoint)
    assert [one.status for one in found.attempts] == [204, 404, 500]
    assert found.attempts[-1].body == b"x" * 1_024


async def test_what_never_arrives_is_given_up_and_can_be_sent_once_more(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(answering(500, 500, 500, 200)) as receiver:
        endpoint, _ = await add(webhooks, here, receiver)
        [message] = await post_out(opened, here, endpoint.endpoint_id)
        await start(waits_seconds=AT_ONCE[:2])
        await until(in_state(log, endpoint, "dead"))
        assert len(receiver.got) == 3
        assert (await newest(log, endpoint)).error == "status 500"
        assert (await webhooks.get(here, endpoint.endpoint_id)).failed == 1
        await log.resend(endpoint.endpoint_id, message, actor="test")
        await until(in_state(log, endpoint, "done"))
        assert len({got.id for got in receiver.got}) == 1
        assert len((await opened_newest(log, endpoint)).attempts) == 4
    with pytest.raises(NotFound):
        await log.resend(endpoint.endpoint_id, message + 1, actor="test")


async def test_the_pauses_span_about_three_days() -> None:
    assert timedelta(days=2.5) < timedelta(seconds=sum(WAITS_SECONDS)) < timedelta(days=3.5)
    assert list(WAITS_SECONDS) == sorted(WAITS_SECONDS)


async def test_all_that_failed_since_a_time_is_sent_once_more(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(take) as receiver:
        endpoint, _ = await add(webhooks, here, receiver)
        await post_out(opened, here, endpoint.endpoint_id, count=3)
        async with opened.write(here) as connection:
            await connection.execute("update outbox set state = 'dead', done_at = now()")
        await post_out(opened, here, endpoint.endpoint_id)
        times = [one.created_at for one in await log.page(endpoint.endpoint_id, limit=10)]
        assert await log.resend_failed(endpoint.endpoint_id, times[0] + timedelta(seconds=1), actor="t") == 0
        assert await log.resend_failed(endpoint.endpoint_id, times[-1], actor="t") == 3
        with pytest.raises(Conflict):
            await log.resend(endpoint.endpoint_id, (await newest(log, endpoint)).delivery_id, actor="t")
        await start()
        await until(lambda: len(receiver.got) == 4)


async def test_a_silent_endpoint_is_left_after_the_time_and_delays_no_other(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    forever = asyncio.Event()

    async def hang(got: Got) -> Said:
        await forever.wait()
        return await take(got)

    async with open_receiver(hang) as slow, open_receiver(take) as quick:
        silent, _ = await add(webhooks, here, slow)
        other, _ = await add(webhooks, here, quick)
        await post_out(opened, here, silent.endpoint_id, count=30)
        await post_out(opened, here, other.endpoint_id, count=30)
        await start(poster=Poster(loopback=True, seconds=0.3))
        await until(lambda: len(quick.got) == 30)

        # The first look that finds answers written finds those of endpoints that were left.
        async def left() -> bool:
            return (await webhooks.get(here, silent.endpoint_id)).failing_since is not None

        await until(left)
        [last] = [one for one in await log.page(silent.endpoint_id, limit=50) if one.error][:1]
        attempt = (await log.open(silent.endpoint_id, last.delivery_id)).attempts[0]
        assert (attempt.status, attempt.error) == (None, "timeout")
        assert (await webhooks.get(here, other.endpoint_id)).health == "well"
        forever.set()


async def test_an_endpoint_that_is_gone_is_switched_off(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(answering(410)) as receiver:
        endpoint, _ = await add(webhooks, here, receiver)
        await post_out(opened, here, endpoint.endpoint_id)
        await start(waits_seconds=AT_ONCE)
        await until(in_state(log, endpoint, "dead"))
        found = await webhooks.get(here, endpoint.endpoint_id)
        assert (found.health, found.disabled_why) == ("gone", "gone")
        await post_out(opened, here, endpoint.endpoint_id)
        on = await webhooks.switch(here, endpoint.endpoint_id, on=True, actor="test")
        assert on.health == "new"
        await until(lambda: len(receiver.got) == 2)
    told = await actions(opened, here)
    assert told[:3] == [("test", "webhook.created"), ("", "webhook.disabled"), ("test", "webhook.enabled")]


async def test_an_endpoint_that_fails_for_five_days_is_switched_off(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(answering(500)) as receiver:
        endpoint, _ = await add(webhooks, here, receiver)
        await post_out(opened, here, endpoint.endpoint_id)
        async with opened.write(here) as connection:
            await connection.execute("update webhook set failing_since = now() - interval '119 hours'")
        await start()
        await until(lambda: len(receiver.got) == 1)

        async def is_tried() -> bool:
            return (await webhooks.get(here, endpoint.endpoint_id)).tried_at is not None

        await until(is_tried)
        assert (await webhooks.get(here, endpoint.endpoint_id)).health == "failing"
        async with opened.write(here) as connection:
            await connection.execute("update webhook set failing_since = now() - interval '121 hours'")
        await post_out(opened, here, endpoint.endpoint_id)

        async def is_off() -> bool:
            return (await webhooks.get(here, endpoint.endpoint_id)).disabled_why == "failing"

        await until(is_off)
    assert ("", "webhook.disabled") in await actions(opened, here)


async def test_a_redirect_is_not_followed(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(take) as elsewhere:
        async with open_receiver(answering((307, {"location": elsewhere.url}, b""))) as receiver:
            endpoint, _ = await add(webhooks, here, receiver)
            await post_out(opened, here, endpoint.endpoint_id)
            await start(waits_seconds=())
            await until(in_state(log, endpoint, "dead"))
            assert len(receiver.got) == 1
        assert elsewhere.got == []


async def test_one_that_is_off_or_deleted_is_told_nothing(
    start: Start, opened: Database, here: int, webhooks: Webhooks, log: Deliveries
) -> None:
    async with open_receiver(take) as receiver:
        off, _ = await add(webhooks, here, receiver, "/off")
        gone, _ = await add(webhooks, here, receiver, "/gone")
        on, _ = await add(webhooks, here, receiver, "/on")
        for endpoint in (off, gone, on):
            await post_out(opened, here, endpoint.endpoint_id)
        await webhooks.switch(here, off.endpoint_id, on=False, actor="test")
        await webhooks.delete(here, gone.endpoint_id, actor="test")
        await start()
        await until(in_state(log, on, "done"))
        await webhooks.switch(here, off.endpoint_id, on=True, actor="test")
        await until(in_state(log, off, "done"))
    assert [got.path for got in receiver.got] == ["/on", "/off"]
    with pytest.raises(NotFound):
        await webhooks.get(here, gone.endpoint_id)


async def test_a_workspace_has_a_bounded_number_of_its_own(
    opened: Database, here: int, webhooks: Webhooks
) -> None:
    wish = Wish("http://127.0.0.1:9/", ["sale.recorded"])
    for _ in range(20):
        await webhooks.create(here, wish, actor="test")
    with pytest.raises(Conflict):
        await webhooks.create(here, wish, actor="test")
    await webhooks.delete(here, 7, actor="test")
    await webhooks.create(here, wish, actor="test")
    there = add_workspace(opened, f"w-{here}-other")
    assert await webhooks.endpoints(there) == []
    for change in (webhooks.rotate, webhooks.delete, webhooks.test):
        with pytest.raises(NotFound):
            await change(there, 1, actor="test")


async def test_secrets_are_nowhere_in_clear(opened: Database, here: int, webhooks: Webhooks) -> None:
    _, secret = await webhooks.create(
        here, Wish("http://127.0.0.1:9/key/abc", ["sale.recorded"]), actor="test"
    )
    async with opened.read(here) as connection:
        rows = await (await connection.execute("select webhook::text from webhook")).fetchall()
        lines = await (await connection.execute("select details::text from audit")).fetchall()
    assert secret.removeprefix("whsec_") not in str(rows) + str(lines)
    assert secret.encode().hex() not in str(rows)
    assert "abc" not in str(lines), "the path of an address is often a secret too"


async def test_old_messages_go_with_their_attempts(
    opened: Database, here: int, webhooks: Webhooks, letters: Letters, log: Deliveries
) -> None:
    endpoint, _ = await webhooks.create(here, Wish("http://127.0.0.1:9/", ["sale.recorded"]), actor="test")
    old, new = await post_out(opened, here, endpoint.endpoint_id, count=2)
    async with opened.write(here) as connection:
        await connection.execute(
            "insert into webhook_attempt (workspace_id, outbox_id, at, took_ms)"
            " select workspace_id, outbox_id, now(), 1 from outbox"
        )
        await connection.execute(
            "update outbox set created_at = now() - interval '31 days' where outbox_id = %(old)s",
            {"old": old},
        )
    await letters.sweep(here)
    assert [one.delivery_id for one in await log.page(endpoint.endpoint_id, limit=10)] == [new]
    async with opened.read(here) as connection:
        left = await (await connection.execute("select outbox_id from webhook_attempt")).fetchall()
    assert left == [(new,)]
    await webhooks.delete(here, endpoint.endpoint_id, actor="test")
    async with opened.write(here) as connection:
        await connection.execute("update outbox set created_at = now() - interval '31 days'")
    await letters.sweep(here)
    async with opened.read(here) as connection:
        assert await (await connection.execute("select 1 from webhook")).fetchall() == []


async def test_a_test_message_tells_at_once_how_it_went(here: int, webhooks: Webhooks) -> None:
    async with open_receiver(answering((202, {}, b"got it"), 503)) as receiver:
        endpoint, secret = await add(webhooks, here, receiver)
        answer = await webhooks.test(here, endpoint.endpoint_id, actor="test")
        assert (answer.status, answer.body, answer.delivered) == (202, b"got it", True)
        assert receiver.got[0].verified(secret) == json.loads(receiver.got[0].body)
        assert json.loads(receiver.got[0].body)["type"] == "webhook.test"
        again = await webhooks.test(here, endpoint.endpoint_id, actor="test")
        assert (again.status, again.delivered) == (503, False)
    nobody = await webhooks.test(here, endpoint.endpoint_id, actor="test")
    assert (nobody.status, nobody.error) == (None, "unreachable")
