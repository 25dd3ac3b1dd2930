"""The modules of structs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from .shapes import SHARED, Shapes
from .types import attribute, default_of, refs_in, type_of

WIDTH = 104
# What a module may need of what is not ours; the linter removes the rest.
STANDARD = """from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

import msgspec
"""


def model_module(module: str, shapes: Shapes) -> str:
    """The structs of one module, in order of their names."""
    names = sorted(name for name, home in shapes.home.items() if home == module)
    about = "several parts of the API" if module == SHARED else module.replace("_", " ")
    body = "\n\n".join(_struct(name, shapes) for name in names)
    needed = {ref for name in names for ref in refs_in(shapes.schemas[name])}
    elsewhere = sorted(ref for ref in needed if shapes.home[ref] != module)
    imports = f"from .{SHARED} import {', '.join(elsewhere)}\n" if elsewhere else ""
    return f'"""What is said and answered: {about}."""\n\n{STANDARD}{imports}\n\n{body}'


def models_package(shapes: Shapes) -> str:
    """The package that has all structs under one name."""
    lines = [f"from .{shapes.home[name]} import {name}" for name in sorted(shapes.home)]
    names = "".join(f"    {name!r},\n" for name in sorted(shapes.home))
    doc = '"""Every struct that the API takes or gives."""'
    return f"{doc}\n\n" + "\n".join(lines) + f"\n\n__all__ = [\n{names}]\n"


def doc_lines(text: str, indent: str) -> str:
    """A docstring, wrapped."""
    cleaned = text.replace("\\", "\\\\").replace('"""', "'''")
    parts = [" ".join(part.split()) for part in cleaned.split("\n\n") if part.strip()]
    wrapped = ["\n".join(textwrap.wrap(part, WIDTH - len(indent))) for part in parts]
    inner = textwrap.indent("\n\n".join(wrapped), indent).strip()
    end = f"\n{indent}" if "\n" in inner or inner.endswith('"') else ""
    return f'{indent}"""{inner}{end}"""\n'


def _struct(name: str, shapes: Shapes) -> str:
    schema = shapes.schemas[name]
    tag = shapes.tags.get(name)
    base = f'msgspec.Struct, tag_field="{tag[0]}", tag="{tag[1]}"' if tag else "msgspec.Struct"
    told = name in shapes.told
    fields = [
        _field(key, value, key in schema.get("required", ()), told=told)
        for key, value in schema.get("properties", {}).items()
        if tag is None or key != tag[0]
    ]
    doc = doc_lines(schema.get("description") or f"{name}.", "    ")
    return f"class {name}({base}, kw_only=True, omit_defaults=True):\n{doc}\n{''.join(fields)}"


def _field(key: str, schema: dict[str, Any], required: bool, *, told: bool) -> str:
    annotation = type_of(schema, told=told)
    default = default_of(schema, annotation)
    if default is None and not required:
        annotation, default = _or_none(annotation), "None"
    name = attribute(key)
    if name != key:
        default = _renamed(key, default)
    ending = "" if default is None else f" = {default}"
    return f"{''.join(_comments(schema, told=told))}    {name}: {annotation}{ending}\n"


def _or_none(annotation: str) -> str:
    return annotation if annotation == "Any" or annotation.endswith("None") else f"{annotation} | None"


def _renamed(key: str, default: str | None) -> str:
    if default is None:
        return f'msgspec.field(name="{key}")'
    if default.startswith("msgspec.field("):
        return default.replace("field(", f'field(name="{key}", ', 1)
    return f'msgspec.field(name="{key}", default={default})'


def _comments(schema: dict[str, Any], *, told: bool) -> Iterable[str]:
    said = [schema, *schema.get("anyOf", ())]
    text = next((one["description"] for one in said if "description" in one), None)
    values = next((one["enum"] for one in said if "enum" in one), None) if told else None
    sentences = [" ".join(text.split())] if text else []
    if values:
        sentences.append(f"One of {', '.join(map(str, values))}.")
    return [f"    # {line}\n" for line in textwrap.wrap(" ".join(sentences), WIDTH - 6)]
