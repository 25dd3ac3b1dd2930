# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: staff."""

from __future__ import annotations

from datetime import datetime

import msgspec


class NewStaffMember(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member of staff with their code."""

    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    active: bool = True
    code: str


class StaffDetails(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is said of a member of staff; all of it is replaced."""

    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    active: bool = True


class StaffMember(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A member of staff. `updated_at` is null while only sales have named them."""

    code: str
    given_name: str | None
    family_name: str | None
    email: str | None
    active: bool
    updated_at: datetime | None
