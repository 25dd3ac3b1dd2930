"""Benchmarks: what `regulars bench` measures, against baselines taken in the same run on the same server.

`figures` says what is asked, `run` measures stage by stage, `table` prints. Nothing here is used by the program.
"""

from .figures import FIGURES, Figure
from .run import Options, run_bench

__all__ = ["FIGURES", "Figure", "Options", "run_bench"]
