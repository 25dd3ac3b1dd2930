"""A model as the text of its file."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import asdict

from regulars.capabilities.identity.model import FLOOR, Level, Model


def model_text(model: Model, remarks: str = "") -> str:
    """TOML that `parse` reads back as the same model. `remarks` are put on top, each line behind a '#'."""
    lines = [f"# {line}".rstrip() for line in remarks.splitlines()]
    lines += [f"name = {_value(model.name)}"]
    for name, table in (("bands", model.bands), ("cluster", model.cluster), ("prior", model.prior)):
        lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in asdict(table).items())]
    for block in model.block:
        lines += ["", "[[block]]", f"on = {_value(block.on)}"]
    for comparison in model.comparison:
        lines += ["", "[[comparison]]", f"name = {_value(comparison.name)}"]
        lines += [f"fields = {_value(comparison.fields)}", "levels = ["]
        lines += [f"    {_level(level)}," for level in comparison.levels]
        lines += ["]"]
    return "\n".join(lines) + "\n"


def _level(level: Level) -> str:
    unsaid = {"at": None, "m": None, "u": None, "bits": None, "frequency": False, "floor": FLOOR}
    said = {key: value for key, value in asdict(level).items() if key == "when" or value != unsaid[key]}
    return "{ " + ", ".join(f"{key} = {_value(value)}" for key, value in said.items()) + " }"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, float):
        return f"{value:.12f}".rstrip("0") + ("0" if value == int(value) else "")
    return json.dumps(value)
