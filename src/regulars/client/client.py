"""The client: one server, one key, a group of methods for each part of its API."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from .connection import Connection
from .retries import Retries
from .routes import Routes


class Client(Routes):
    """Calls one server under one key. Safe to share between threads; close it, or use it in a `with`.

        with Client("https://regulars.example", key) as client:
            profile = client.profiles.search(ProfileSearch(email="ada@example.com")).first()

    Groups and methods are those of docs/reference/http.md. Every method raises ClientError: Unreachable,
    UnexpectedAnswer, or an ApiError by status.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_seconds: float = 30.0,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout_seconds`: for each read or write of an attempt, not for all of them together.

        `transport` is for a proxy or certificates of your own: `httpx.HTTPTransport(proxy=…, verify=…)`. `sleep`
        waits between attempts. Raises ValueError for an address or key that cannot be one.
        """
        self._connection = Connection(
            base_url,
            key,
            timeout_seconds=timeout_seconds,
            retries=retries or Retries(),
            transport=transport or httpx.HTTPTransport(),
            sleep=sleep,
        )
        super().__init__(self._connection)

    def close(self) -> None:
        """Give up the connections. Repeated calls do nothing."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._connection.base_url!r})"
