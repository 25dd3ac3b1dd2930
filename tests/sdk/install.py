"""Fetches the clients the tests run unchanged: pinned, checked by hash, kept beside the virtual environment.

Where Node is missing, or a registry cannot be reached, the tests that need a client are skipped with that reason;
in CI a registry that cannot be reached is a failure.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CLIENTS = HERE / "clients"
NODE = HERE / "node"
CACHE = Path(sys.prefix) / "share" / "tracking-clients"
INSTALL_SECONDS_MAX = 300
NODE_MAJOR_MIN = 20


def python_client(name: str) -> Path:
    """The folder a Python client was installed to; put it in front of the path."""
    requirements = CLIENTS / f"{name}.txt"
    line = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    line += [
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--no-compile",
        "-r",
        str(requirements),
    ]
    return _once(name, requirements.read_bytes(), lambda into: [*line, "--target", str(into)])


def node_client() -> Path:
    """The folder whose node_modules hold the Node client."""
    npm = shutil.which("npm")
    if npm is None or _node_major() < NODE_MAJOR_MIN:
        pytest.skip(f"Node.js {NODE_MAJOR_MIN} or newer with npm is not installed")
    lock = (NODE / "package-lock.json").read_bytes()

    def command(into: Path) -> list[str]:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(NODE / file, into / file)
        return [
            str(npm),
            "ci",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
            str(into),
        ]

    return _once("node", lock, command)


def _once(name: str, pins: bytes, command: object) -> Path:
    """Install into a folder named after the pins, unless it is there; all at once or not at all."""
    assert callable(command)
    ready = CACHE / f"{name}-{hashlib.sha256(pins).hexdigest()[:12]}"
    if ready.is_dir():
        return ready
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix=".new-") as made:
        into = Path(made) / "client"
        into.mkdir()
        try:
            subprocess.run(command(into), check=True, capture_output=True, timeout=INSTALL_SECONDS_MAX)
        except (subprocess.SubprocessError, OSError) as error:
            _unreachable(name, error)
        if not ready.is_dir():
            into.rename(ready)
    return ready


def _node_major() -> int:
    node = shutil.which("node")
    if node is None:
        return 0
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = version.strip().lstrip("v").partition(".")[0]
    return int(number) if number.isdigit() else 0


def _unreachable(name: str, error: Exception) -> None:
    reason = f"the client {name} cannot be installed ({type(error).__name__}); is the registry reachable?"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
