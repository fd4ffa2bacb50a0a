#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/files.sh
#
# Reports sources without their licence line or above 700 lines, paths of one machine, lock files that name a registry,
# and scripts that cannot be run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

bad=0
report() {
    echo "$@"
    bad=1
}
mapfile -t sources < <(list_files 'src/*.h' 'src/*.cc' 'sim/*.h' 'sim/*.cc' 'fuzz/*.h' 'fuzz/*.cc' 'bench/*.h' \
    'bench/*.cc' 'bench/*.mjs' 'tests/*.h' 'tests/*.cc' 'tests/*.mjs' 'web/src/*.ts' 'inference/*.ts' 'inference/*.mjs' 'script/*' 'tools/*.sh')
for file in $(grep -L 'SPDX-License-Identifier: Apache-2.0' "${sources[@]}" || true); do
    report "$file:1: the line 'SPDX-License-Identifier: Apache-2.0' is missing"
done
while read -r lines file; do
    ((lines <= 700)) || [[ "$file" == total ]] || report "$file: $lines lines; above 700 it has a second subject"
done < <(wc -l "${sources[@]}")
for file in $(list_files 'script/*' '.ci/*'); do
    [[ -x "$file" ]] || report "$file: is not executable (chmod +x)"
done
mapfile -t texts < <(list_files '*' | grep -Ev '^tools/lint/|^LICENSE$|\.(png|ico|woff2?|gz|raw|bin)$|/(seeds|regressions)/')
while IFS= read -r found; do
    report "$found  <- a path of one machine"
done < <(grep -IHnoE '(^|[^A-Za-z0-9_./-])/(work|root|home/[a-z]+)/[A-Za-z0-9._-]+' "${texts[@]}" || true)
while IFS= read -r found; do
    report "$found  <- a lock file must not name a registry (omit-lockfile-registry-resolved=true in .npmrc)"
done < <(list_files '*package-lock.json' | xargs -r grep -Hn -m1 '"resolved"' || true)
exit $bad
