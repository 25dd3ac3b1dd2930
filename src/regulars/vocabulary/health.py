"""What a process says of its own health."""

from __future__ import annotations

from msgspec import Struct, field


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing that was looked at: its figure, the limit of that figure, and what is wrong, if anything.

    Figures are seconds, bytes or a number of events, as the name of the check says.
    """

    ok: bool
    value: float | None = None
    limit: float | None = None
    message: str | None = None


class Report(Struct, frozen=True):
    """All checks by name."""

    checks: dict[str, Check] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether all is well."""
        return all(check.ok for check in self.checks.values())

    @property
    def message(self) -> str:
        """What is not well, in a sentence."""
        faults = [check.message for check in self.checks.values() if not check.ok and check.message]
        return " ".join(faults) or "Everything works."
