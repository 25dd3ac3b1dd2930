#!/bin/sh
# The long runs: sh scripts/soak.sh [pytest arguments]
#
# First the tests marked `soak` (faults and shuffles), then a load on the running program with a ceiling on memory.
#
# MINUTES  how long the load lasts; 30 when unset, 0 leaves it out.
set -eu
cd "$(dirname "$0")/.."
sh scripts/test.sh -m soak "$@"
if [ "${MINUTES:-30}" != 0 ]; then
    exec .venv/bin/python -m regulars.bench.soak "${MINUTES:-30}"
fi
