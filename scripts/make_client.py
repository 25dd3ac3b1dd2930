"""Write the generated part of regulars.client from the OpenAPI document: python scripts/make_client.py [--check]

With `--check` nothing is written: the files that differ from the document are named, and the exit status is 1.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from scripts.client_code.document import routes  # noqa: E402
from scripts.client_code.methods import routes_module, routes_package  # noqa: E402
from scripts.client_code.models import model_module, models_package  # noqa: E402
from scripts.client_code.shapes import shapes  # noqa: E402
from scripts.client_code.types import inlined  # noqa: E402

TARGET = ROOT / "src" / "regulars" / "client"
FOLDERS = ("models", "routes")
NOTE = "# Written by `make docs` from the OpenAPI document. Do not edit.\n"


def files(document: Mapping[str, Any]) -> dict[str, str]:
    """The text of each generated file, by its path in the client."""
    document = inlined(document, document["components"]["schemas"])
    found = routes(document)
    sorted_out = shapes(document, found)
    texts = {
        f"models/{module}.py": model_module(module, sorted_out) for module in set(sorted_out.home.values())
    }
    for group, ones in groupby(found, key=lambda one: one.group):
        texts[f"routes/{group}.py"] = routes_module(group, list(ones), sorted_out)
    texts["models/__init__.py"] = models_package(sorted_out)
    texts["routes/__init__.py"] = routes_package({one.group for one in found})
    return formatted({name: NOTE + text for name, text in texts.items()})


def formatted(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts as `make fix` leaves them."""
    ruff = Path(sys.executable).with_name("ruff")
    config = str(ROOT / "pyproject.toml")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, text in texts.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sort = [
            str(ruff),
            "check",
            "--quiet",
            "--no-cache",
            "--config",
            config,
            "--select",
            "I,F401",
            "--fix",
            made,
        ]
        form = [str(ruff), "format", "--quiet", "--no-cache", "--config", config, made]
        for command in (sort, form):
            subprocess.run(command, check=True)
        return {name: (folder / name).read_text(encoding="utf-8") for name in texts}


def stale(texts: Mapping[str, str]) -> list[str]:
    """Names of the files that are not as the document says, or that it says nothing of."""
    paths = [path for folder in FOLDERS for path in (TARGET / folder).glob("*.py")]
    present = {path.relative_to(TARGET).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    return sorted(name for name in present.keys() | texts.keys() if present.get(name) != texts.get(name))


def document() -> dict[str, Any]:
    """The OpenAPI document of the program."""
    found: dict[str, Any] = importlib.import_module("regulars.app").openapi_document()
    return found


def main() -> int:
    """Write the files, or only name those that differ."""
    texts = files(document())
    names = stale(texts)
    if "--check" in sys.argv:
        for name in names:
            print(f"src/regulars/client/{name} is not as the API says; run 'make docs'", file=sys.stderr)
        return 1 if names else 0
    for name in names:
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in texts:
            path.write_text(texts[name], encoding="utf-8")
        else:
            path.unlink()
        print(f"src/regulars/client/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
