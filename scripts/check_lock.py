"""Hold the lock files against pyproject.toml, without any network.

Each dependency must be locked at a version its requirement allows, each locked file must carry hashes, the
development set must hold the run set at the same versions, and no line may name where files come from.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?P<rest>.*)$")
_FOREIGN = re.compile(r"https?:|--(?:index-url|extra-index-url|find-links|trusted-host)|\bfile:")


def pins(text: str) -> dict[str, str]:
    """Name to version of each locked package."""
    found = (_PIN.match(line) for line in text.splitlines())
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def unhashed(text: str) -> list[str]:
    """Locked packages that are not followed by a hash."""
    lines = text.splitlines()
    return [
        match["name"]
        for number, line in enumerate(lines)
        if (match := _PIN.match(line))
        and not (number + 1 < len(lines) and lines[number + 1].strip().startswith("--hash=sha256:"))
    ]


def unmet(requirements: list[str], locked: dict[str, str]) -> list[str]:
    """What is wrong with the lock for these requirements, as sentences."""
    wrong = []
    for text in requirements:
        requirement = Requirement(text)
        version = locked.get(canonicalize_name(requirement.name))
        if version is None:
            wrong.append(f"{requirement.name} is not locked")
        elif not requirement.specifier.contains(version, prereleases=True):
            wrong.append(f"{requirement.name} is locked at {version}, which {text!r} does not allow")
    return wrong


def faults(project: dict[str, object], run: str, dev: str) -> list[str]:
    """Everything wrong with the two lock files."""
    table = dict(project["project"])  # type: ignore[call-overload]
    groups = dict(project["dependency-groups"])  # type: ignore[call-overload]
    run_pins, dev_pins = pins(run), pins(dev)
    wrong = [f"run.txt: {w}" for w in unmet([*table["dependencies"], *groups["build"]], run_pins)]
    extras = [text for found in table.get("optional-dependencies", {}).values() for text in found]
    wrong += [f"dev.txt: {w}" for w in unmet([*groups["dev"], *extras], dev_pins)]
    for name, version in run_pins.items():
        if dev_pins.get(name) != version:
            wrong.append(f"{name} is {version} in run.txt and {dev_pins.get(name)} in dev.txt")
    for file, text in (("run.txt", run), ("dev.txt", dev)):
        wrong += [f"{file}: {name} has no hash" for name in unhashed(text)]
        if _FOREIGN.search(text):
            wrong.append(f"{file} names a place that files come from")
    return wrong


def main() -> int:
    """Print each fault on a line; 0 when there is none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    run = (ROOT / "requirements/run.txt").read_text()
    dev = (ROOT / "requirements/dev.txt").read_text()
    wrong = faults(project, run, dev)
    for line in wrong:
        print(f"{line}; run 'make lock'")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
