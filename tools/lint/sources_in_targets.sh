#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/sources_in_targets.sh
#
# Reports each .cc file that the nearest CMakeLists.txt above it does not name: code that is not built, tests that
# never run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

bad=0
while IFS= read -r source; do
    folder="$(dirname "$source")"
    while [[ "$folder" != . && ! -f "$folder/CMakeLists.txt" ]]; do folder="$(dirname "$folder")"; done
    name="$(basename "$source" .cc)"
    # A list may name files by a pattern of CMake (foreach over stems), so the stem is enough.
    if [[ "$folder" == . ]] || ! grep -qw -- "${name%_fuzz}" "$folder/CMakeLists.txt"; then
        echo "$source: no target in $folder/CMakeLists.txt names it"
        bad=1
    fi
done < <(list_files 'src/*.cc' 'sim/*.cc' 'fuzz/*.cc' 'bench/*.cc' 'tests/*.cc')
exit $bad
