"""The page of errors: every class of ours with its code, and every code given at the place of the error."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import regulars
from regulars.console.api.till.refusals import REFUSALS
from regulars.vocabulary.errors import RegularsError
from scripts.reference.markdown import code, first_line, table

VALUE = re.compile(r"%\(\w+\)s")
HEAD = """# Errors

Every error answer is `{"code": "...", "message": "...", "field": "..."}`. The code is stable, the message is
one sentence for a person, the field names the input to blame and is absent where there is none. "Retry" says
whether the same request can succeed later; where it does, `Retry-After` may say when.

"""


def page() -> str:
    """Every code with its HTTP status, whether to retry, and what it means."""
    classes = _classes()
    rows = {cls.code: _row(cls.code, cls, first_line(cls.__doc__)) for cls in classes.values()}
    for name, given in _given_codes(set(classes)):
        rows.setdefault(given, _row(given, classes[name], f"A case of `{classes[name].code}`."))
    for given, (cls, message) in REFUSALS.items():
        rows[given] = _row(given, cls, VALUE.sub("…", message))
    return HEAD + table(("Code", "Status", "Retry", "Meaning"), (rows[key] for key in sorted(rows)))


def _row(given: str, cls: type[RegularsError], meaning: str) -> tuple[str, str, str, str]:
    return code(given), str(cls.status), "yes" if cls.retry else "no", meaning


def _classes() -> dict[str, type[RegularsError]]:
    for module in pkgutil.walk_packages(regulars.__path__, "regulars."):
        if not module.name.endswith(("__main__", "enter_namespace")):
            importlib.import_module(module.name)
    found: dict[str, type[RegularsError]] = {}
    waiting = [RegularsError]
    while waiting:
        cls = waiting.pop()
        found[cls.__name__] = cls
        waiting += cls.__subclasses__()
    return found


def _given_codes(names: set[str]) -> list[tuple[str, str]]:
    """Class name and code of each place that raises an error with a code of its own."""
    found = set()
    for path in sorted(Path(regulars.__path__[0]).rglob("*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        for call in calls:
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            given = [
                k.value.value for k in call.keywords if k.arg == "code" and isinstance(k.value, ast.Constant)
            ]
            if name in names and given:
                found.add((name, str(given[0])))
    return sorted(found)
