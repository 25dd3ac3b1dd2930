"""Train the example models again: `python scripts/train_models.py FOLDER`, where the labelled sets are in FOLDER.

Blocks, comparisons, levels and cuts stay those of the file; m, u and the prior come from the records alone. Febrl's
model learns from sets 1 and 2, so that 3 and 4 stay unseen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from msgspec.structs import replace

from regulars.bench.labelled import EXAMPLES, SETS, read
from regulars.capabilities.identity.model import Comparison, parse
from regulars.training.text import model_text
from regulars.training.train import train

LEARNT_FROM = {
    "febrl": ("febrl1", "febrl2"),
    "historical": ("historical",),
    "fake-1000": ("fake-1000",),
}


def main() -> int:
    """Write each model that can be trained."""
    folder = Path(sys.argv[1])
    for name, sets in LEARNT_FROM.items():
        path = EXAMPLES / "models" / f"{name}.toml"
        text = path.read_text(encoding="utf-8")
        remarks = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
        records = [fields for chosen in sets for fields in read(SETS[chosen], folder).records.values()]
        model = parse(text)
        blank = replace(model, comparison=tuple(_untrained(comparison) for comparison in model.comparison))
        path.write_text(model_text(train(blank, records), "\n".join(remarks)), encoding="utf-8")
        print(f"{path}: trained on {len(records):,} records")
    return 0


def _untrained(comparison: Comparison) -> Comparison:
    levels = [replace(level, u=None, m=level.m if level.frequency else None) for level in comparison.levels]
    return replace(comparison, levels=tuple(levels))


if __name__ == "__main__":
    sys.exit(main())
