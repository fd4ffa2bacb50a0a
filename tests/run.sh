#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tests/run.sh [BINARY] [FILE...]
#
# Drives a finished clamor from outside: client libraries that others wrote, bad input, overload, full disks and the
# durability drill. BINARY is build/release/clamor where neither it nor CLAMOR_BINARY is given; FILE is a part of a test
# file's name (tmi, bad_input, durability ...), for only those. Ends with 'N passed, N failed'.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../tools/common.sh"

usage_if_asked "$@"
if [[ $# -gt 0 && -f "$1" && -x "$1" ]]; then
    CLAMOR_BINARY="$(realpath "$1")"
    shift
fi
export CLAMOR_BINARY="${CLAMOR_BINARY:-$PWD/build/release/clamor}"
if [[ ! -x "$CLAMOR_BINARY" ]]; then
    echo "tests/run.sh: there is no $CLAMOR_BINARY; script/build makes it" >&2
    exit 2
fi
command -v node >/dev/null || { echo "tests/run.sh: node is missing; script/bootstrap installs it" >&2; exit 2; }

npm_install tests/e2e
npm_install tests/dynamodb
build_inference
cd tests/e2e

output="$(mktemp)"
trap 'rm -f "$output"' EXIT
status=0
node run.mjs "$@" 2>&1 | tee "$output" || status=$?
# The runner's own words, without colours.
count() { sed 's/\x1b\[[0-9;]*m//g' "$output" | sed -n "s/^[#ℹ] $1 \([0-9]*\)\$/\1/p" | tail -n 1; }
passed="$(count pass)"
failed="$(count fail)"
cancelled="$(count cancelled)"
failed=$((${failed:-0} + ${cancelled:-0}))
if ((status != 0 && failed == 0)); then failed=1; fi
echo "${passed:-0} passed, $failed failed"
((failed == 0))
