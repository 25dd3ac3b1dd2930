"""Check a wheel: every file of the package is in it, with its metadata, and nothing else is."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "regulars"
LICENCES = ("LICENSE", "NOTICE", "THIRD_PARTY.md")


def faults(wheel: Path) -> list[str]:
    """What is missing from the wheel, what has no place in it, as sentences."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.split("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
    wanted = {
        f"regulars/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    wanted |= {f"{info}/licenses/{name}" for name in LICENCES}
    wrong = [f"{name} is missing" for name in sorted(wanted - names)]
    wrong += [f"{n} has no place in it" for n in sorted(names - wanted) if not n.startswith(f"{info}/")]
    wrong += [
        f"entry point {name} is missing"
        for name in ("regulars", "shopify", "square")
        if name not in entry_points
    ]
    return wrong


def main() -> int:
    """Print each fault; 0 when there is none."""
    wheel = Path(sys.argv[1])
    wrong = faults(wheel)
    for line in wrong:
        print(f"{wheel.name}: {line}", file=sys.stderr)
    if not wrong:
        print(f"{wheel.name} holds all it needs.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
