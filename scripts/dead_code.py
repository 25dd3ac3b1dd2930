"""Name functions, methods, classes and imports that nothing uses, and queries that no code runs.

Fields are left out: those of wire structs are read by msgspec. What only a test uses counts as dead, but for
the demo, which exists for tests as well; a template counts as code. Names in USED_ELSEWHERE are called by a
library. The client is for programs that are not ours, and is left out.
"""

from __future__ import annotations

import re
import sys
from fnmatch import fnmatch
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "regulars"
DEMO = SOURCE / "demo"
KINDS = frozenset({"function", "method", "class", "property", "import", "unreachable_code"})

# Pattern of a name, and who uses it.
USED_ELSEWHERE = {
    "_*": "vulture knows too little of what is private to its module; ruff finds those",
    "main": "the console script",
    "connection_*": "asyncio, of a protocol",
    "data_received": "asyncio, of a protocol",
    "submit_wait": "tests, from threads that have no event loop",
    "model_text": "scripts/train_models.py, which makes the example models",
    "on_body": "httptools, while it parses",
    "*_bytecode": "jinja2, of a cache of compiled templates",
    "on_header": "httptools, while it parses",
    "refundable": "whoever shows what a return would give before it is made",
    "on_message_complete": "httptools, while it parses",
    "reminders": "tests, until reminders of points that end go out",
    "cohort_redemption_rate": "tests, until a report shows cohorts",
}
# Decorators whose functions a library calls.
DECORATORS = ["@get*", "@post*", "@put*", "@patch*", "@delete*", "@route*", "@asgi*", "@app.*", "@*.command*"]

_QUERY = re.compile(r"^--\s*name:\s*(\w+)", re.MULTILINE)


def dead_code() -> list[str]:
    """Definitions nothing in the package uses."""
    vulture = Vulture(ignore_names=list(USED_ELSEWHERE), ignore_decorators=DECORATORS)
    vulture.scavenge([str(SOURCE)], exclude=[f"{SOURCE / 'client'}/*"])
    items = [item for item in vulture.get_unused_code(min_confidence=60) if item.typ in KINDS]
    shown, tested = words(SOURCE, "*.html"), words(ROOT / "tests", "*.py")
    return [
        f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno} {item.typ} {item.name}"
        for item in items
        if item.name not in shown and not (Path(item.filename).is_relative_to(DEMO) and item.name in tested)
    ]


def words(folder: Path, pattern: str) -> set[str]:
    """Every word in the files of a folder."""
    return {word for path in folder.rglob(pattern) for word in re.findall(r"\w+", path.read_text("utf-8"))}


def dead_queries() -> list[str]:
    """Named queries whose name no code mentions."""
    named = words(SOURCE, "*.py")
    return [
        f"{path.relative_to(ROOT)} query {name}"
        for path in sorted(SOURCE.rglob("*.sql"))
        if not fnmatch(str(path), "*/migrations/*")
        for name in _QUERY.findall(path.read_text(encoding="utf-8"))
        if name not in named
    ]


def main() -> int:
    """Print what nothing uses; 0 when there is none."""
    found = dead_code() + dead_queries()
    for line in found:
        print(f"{line} is used by nothing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
