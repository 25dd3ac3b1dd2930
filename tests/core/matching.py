"""Records for tests of matching: fields as if events had told them, and the people they come out as."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.batch import resolve_all
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import Model, parse
from regulars.capabilities.identity.state import Fields

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "regulars.capabilities.identity"


@lru_cache(maxsize=1)
def retail() -> Model:
    """The model that is shipped for shops."""
    return parse(resources.files(PACKAGE).joinpath("models/retail.toml").read_bytes())


@lru_cache(maxsize=1)
def retail_matcher() -> Matcher:
    """The shipped model, without frequencies."""
    return Matcher(retail())


def fields(**details: Any) -> Fields:
    """Fields of a record; identifiers by the names of their kinds, one or a list; the hash is `kind:value`."""
    made = Fields()
    for name, value in details.items():
        if value is None:
            continue
        if name in kinds.BY_NAME:
            many = value if isinstance(value, list) else [value]
            made.values[name] = {one: (f"{name}:{one}", number, "k") for number, one in enumerate(many)}
        elif name in ("line1", "line2", "city", "region", "postcode", "country"):
            address = dict(made.scalar("address") or {}, **{name: value})
            made.scalars["address"] = (address, 0, "k")
        else:
            made.scalars[name.replace("traits_", "traits.")] = (value, 0, "k")
    return made


def people(**records: Fields) -> list[set[str]]:
    """The people that records are, as sets of their ids, by the shipped model."""
    return [set(one) for one in resolve_all(records, retail_matcher()).people]
