"""The page of the command line."""

from __future__ import annotations

import importlib
import re

HEAD = """# Command line

Exit status 0 means success and nothing else does. Errors are one sentence on standard error that says what to do.
`--json` prints what a program can read. `regulars COMMAND --help` shows what stands here.
"""


def page() -> str:
    """Every command with its arguments and flags, as its own help tells them."""
    app = importlib.import_module("regulars.cli").app
    text: str = app.generate_docs(output_format="markdown", recursive=True, include_hidden=False)
    # The first heading and what follows it are the program's own name and motto; the page has a better one.
    _, _, body = text.partition("\n## ")
    body = re.sub(r" \*\[default: (?:\(\)|False|\"\")\]\*", "", f"## {body}")
    body = re.sub(r":[ \t]*$", "", body, flags=re.MULTILINE)
    # Started as a module, as by `python -m pytest`, the library names that module in every line of usage.
    body = re.sub(r"^(regulars .*?) -m \w+", r"\1", body, flags=re.MULTILINE)
    return f"{HEAD}\n{body.rstrip()}\n"
