"""Bring the catalogues of the console up to date with its texts: `make words`.

New texts come in untranslated, texts that are gone leave. `--check` changes nothing and says what is amiss: a text
without a translation, one that is marked as unsure, or one whose values differ from the English text's.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from regulars.vocabulary.scopes import SCOPES

CONSOLE = Path(__file__).parent.parent / "src" / "regulars" / "console"
CATALOGUES = CONSOLE / "locale"
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "later": None, "ngettext": (1, 2)}
ERRORS = (
    "Conflict", "Fault", "Forbidden", "InvalidInput", "NotFound", "ProgrammeError", "PromotionError", "ProviderAway", "SecondFactorNeeded", "SignInNeeded",
    "StoreUnavailable", "TooManyRequests", "TryLater", "Unprocessable", "_bad",
)  # fmt: skip
"""What makes an error or a fault: its template is said on pages, in the reader's language."""
SAYING = (
    "capabilities/loyalty/programme.py",
    "capabilities/offers/lint.py",
    "capabilities/offers/model.py",
    "console",
    "delivery/reach.py",
    "engine/erase.py",
    "engine/programmes.py",
    "store/deliveries.py",
    "store/keys.py",
    "store/narrowing.py",
    "store/promotion_codes.py",
    "store/promotions.py",
    "store/sources.py",
    "store/webhooks.py",
)
"""Where errors come from that pages show; those of the API alone are in English, as its documents are."""
TOLD = "capabilities/loyalty/sentences.py"
"""Where the sentences of a loyalty programme come from."""
VALUE = re.compile(r"%\(\w+\)[sd]|%[a-z]\b")


def texts() -> Catalog:
    """Every text of the console, in the order of its files."""
    catalogue = Catalog()
    found = extract_from_dir(
        CONSOLE,
        method_map=METHODS,
        keywords=KEYWORDS,
        options_map={"**/templates/**.html": {"trimmed": "false"}},
    )
    for _file, _line, message, _comments, context in sorted(found, key=lambda one: (one[0], one[1])):
        catalogue.add(message, context=context)
    for scope in SCOPES:
        catalogue.add(scope.help)
    for text in errors():
        catalogue.add(text)
    for sentence in sentences():
        catalogue.add(sentence)
    return catalogue


def errors() -> Iterator[str]:
    """The text of every error that pages may show."""
    package = CONSOLE.parent
    for name in SAYING:
        place = package / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            if "api" not in file.relative_to(package).parts:
                yield from _errors_in(ast.parse(file.read_text(encoding="utf-8")))


def sentences() -> Iterator[str | tuple[str, str]]:
    """What is said of a loyalty programme: every text of that file that is one, those that count with their plural."""
    tree = ast.parse((CONSOLE.parent / TOLD).read_text(encoding="utf-8"))
    comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "many":
            one, more = (ast.literal_eval(argument) for argument in node.args[1:3])
            comments |= {id(argument) for argument in node.args[1:3]}
            yield one, more
    for node in ast.walk(tree):
        said = isinstance(node, ast.Constant) and id(node) not in comments and node.value
        if isinstance(said, str) and " " in said:
            yield said


def _errors_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
            said = node.args[1:] if node.func.id == "Fault" else node.args
            if said and isinstance(said[0], ast.Constant):
                yield str(said[0].value)
            elif not said or isinstance(said[0], ast.JoinedStr):
                raise SystemExit(
                    f"line {node.lineno}: an error names its values, {ast.unparse(node)} does not"
                )


def updated(file: Path) -> bytes:
    """A catalogue with the texts of now, as the bytes of its file."""
    catalogue = read_po(io.BytesIO(file.read_bytes()), locale=file.stem)
    catalogue.update(texts(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    out = io.BytesIO()
    write_po(out, catalogue, width=120, omit_header=True, sort_output=True, no_location=True)
    return out.getvalue()


def faults(file: Path) -> Iterator[str]:
    """What is amiss in a catalogue, a line each."""
    catalogue = read_po(io.BytesIO(file.read_bytes()), locale=file.stem)
    known = {message.id for message in catalogue if message.id}
    for message in texts():
        if message.id and message.id not in known:
            yield f"{file.name}: {message.id!r} is missing; run `make words` and translate it."
    for message in catalogue:
        if message.id:
            yield from (f"{file.name}: {message.id!r} {fault}" for fault in _faults_of(message))


def _faults_of(message: Message) -> Iterator[str]:
    singular = message.id if isinstance(message.id, str) else message.id[-1]
    forms = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
    if message.fuzzy:
        yield "is marked as unsure"
    for form in forms:
        if not form:
            yield "is not translated"
        elif (said := set(VALUE.findall(form))) != (
            meant := set(VALUE.findall(singular))
        ) and not said < meant:
            yield f"has the values {sorted(said)} instead of {sorted(meant)}"


def main() -> int:
    """Update or check all catalogues."""
    files = sorted(CATALOGUES.glob("*.po"))
    if "--check" in sys.argv[1:]:
        found = [fault for file in files for fault in faults(file)]
        print("\n".join(found[:50]))
        return 1 if found else 0
    for file in files:
        file.write_bytes(updated(file))
        print(f"{file.name}: {sum(1 for _ in faults(file))} to do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
