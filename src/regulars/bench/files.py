"""The import of a whole real file, as an operator runs it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from .place import BenchFailed, plain_environment

RETAIL: Final = "online_retail_ii.parquet"
MAPPING: Final = Path("examples/mappings/online-retail.toml")
PATIENCE_SECONDS: Final = 1_800.0


def find_retail(given: Path | None) -> Path:
    """The file of Online Retail II: the one given, or one near the working tree. Raises BenchFailed."""
    here = Path.cwd()
    near = [here / RETAIL, here.parent / "shared" / "data" / "retail" / RETAIL, here / "data" / RETAIL]
    for path in [given] if given else near:
        if path.is_file():
            return path.resolve()
    raise BenchFailed(f"{given or RETAIL} is not there; name the file with --retail.")


def import_retail(file: Path, home: Path) -> tuple[float, str]:
    """(seconds of the whole command, what it said). Raises BenchFailed when it fails."""
    mapping = Path.cwd() / MAPPING
    if not mapping.is_file():
        raise BenchFailed(f"{MAPPING} is not here; run it from the repository.")
    home.mkdir(mode=0o711)
    rejects = home / "rejects.csv"
    command = [
        sys.executable, "-m", "regulars", "import", "sales", str(file), "--mapping", str(mapping),
        "--source", "online-retail", "--rejects", str(rejects), "--json",
    ]  # fmt: skip
    began = time.perf_counter()
    done = subprocess.run(
        command, env={**plain_environment(), "REGULARS_HOME": str(home / "home")}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise BenchFailed(f"The import failed: {done.stderr.strip()[-300:]}")
    return seconds, _summary(done.stdout)


def _summary(text: str) -> str:
    try:
        said = msgspec.json.decode(text)
        return f"{said['rows']:,} lines, {said['events']:,} events, {said['applied']:,} applied"
    except (msgspec.MsgspecError, KeyError, TypeError):
        return ""
