"""Putting a model to work: the event that says so, then pages of records matched anew, each an event of its own.

Events go on meanwhile. A record has the keys of one model at a time, those of the model at work from its page on; the
pair of any two records is compared when the later of them gets its keys. Pages that were done are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from regulars.capabilities.identity import rules as identity
from regulars.store.queries import load_queries
from regulars.store.session import Call, Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import PROMOTED

from .batch import Batch, Promotion, Step
from .loading import take_record

_SQL = load_queries("regulars.capabilities.identity")
_MODELS = load_queries("regulars.store", "models.sql")
PAGE_RECORDS = 400


def steps(batch: Batch) -> bool:
    """Whether a batch puts a model to work, or goes on doing so."""
    return any(prepared.matching is not None for prepared in batch.fresh)


def load_page(session: Session, vault: Vault, batch: Batch, tools: identity.Tools) -> None:
    """Load what the batch's steps ask for and mark it; the last step of a batch holds.

    A page is read by the model at work: one that is promoted in this batch begins with the next.
    """
    for prepared in batch.fresh:
        step = prepared.matching
        if step is None:
            continue
        if prepared.type == PROMOTED:
            batch.matching = Step(step.model, promoted=True)
            batch.promotion = Promotion(prepared.event_key, prepared.occurred_at, step.actor, step.reason)
        elif batch.matching is None:
            _page(session, vault, batch, tools, step.after)


def _page(session: Session, vault: Vault, batch: Batch, tools: identity.Tools, after: str) -> None:
    workspace = {"workspace_id": vault.workspace_id}
    model, rekeyed_to = session.run([Call(_SQL.load_rekeying, workspace)])[0][0]
    if rekeyed_to is None or after != rekeyed_to or model != tools.model:
        return
    asked = workspace | {"after": after, "limit": PAGE_RECORDS}
    rows = session.run([Call(_SQL.load_page, asked)])[0]
    for row in rows:
        take_record(batch, row)
    identity.make_anew([row[0] for row in rows], batch.people, tools, batch.identity)
    reached = rows[-1][0] if len(rows) == PAGE_RECORDS else None
    batch.matching = Step(model, paged=True, reached=reached)


def calls(batch: Batch, workspace: dict[str, Any]) -> Iterator[Call]:
    """What is written of the steps."""
    step = batch.matching
    if step is None:
        return
    if step.promoted:
        assert batch.promotion is not None, "it says who put the model to work"
        told = msgspec.structs.asdict(batch.promotion)
        yield Call(_MODELS.put_to_work, workspace | {"model_no": step.model} | told)
        return
    yield Call(_SQL.move_on, workspace | {"rekeyed_to": step.reached})
    if step.reached is None:
        yield Call(_SQL.forget_crowds, workspace | {"model_no": step.model})
