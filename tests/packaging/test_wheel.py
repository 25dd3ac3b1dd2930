"""The wheel holds everything the program reads at run time, and works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.check_wheel import faults

ROOT = Path(__file__).resolve().parents[2]


def run(command: Sequence[str], cwd: Path, **environment: str) -> str:
    """Output of a program that must succeed within two minutes."""
    env = {**os.environ, **environment}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the locked builder and no network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "flit_core.wheel", "--outdir", str(folder), str(ROOT)]
    run(command, folder)
    return next(folder.glob("*.whl"))


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    assert faults(wheel) == []


def test_a_file_left_out_and_a_file_too_many_are_found(wheel: Path, tmp_path: Path) -> None:
    crippled = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(crippled, "w") as target:
        for name in source.namelist():
            if not name.endswith("queries.py"):
                target.writestr(name, source.read(name))
        target.writestr("stray.txt", "x")
    assert faults(crippled) == ["regulars/store/queries.py is missing", "stray.txt has no place in it"]


def test_the_program_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    place = run(
        [sys.executable, "-c", "import regulars; print(regulars.__file__)"],
        tmp_path,
        PYTHONPATH=str(tmp_path),
    )
    assert Path(place.strip()).is_relative_to(tmp_path)
    assert "serve" in run([sys.executable, "-m", "regulars", "--help"], tmp_path, PYTHONPATH=str(tmp_path))
