"""A progress bar on a terminal, for what takes over two seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

SHOWN_AFTER_SECONDS: Final = 2.0
_REDRAW_SECONDS: Final = 0.2
_WIDTH: Final = 30


class Meter:
    """Draws `Reading  [#####.....]  45 %  12 s left` on one line; nothing when `stream` is no terminal."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = self._stage_began = clock()
        self._drawn_at = 0.0
        self._stage = ""
        self._drawn = False

    def show(self, stage: str, share: float) -> None:
        """Say that `share` (0 to 1) of a stage is done."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._stage_began, self._drawn_at = stage, now, 0.0
        late = now - self._began >= SHOWN_AFTER_SECONDS
        if not late or now - self._drawn_at < _REDRAW_SECONDS or not self._stream.isatty():
            return
        self._drawn_at, self._drawn = now, True
        share = min(1.0, max(0.0, share))
        done = round(_WIDTH * share)
        bar = "#" * done + "." * (_WIDTH - done)
        self._stream.write(
            f"\r{stage:<10}[{bar}] {share * 100:3.0f} %{_left(now - self._stage_began, share)}\x1b[K"
        )
        self._stream.flush()

    def close(self) -> None:
        """Wipe the bar."""
        if self._drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._drawn = False


def _left(seconds: float, share: float) -> str:
    if share < 0.05 or seconds < 1.0:
        return ""
    left = seconds / share * (1 - share)
    return f"  {left / 60:.0f} min left" if left >= 90 else f"  {left:.0f} s left"
