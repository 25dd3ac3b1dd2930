"""Webhooks of a shop, with messages in every state, for pages to show."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import uuid4

from regulars.store.database import Database
from regulars.store.vault import Vault, seal
from regulars.store.webhooks import Endpoint, Wish
from regulars.vocabulary.webhooks import MESSAGES
from tests.console.stage import Stage
from tests.fresh import fresh

NOBODY = "http://127.0.0.1:9"
HOSTILE = '<script>alert("told")</script>'
ANSWER = b'{"error": "no column named store", "hint": "' + HOSTILE.encode() + b'"}'


class Place(Protocol):
    """A workspace messages can be put into: that of a console, or of an API."""

    @property
    def database(self) -> Database: ...
    @property
    def vault(self) -> Vault: ...
    @property
    def workspace_id(self) -> int: ...


def add_endpoint(stage: Stage, path: str = "/in", description: str = "", *types: str) -> tuple[Endpoint, str]:
    """An endpoint on this machine where nobody listens, and its secret."""
    wish = Wish(NOBODY + path, types or tuple(MESSAGES), description)
    made: tuple[Endpoint, str] = stage.run(stage.webhooks.create(stage.workspace_id, wish, actor="test"))
    return made


def add_messages(
    place: Place, endpoint_id: int, state: str, count: int, *, type_: str = "sale.recorded"
) -> list[int]:
    """Messages of one state, one a minute up to now; those that were tried have an attempt. Their ids."""
    found = []
    now = datetime.now(UTC)
    with place.database.session(place.workspace_id) as connection:
        for number in range(count):
            at = now - timedelta(minutes=count - number)
            data = {
                "profile_id": uuid4().hex,
                "amount_minor": 899 + number,
                "currency": "GBP",
                "store": "london-1",
            }
            kept = {"id": f"msg_{fresh()}", "type": type_, "timestamp": at.isoformat(), "data": data}
            row = connection.execute(
                "insert into outbox (workspace_id, kind, source_id, dedupe, body, state, attempts, due_at, created_at,"
                " done_at, last_error) values (%s, 'webhook', %s, %s, %s, %s, 1, now() + interval '5 minutes', %s, %s, %s)"
                " returning outbox_id",
                (place.workspace_id, endpoint_id, uuid4(), json.dumps(kept), state, at,
                 None if state == "pending" else at, None if state == "done" else "status 500"),
            ).fetchone()  # fmt: skip
            assert row is not None
            answer = b"" if state == "done" else ANSWER
            connection.execute(
                "insert into webhook_attempt (workspace_id, outbox_id, at, status, took_ms, sealed_answer)"
                " values (%s, %s, %s, %s, 84, %s)",
                (place.workspace_id, row[0], at, 200 if state == "done" else 500,
                 seal(place.vault.workspace_key, answer)),
            )  # fmt: skip
            found.append(int(row[0]))
    return found


def open_webhooks(stage: Stage) -> None:
    """A shop's webhooks: one that is well, one that fails, one that is gone."""
    well, _ = add_endpoint(stage, "/warehouse", "Data warehouse")
    failing, _ = add_endpoint(
        stage, "/hooks/catch/8231/" + "a" * 120, "", "consent.changed", "customer.erased"
    )
    gone, _ = add_endpoint(stage, "/old", HOSTILE, "sale.recorded")
    add_messages(stage, well.endpoint_id, "done", 60)
    add_messages(stage, failing.endpoint_id, "dead", 3, type_="consent.changed")
    add_messages(stage, failing.endpoint_id, "pending", 2, type_="customer.erased")
    with stage.database.session(stage.workspace_id) as connection:
        connection.execute(
            "update webhook set delivered_at = now() - interval '2 minutes', tried_at = now() where endpoint_id = %s",
            (well.endpoint_id,),
        )
        connection.execute(
            "update webhook set failing_since = now() - interval '1 day', tried_at = now() where endpoint_id = %s",
            (failing.endpoint_id,),
        )
        connection.execute(
            "update webhook set disabled_at = now(), disabled_why = 'gone' where endpoint_id = %s",
            (gone.endpoint_id,),
        )
