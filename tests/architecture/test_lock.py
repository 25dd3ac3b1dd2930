"""The lock files hold what the project asks for, and nothing about where it comes from."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.check_lock import faults

HASH = "    --hash=sha256:00\n"
RUN = f"httpx==0.28.1 \\\n{HASH}pip==26.3 \\\n{HASH}"
DEV = RUN + f"pytest==9.2.0 \\\n{HASH}"
PROJECT: dict[str, Any] = {
    "project": {"dependencies": ["httpx>=0.28"]},
    "dependency-groups": {"build": ["pip>=26"], "dev": ["pytest>=9"]},
}


def test_a_lock_that_fits_has_no_fault() -> None:
    assert faults(PROJECT, RUN, DEV) == []


@pytest.mark.parametrize(
    ("run", "dev", "fault"),
    [
        (RUN.replace("httpx==0.28.1", "httpx==0.27.0"), DEV, "does not allow"),
        (f"pip==26.3 \\\n{HASH}", DEV, "httpx is not locked"),
        (RUN, RUN, "pytest is not locked"),
        (RUN, DEV.replace("0.28.1", "0.28.2"), "in dev.txt"),
        (RUN, DEV.replace(f"pytest==9.2.0 \\\n{HASH}", "pytest==9.2.0\n"), "no hash"),
        ("--index-url https://example.com\n" + RUN, DEV, "names a place"),
    ],
)
def test_a_lock_that_does_not_fit_is_found(run: str, dev: str, fault: str) -> None:
    assert any(fault in found for found in faults(PROJECT, run, dev))
