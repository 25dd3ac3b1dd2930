"""What a role sees of what it may open: the fields of the console that are not everybody's, and whose stores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

Field = Literal["contacts", "spend"]

MAY_SEE: Final[Mapping[Field, frozenset[str]]] = {
    "contacts": frozenset({"owner", "manager", "privacy"}),
    "spend": frozenset({"owner", "engineer", "marketer", "manager", "privacy"}),
}
"""Roles that see e-mails, phones and cards in clear (the others: masked), and what a customer spent in all."""

MAY_BE_LIMITED: Final = frozenset({"manager", "associate"})
"""Roles that can be limited to the stores they work in; the others work for the whole chain."""
