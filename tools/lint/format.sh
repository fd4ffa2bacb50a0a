#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/format.sh [--all]
#
# Reports C++ files that script/format would change; only those that differ from the last commit unless --all.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

command -v clang-format-14 >/dev/null || exit 0
if [[ "${1:-}" != --all ]] && git rev-parse --verify -q HEAD >/dev/null 2>&1; then
    mapfile -t files < <({
        git diff --name-only --diff-filter=d HEAD -- '*.h' '*.cc'
        git ls-files --others --exclude-standard -- '*.h' '*.cc'
    } | sort -u)
else
    mapfile -t files < <(list_files '*.h' '*.cc')
fi
((${#files[@]} > 0)) || exit 0
# Many files a call, since starting the formatter costs more than most files; alone only in calls that fail.
printf '%s\n' "${files[@]}" | xargs -P "$(jobs_count)" -n 24 bash -c '
    clang-format-14 --dry-run -Werror "$@" >/dev/null 2>&1 && exit 0
    for file in "$@"; do
        clang-format-14 --dry-run -Werror "$file" >/dev/null 2>&1 || echo "$file: script/format would change it"
    done
    exit 1' _
