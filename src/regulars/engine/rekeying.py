"""Putting a model to work: the event that says so, then the steps that bring the records there, each an event of its own.

Events go on meanwhile, matched by the model at work. Where it seeks by other keys than the one before, records get
theirs first, and then those that come out otherwise are clustered anew, whole groups at once (see `resolving`). Steps that belong to an earlier promotion are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from regulars.capabilities.identity import rules as identity
from regulars.capabilities.identity.model import parse
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import PROMOTED, Matching

from .batch import Batch, Promotion, Step
from .loading import take_record

_SQL = load_queries("regulars.capabilities.identity")
_MODELS = load_queries("regulars.store", "models.sql")


def steps(batch: Batch) -> bool:
    """Whether a batch puts a model to work, or goes on doing so."""
    return any(prepared.matching is not None for prepared in batch.fresh)


def load_page(session: Session, vault: Vault, batch: Batch, tools: identity.Tools) -> None:
    """Load what the batch's steps ask for and mark it; the last step of a batch holds.

    Steps are done by the model at work: those of one that is promoted in this batch begin with the next.
    """
    for prepared in batch.fresh:
        said = prepared.matching
        if said is None:
            continue
        if prepared.type == PROMOTED:
            batch.matching = Step(
                said.model, promoted=True, seeks_alike=_seeks_alike(session, vault, batch, said)
            )
            batch.promotion = Promotion(prepared.event_key, prepared.occurred_at, said.actor, said.reason)
        elif batch.matching is None:
            _step(session, vault, batch, tools, said)


def _seeks_alike(session: Session, vault: Vault, batch: Batch, said: Matching) -> bool:
    asked = {"workspace_id": vault.workspace_id, "model_no": said.model}
    found = session.run([Call(_MODELS.load_one, asked)])[0]
    return bool(found) and parse(found[0][0]).seeks_alike(batch.model.matcher.model)


def _step(session: Session, vault: Vault, batch: Batch, tools: identity.Tools, said: Matching) -> None:
    workspace = {"workspace_id": vault.workspace_id}
    model, keyed_to, resolved_to, promotion = session.run([Call(_SQL.load_rekeying, workspace)])[0][0]
    if resolved_to is None or not (said.model == model == batch.model.number):
        return
    if said.promotion != (promotion or "") or said.keyed is (keyed_to is None):
        return
    wanted = {record_id for group in said.groups for record_id in group}
    if wanted:
        for row in session.run([Call(_SQL.load_records, workspace | {"ids": uuids(wanted)})])[0]:
            take_record(batch, row)
        there = wanted & batch.records.keys()
        identity.add_households(sorted(there), batch.people, tools, batch.identity)
        batch.identity.dirty |= there  # their components are loaded as those of told ones are
    reached = None if said.done else said.after
    batch.matching = Step(said.model, keyed=said.keyed, reached=reached, groups=said.groups)


def join_groups(batch: Batch) -> None:
    """Have the records of each group clustered together, whatever they share by now."""
    for group in batch.matching.groups if batch.matching is not None else ():
        first, *others = [record_id for record_id in group if record_id in batch.records] or [""]
        batch.found.links += [(first, other) for other in others]


def calls(batch: Batch, workspace: dict[str, Any]) -> Iterator[Call]:
    """What is written of the steps."""
    step = batch.matching
    if step is None:
        return
    if step.promoted:
        assert batch.promotion is not None, "it says who put the model to work"
        told = msgspec.structs.asdict(batch.promotion)
        put = {"model_no": step.model, "seeks_alike": step.seeks_alike}
        yield Call(_MODELS.put_to_work, workspace | put | told)
        return
    moved = workspace | {"reached": step.reached}
    if not step.keyed:
        yield Call(_SQL.move_resolved, moved)
        return
    yield Call(_SQL.move_keyed, moved)
    if step.reached is None:
        most = batch.model.matcher.model.cluster.crowd
        yield Call(_SQL.count_crowds, workspace | {"model_no": batch.model.keys, "most": most})
