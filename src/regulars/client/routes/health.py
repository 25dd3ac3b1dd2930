# Written by `make docs` from the OpenAPI document. Do not edit.
"""Health: what `client.health` does."""

from __future__ import annotations

from typing import Any

from ..connection import Group
from ..models.health import Alive, Ready


class HealthRoutes(Group):
    """Health."""

    def docs(self) -> str:
        """This description as a page.

        Every route with what it does, asks for and answers.

        Route: GET /docs.
        """
        return self._call("GET", "/docs", str, repeat=False)

    def healthz(self) -> Alive:
        """Is the process alive.

        Answers as long as the process does; looks at nothing else.

        Route: GET /healthz.
        """
        return self._call("GET", "/healthz", Alive, repeat=False)

    def metrics(self) -> str:
        """Metrics for Prometheus.

        All counters and gauges in the Prometheus text format.

        Route: GET /metrics.
        """
        return self._call("GET", "/metrics", str, repeat=False)

    def openapi_json(self) -> dict[str, Any]:
        """This description.

        The OpenAPI document.

        Route: GET /openapi.json.
        """
        return self._call("GET", "/openapi.json", dict[str, Any], repeat=False)

    def readyz(self) -> Ready:
        """May it be sent work.

        Whether the database answers, the disk has room, the engine moves, the queue is short, the
        canary sings.

        Route: GET /readyz.
        """
        return self._call("GET", "/readyz", Ready, repeat=False)
