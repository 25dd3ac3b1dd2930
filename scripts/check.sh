#!/bin/sh
# Every check that needs no running program, each on its own line; the output of those that fail follows.
# Exit status 0 only when all pass. Aim: under 90 seconds on two cores.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=""

check() { # check NAME COMMAND...
    name=$1
    shift
    if "$@" >"$out/$name" 2>&1; then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        failed="$failed $name"
    fi
}

# The types take longest, so they run beside the rest.
"$bin/mypy" >"$out/types" 2>&1 &
types=$!

check format "$bin/ruff" format --check --diff --quiet .
check lint "$bin/ruff" check --quiet .
check lock "$bin/python" scripts/check_lock.py
check imports "$bin/lint-imports" --no-logo
check dependencies "$bin/deptry" src
check dead-code "$bin/python" scripts/dead_code.py
check words "$bin/python" scripts/make_words.py --check
check tidy "$bin/python" -m pytest -q -p no:cacheprovider tests/architecture
if wait "$types"; then
    echo "ok      types"
else
    echo "FAILED  types"
    failed="$failed types"
fi

for name in $failed; do
    printf '\n--- %s\n' "$name"
    cat "$out/$name"
done
if [ -n "$failed" ]; then
    printf '\nFailed:%s\n' "$failed"
    exit 1
fi
