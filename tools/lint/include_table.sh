#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/include_table.sh
#
# Reports each #include in src/ that tools/include_table.txt does not allow, and each heavy header in a header of ours.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

mapfile -t sources < <(list_files 'src/*.h' 'src/*.cc' | grep -Ev '_(test\.cc|contract\.h|fixture\.h)$')
((${#sources[@]} > 0)) || exit 0
awk '
    FILENAME == "tools/include_table.txt" {
        if ($0 ~ /^#/ || NF == 0) next
        listed[$1] = 1
        for (i = 2; i <= NF; i++) allowed[$1, $i] = 1
        next
    }
    FNR == 1 {
        path = substr(FILENAME, 5)
        folder = path
        do { sub(/\/?[^\/]*$/, "", folder) } while (folder != "" && !(folder in listed))
        if (folder == "") {
            print FILENAME ": its folder is not in tools/include_table.txt"
            bad = 1
        }
    }
    /^#include "/ && folder != "" {
        split($0, parts, "\"")
        target = parts[2]
        split(target, segments, "/")
        if (index(target, folder "/") == 1 || (folder, "*") in allowed) next
        own = folder
        sub(/\/.*/, "", own)
        if (segments[1] == own || (folder, segments[1]) in allowed || (folder, segments[1] "/" segments[2]) in allowed) next
        printf "%s:%d: %s/ may not include \"%s\" (tools/include_table.txt)\n", FILENAME, FNR, folder, target
        bad = 1
    }
    /^#include <(nlohmann\/json\.hpp|(boost\/beast|boost\/asio|soci|toml\+\+|spdlog|prometheus|CLI)\/)/ && FILENAME ~ /\.h$/ && FILENAME !~ /^src\/store\/sql\// {
        printf "%s:%d: a header this heavy is for .cc files only: %s\n", FILENAME, FNR, $2
        bad = 1
    }
    END { exit bad }
' tools/include_table.txt "${sources[@]}"
