#!/bin/sh
# Build the wheel into dist/ and check that what the program reads at run time is in it.
set -eu
cd "$(dirname "$0")/.."
rm -rf dist
.venv/bin/python -m flit_core.wheel --outdir dist .
.venv/bin/python scripts/check_wheel.py dist/*.whl
