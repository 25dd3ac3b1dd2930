"""A million rows are audited within the memory that is promised."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tidy import ROOT

ROWS = 1_000_000
MEMORY_MB_MAX = 400
RUN = """
import resource, sys
from pathlib import Path
from tests.intake.audit.support import audited
report = audited(Path(sys.argv[1]))
print(report.people, report.tables[0].rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.soak
@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted in other units elsewhere")
def test_a_million_rows_stay_within_the_memory_promised(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w") as file:
        file.write("id,first name,email,card,town\n")
        for row in range(ROWS):
            person = row * 7_919 % 600_000
            file.write(f"c{row},Jane,p{person}@x.example,{'' if person % 3 else f'L{person}x'},Leeds\n")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path)],
        cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}, capture_output=True, text=True, check=True, timeout=900,
    )  # fmt: skip
    people, rows, memory_mb = map(int, done.stdout.split())
    assert (people, rows) == (600_000, ROWS)
    assert memory_mb <= MEMORY_MB_MAX
