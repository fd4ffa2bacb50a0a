# SPDX-License-Identifier: Apache-2.0
# What the verbs in script/ share. Sourced, never run; expects `set -euo pipefail`.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
complain() { printf 'error: %s\n' "$*" >&2; }
die() {
    complain "$@"
    exit 1
}

# usage_if_asked "$@": prints the comment block at the top of the calling script (its usage) on -h or --help.
usage_if_asked() {
    case "${1:-}" in
    -h | --help)
        awk 'NR > 2 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
        exit 0
        ;;
    esac
}

# Our files by name pattern, without what is generated or installed; works in a tarball without git, too.
# list_files 'src/*.h' '*.sh'
list_files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
            [[ -f "$file" ]] && printf '%s\n' "$file"
        done | sort -u
    else
        local pattern
        for pattern in "$@"; do
            find . \( -name node_modules -o -name build -o -name dist -o -name .git -o -name data \) -prune -o \
                -type f -path "./$pattern" -print | sed 's|^\./||'
        done | sort -u
    fi
}

jobs_count() { nproc 2>/dev/null || echo 2; }

# Installs a folder's npm packages when they are missing or older than its lock file.
npm_install() {
    local folder="$1"
    [[ -f "$folder/package-lock.json" ]] || return 0
    if [[ ! -f "$folder/node_modules/.package-lock.json" ||
        "$folder/package-lock.json" -nt "$folder/node_modules/.package-lock.json" ]]; then
        say "npm packages of $folder/"
        # Not `npm ci`: npm 11 refuses the lock file where the registry lacks an optional package of another platform.
        (cd "$folder" && npm install --no-save --no-audit --no-fund --loglevel=error)
        touch "$folder/node_modules/.package-lock.json"
    fi
}

# Builds web/dist when a source of it is newer.
build_web() {
    [[ -f web/package.json ]] || return 0
    if [[ -f web/dist/index.html ]] &&
        [[ -z "$(find web -name node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print -quit)" ]]; then
        return 0
    fi
    npm_install web
    say "web page"
    (cd web && npm run --silent build)
    [[ -f web/dist/index.html ]] || die "'npm run build' in web/ left no web/dist/index.html"
    touch web/dist/index.html
}

# Builds the inference worker when a source of it is newer.
build_inference() {
    local built=inference/dist/src/main.js
    if [[ -f "$built" ]] &&
        [[ -z "$(find inference -name node_modules -prune -o -path inference/dist -prune -o -type f -newer "$built" -print -quit)" ]]; then
        return 0
    fi
    npm_install inference
    say "inference worker"
    (cd inference && npm run --silent build)
    touch "$built"
}

# Builds one preset: build_preset NAME [cmake --build arguments]
build_preset() {
    local preset="$1"
    shift
    local seen
    seen="$(cmake --list-presets 2>/dev/null | sed -n 's/^ *"\([a-z]*\)".*/\1/p' | tr '\n' ' ')"
    [[ " $seen " == *" $preset "* ]] || die "there is no preset '$preset'; the presets are: $seen"
    if [[ ! -f "build/$preset/build.ninja" ]]; then
        cmake --preset "$preset" -Wno-dev >"build-$preset.log" 2>&1 || {
            cat "build-$preset.log" >&2
            rm -f "build-$preset.log"
            die "cmake could not configure the preset '$preset' (see above); script/bootstrap installs what it needs"
        }
        rm -f "build-$preset.log"
    fi
    cmake --build "build/$preset" -j "$(jobs_count)" "$@"
}
