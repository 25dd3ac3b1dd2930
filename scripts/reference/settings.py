"""The page of settings."""

from __future__ import annotations

from regulars.settings import FILE_NAME, SETTINGS
from scripts.reference.markdown import cell, code, table

HEAD = f"""# Settings

A setting is read from `{FILE_NAME}` (in the current directory, else in the home), then from the environment,
then from a command's flags; the last one wins. A name nobody knows stops the program at start.
`regulars settings` prints each value and where it came from.

"""


def page() -> str:
    """Every setting with its environment name, type, default and meaning."""
    rows = [
        (
            code(info.name),
            code(info.environment),
            code(info.type),
            code(info.default) or "unset",
            cell(info.help) + (" Never shown." if info.secret else ""),
        )
        for info in SETTINGS
    ]
    return HEAD + table(("Setting", "Environment", "Type", "Default", "Meaning"), rows)
