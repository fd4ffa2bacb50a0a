#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/headers_alone.sh [--all]
#
# Reports each header that does not compile alone; only headers that differ from the last commit unless --all.
# A header that some source in a target includes before everything else is proven by every build, and left out here.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

if [[ "${1:-}" != --all ]] && git rev-parse --verify -q HEAD >/dev/null 2>&1; then
    mapfile -t headers < <({
        git diff --name-only --diff-filter=d HEAD -- 'src/*.h'
        git ls-files --others --exclude-standard -- 'src/*.h'
    } | sort -u)
else
    mapfile -t headers < <(list_files 'src/*.h')
fi
((${#headers[@]} > 0)) || exit 0
mapfile -t sources < <(list_files 'src/*.cc')
mapfile -t headers < <(
    printf '%s\n' "${headers[@]}" | awk '
        FILENAME != "-" { if (!(FILENAME in seen) && /^#include/) { seen[FILENAME] = 1; split($0, p, "\""); proven["src/" p[2]] = 1 } next }
        !($0 in proven)' "${sources[@]}" -
)
((${#headers[@]} > 0)) || exit 0
printf '%s\n' "${headers[@]}" | xargs -P "$(jobs_count)" -I{} bash -c '
    echo "#include \"${1#src/}\"" | g++ -std=c++20 -Wall -Wextra -Werror -fsyntax-only -Isrc -I. -x c++ - ||
        { echo "$1: does not compile alone"; exit 1; }' _ {}
