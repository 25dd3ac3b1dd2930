#!/bin/sh
# Make or refresh .venv from a lock file: sh scripts/venv.sh run|dev
#
# PYTHON  the interpreter to build it from; else the newest of 3.14 ... 3.11 that runs.
# WHEELS  a folder of wheels: install from there alone, without any network.
#
# Repeating it is safe and quick; nothing outside .venv is changed, except that as root on Debian a
# missing venv module is installed by apt-get.
set -eu
cd "$(dirname "$0")/.."
kind=$1
min_minor=11
max_minor=14

fits() { # fits PYTHON: does it run, and is it a version the locked wheels exist for?
    "$1" -c "import sys; v = sys.version_info; sys.exit(not (v[0] == 3 and $min_minor <= v[1] <= $max_minor))" \
        >/dev/null 2>&1
}

choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        if fits "$PYTHON"; then echo "$PYTHON"; return; fi
        echo "PYTHON=$PYTHON is not a Python 3.$min_minor to 3.$max_minor that runs." >&2
        return 1
    fi
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if fits "$candidate"; then echo "$candidate"; return; fi
    done
    echo "Regulars needs Python 3.$min_minor to 3.$max_minor and found none on the PATH." >&2
    echo "Install one (Debian: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2
    echo "or name one: make run PYTHON=/path/to/python3" >&2
    return 1
}

has_pip() { # 'pip --python', which installs into another environment, came with pip 22.3
    "$1" -c "import pip, sys; sys.exit(tuple(map(int, pip.__version__.split('.')[:2])) < (22, 3))" 2>/dev/null
}

make_venv() {
    # Without pip inside it, .venv is there in a tenth of a second; the outer pip fills it.
    if has_pip "$python"; then
        "$python" -m venv --clear --without-pip .venv
        return
    fi
    if "$python" -m venv --clear .venv >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "Installing python$minor-venv, which $python lacks."
        apt-get update -qq >/dev/null 2>&1 || true
        apt-get install -y -qq "python$minor-venv" >/dev/null 2>&1 || true
        if "$python" -m venv --clear .venv >/dev/null 2>&1; then return; fi
    fi
    rm -rf .venv
    echo "$python has neither pip nor the venv module. On Debian: apt install python3-venv" >&2
    return 1
}

install() { # install COMMAND... : run a pip command, from WHEELS alone where that is set
    export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
    "$@" ${WHEELS:+--no-index --find-links "$WHEELS"}
}

if ! fits .venv/bin/python; then
    python=$(choose_python)
    echo "Making .venv with $("$python" -c 'import sys; print(sys.executable)')"
    make_venv
fi

echo "Installing requirements/$kind.txt (about 10 seconds when the wheels are cached)"
options="install -qq --no-compile --no-deps"
# The locked pip goes first: an older one takes a third longer for the rest.
pip_lock=$(mktemp)
trap 'rm -f "$pip_lock"' EXIT
awk '/^[a-z]/ { wanted = /^pip==/ } wanted' "requirements/$kind.txt" >"$pip_lock"
if has_pip .venv/bin/python; then
    install .venv/bin/python -m pip $options --require-hashes -r "$pip_lock"
else
    install "${python:-$(choose_python)}" -m pip --python .venv/bin/python $options --require-hashes -r "$pip_lock"
fi
install .venv/bin/python -m pip $options --require-hashes -r "requirements/$kind.txt"
install .venv/bin/python -m pip $options --no-build-isolation --editable .

# The development set holds the run set.
touch .venv/run.stamp
if [ "$kind" = dev ]; then touch .venv/dev.stamp; fi
