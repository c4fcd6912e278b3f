#!/bin/sh
# Writes requirements/*.txt from requirements/*.in: exact versions with hashes, for every platform, from Python 3.11 on.
# Give the names of packages to bring up to date, or nothing to lock again what the .in files say.
set -eu
cd "$(dirname "$0")/.."

upgrade=""
for package in "$@"; do upgrade="$upgrade --upgrade-package $package"; done

lock() {
    # shellcheck disable=SC2086  # $upgrade and the rest are lists of words
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --output-file "requirements/$1.txt" "requirements/$1.in" $upgrade ${2:+--constraints "$2"}
}

lock bootstrap
lock node
lock base
lock prod requirements/base.txt
lock dev requirements/base.txt
lock flux requirements/dev.txt
lock bench
