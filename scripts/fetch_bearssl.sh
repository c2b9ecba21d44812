#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches the source of BearSSL, which is compiled for the device, from Debian's source package into
# .sources/bearssl. The system's own package lists stay as they are: the source list is derived from
# them and kept, with its state, in a folder of its own. apt checks the signatures. Nothing is done when
# the source is there already.
set -euo pipefail

cd "$(dirname "$0")/.."
target=.sources/bearssl
if [[ -f $target/inc/bearssl.h ]]; then
    exit 0
fi
fail() {
    printf 'fetch_bearssl: %s\n' "$@" >&2
    exit 1
}
command -v apt-get >/dev/null || fail \
    "this system has no apt; unpack BearSSL 0.6 (https://bearssl.org) as $PWD/$target"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{parts,state/lists/partial,cache/archives/partial}

# Every Debian archive of the system, as a source archive: lines of .list files, stanzas of .sources files.
{
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
        sed -n '/debian/s/^deb /deb-src /p' || true
} >"$work/parts/system.list"
for file in /etc/apt/sources.list.d/*.sources; do
    if [[ -f $file ]] && grep -q 'debian' "$file"; then
        # Types may name both kinds already.
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
    fi
done

apt() {
    apt-get -q -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/parts" \
        -o Dir::State="$work/state" -o Dir::Cache="$work/cache" -o Acquire::Retries=3 \
        -o APT::Sandbox::User=root "$@"
}
printf 'setup: fetching the source of BearSSL\n'
(
    cd "$work"
    apt update >log 2>&1 && apt source --download-only bearssl >>log 2>&1
) || {
    tail -5 "$work/log" >&2
    fail "the source package of BearSSL cannot be fetched; the last lines of apt-get are above." \
        "Without it kinglet builds no firmware that boots or verifies signatures." \
        "Check the network and /etc/apt, or unpack BearSSL 0.6 (https://bearssl.org) as $PWD/$target"
}
mkdir -p "$work/unpacked" .sources
tar -C "$work/unpacked" --strip-components=1 -xf "$work"/bearssl_*.orig.tar.*
rm -rf "$target"
mv "$work/unpacked" "$target"
