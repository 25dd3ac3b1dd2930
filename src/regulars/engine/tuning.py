"""How the interpreter of a process that runs an engine is set up; measured by `make bench`.

A lane gives the interpreter up at each of a turn's round trips and wants it back soon after: at the default
interval of 5 ms a thread that prepares the next batch would keep it several times a turn. Batches make
tens of thousands of objects that live until their commit: collecting after every 700 of them only costs.
"""

from __future__ import annotations

import gc
import sys

SWITCH_SECONDS = 0.0005
COLLECT_AFTER_OBJECTS = 200_000
_ROUNDS = (20, 50)


def tune() -> None:
    """Set the process up for an engine; repeated calls do nothing more."""
    if gc.get_threshold()[0] == COLLECT_AFTER_OBJECTS:
        return
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, *_ROUNDS)
