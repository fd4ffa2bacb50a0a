#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Usage: tools/lint/sizing.sh
#
# Reports where docs/sizing.md is not what tools/sizing.mjs makes of the measured figures.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"
usage_if_asked "${1:-}"

node tools/sizing.mjs | diff docs/sizing.md - >/dev/null || {
    echo "docs/sizing.md: is not what its figures say; node tools/sizing.mjs > docs/sizing.md"
    exit 1
}
