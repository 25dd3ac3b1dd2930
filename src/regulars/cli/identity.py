"""`regulars identity`: the models people are matched by, what another one would change, and how good the match is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Literal

import cyclopts

from regulars.capabilities.identity.frequencies import Frequencies
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import Model, ModelError, parse
from regulars.console.services.models import Keep, Known, Models, Standing, read
from regulars.engine.counting import count_frequencies
from regulars.engine.identity_memory import matcher_of
from regulars.engine.members import evaluate as held_to
from regulars.engine.members import members
from regulars.engine.preview import EXAMPLES, Preview
from regulars.engine.preview import preview as look_ahead
from regulars.engine.snapshot import Snapshot
from regulars.engine.turn import utc_now
from regulars.intake.gate import EngineGate
from regulars.intake.rematching import Rematcher
from regulars.store.opening import Store
from regulars.store.vault import Vault
from regulars.store.workspaces import DEFAULT
from regulars.training.text import model_text
from regulars.training.train import train as trained
from regulars.vocabulary.errors import InvalidInput

from . import identity_text as text
from .common import FLAGS, Progress, opened, run_async, settings, show, vault_of
from .identity_files import read_truth, write_members

app = cyclopts.App(
    name="identity",
    help="Who is one person: decisions by hand, models, what another one would change, how good it is.",
    default_parameter=FLAGS,
)
Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
Reason = Annotated[str, cyclopts.Parameter(help="Why; kept in the audit trail.")]
ACTOR = "cli"
TRAINED_RECORDS_MAX = 300_000


@app.command
def models(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the models, which is at work, and how far the records are matched anew by it."""
    with _opened(workspace) as (store, known):

        async def work() -> tuple[list[Known], Standing]:
            return await known.known(), await known.standing()

        found, standing = run_async(store, work)
    show(
        {"models": found, "at_work": standing},
        as_json=json,
        text=text.models(found, standing),
    )
    return 0


@app.command(name="show")
def show_model(number: int | None = None, *, workspace: Workspace = DEFAULT) -> int:
    """Print a model's file; the one at work unless a number is given."""
    with _opened(workspace) as (store, known):

        async def work() -> str:
            return await known.content(number or (await known.standing()).number)

        sys.stdout.write(run_async(store, work))
    return 0


@app.command
def add(
    file: Path,
    *,
    frequencies: Literal["keep", "count", "none"] = "keep",
    workspace: Workspace = DEFAULT,
    json: bool = False,
) -> int:
    """Check a model and keep it. It changes nothing until it is put to work with `promote`.

    Parameters
    ----------
    frequencies
        How often values occur: those the model at work goes by, counted anew over all records, or none.
    """
    content = _content(file)
    model = _placed(file, read, content)
    with _opened(workspace) as (store, known):
        if frequencies == "count":
            progress = Progress("records counted")
            said: Frequencies | Keep = count_frequencies(
                store.database, vault_of(store, workspace), model, progress
            )
            progress.end()
        else:
            said = frequencies

        async def work() -> int:
            return await known.add(content, said, ACTOR)

        number = run_async(store, work)
    told = {"number": number, "name": model.name, "digest": model.digest()}
    show(
        told,
        as_json=json,
        text=f"Kept as model {number}. See what it would change: regulars identity preview {number}",
    )
    return 0


@app.command
def preview(
    model: str, *, examples: int = EXAMPLES, workspace: Workspace = DEFAULT, json: bool = False
) -> int:
    """Tell which profiles would merge or split under another model. Exact, over all records; changes nothing.

    Parameters
    ----------
    model
        Number of a model, or a file.
    examples
        So many merges and so many splits are shown, 200 at most.
    """
    with _opened(workspace) as (store, known):
        vault = vault_of(store, workspace)
        matcher = _matcher(store, vault, known, model)
        progress = text.Share("looked at")
        found: Preview = look_ahead(store.database, vault, matcher, examples=examples, report=progress)
        progress.end()
    show(found, as_json=json, text=text.preview(found))
    return 0


@app.command
def promote(number: int, *, reason: Reason, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Put a model to work and have all records matched anew. Events go on; it may be stopped and goes on by itself."""
    return _put_to_work(number, reason, workspace, as_json=json)


@app.command
def rollback(*, reason: Reason, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Put the model to work that was at work before."""
    return _put_to_work(None, reason, workspace, as_json=json)


def _put_to_work(number: int | None, reason: str, workspace: str, *, as_json: bool) -> int:
    with _opened(workspace) as (store, known):
        vault = vault_of(store, workspace)
        gate = EngineGate(store.database, store.master)
        progress = text.Share("matched anew")

        async def work() -> int:
            if number is None:
                put = await known.rollback(gate, reason, ACTOR)
            else:
                put = number
                await known.promote(gate, number, reason, ACTOR)
            rematcher = Rematcher(gate, store.database, store.master, [vault.workspace_id])
            await rematcher.finish(vault.workspace_id, progress.reached)
            return put

        try:
            put = run_async(store, work)
        finally:
            gate.close()
        progress.end()
    show(
        {"number": put}, as_json=as_json, text=f"Model {put} is at work; all records are matched anew by it."
    )
    return 0


@app.command
def partition(*, out: Path, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Write who is in which profile: source,external_id,profile_id, a line for each customer with an id of its source."""
    with _opened(workspace) as (store, _):
        progress = text.Share("written")
        written = write_members(out, members(store.database, vault_of(store, workspace), progress))
        progress.end()
    show({"rows": written, "file": str(out)}, as_json=json, text=f"{written:,} customers written to {out}.")
    return 0


@app.command
def evaluate(
    *, truth: Path, model: str | None = None, workspace: Workspace = DEFAULT, json: bool = False
) -> int:
    """Hold the profiles to a truth: precision and recall of pairs, B-cubed, and pairs by band.

    Parameters
    ----------
    truth
        CSV with the columns source, external_id and person.
    model
        Number of a model, or a file: the profiles it would make, instead of those there are.
    """
    known_people = read_truth(truth)
    with _opened(workspace) as (store, known):
        vault = vault_of(store, workspace)
        matcher = _matcher(store, vault, known, model)
        progress = text.Share("looked at")
        found = held_to(
            store.database,
            vault,
            known_people,
            matcher,
            as_it_is=model is None,
            report=progress,
        )
        progress.end()
    show(text.figures(found), as_json=json, text=text.evaluation(found))
    return 0


@app.command
def train(
    *, base: Path, out: Path, records: int = TRAINED_RECORDS_MAX, workspace: Workspace = DEFAULT
) -> int:
    """Estimate the weights of a model from the records here, without labels. Needs: pip install 'regulars[train]'.

    Parameters
    ----------
    base
        The model whose comparisons, levels and blocks are taken; its m, u and prior are estimated.
    out
        Where the trained model goes.
    records
        Train on at most so many; which ones is chance, and the same each time.
    """
    model = _placed(base, parse, _content(base))
    with (
        opened(settings().settings) as store,
        Snapshot(store.database, vault_of(store, workspace)) as snapshot,
    ):
        made = trained(model, (snapshot.fields(one) for one in islice(snapshot.records(), records)))
    try:
        out.write_text(model_text(made, f"Trained from {base.name}."), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{out} cannot be written ({error.strerror}).", field="out") from None
    print(f"Trained. See what it would change: regulars identity preview {out}")
    return 0


@contextmanager
def _opened(workspace: str) -> Iterator[tuple[Store, Models]]:
    with opened(settings().settings) as store:
        yield store, Models(store.database, vault_of(store, workspace), utc_now)


def _content(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read ({error}).", field="file") from None


def _placed(file: Path, parser: Callable[[str], Model], content: str) -> Model:
    """A model out of a file; what is wrong is told with its place."""
    try:
        return parser(content)
    except ModelError as error:
        place = f", {error.field}" if error.field else ""
        raise ModelError(f"{file}{place}: {error.message}", field=error.field) from None


def _matcher(store: Store, vault: Vault, known: Models, model: str | None) -> Matcher:
    """The model of a number, of a file with the counts of the one at work, or the one at work."""
    if model is not None and not model.isdigit():
        file = Path(model)
        content = _content(file)
        _placed(file, read, content)
        counts = run_async(store, known.counts_at_work)
        return matcher_of(content, counts, vault.hash)

    async def work() -> Matcher:
        return await known.matcher((await known.standing()).number if model is None else int(model))

    return run_async(store, work)
