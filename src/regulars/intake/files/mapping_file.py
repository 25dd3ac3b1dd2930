"""Read a mapping from its TOML file. An unknown or misused word is an error that names its line."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from .errors import MappingError
from .fields import FIELDS, Kind, Type
from .mapping import Condition, FileSpec, Mapping, Spec, missing_fields
from .toml_lines import line_of

_FILE_BYTES_MAX: Final = 1_000_000
_UNKNOWN: Final = re.compile(r"unknown field `(?P<key>[^`]*)`")
_AT: Final = re.compile(r" - at `\$?(?P<path>[^`]*)`")
_T = TypeVar("_T")


def load_mapping(path: Path, kind: Kind) -> Mapping:
    """Read and check a mapping file. Raises MappingError with the line of the first thing that is wrong."""
    try:
        if path.stat().st_size > _FILE_BYTES_MAX:
            raise MappingError(f"{path.name} is over 1 MB: is it the mapping?")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MappingError(f"The mapping {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise MappingError(f"{path.name} is not UTF-8 text: is it the mapping?") from None
    return parse_mapping(text, kind, file=path.name)


def parse_mapping(text: str, kind: Kind, *, file: str) -> Mapping:
    """Check the text of a mapping; `file` is its name for messages."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{file} is not TOML: {error}.") from None
    return _Parser(text, file, kind).mapping(raw)


class _Parser:
    """Turns parsed TOML into a Mapping and knows where in the text things stand."""

    def __init__(self, text: str, file: str, kind: Kind) -> None:
        self._text = text
        self._file = file
        self._kind = kind

    def mapping(self, raw: dict[str, Any]) -> Mapping:
        raw = {"kind": self._kind, **raw}
        self._known(raw, (), {*Mapping.__struct_fields__})
        for table, known in (("fields", set(FIELDS[self._kind])), ("file", set(FileSpec.__struct_fields__))):
            self._known(self._table(raw, table), (table,), known)
        specs = {
            table: {name: self._spec(value, (table, name)) for name, value in self._table(raw, table).items()}
            for table in ("fields", "traits")
        }
        rest = {key: value for key, value in raw.items() if key not in specs}
        mapping = self._convert(rest | {"fields": {}}, Mapping, ())
        mapping.fields, mapping.traits = specs["fields"], specs["traits"]
        self._check(mapping)
        return mapping

    def fail(self, path: tuple[str, ...], problem: str) -> MappingError:
        """An error at a place in the file."""
        return MappingError(
            f"{self._file}, line {line_of(self._text, path)}: {problem}", field=".".join(path) or None
        )

    def _table(self, raw: dict[str, Any], name: str) -> dict[str, Any]:
        value = raw.get(name, {})
        if not isinstance(value, dict):
            raise self.fail((name,), f"{name} must be a table")
        return value

    def _known(self, table: dict[str, Any], path: tuple[str, ...], known: set[str]) -> None:
        for key in table:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(sorted(known))}"
                raise self.fail((*path, key), f"unknown key {key!r}; {hint}")

    def _spec(self, value: Any, path: tuple[str, ...]) -> Spec:
        if isinstance(value, str):
            return Spec(column=value)
        if isinstance(value, dict):
            self._known(value, path, set(Spec.__struct_fields__))
        spec = self._convert(value, Spec, path)
        self._check_spec(spec, path)
        return spec

    def _convert(self, value: Any, kind: type[_T], path: tuple[str, ...]) -> _T:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            message = str(error)
            place = _AT.search(message)
            inner = tuple(re.findall(r"[a-z_]+", place["path"])) if place else ()
            unknown = _UNKNOWN.search(message)
            problem = f"unknown key {unknown['key']!r}" if unknown else _AT.sub("", message)
            inner = (*inner, unknown["key"]) if unknown else inner
            raise self.fail((*path, *inner), problem) from None

    def _check(self, mapping: Mapping) -> None:
        if mapping.kind != self._kind:
            raise self.fail(("kind",), f"this mapping is for {mapping.kind}, not for {self._kind}")
        if mapping.currency is not None and "currency" not in mapping.fields and self._kind != "customers":
            mapping.fields["currency"] = Spec(value=mapping.currency)
        missing = missing_fields(self._kind, mapping.fields)
        if missing:
            raise self.fail(("fields",), f"nothing fills {missing}")
        self._check_amounts(mapping)
        self._check_names(mapping)
        self._zone(mapping.time_zone, ("time_zone",))
        for skip in mapping.skip:
            self._check_condition(skip, ("skip",))
        for key in ("delimiter", "quote", "escape"):
            if len(getattr(mapping.file, key) or "x") != 1:
                raise self.fail(("file", key), f"{key} must be one character")

    def _check_names(self, mapping: Mapping) -> None:
        """What is referred to by name must be there."""
        for name in mapping.group_by:
            if name not in mapping.fields:
                raise self.fail(("group_by",), f"group_by names {name!r}, which is not a mapped field")
        for table, specs in (("fields", mapping.fields), ("traits", mapping.traits)):
            for name, spec in specs.items():
                if spec.lookup is not None and spec.lookup not in mapping.lookups:
                    raise self.fail((table, name, "lookup"), f"there is no table [lookups.{spec.lookup}]")

    def _check_amounts(self, mapping: Mapping) -> None:
        money = [
            name for name in mapping.fields if FIELDS[self._kind][name].type in (Type.AMOUNT, Type.MINOR)
        ]
        for name in money:
            if f"{name}_minor" in money:
                raise self.fail(("fields", name), f"map either {name!r} or '{name}_minor', not both")
            if "currency" not in mapping.fields:
                raise self.fail(
                    ("fields", name), "an amount needs a currency: map the field, or set currency"
                )

    def _check_spec(self, spec: Spec, path: tuple[str, ...]) -> None:
        ways = [spec.column is not None, spec.columns is not None, spec.value is not None, spec.line_number]
        if sum(ways) != 1:
            raise self.fail(path, "give one of: column, columns, value, line_number")
        if spec.columns is not None and len(spec.columns) < 2:
            raise self.fail((*path, "columns"), "columns takes two or more; for one there is column")
        if (spec.split is None) != (spec.part is None) or spec.part == 0 or spec.split == "":
            raise self.fail(
                (*path, "split"), "split and part go together; parts count from 1, or from -1 at the end"
            )
        if spec.otherwise is not None and not (spec.cases or spec.lookup):
            raise self.fail((*path, "otherwise"), "otherwise needs cases or lookup")
        for pattern in [spec.capture, *(pair[0] for pair in spec.replace)]:
            self._regex(pattern, path)
        if spec.capture is not None and re.compile(spec.capture).groups != 1:
            raise self.fail((*path, "capture"), "capture needs exactly one group in brackets")
        for case in spec.cases:
            self._check_condition(case, (*path, "cases"))
        self._zone(spec.time_zone, (*path, "time_zone"))

    def _check_condition(self, condition: Condition, path: tuple[str, ...]) -> None:
        words = [name for name in Condition.__struct_fields__ if getattr(condition, name) is not None]
        if not words:
            raise self.fail(path, f"give a condition: one of {', '.join(Condition.__struct_fields__)}")
        self._regex(condition.matches, path)

    def _regex(self, pattern: str | None, path: tuple[str, ...]) -> None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise self.fail(path, f"the pattern {pattern!r} is not a regular expression: {error}") from None

    def _zone(self, name: str | None, path: tuple[str, ...]) -> None:
        try:
            ZoneInfo(name or "UTC")
        except (KeyError, OSError, ValueError):
            raise self.fail(path, f"{name!r} is not a time zone such as Europe/London") from None
