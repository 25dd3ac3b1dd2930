"""What the register routes share: codes in addresses, and the caller as the author of what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from regulars.console.services.registering import Author
from regulars.console.services.registers import Details, Register, Shown, masked, unmasked
from regulars.vocabulary.errors import InvalidInput

from .deps import Visit

DOOR: Final = "api"
CODE_CHARACTERS_MAX: Final = 200


def code_in(path: Path) -> str:
    """A code at the end of an address, which may hold slashes. Raises InvalidInput when it is too long."""
    code = str(path).removeprefix("/")
    if not 0 < len(code) <= CODE_CHARACTERS_MAX:
        raise InvalidInput(f"A code has 1 to {CODE_CHARACTERS_MAX} characters.", field="code")
    return code


def author_of(visit: Visit) -> Author:
    """The caller, who writes for the source of their key."""
    return Author(
        database=visit.api.database,
        vault=visit.vault,
        gate=visit.deps.gate,
        clock=visit.deps.clock,
        source=visit.caller.source,
        door=DOOR,
        actor=visit.actor,
        caller=visit.caller.key_id,
        idempotency_key=visit.idempotency_key,
    )


def shown(visit: Visit, entry: Shown) -> Shown:
    """A store or product as the caller may see it: tills write contacts into names, such as what is engraved."""
    return entry if visit.clear else masked(entry)


async def put(visit: Visit, register: Register[Any, Details], code: str, said: Details) -> Any:
    """Replace what is said of an entry; a name that comes back as it was shown stays as it is held."""
    if not visit.clear:
        found = await register.find(visit.api.database, visit.vault, code)
        said = unmasked(said, register.said_of(found.entry)) if found is not None else said
    return shown(visit, await register.put(author_of(visit), code, said))


def details_of(data: Struct, type_: type[Details]) -> Details:
    """What is said of an entry, out of a request that also names it."""
    return type_(**{name: getattr(data, name) for name in type_.__struct_fields__})
