"""Templates speak the language of htmx 4, not of its predecessor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = Path(__file__).parent / "vendor" / "upgrade-check.py.txt"


def test_templates_hold_nothing_of_the_former_htmx() -> None:
    console = ROOT / "src" / "regulars" / "console"
    run = subprocess.run(
        [sys.executable, str(CHECK), str(console / "templates"), str(console / "static" / "js")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    told = run.stdout + run.stderr
    assert "Found 0 issue(s)" in told, told
