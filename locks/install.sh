#!/bin/sh
# Usage: locks/install.sh demo|dev
# Finds a supported Python (or takes $PYTHON) and hands over to install.py, which fills .venv from the lock.
set -eu
cd "$(dirname "$0")/.."

supported='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
without_venv=
for python in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    "$python" -c "$supported" 2>/dev/null || continue
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        exec "$python" locks/install.py "$1"
    fi
    without_venv=${without_venv:-$python}
done

if [ -n "$without_venv" ]; then
    echo "$without_venv cannot make virtual environments (no ensurepip); install it: apt-get install python3-venv" >&2
else
    echo "no Python 3.11, 3.12 or 3.13 found (looked for ${PYTHON:-python3.13 python3.12 python3.11 python3}); install one, or name it: make PYTHON=/path/to/python3.12" >&2
fi
exit 1
