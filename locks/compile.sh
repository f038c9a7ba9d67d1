#!/bin/sh
# Compiles the locks from pyproject.toml: one resolution (dev) for all, so that base and demo pin what was tested.
# Universal: the hashes of every wheel of every platform and Python of the range are listed; no index address is.
set -eu
cd "$(dirname "$0")/.."

compile() {
    output=$1
    shift
    echo "locks/$output"
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "locks/$output" "$@" pyproject.toml
}

compile dev.txt --extra demo --extra plot --group dev "$@"
compile demo.txt --extra demo --group build --constraint locks/dev.txt
compile base.txt --constraint locks/dev.txt
