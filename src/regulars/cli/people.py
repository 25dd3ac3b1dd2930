"""Commands about who may enter: keys, users, workspaces."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any
from uuid import UUID

import cyclopts

from regulars.console.accounts import Accounts, Role, tidy_email
from regulars.console.invitations import link_to
from regulars.console.passwords import Passwords
from regulars.console.team import Member, Team
from regulars.engine.turn import utc_now
from regulars.store.audit import write_line_async
from regulars.store.keys import OVERLAP_HOURS, Keys
from regulars.store.opening import Store
from regulars.store.sources import Sources
from regulars.store.workspaces import DEFAULT, add_workspace, list_workspaces
from regulars.vocabulary.errors import InvalidInput, NotFound

from .common import FLAGS, opened, run_async, settings, show, vault_of, workspace_of

Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]
keys = cyclopts.App(name="keys", help="API keys.", default_parameter=FLAGS)
users = cyclopts.App(name="users", help="People who sign in.", default_parameter=FLAGS)
workspaces = cyclopts.App(
    name="workspaces", help="Separate retailers in one installation.", default_parameter=FLAGS
)


def _keys(store: Store) -> Keys:
    return Keys(store.database, Sources(store.database, store.master), audit=write_line_async)


@keys.command
def create(
    *,
    name: str,
    scope: list[str],
    source: str = "api",
    source_kind: str = "api",
    store: list[str] | None = None,
    workspace: Workspace = DEFAULT,
) -> int:
    """Make a key. Prints only the key, once: it is kept as a hash.

    Parameters
    ----------
    name
        What the key is for.
    scope
        What it may do, such as events:write; may be given several times.
    source
        Whose events it sends.
    source_kind
        Kind of that source when it is new.
    store
        Code of a store the key reads for; may be given several times. Without it the key reads for all.
    """
    with opened(settings().settings) as place:
        number, book = workspace_of(place, workspace), _keys(place)
        made = run_async(
            place,
            lambda: book.create(
                number,
                name=name,
                scopes=scope,
                source=source,
                source_kind=source_kind,
                stores=store,
                actor="cli",
            ),
        )
    print(made.text)
    return 0


@keys.command(name="list")
def list_keys(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List keys: beginning, scopes, last use."""
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _keys(store)
        found = run_async(store, lambda: book.list(number))
    rows = [
        f"{k.key_id}  {k.name}  {k.hint}…  {','.join(sorted(k.scopes))}  {_stores(k.stores)}".rstrip()
        for k in found
    ]
    show(found, as_json=json, text="\n".join(rows) or "There are no keys.")
    return 0


def _stores(stores: list[str] | None) -> str:
    return "" if stores is None else f"stores {','.join(stores)}"


@keys.command
def revoke(key_id: str, *, workspace: Workspace = DEFAULT) -> int:
    """End a key; it is refused within seconds."""
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _keys(store)
        run_async(store, lambda: book.revoke(number, key_id, actor="cli"))
    return 0


@keys.command
def rotate(key_id: str, *, overlap_hours: int = OVERLAP_HOURS, workspace: Workspace = DEFAULT) -> int:
    """Make the successor of a key. Prints only the new key; the old one works on for the overlap."""
    with opened(settings().settings) as store:
        number, book = workspace_of(store, workspace), _keys(store)
        made = run_async(store, lambda: book.rotate(number, key_id, overlap_hours=overlap_hours, actor="cli"))
    print(made.text)
    return 0


@users.command(name="add")
def add_user(email: str, *, name: str = "", role: Role = "owner", workspace: Workspace = DEFAULT) -> int:
    """Add a person who signs in; asks for a password, or reads it from standard input.

    Parameters
    ----------
    email
        Address they sign in with.
    name
        Name shown in the console and the audit trail.
    """
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not password:
        raise InvalidInput("Give a password on standard input.", field="password")
    with opened(settings().settings) as store:
        accounts = Accounts(store.database, vault_of(store, workspace), Passwords(), utc_now)
        run_async(store, lambda: accounts.add(email, name or email.split("@", maxsplit=1)[0], password, role))
    print("Added.")
    return 0


@users.command(name="list")
def list_users(*, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """List the people who may sign in."""
    with opened(settings().settings) as store:
        team = _team(store, workspace)
        found = run_async(store, team.members)
    told = [_told(member) for member in found]
    lines = [
        f"{one['email']}  {one['name']}  {one['role']}  {one['state']}  {','.join(one['stores'] or ['all stores'])}"
        for one in told
    ]
    show(told, as_json=json, text="\n".join(lines) or "Nobody may sign in.")
    return 0


@users.command(name="link")
def link_user(email: str, *, workspace: Workspace = DEFAULT) -> int:
    """Print a link by which somebody sets their password; it works once, for three days."""
    chosen = settings().settings
    with opened(chosen) as store:
        team = _team(store, workspace)
        user_id = _user(store, team, email)
        token = run_async(store, lambda: team.new_link(user_id, "cli"))
    print(link_to(chosen.base_url, token))
    return 0


@users.command(name="role")
def set_role(email: str, role: Role, *, workspace: Workspace = DEFAULT) -> int:
    """Give somebody another role; it holds from their next click on."""
    with opened(settings().settings) as store:
        team = _team(store, workspace)
        user_id = _user(store, team, email)
        run_async(store, lambda: team.set_role(user_id, role, "cli"))
    print("Changed.")
    return 0


@users.command(name="stores")
def set_stores(
    email: str,
    *codes: str,
    every: Annotated[bool, cyclopts.Parameter(name="--all", negative="")] = False,
    workspace: Workspace = DEFAULT,
) -> int:
    """Limit a manager or an associate to some stores; it holds from their next click on.

    Parameters
    ----------
    codes
        Codes of stores, as the register has them.
    every
        End the limit: all stores.
    """
    if every is bool(codes):
        raise InvalidInput("Name stores by their codes, or say --all.", field="codes")
    with opened(settings().settings) as store:
        team = _team(store, workspace)
        user_id = _user(store, team, email)
        run_async(store, lambda: team.set_stores(user_id, None if every else codes, "cli"))
    print("Changed.")
    return 0


@users.command(name="disable")
def disable_user(email: str, *, workspace: Workspace = DEFAULT) -> int:
    """Shut an account and end its sessions."""
    return _set_disabled(email, workspace, disabled=True)


@users.command(name="enable")
def enable_user(email: str, *, workspace: Workspace = DEFAULT) -> int:
    """Open a shut account again."""
    return _set_disabled(email, workspace, disabled=False)


@users.command(name="reset-second-factor")
def reset_second_factor(email: str, *, workspace: Workspace = DEFAULT) -> int:
    """Take the second factor of somebody away who lost it; their password alone lets them in until they set up another."""
    with opened(settings().settings) as store:
        team = _team(store, workspace)
        user_id = _user(store, team, email)
        run_async(store, lambda: team.reset_second_factor(user_id, "cli"))
    print("Reset.")
    return 0


def _set_disabled(email: str, workspace: str, *, disabled: bool) -> int:
    with opened(settings().settings) as store:
        team = _team(store, workspace)
        user_id = _user(store, team, email)
        run_async(store, lambda: team.set_disabled(user_id, "cli", disabled=disabled))
    print("Shut." if disabled else "Open.")
    return 0


def _team(store: Store, workspace: str) -> Team:
    return Team(store.database, vault_of(store, workspace), Passwords(), utc_now)


def _user(store: Store, team: Team, email: str) -> UUID:
    wanted = tidy_email(email)
    for member in run_async(store, team.members):
        if member.email == wanted:
            return member.user_id
    raise NotFound("There is no account with this address.", field="email")


def _told(member: Member) -> dict[str, Any]:
    state = "shut" if member.disabled_at else "invited" if member.invited else "open"
    return {
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "stores": member.stores,
        "state": state,
        "sessions": member.sessions,
        "second_factor": member.second_factor,
        "seen_at": member.seen_at,
    }


@workspaces.command(name="add")
def add_one(name: str) -> int:
    """Add a workspace; prints its number."""
    with opened(settings().settings) as store:
        print(add_workspace(store.database, name))
    return 0


@workspaces.command(name="list")
def list_all(*, json: bool = False) -> int:
    """List the workspaces."""
    with opened(settings().settings) as store:
        found = list_workspaces(store.database)
    text = "\n".join(f"{number}  {name}" for number, name in found)
    show([{"workspace_id": n, "name": name} for n, name in found], as_json=json, text=text)
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the commands."""
    app.command(keys)
    app.command(users)
    app.command(workspaces)
