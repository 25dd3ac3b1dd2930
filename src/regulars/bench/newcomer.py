"""A newcomer's `make run`: a new clone, a new home, and the time until a profile is on the screen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Final

import httpx

from .place import BenchFailed, free_port, plain_environment, stop

PATIENCE_SECONDS: Final = 300.0
_POLL_SECONDS: Final = 0.25
_SIGN_IN: Final = re.compile(r"Sign in\s+(\S+@\S+)\s+(\S+)")
_CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')
_PROFILE: Final = re.compile(r'href="/customers/[0-9a-f]{32}"')


def make_run(repository: Path, place: Path) -> float:
    """Seconds from `make run` in a new clone to a page that shows a customer.

    What is not committed is not cloned. Raises BenchFailed when there is no clone to make or nothing shows.
    """
    clone, output = place / "clone", place / "make-run.log"
    _clone(repository, clone)
    port = free_port()
    began = time.perf_counter()
    with output.open("wb") as log:
        process = subprocess.Popen(
            [_program("make"), "run"], cwd=clone, env=_environment(place, port), stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _await_profile(process, output, f"http://127.0.0.1:{port}", began + PATIENCE_SECONDS)
        return time.perf_counter() - began
    finally:
        stop(process)


def find_repository(start: Path) -> Path | None:
    """The working tree that a directory is in, if it is one of this project."""
    for directory in (start, *start.parents):
        if (directory / "src" / "regulars").is_dir() and (directory / ".git").exists():
            return directory
    return None


def _clone(repository: Path, target: Path) -> None:
    command = [_program("git"), "clone", "--quiet", "--no-hardlinks", str(repository), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode != 0:
        raise BenchFailed(f"The clone failed: {done.stderr.strip()[-200:]}")


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise BenchFailed(f"`make run` is not measured: {name} is not installed.")
    return path


def _environment(place: Path, port: int) -> Mapping[str, str]:
    """A newcomer's: nothing of ours but the path, the cache of wheels and how pip reaches an index."""
    home = place / "newcomer"
    home.mkdir(mode=0o755)
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "MAKEFLAGS", "MFLAGS", "MAKELEVEL", "XDG_")
    kept = {name: value for name, value in plain_environment().items() if not name.startswith(dropped)}
    own_bin = str(Path(os.environ.get("VIRTUAL_ENV", "/nowhere")) / "bin")
    path = os.pathsep.join(part for part in kept.get("PATH", "").split(os.pathsep) if part != own_bin)
    cache = os.environ.get("PIP_CACHE_DIR") or str(Path.home() / ".cache" / "pip")
    return kept | {"HOME": str(home), "PATH": path, "PIP_CACHE_DIR": cache, "REGULARS_PORT": str(port)}


def _await_profile(process: subprocess.Popen[bytes], output: Path, url: str, deadline: float) -> None:
    with httpx.Client(base_url=url, timeout=5.0, headers={"Accept": "text/html"}) as browser:
        while time.perf_counter() < deadline:
            if process.poll() is not None:
                raise BenchFailed(f"`make run` ended with status {process.returncode}: {_last_words(output)}")
            if _shows_profile(browser, output):
                return
            time.sleep(_POLL_SECONDS)
    raise BenchFailed(f"No profile was on screen after {PATIENCE_SECONDS:.0f} s: {_last_words(output)}")


def _shows_profile(browser: httpx.Client, output: Path) -> bool:
    """True when the list of customers has one in it; signs in first. A server that is not up yet shows none."""
    try:
        page = browser.get("/customers")
        if page.status_code == 200:
            return _PROFILE.search(page.text) is not None
        return _sign_in(browser, output) and _PROFILE.search(browser.get("/customers").text) is not None
    except httpx.HTTPError:
        return False


def _sign_in(browser: httpx.Client, output: Path) -> bool:
    """Sign in with what `make run` printed. False while it has not."""
    said = _SIGN_IN.search(output.read_text(encoding="utf-8", errors="replace"))
    if said is None:
        return False
    token = _CSRF.search(browser.get("/sign-in").text)
    if token is None:
        return False
    fields = {"csrf": unescape(token[1]), "next": "/", "email": said[1], "password": said[2]}
    return browser.post("/sign-in", data=fields).status_code == 303


def _last_words(output: Path) -> str:
    lines = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "it said nothing"
