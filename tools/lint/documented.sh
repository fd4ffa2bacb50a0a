#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/documented.sh
#
# Reports each metric that docs/operations.md does not name, each setting that config/clamor.example.toml lacks, and each
# name like a metric's in docs/, deploy/ and README.md that no source has.
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
# What a source has between quotes, metrics and notices, and CMake's functions and targets.
mapfile -t documents < <(list_files 'docs/*' 'deploy/*' 'README.md' 'CONTRIBUTING.md')
while IFS=: read -r document name; do
    echo "$document: the name '$name' is in no source"
    bad=1
done < <({
    list_files 'src/*.cc' 'src/*.h' | xargs grep -ohE '"clamor_[a-z0-9_]+' | tr -d '"'
    list_files 'cmake/*' '*CMakeLists.txt' | xargs grep -ohE 'clamor_[a-z0-9_]+'
} | sort -u | awk '
    FILENAME == "-" { known[$0] = 1; next }
    {
        while (match($0, /clamor_[a-z0-9_]+/)) {
            name = base = substr($0, RSTART, RLENGTH)
            $0 = substr($0, RSTART + RLENGTH)
            sub(/_(bucket|sum|count)$/, "", base)
            if (!(name in known) && !(base in known) && !said[FILENAME, name]++) print FILENAME ":" name
        }
    }
' - "${documents[@]}")
exit $bad
