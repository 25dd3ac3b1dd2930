"""What an engine knows of matching by heart: the model at work, values and keys that say nothing, decisions of people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import resources

from msgspec import Struct, field

from regulars.capabilities.identity.frequencies import Frequencies
from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import parse
from regulars.capabilities.identity.rules import Changes, State, micros
from regulars.capabilities.identity.state import Decided, Manual, Value
from regulars.store.queries import load_queries
from regulars.store.session import Call, Row, Session
from regulars.store.vault import Vault

_SQL = load_queries("regulars.capabilities.identity")


class AtWork(Struct, frozen=True):
    """A model, the number its workspace knows it by, and that of the set of keys that records are sought by."""

    number: int
    keys: int
    matcher: Matcher


class IdentityMemory(Struct):
    """`retired` values, `crowded` keys and `manual` decisions: see identity's State."""

    model: AtWork
    retired: set[Value] = field(default_factory=set)
    crowded: set[int] = field(default_factory=set)
    manual: Manual = field(default_factory=dict)

    def state(self) -> State:
        """For a turn, with nothing loaded yet."""
        return State(retired=self.retired, crowded=self.crowded, manual=self.manual)

    def follow(self, changes: Changes, manual: Manual) -> None:
        """Take over what a turn found of values and keys, and what people decided by then."""
        if changes.generics or changes.freed:
            found = {(generic.kind, generic.value) for generic in changes.generics}
            self.retired = (self.retired | found) - changes.freed
        if changes.crowded or changes.uncrowded:
            self.crowded = (self.crowded | changes.crowded) - changes.uncrowded
        if changes.decided:
            self.manual = manual


@lru_cache(maxsize=1)
def shipped() -> AtWork:
    """The model that comes with the program, as a new workspace has it."""
    return AtWork(1, 1, Matcher(parse(shipped_text())))


def shipped_text() -> str:
    """The file of the model that comes with the program."""
    models = resources.files("regulars.capabilities.identity").joinpath("models")
    return models.joinpath("retail.toml").read_text("utf-8")


def at_work(found: Iterable[Row], hash_: Callable[..., str]) -> AtWork:
    """The model out of the rows of `load_model`; the one that comes with the program where there are none.

    `hash_` is the keyed hash of the workspace.
    """
    model = shipped()
    for number, keys, content, frequencies in found:
        model = AtWork(number, keys, matcher_of(content, frequencies, hash_))
    return model


def load(session: Session, vault: Vault) -> IdentityMemory:
    """Read it anew, within the transaction at hand; a workspace that has no model yet gets the shipped one."""
    workspace = {"workspace_id": vault.workspace_id}
    found, generics, manual = session.run(
        [
            Call(_SQL.load_model, workspace),
            Call(_SQL.load_generics, workspace),
            Call(_SQL.load_manual, workspace),
        ]
    )
    model = at_work(found, vault.hash)
    if not found:
        own = model.matcher.model
        row = {"name": own.name, "digest": own.digest(), "content": shipped_text()}
        session.run([Call(_SQL.add_first_model, workspace | row)])
    crowded = session.run([Call(_SQL.load_crowded, workspace | {"model_no": model.keys})])[0]
    return IdentityMemory(
        model, {(kind, value) for kind, value in generics}, {key for (key,) in crowded}, manual_of(manual)
    )


def manual_of(rows: Iterable[Row]) -> Manual:
    """What people decided, out of the rows of load_manual."""
    decided: Manual = defaultdict(dict)
    for a, b, together, at, key in rows:
        decided[a][b] = decided[b][a] = Decided(together, (micros(at), key))
    return dict(decided)


def matcher_of(content: str, frequencies: bytes | None, hash_: Callable[..., str]) -> Matcher:
    """The matcher of a stored model; `frequencies` as Frequencies.encode gave them."""
    epoch = Frequencies.decode(frequencies, hash_) if frequencies else None
    return Matcher(parse(content), epoch.share if epoch else None)
