"""The import contracts hold, and each of them catches what it is for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tidy import ROOT

PACKAGES = {
    "app": "",
    "bench": "",
    "client": "import httpx, msgspec",
    "intake": "",
    "console": "",
    "engine": "",
    "store": "import psycopg",
    "capabilities": "",
    "capabilities.identity": "",
    "capabilities.profile": "",
    "connectors": "",
    "connectors.shopify": "",
    "connectors.square": "",
    "settings": "",
    "observe": "",
    "vocabulary": "",
}


def lint(folder: Path, extra: dict[str, str]) -> str:
    """Run the contracts on a skeleton of the package with some imports; what it printed, empty when all hold."""
    for name, text in {**PACKAGES, **extra}.items():
        place = folder / "regulars" / name.replace(".", "/")
        place.mkdir(parents=True, exist_ok=True)
        (place / "__init__.py").write_text(text)
    (folder / "regulars" / "__init__.py").write_text("")
    shutil.copy(ROOT / ".importlinter", folder)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_a_skeleton_without_imports_passes(tmp_path: Path) -> None:
    assert lint(tmp_path, {}) == ""


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("store", "import psycopg, regulars.engine", "Upper layers"),
        ("intake", "import regulars.console", "Upper layers"),
        ("app", "import regulars.bench", "Upper layers"),
        ("vocabulary", "import regulars.settings", "Upper layers"),
        ("upstairs", "", "Upper layers"),
        ("capabilities.identity", "import regulars.capabilities.profile", "A capability"),
        ("capabilities.profile", "import time", "Rules, connectors"),
        ("connectors.square", "import httpx", "Rules, connectors"),
        ("capabilities.identity", "import regulars.observe", "Rules, connectors"),
        ("client", "import regulars.vocabulary", "Upper layers"),
        ("client", "import regulars.settings", "Upper layers"),
        ("client", "import structlog", "The client"),
        ("engine", "import psycopg", "Only the store"),
        ("connectors.square", "import regulars.connectors.shopify", "No connector"),
        ("store.one", "import regulars.store.two", "No import cycles"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, line: str, contract: str) -> None:
    extra = {module: line}
    if module == "store.one":
        extra["store.two"] = "import regulars.store.one"
    broken = [text for text in lint(tmp_path, extra).splitlines() if text.endswith("BROKEN")]
    assert any(text.startswith(contract) for text in broken), broken
