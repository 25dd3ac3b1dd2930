"""The routes of the OpenAPI document, each with its place in the client.

The rule of names, for `METHOD /v1/things/{id}/deed`:

- The group is the first word of the path after /v1: `client.things`. Tracking and Health, whose routes share no
  first word, are groups by their tags.
- The method is the words after it, joined: `client.things.deed(id)`; PUT, PATCH and DELETE put the first word of
  the operation's id before them: `put_deed`.
- Where no word is left, it is the first word of the operation's id: `client.things.list()`, `.show(id)`,
  `.add(body)`, `.put(id, body)`.
- Of two routes that would share a name, the one on the whole collection takes `_many`; of those on one path, all
  but GET put the first word of the operation's id before the name.
"""

from __future__ import annotations

import keyword
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

Json = Mapping[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")
TAG_GROUPS: Final = frozenset({"Tracking", "Health"})
_WORD: Final = re.compile(r"[A-Za-z0-9]+")


class Route(Struct, kw_only=True):
    """One operation with its group and method."""

    method: str
    path: str
    operation: dict[str, Any]
    group: str
    name: str

    @property
    def verb(self) -> str:
        """What the operation does, in a word."""
        return str(self.operation["operationId"]).partition("_")[0]

    @property
    def call(self) -> str:
        """How a program writes it."""
        return f"client.{self.group}.{self.name}"

    @property
    def places(self) -> list[str]:
        """The parameters in the path."""
        return re.findall(r"\{([^}]+)\}", self.path)


def routes(document: Json) -> list[Route]:
    """Every route, by group and name. Raises ValueError where two cannot be told apart."""
    found = [_route(*one) for one in _operations(document)]
    for _ in range(2):  # a list, what adds to it, and one of it share a name even after the first time
        for same in _of_one_name(found):
            _part(same)
    for same in _of_one_name(found):
        paths = ", ".join(f"{one.method} {one.path}" for one in same)
        raise ValueError(f"{paths} would all be {same[0].call}: let their operation ids begin differently.")
    return sorted(found, key=lambda one: (one.group, one.name))


def _operations(document: Json) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                shared = [*item.get("parameters", ()), *item[method].get("parameters", ())]
                yield method.upper(), path, {**item[method], "parameters": shared}


def _route(method: str, path: str, operation: dict[str, Any]) -> Route:
    group, words = _words(path, next(iter(operation.get("tags", ())), ""))
    verb = str(operation["operationId"]).partition("_")[0]
    before = [verb] if not words or (method not in ("GET", "POST") and words[0] != verb) else []
    return Route(
        method=method, path=path, operation=operation, group=group, name=_name("_".join(before + words))
    )


def _words(path: str, tag: str) -> tuple[str, list[str]]:
    """The group of a path, and the words left for the method."""
    plain = re.sub(r"\{[^}]+\}", "", path.removeprefix("/v1/"))
    words = [word.lower() for word in _WORD.findall(plain)]
    if tag in TAG_GROUPS:
        return tag.lower(), words
    first, *rest = re.split(r"[/:]", plain.strip("/"), maxsplit=1)
    return _name("_".join(_WORD.findall(first)).lower()), [
        w.lower() for one in rest for w in _WORD.findall(one)
    ]


def _name(text: str) -> str:
    return f"{text}_" if keyword.iskeyword(text) else text


def _of_one_name(found: Iterable[Route]) -> list[list[Route]]:
    by_name: dict[str, list[Route]] = defaultdict(list)
    for one in found:
        by_name[one.call].append(one)
    return [same for same in by_name.values() if len(same) > 1]


def _part(same: list[Route]) -> None:
    """Tell routes of one name apart."""
    most = max(len(one.places) for one in same)
    for one in same:
        if len(one.places) < most:
            one.name = f"{one.name}_many"
        elif one.method != "GET" and not one.name.startswith(one.verb):
            one.name = f"{one.verb}_{one.name.removesuffix('_many')}"
