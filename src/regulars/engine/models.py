"""The models of a workspace: kept as they were given, put to work by an event."""

from __future__ import annotations

from datetime import datetime

import msgspec

from regulars.capabilities.identity.frequencies import Frequencies
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import parse
from regulars.store.queries import load_queries
from regulars.store.session import Call, Session
from regulars.store.vault import Vault
from regulars.vocabulary.events import PROMOTED, Event, Matching

from .audit_lines import audit_line

_SQL = load_queries("regulars.capabilities.identity")
MODELS_MAX = 1_000
ADDED = "model.added"


def add_model(
    session: Session,
    vault: Vault,
    content: str,
    frequencies: Frequencies | None,
    *,
    actor: str,
    now: datetime,
) -> int:
    """Keep a model and the frequencies it is to use; its number. Nothing changes until it is put to work.

    Raises ModelError for a file that is no model, or not one to be used.
    """
    model = parse(content)
    Matcher(model)
    row = {
        "workspace_id": vault.workspace_id,
        "name": model.name,
        "digest": model.digest(),
        "content": content,
        "frequencies": frequencies.encode() if frequencies else None,
        "made_at": now,
        "made_by": actor,
    }
    try:
        session.begin(vault.workspace_id)
        number = session.run([Call(_SQL.add_model, row)])[0][0][0]
        details = {"name": model.name, "digest": model.digest(), "frequencies": frequencies is not None}
        audit_line(session, vault.workspace_id, actor, ADDED, f"model:{number}", details, now)
        session.commit()
    except BaseException:
        session.rollback()
        raise
    return int(number)


def promotion(number: int, *, actor: str, reason: str, now: datetime) -> bytes:
    """The event, from the program's own source, that puts a model to work."""
    matching = Matching(number, actor=actor, reason=reason)
    return msgspec.json.encode(
        Event(id=f"{now.isoformat()}-{number}", type=PROMOTED, occurred_at=now, matching=matching)
    )
