"""Commands about customer data: rebuild, erase."""

from __future__ import annotations

from typing import Annotated

import cyclopts

from regulars.engine.forget import forget
from regulars.intake.rebuild import Rebuilder
from regulars.store.workspaces import DEFAULT

from .common import Progress, opened, settings, show, vault_of

Workspace = Annotated[str, cyclopts.Parameter(help="Workspace the command works on.")]


def rebuild(*, verify: bool = False, workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Play the whole log again and put the result in place of the live state.

    Parameters
    ----------
    verify
        Only compare; exit status 1 when the log gives anything but the live state.
    """
    with opened(settings().settings) as store:
        progress = Progress("events played")
        rebuilder = Rebuilder(store.database, vault_of(store, workspace), progress=progress)
        report = rebuilder.verify() if verify else rebuilder.replace()
        progress.end()
    state = "agrees with the log" if report.agrees else "differs from the log:"
    lines = [
        f"{report.events:,} events played in {report.seconds:.1f} s; the state {state}",
        *report.differences,
    ]
    if not verify and not report.agrees:
        lines.append("The rebuilt state has taken its place.")
    show(report, as_json=json, text="\n".join(lines))
    return 1 if verify and not report.agrees else 0


def erase(profile: str, *, reason: str = "", workspace: Workspace = DEFAULT, json: bool = False) -> int:
    """Erase a person: destroy their keys and hashes, and leave marks that keep them away.

    Parameters
    ----------
    profile
        Id of the profile, or of any of its records.
    reason
        Kept in the proof.
    """
    with opened(settings().settings) as store:
        erasure = forget(
            store, vault_of(store, workspace), profile.replace("-", ""), actor="cli", reason=reason
        )
    lines = [f"Erased. Proof {erasure.erasure_id} of {erasure.at:%d %b %Y, %H:%M} UTC:"]
    lines += [f"  {name.replace('_', ' ')}: {value}" for name, value in erasure.proof.items()]
    show(erasure.proof | {"erasure_id": erasure.erasure_id}, as_json=json, text="\n".join(lines))
    return 0


def add_to(app: cyclopts.App) -> None:
    """Register the commands."""
    app.command(rebuild)
    app.command(erase)
