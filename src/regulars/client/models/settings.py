# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: settings."""

from __future__ import annotations

from datetime import datetime

import msgspec


class NewSettings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All that the workspace chooses; null or absent goes back to the default."""

    # As it was read.
    version: int
    name: str | None = None
    # IANA name, such as Europe/London.
    time_zone: str | None = None
    # Country (ISO 3166) of phone numbers without a prefix.
    region: str | None = None
    language: str | None = None
    # Colour of the console, such as #0b6b58.
    hue: str | None = None


class Settings(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The settings of a workspace. `version` goes back with a change; `hue` null is the colour of
    Regulars.
    """

    name: Value
    time_zone: Value
    region: Value
    language: Value
    hue: Value
    version: int
    changed_at: datetime | None


class Value(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value in force, and who said so: the operator of the server, the workspace, or nobody yet."""

    value: str | None
    # One of default, operator, workspace.
    origin: str
