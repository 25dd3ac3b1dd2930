"""The folder works copied into another project, which has nothing else of ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from scripts.make_client import TARGET

SCRIPT = """
import sys
sys.path.insert(0, {place!r})
from shop_client import Client
from shop_client.models import Event
Client("http://shop.test", "key").close()
assert not [name for name in sys.modules if name.partition(".")[0] == "regulars"]
print(Event.__module__)
"""


def test_the_folder_may_be_copied_under_another_name(tmp_path: Path) -> None:
    shutil.copytree(TARGET, tmp_path / "shop_client", ignore=shutil.ignore_patterns("__pycache__"))
    line = [sys.executable, "-I", "-c", SCRIPT.format(place=str(tmp_path))]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.stdout == "shop_client.models.events\n", done.stderr
