#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/documented.sh
#
# Reports each metric that docs/operations.md does not name, and each setting that config/clamor.example.toml lacks.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

bad=0
require_in() {
    local what="$1" document="$2" name
    while IFS= read -r name; do
        grep -qw -- "$name" "$document" 2>/dev/null || {
            echo "$document: the $what '$name' is missing"
            bad=1
        }
    done
}
mapfile -t sources < <(list_files 'src/app/*.cc' | grep -v '_test\.cc$')
((${#sources[@]} > 0)) || exit 0
require_in metric docs/operations.md < <(grep -oh '"clamor_[a-z0-9_]*"' "${sources[@]}" | tr -d '"' | sort -u)
if [[ -f src/app/config.cc ]]; then
    require_in setting config/clamor.example.toml < <(
        sed -n 's/^ *{"[a-z]*", "\([a-z0-9_]*\)",.*/\1/p' src/app/config.cc | sort -u)
fi
exit $bad
