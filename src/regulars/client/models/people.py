# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: people."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class Account(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An account. `invited`: no password was set yet, and they did not come by single sign-on; `sessions`:
    how many live; `stores`: null for all; `second_factor`: whether one is on.
    """

    # 32 hexadecimal digits.
    id: str
    name: str
    email: str
    # One of associate, engineer, manager, marketer, owner, privacy.
    role: str
    stores: list[str] | None
    created_at: datetime
    disabled_at: datetime | None
    invited: bool
    seen_at: datetime | None
    sessions: int
    second_factor: bool


class AccountList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Everybody with an account."""

    data: list[Account]


class EndedSessions(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How many sessions ended."""

    sessions: int


class InviteRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Whom to invite. Without a name the part of the address before the @ is taken.

    `stores` limits a manager or an associate to stores of the register; null: all stores.
    """

    email: str
    role: Literal["associate", "engineer", "manager", "marketer", "owner", "privacy"]
    name: str = ""
    stores: list[str] | None = None


class Link(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A link that sets a password. It works once, for three days, and is not shown again."""

    # 32 hexadecimal digits.
    id: str
    link: str


class RoleRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The role somebody is to have."""

    role: Literal["associate", "engineer", "manager", "marketer", "owner", "privacy"]


class StoresRequest(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The stores of the register somebody is to be limited to; null: all stores."""

    stores: list[str] | None
