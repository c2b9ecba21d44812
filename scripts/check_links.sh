#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks that every relative link and image of the Markdown pages leads to a file, and that
# every page of docs/ can be reached from the README.
#
#   scripts/check_links.sh [ROOT]
set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

pages=(README.md CHANGELOG.md)
mapfile -t -O "${#pages[@]}" pages < <(find docs -name '*.md' | sort)

# links PAGE: the paths, relative to the root, that a page links to.
links() {
    { grep -oE '\]\([^)]+\)|(src|srcset|href)="[^"]+"' "$1" || true; } |
        sed -E 's/^\]\(//; s/\)$//; s/^[a-z]+="//; s/"$//; s/#.*//' |
        grep -vE '^($|[a-z]+:)' |
        while IFS= read -r target; do
            realpath -m --relative-to=. "$(dirname "$1")/$target"
        done
}

wrong=0
declare -A reached=([README.md]=1)
queue=(README.md)
while ((${#queue[@]} > 0)); do
    page=${queue[0]}
    queue=("${queue[@]:1}")
    while IFS= read -r target; do
        if [[ $target == *.md && -e $target && -z ${reached[$target]:-} ]]; then
            reached[$target]=1
            queue+=("$target")
        fi
    done < <(links "$page")
done

for page in "${pages[@]}"; do
    [[ -e $page ]] || continue
    while IFS= read -r target; do
        if [[ ! -e $target ]]; then
            printf '%s: link to %s, which does not exist\n' "$page" "$target" >&2
            wrong=1
        fi
    done < <(links "$page")
    if [[ -z ${reached[$page]:-} ]]; then
        printf '%s: no page leads here from README.md\n' "$page" >&2
        wrong=1
    fi
done
((wrong == 0)) && printf 'links: %d pages, all right\n' "${#pages[@]}"
exit "$wrong"
