#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/sources_in_targets.sh
#
# Reports each .cc file that the nearest CMakeLists.txt above it does not name: code that is not built, tests that
# never run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

mapfile -t lists < <(list_files '*CMakeLists.txt')
# A list may name files by a pattern of CMake (clamor_fuzz(NAME)), so the stem is enough.
list_files 'src/*.cc' 'sim/*.cc' 'fuzz/*.cc' 'bench/*.cc' 'tests/*.cc' | awk '
    FILENAME != "-" {
        if (FNR == 1) { folder = FILENAME; sub(/\/?CMakeLists.txt$/, "", folder); known[folder] = 1 }
        line = $0
        gsub(/[^A-Za-z0-9_-]+/, " ", line)
        count = split(line, words, " ")
        for (i = 1; i <= count; i++) named[folder, words[i]] = 1
        next
    }
    {
        folder = $0
        do { sub(/\/?[^\/]*$/, "", folder) } while (folder != "" && !(folder in known))
        stem = $0
        sub(/.*\//, "", stem)
        sub(/\.cc$/, "", stem)
        short = stem
        sub(/_fuzz$/, "", short)
        if (folder == "" || !((folder, stem) in named || (folder, short) in named)) {
            print $0 ": no target in " (folder == "" ? "" : folder "/") "CMakeLists.txt names it"
            bad = 1
        }
    }
    END { exit bad }
' "${lists[@]}" -
