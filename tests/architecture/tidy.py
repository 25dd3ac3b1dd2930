"""The rules of the code that linters do not know, as functions from text to what is wrong with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "regulars"

GENERATED = "# Written by `make docs`"
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 60
NESTING_MAX = 3

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_SQL = re.compile(
    r"\bselect\b.+\bfrom\b|\binsert\s+into\b|\bupdate\s+\w+\s+set\b|\bdelete\s+from\s+\w",
    re.IGNORECASE | re.DOTALL,
)


def python_files() -> Iterator[tuple[str, str]]:
    """Path and text of each module of the package."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def long_file(text: str) -> list[str]:
    """A file longer than a reader's patience; what is generated nobody reads from end to end."""
    if text.startswith(GENERATED):
        return []
    lines = len(text.splitlines())
    return [f"has {lines} lines, the limit is {FILE_LINES_MAX}"] if lines > FILE_LINES_MAX else []


def long_functions(text: str) -> list[str]:
    """Functions longer than a screen."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _FUNCTIONS):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                found.append(f"{node.name} has {lines} lines, the limit is {FUNCTION_LINES_MAX}")
    return found


def deep_functions(text: str) -> list[str]:
    """Functions whose blocks nest too deep; `elif` does not nest, a function inside starts anew."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _FUNCTIONS):
            depth = max((_depth(child, 0) for child in node.body), default=0)
            if depth > NESTING_MAX:
                found.append(f"{node.name} nests {depth} deep, the limit is {NESTING_MAX}")
    return found


def _depth(node: ast.AST, depth: int) -> int:
    if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return depth
    inner = depth + 1 if isinstance(node, _BLOCKS) else depth
    deepest = inner
    for child in ast.iter_child_nodes(node):
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and [child] == node.orelse
        deepest = max(deepest, _depth(child, depth if is_elif else inner))
    return deepest


# Prints migrations, and the note of each, as SQL for administrators who run it themselves.
SQL_PRINTERS = frozenset({"src/regulars/store/migrate.py"})


def sql_in_python(text: str) -> list[str]:
    """Queries in string constants: SQL lives in `.sql` files."""
    tree = ast.parse(text)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        f"line {node.lineno} holds SQL: {node.value.strip()[:60]!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        if _SQL.search(node.value)
    ]
