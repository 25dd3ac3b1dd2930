"""The page of the benchmarks."""

from __future__ import annotations

from regulars.bench import FIGURES
from regulars.bench.sizes import QUICK, Sizes
from regulars.bench.table import asked
from scripts.reference.markdown import cell, code, table

HEAD = """# Benchmarks

```sh
make bench                                # everything; about half an hour
make bench ARGS="--quick"                 # smaller and shorter, a few minutes
make bench ARGS="--only http lookup"      # figures or stages by name
```

A run needs a machine that does nothing else: it prints the load average it found and says when that was too high.
Everything happens in homes of its own under the temporary directory, on embedded servers with the settings that
operators get. Ratios are taken against baselines measured in the same run on the same server.

"""

METHOD = """
## How it is measured

- **Durable.** Only events whose answer came back are counted, and the answer comes after the commit.
- **Known customers.** Before the clock starts, {base:,} customers and {sales:,} sales are there. Sales are drawn
  from the demo's world: four of five name a customer, and busy customers come more often.
- **Baselines.** `pgbench` with its own script, scale 10, 4 clients, 2 threads; `COPY` of the same payloads, as sent,
  into one column of text, best of three. `pgbench` vacuums its tables before it begins; so is the home in which points are
  earned and spent.
- **Open loop.** Requests leave at random moments (Poisson) at the stated rate, whether or not earlier ones were
  answered; a time counts from when the request was due. A stall is charged to all who had to wait. The first seconds
  are not counted. The client runs on the same machine and shares its cores. The server is started anew before it: what
  PostgreSQL and the disk still do after a full load is not in these times.
- **A million profiles** are loaded through the engine, as `customer.updated` events in batches of 1,000. `--keep DIR`
  keeps the loaded homes there for the next run.
- **Growth.** The time of a sale event under full load, with {large:,} events in the log, divided by that with
  {small:,}.
- **At rest.** Memory is the sum of proportional set sizes of `regulars serve` and all below it, PostgreSQL included;
  CPU is the share of one core; both after two minutes in which PostgreSQL may tidy up after the load.
- **`make run`** is timed from a fresh clone with a new home directory until the list of customers, behind the sign-in,
  shows one. What is not committed is not in the clone. Wheels come from pip's cache.
- **`--quick`** loads {quick:,} profiles, and everything else in proportion: good for comparing two versions, not for
  judging against the figures.

`--json` prints the same for programs. A soak, `make soak`, runs the faults, the shuffles and a long load with a
ceiling on memory.
"""


def page() -> str:
    """Every figure, and how it is measured."""
    rows = [
        (code(f.name), cell(f.what), cell(f.load), asked(f.must, f), asked(f.aim, f), code(f.stage))
        for f in FIGURES
    ]
    full = Sizes()
    method = METHOD.format(
        base=full.base_people, sales=full.base_sales, quick=QUICK.profiles,
        small=full.base_people + full.base_sales, large=full.profiles + full.grown_sales,
    )  # fmt: skip
    return HEAD + table(("Name", "What", "Load", "Must", "Aim", "Stage"), rows) + method
