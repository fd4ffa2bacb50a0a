#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/banned_calls.sh
#
# Reports threads, locks, sleeps, clock reads and randomness where the design does not have them: all of it comes in
# through base/scheduler.h, so that rooms, hub and sessions run in simulated time. tools/lint/banned_calls_allowed.txt
# names the exceptions.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

mapfile -t sources < <(list_files 'src/*.h' 'src/*.cc' 'sim/*.h' 'sim/*.cc')
((${#sources[@]} > 0)) || exit 0
awk '
    FILENAME == "tools/lint/banned_calls_allowed.txt" {
        if ($0 ~ /^#/ || NF < 2) next
        for (i = 2; i <= NF; i++) allowed[++count] = $1 " " $i
        next
    }
    function report(kind, what,    i, parts) {
        for (i = 1; i <= count; i++) {
            split(allowed[i], parts, " ")
            if (index(FILENAME, parts[1]) == 1 && parts[2] == kind) return
        }
        printf "%s:%d: %s is not for this folder (%s; tools/lint/banned_calls_allowed.txt)\n", FILENAME, FNR, what, kind
        bad = 1
    }
    { line = $0; sub(/\/\/.*/, "", line) }
    line ~ /std::(jthread|thread|async|promise|future)[^_a-z]/ { report("thread", "a thread") }
    line ~ /std::(recursive_|shared_|timed_)?mutex|std::condition_variable|std::(lock_guard|unique_lock|scoped_lock)/ { report("lock", "a lock") }
    line ~ /this_thread::sleep|[^_a-z](sleep|usleep|nanosleep)\(/ { report("sleep", "sleeping") }
    line ~ /_clock::now\(|clock_gettime\(|gettimeofday\(|[^_a-z.>]time\((nullptr|NULL|0)\)/ { report("clock", "reading a clock") }
    line ~ /std::random_device|[^_a-z](rand|getrandom|getentropy)\(/ { report("random", "randomness") }
    END { exit bad }
' tools/lint/banned_calls_allowed.txt "${sources[@]}"
