"""JSON Schema as Python types, written out."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

Json = Mapping[str, Any]
REF: Final = "#/components/schemas/"
_TEXTS: Final = {"date-time": "datetime", "date": "date", "decimal": "Decimal", "binary": "bytes"}
_PLAIN: Final = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}
# Names a field may not have: they would hide a type from the fields after it.
_TAKEN: Final = frozenset("bool date datetime dict float int list msgspec str".split())


def type_of(schema: Json | bool, *, told: bool) -> str:
    """The annotation of a schema. `told`: of something the server says, which may name values unknown here."""
    if isinstance(schema, bool) or not schema:
        return "Any"
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(REF)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return _union(
            [type_of(one, told=told) for one in choices], apart="discriminator" in schema or not told
        )
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is not None:
        return _literal(values, told=told)
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union([type_of({**schema, "type": one}, told=told) for one in kind], apart=not told)
    return _of_kind(str(kind), schema, told=told)


def _of_kind(kind: str, schema: Json, *, told: bool) -> str:
    if kind == "string":
        return _TEXTS.get(schema.get("format", ""), "str")
    if kind == "array":
        return f"list[{type_of(schema.get('items', {}), told=told)}]"
    if kind == "object":
        return f"dict[str, {type_of(schema.get('additionalProperties', {}), told=told)}]"
    return _PLAIN.get(kind, "Any")


def _literal(values: Collection[Any], *, told: bool) -> str:
    if told and all(isinstance(one, str) for one in values):
        return "str"
    named = [one for one in values if one is not None]
    literal = f"Literal[{', '.join(map(_quoted, named))}]"
    return literal if len(named) == len(values) else _union([literal, "None"], apart=False)


def _union(parts: list[str], *, apart: bool) -> str:
    """A union, None last; Any where the decoder could not tell its members apart and must."""
    kept = list(dict.fromkeys(parts))
    texts = [one for one in kept if one == "str" or one in _TEXTS.values() or one.startswith("Literal")]
    lists = [one for one in kept if one.startswith("list[")]
    objects = [one for one in kept if one not in (*texts, *lists, "None", *_PLAIN.values())]
    if "Any" in kept or (not apart and (len(objects) > 1 or len(lists) > 1)):
        return "Any"
    if len(texts) > 1 and not apart:
        kept = list(dict.fromkeys("str" if one in texts else one for one in kept))
    return " | ".join(sorted(kept, key=lambda one: one == "None"))


def default_of(schema: Json, annotation: str) -> str | None:
    """The default as an expression; None where the schema has none."""
    if "default" not in schema:
        return None
    value = schema["default"]
    if isinstance(value, list | dict) and not value:
        return f"msgspec.field(default_factory={'list' if isinstance(value, list) else 'dict'})"
    if annotation.startswith("Decimal") and value is not None:
        return f"Decimal({value})" if str(value).isdigit() else f'Decimal("{value}")'
    return _quoted(value)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def refs_in(schema: Any) -> set[str]:
    """The names of the schemas a schema leads to at once."""
    if isinstance(schema, dict):
        own = {schema["$ref"].removeprefix(REF)} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*(refs_in(one) for one in schema.values()))
    return set().union(*(refs_in(one) for one in schema)) if isinstance(schema, list) else set()


def inlined(value: Any, schemas: Json) -> Any:
    """A part of the document with what is no object put in the place of each reference to it."""
    if isinstance(value, list):
        return [inlined(one, schemas) for one in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str) and value["$ref"].startswith(REF):
        schema = schemas[value["$ref"].removeprefix(REF)]
        return value if "properties" in schema else inlined(schema, schemas)
    return {key: inlined(one, schemas) for key, one in value.items()}


def attribute(name: str) -> str:
    """A JSON name as a Python one: words in small letters with _ between."""
    text = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name)
    text = re.sub(r"\W+", "_", text).lower().strip("_") or "value"
    text = f"n{text}" if text[0].isdigit() else text
    return f"{text}_" if keyword.iskeyword(text) or text in _TAKEN else text
