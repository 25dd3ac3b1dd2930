#!/bin/sh
# Resolve pyproject.toml into requirements/run.txt and requirements/dev.txt: exact versions, with the
# hashes of every platform's files. Releases younger than a week are left alone, so that a bad upload
# has time to be noticed. Needs network access; uses uv from the PATH, else from a throw-away folder.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-.venv/bin/python}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v uv >/dev/null 2>&1; then
    uv=uv
else
    "$python" -m venv "$work/uv"
    "$work/uv/bin/pip" install --quiet --disable-pip-version-check uv
    uv="$work/uv/bin/uv"
fi

resolve() { # resolve FILE ARGUMENTS... : write one lock file
    file=$1
    shift
    "$uv" pip compile pyproject.toml "$@" --quiet --universal --python-version 3.11 --generate-hashes \
        --exclude-newer "7 days" --no-header --no-emit-index-url --no-annotate --output-file "$work/$file"
    { echo "# Made by 'make lock' from pyproject.toml. Do not edit."; cat "$work/$file"; } >"requirements/$file"
}

mkdir -p requirements
# The present pins are the starting point: only 'UPGRADE=1 make lock' moves them.
if [ -z "${UPGRADE:-}" ]; then
    for file in run.txt dev.txt; do
        if [ -f "requirements/$file" ]; then cp "requirements/$file" "$work/$file"; fi
    done
fi
resolve run.txt --group build
resolve dev.txt --group build --group dev --extra train --constraint requirements/run.txt
