"""Lines of the audit chain, written on a session of the engine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from regulars.store.audit import Line
from regulars.store.queries import load_queries
from regulars.store.session import Call, Session

_AUDIT = load_queries("regulars.store", "audit.sql")
_encode = msgspec.json.encode


def audit_line(
    session: Session,
    workspace_id: int,
    actor: str,
    action: str,
    object_: str,
    details: dict[str, Any],
    at: datetime,
) -> None:
    """Add a line to the audit chain within the transaction at hand."""
    workspace = {"workspace_id": workspace_id}
    number, before = session.run([Call(_AUDIT.load_head, workspace)])[0][0]
    line = Line(number + 1, at, actor, action, object_, details)
    row = workspace | {
        "audit_no": line.audit_no,
        "at": at,
        "actor": actor,
        "action": action,
        "object": object_,
        "details": _encode(details).decode(),
        "hash": line.hash_after(bytes(before)),
    }
    session.run([Call(_AUDIT.add_line, row), Call(_AUDIT.move_head, row)])
