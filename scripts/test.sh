#!/bin/sh
# Run the suite: sh scripts/test.sh [pytest arguments]
#
# SEED      seed of the property tests; drawn afresh and printed when unset, so that a failure can be repeated.
# CHROMIUM  the browser for the browser tests; else one is looked for, else Playwright's is installed.
# WORKERS   how many files run side by side; as many as there are cores, four at most, when unset.
# CI=true   makes a missing browser a failure instead of a skip.
# REGULARS_TEST_ARGS  more pytest arguments, for who cannot change the command.
#
# Settings of the program in the environment are left out: a test must never meet somebody's own database.
set -eu
cd "$(dirname "$0")/.."

SEED=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "Seed of this run: $SEED (repeat it with: make test SEED=$SEED)"

if chromium=$(.venv/bin/python scripts/find_chromium.py); then
    echo "Browser: $chromium"
    REGULARS_TEST_CHROMIUM=$chromium
    export REGULARS_TEST_CHROMIUM
elif [ "${CI:-}" = true ]; then
    echo "The browser tests need Chromium, and CI may not skip them." >&2
    exit 1
else
    echo "The browser tests are skipped."
fi

for name in $(env | sed -n 's/^\(REGULARS_[A-Z_]*\)=.*/\1/p'); do
    case $name in
        REGULARS_TEST_*) ;;
        *) unset "$name" ;;
    esac
done
REGULARS_TEST_SEED=$SEED
export REGULARS_TEST_SEED
# shellcheck disable=SC2086 - several arguments in one variable
exec .venv/bin/python -m pytest -n "${WORKERS:-auto}" --maxprocesses 4 --dist loadfile --hypothesis-seed="$SEED" \
    ${REGULARS_TEST_ARGS:-} "$@"
