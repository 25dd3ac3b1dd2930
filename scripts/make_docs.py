"""Write docs/reference from the code: python scripts/make_docs.py [--check]

With `--check` nothing is written: the pages that differ from the code are named, and the exit status is 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.reference import (  # noqa: E402
    benchmarks,
    cli,
    errors,
    events,
    http,
    metrics,
    programme,
    scopes,
    settings,
    webhooks,
)

TARGET = ROOT / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code. Do not edit. -->\n\n"

# Page, the module it is written from, and its writer.
PAGES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "benchmarks.md": ("regulars.bench", benchmarks.page),
    "cli.md": ("regulars.cli", cli.page),
    "errors.md": ("regulars.vocabulary.errors", errors.page),
    "events.md": ("regulars.vocabulary.events", events.page),
    "http.md": ("regulars.app", http.page),
    "metrics.md": ("regulars.observe", metrics.page),
    "programme-file.md": ("regulars.capabilities.loyalty.programme", programme.page),
    "scopes.md": ("regulars.vocabulary.scopes", scopes.page),
    "settings.md": ("regulars.settings", settings.page),
    "webhooks.md": ("regulars.vocabulary.webhooks", webhooks.page),
}


def pages() -> dict[str, str]:
    """The text of each page whose code exists."""
    return {name: NOTE + write() for name, (module, write) in PAGES.items() if find_spec(module)}


def stale(texts: Mapping[str, str]) -> list[str]:
    """Names of the pages that are not as the code says, or that no code stands behind."""
    present = {path.name: path.read_text(encoding="utf-8") for path in TARGET.glob("*.md")}
    return sorted(name for name in present.keys() | texts.keys() if present.get(name) != texts.get(name))


def main() -> int:
    """Write the pages, or only name those that differ."""
    texts = pages()
    names = stale(texts)
    if "--check" in sys.argv:
        for name in names:
            print(f"docs/reference/{name} is not as the code says; run 'make docs'", file=sys.stderr)
        return 1 if names else 0
    TARGET.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = TARGET / name
        if name in texts:
            path.write_text(texts[name], encoding="utf-8")
        else:
            path.unlink()
        print(f"docs/reference/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
