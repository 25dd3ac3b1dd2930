"""Tells the audit trail what turns found and people decided of identity, in a transaction after theirs.

What waits is marked in its own row, so a crash between the two only delays the line.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from regulars.capabilities.identity import kinds
from regulars.store.queries import load_queries
from regulars.store.rows import uuids
from regulars.store.session import Call, Session

from .audit_lines import audit_line

_SQL = load_queries("regulars.capabilities.identity")
_MODELS = load_queries("regulars.store", "models.sql")
LINES_MAX = 500
PROMOTED = "model.promoted"
FOUND_BY = "regulars"
UNDONE = "identity.undone"
ACTIONS = {True: "identity.merged", False: "identity.unmerged", None: UNDONE}


def tell_audit(session: Session, workspace_id: int, clock: Callable[[], datetime]) -> None:
    """Write the lines that wait, at most LINES_MAX of each kind a call. Raises StoreUnavailable."""
    workspace: dict[str, Any] = {"workspace_id": workspace_id, "limit": LINES_MAX}
    session.begin(workspace_id)
    try:
        decisions, generics, promotions = session.run(
            [
                Call(_SQL.load_untold_decisions, workspace),
                Call(_SQL.load_untold_generics, workspace),
                Call(_MODELS.load_untold_promotions, workspace),
            ]
        )
        now = clock()
        for decision_id, actor, reason, together, pairs, undoes in decisions:
            details = {"reason": reason, "pairs": pairs} | ({"undoes": undoes} if undoes else {})
            action = UNDONE if undoes else ACTIONS[together]
            audit_line(session, workspace_id, actor, action, f"decision:{decision_id}", details, now)
        for kind, value, people, records in generics:
            found = {"kind": kinds.NAMES[kind], "people": people, "records": records}
            audit_line(
                session, workspace_id, FOUND_BY, "identity.value_retired", f"value:{value}", found, now
            )
        for _, model, before, actor, reason in promotions:
            details = {"reason": reason, "instead_of": before}
            audit_line(session, workspace_id, actor, PROMOTED, f"model:{model}", details, now)
        told = {
            "decisions": uuids(row[0] for row in decisions),
            "values": uuids(row[1] for row in generics),
        }
        promoted = {"ids": uuids(row[0] for row in promotions)}
        session.run(
            [
                Call(_SQL.mark_told, workspace | told),
                Call(_MODELS.mark_promotions_told, workspace | promoted),
            ]
        )
        session.commit()
    except BaseException:
        session.rollback()
        raise
