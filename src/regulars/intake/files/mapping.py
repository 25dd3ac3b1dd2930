"""The mapping: which column of a file fills which of our fields, and how its text is changed.

A small, closed set of words; docs/how-to/import-files.md explains them. `mapping_file` reads them from TOML.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Literal

from msgspec import Struct, field

from .batches import LINE_NUMBER
from .errors import FileUnreadable
from .fields import CUSTOMER_KEYS, FIELDS, HOLDER_KEYS, NEEDED, Kind
from .header import our_name

Scalar = str | int | float | bool


class Condition(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Something that can be true of a text. All words given must hold."""

    equals: str | list[str] | None = None
    starts_with: str | list[str] | None = None
    ends_with: str | list[str] | None = None
    contains: str | None = None
    matches: str | None = None
    empty: bool | None = None
    below: float | None = None
    above: float | None = None


class Case(Condition, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A condition and what the field becomes when it holds."""

    value: Scalar


class Skip(Condition, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Rows to leave out: those whose `column` meets the condition."""

    column: str


class Spec(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How one field is filled. The words are applied in the order in which they stand here."""

    column: str | None = None
    columns: list[str] | None = None
    value: Scalar | None = None
    line_number: bool = False
    join: str = " "
    strip: bool = True
    empty: list[str] = field(default_factory=list)
    capture: str | None = None
    replace: list[tuple[str, str]] = field(default_factory=list)
    split: str | None = None
    part: int | None = None
    name: Literal["given", "family"] | None = None
    case: Literal["lower", "upper", "title"] | None = None
    lookup: str | None = None
    cases: list[Case] = field(default_factory=list)
    otherwise: Scalar | None = None
    default: Scalar | None = None
    format: str | list[str] | None = None
    time_zone: str | None = None
    decimal_mark: Literal[".", ","] | None = None
    negate: bool = False
    round: bool = False
    on_error: Literal["reject", "empty"] = "reject"

    def sources(self) -> tuple[str, ...]:
        """The columns it is made of; none for a constant."""
        if self.line_number:
            return (LINE_NUMBER,)
        return (self.column,) if self.column is not None else tuple(self.columns or ())


class FileSpec(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """How a CSV file is written, where looking at it does not tell."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str = '"'
    escape: str | None = None
    columns: list[str] | None = None
    skip_lines: int = 0


class Mapping(Struct, omit_defaults=True):
    """A mapping, checked. `traits` fills customer traits by name in the same manner as fields."""

    kind: Kind
    fields: dict[str, Spec]
    traits: dict[str, Spec] = field(default_factory=dict)
    lookups: dict[str, dict[str, Scalar]] = field(default_factory=dict)
    skip: list[Skip] = field(default_factory=list)
    file: FileSpec = field(default_factory=FileSpec)
    group_by: list[str] = field(default_factory=list)
    time_zone: str | None = None
    currency: str | None = None
    decimal_mark: Literal[".", ","] = "."
    refund_amounts: Literal["positive", "negative"] = "positive"
    other_columns: Literal["ignore", "traits"] = "ignore"

    def columns(self) -> set[str]:
        """Every column that is read."""
        specs = [*self.fields.values(), *self.traits.values()]
        return {name for spec in specs for name in spec.sources()} | {skip.column for skip in self.skip}


def header_mapping(kind: Kind, names: list[str], *, file: str) -> Mapping:
    """The mapping of a file whose header already holds our field names (case and spaces do not matter).

    Other columns of a customer file become traits. Raises FileUnreadable when a needed field is missing.
    """
    known = FIELDS[kind]
    fields: dict[str, Spec] = {}
    for name in names:
        ours = our_name(name)
        if ours in known and ours not in fields:
            fields[ours] = Spec(column=name)
    missing = missing_fields(kind, fields)
    if missing:
        raise FileUnreadable(
            f"{file} has no column for {missing}. Name the columns as our fields, or write a mapping "
            "and give it with --mapping."
        )
    return Mapping(kind=kind, fields=fields, other_columns="traits" if kind == "customers" else "ignore")


def missing_fields(kind: Kind, fields: Container[str]) -> str:
    """What a mapping still needs, in words; empty when nothing."""
    if kind == "customers" and not any(name in fields for name in CUSTOMER_KEYS):
        return f"any of {', '.join(CUSTOMER_KEYS)}"
    if kind == "balances" and not any(name in fields for name in HOLDER_KEYS):
        return f"any of {', '.join(HOLDER_KEYS)}"
    return ", ".join(name for name in NEEDED[kind] if name not in fields)
