"""Signs of life: for supervisors, load balancers and scrapers; no key is asked for."""

from __future__ import annotations

from litestar import Response, get
from msgspec import Struct

from regulars.observe.metrics import CONTENT_TYPE
from regulars.vocabulary.health import Check

from .deps import AtApi

RETRY_SECONDS = "5"


class Alive(Struct, frozen=True):
    """The process answers."""

    status: str = "ok"


class Ready(Struct, frozen=True):
    """All checks are well."""

    status: str
    checks: dict[str, Check]


class NotReadyProblem(Struct, frozen=True):
    """Something is wrong; events are answered 503 and nothing is stored while the disk is full or the engine stuck."""

    code: str
    message: str
    checks: dict[str, Check]


@get("/healthz", summary="Is the process alive?")
async def healthz() -> Alive:
    """Answers as long as the process does; looks at nothing else."""
    return Alive()


@get("/readyz", summary="May it be sent work?")
async def readyz(api: AtApi) -> Response[Ready | NotReadyProblem]:
    """Whether the database answers, the disk has room, the engine moves, the queue is short, the canary sings."""
    report = await api.deps.readiness.report()
    if report.ready:
        return Response(Ready("ready", report.checks), headers={"cache-control": "no-store"})
    problem = NotReadyProblem("not_ready", report.message, report.checks)
    headers = {"cache-control": "no-store", "retry-after": RETRY_SECONDS}
    return Response(problem, status_code=503, headers=headers)


@get("/metrics", summary="Metrics for Prometheus", media_type="text/plain")
async def metrics(api: AtApi) -> Response[str]:
    """All counters and gauges in the Prometheus text format."""
    text = api.deps.metrics.exposition().decode()
    return Response(text, media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})
