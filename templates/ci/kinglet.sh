#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the CI pipelines of `kinglet ci init` do, one command per step:
#
#   sh ci/kinglet.sh packages  install the Debian packages of KINGLET_PACKAGES that are missing
#   sh ci/kinglet.sh install   fetch kinglet from KINGLET_URL into the cache folder
#   sh ci/kinglet.sh gates     check and run the playbook; keep its standing and its report
#   sh ci/kinglet.sh diff      compare with the base branch: comment.md
#   sh ci/kinglet.sh comment   post comment.md to the merge request, or update the earlier one
#   sh ci/kinglet.sh sign      hash evidence and report, and sign that list with your command
#
# Settings are environment variables; docs/guide/ci.md of kinglet describes them all. The
# script can be run by hand. Exit status: 0 done, 1 a gate failed, 2 the pipeline is not right.
set -eu
cd "$(dirname "$0")/.."

playbook=${KINGLET_PLAYBOOK:-playbook.yaml}
cache=${KINGLET_CACHE:-.kinglet-ci}
output=${KINGLET_OUTPUT:-build/kinglet}
marker="<!-- kinglet $playbook -->"
work=

say() { printf 'kinglet ci: %s\n' "$*"; }
fail() {
    printf 'kinglet ci: %s\n' "$*" >&2
    exit 2
}

need() { # TOOL...
    for tool in "$@"; do
        command -v "$tool" >/dev/null ||
            fail "$tool is missing on this machine; add its package to KINGLET_PACKAGES"
    done
}

# A folder for this run in $work; it goes away with the script, and a worktree in it too.
make_work() {
    work=$(mktemp -d)
    trap 'clean_work' EXIT
    trap 'exit 2' HUP INT TERM
}

clean_work() {
    if [ -e "$work/base/.git" ]; then
        git worktree remove --force "$work/base" || true
    fi
    rm -rf "$work"
}

playbook_folder() {
    case $playbook in
    *.yaml | *.yml) dirname "$playbook" ;;
    *) printf '%s\n' "$playbook" ;;
    esac
}

# --- packages ---------------------------------------------------------------------------------

packages() {
    missing=
    for package in ${KINGLET_PACKAGES-}; do
        state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) ||
            state=absent
        [ "$state" = installed ] || missing="$missing $package"
    done
    if [ -z "$missing" ]; then
        say 'all packages are there'
        return
    fi
    command -v apt-get >/dev/null ||
        fail "missing, and there is no apt-get to install them:$missing"
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root apt-get update --quiet
    # shellcheck disable=SC2086 # a list of names
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes \
        --no-install-recommends $missing
}

# --- install ----------------------------------------------------------------------------------

# One folder per URL: what is in the cache was downloaded from there.
install_folder() {
    printf '%s/%s\n' "$cache" "$(printf '%s' "$KINGLET_URL" | sha256sum | cut -c1-16)"
}

# Is the file what KINGLET_SHA256 says? Yes, when nothing is said.
is_expected() { # FILE
    [ -z "${KINGLET_SHA256:-}" ] ||
        [ "$(sha256sum <"$1" | cut -d' ' -f1)" = "$(printf '%s' "$KINGLET_SHA256" | tr A-F a-f)" ]
}

download() { # FILE
    redirects='=https,file'
    case $KINGLET_URL in
    https://* | file://*) ;;
    http://*)
        [ -n "${KINGLET_SHA256:-}" ] ||
            fail 'KINGLET_URL is http:, which anyone on the way can change; set KINGLET_SHA256'
        redirects='=https,http'
        ;;
    *) fail "KINGLET_URL must begin with https://, http:// or file://, and is '$KINGLET_URL'" ;;
    esac
    say "fetching $KINGLET_URL"
    curl --fail --silent --show-error --location --proto '=https,http,file' \
        --proto-redir "$redirects" --retry 3 --connect-timeout 20 --max-time 600 \
        --output "$1.part" "$KINGLET_URL" || fail "cannot fetch $KINGLET_URL"
    if ! is_expected "$1.part"; then
        sum=$(sha256sum <"$1.part" | cut -d' ' -f1)
        rm -f "$1.part"
        fail "$KINGLET_URL has the SHA-256 $sum, but KINGLET_SHA256 is $KINGLET_SHA256"
    fi
    mv "$1.part" "$1"
}

# FOLDER/bin holds the program: alone, or where the archive has it, with what lies around it.
unpack() { # FILE FOLDER
    rm -rf "${2:?}/bin" "$2/unpacked"
    case ${KINGLET_URL%%\?*} in
    *.tar.gz | *.tgz | *.tar.xz | *.tar.zst)
        mkdir "$2/unpacked"
        tar -xf "$1" -C "$2/unpacked" --no-same-owner || fail "$KINGLET_URL is no archive"
        found=$(cd "$2" && find unpacked -type f -name kinglet | LC_ALL=C sort | head -n 1)
        [ -n "$found" ] || fail "$KINGLET_URL holds no file called kinglet"
        ln -s "$(dirname "$found")" "$2/bin"
        ;;
    *)
        mkdir "$2/bin"
        cp "$1" "$2/bin/kinglet"
        ;;
    esac
    chmod 755 "$2/bin/kinglet"
}

install_kinglet() {
    if [ -z "${KINGLET_URL:-}" ]; then
        command -v kinglet >/dev/null ||
            fail 'set KINGLET_URL to where kinglet is downloaded from, or install kinglet here'
        say "KINGLET_URL is not set; using $(command -v kinglet)"
        return
    fi
    need curl sha256sum tar
    folder=$(install_folder)
    mkdir -p "$folder"
    if [ -f "$folder/download" ] && is_expected "$folder/download"; then
        say "$KINGLET_URL is in the cache"
    else
        download "$folder/download"
    fi
    unpack "$folder/download" "$folder"
    "$folder/bin/kinglet" --version ||
        fail "what $KINGLET_URL gave does not run here; is it for this kind of machine?"
}

# Put the installed kinglet first in PATH, for this script and for the playbook's steps.
use_kinglet() {
    if [ -n "${KINGLET_URL:-}" ]; then
        need sha256sum
        folder=$(install_folder)
        [ -x "$folder/bin/kinglet" ] || install_kinglet
        PATH=$(cd "$folder/bin" && pwd):$PATH
        export PATH
    fi
    command -v kinglet >/dev/null || install_kinglet
}

# --- gates ------------------------------------------------------------------------------------

# Exit status 1 of kinglet is a finding, not an accident.
tolerate() { # COMMAND...
    result=0
    "$@" || result=$?
    [ "$result" -le 1 ] || exit "$result"
}

# The playbook's standing, as data. Fails when the playbook cannot be judged.
standing() { # PLAYBOOK FILE
    rm -f "$2"
    result=0
    kinglet playbook status "$1" --json >"$2.part" || result=$?
    [ "$result" -le 1 ] || return "$result"
    mv "$2.part" "$2"
}

gates() {
    use_kinglet
    mkdir -p "$output"
    rm -f "$output/status.json"
    kinglet playbook check "$playbook"
    gate_status=0
    kinglet playbook run --playbook "$playbook" || gate_status=$?
    standing "$playbook" "$output/status.json" || exit "$?"
    tolerate kinglet playbook report "$playbook" --no-documents --format html,markdown \
        --output-folder "$output/report"
    if [ "$gate_status" -ne 0 ]; then
        say "the playbook did not pass; $output/report says why"
        exit "$gate_status"
    fi
    say "the playbook passed; its report is in $output/report"
}

# --- diff -------------------------------------------------------------------------------------

base_branch() {
    printf '%s\n' "${KINGLET_BASE:-${GITHUB_BASE_REF:-${CI_MERGE_REQUEST_TARGET_BRANCH_NAME:-${CHANGE_TARGET:-}}}}"
}

# Where the change left the base branch, or the branch's tip when the history is too short.
base_commit() { # BRANCH
    if GIT_TERMINAL_PROMPT=0 git fetch --quiet --no-tags origin "refs/heads/$1" 2>/dev/null; then
        tip=FETCH_HEAD
    elif git rev-parse --quiet --verify "refs/remotes/origin/$1^{commit}" >/dev/null; then
        tip=refs/remotes/origin/$1
    else
        tip=refs/heads/$1
    fi
    tip=$(git rev-parse --quiet --verify "$tip^{commit}") ||
        fail "there is no branch '$1' to compare with; fetch it, or set KINGLET_BASE"
    git merge-base "$tip" HEAD 2>/dev/null || printf '%s\n' "$tip"
}

# The base's standing, in base.json. Evidence that is not in the repository is made anew.
base_standing() { # WORKTREE
    if [ ! -e "$1/$(playbook_folder)/evidence/HEAD" ] && [ "${KINGLET_BASE_RUN:-yes}" = yes ]; then
        say 'the base branch keeps no evidence in the repository: running its playbook'
        kinglet playbook run --playbook "$1/$playbook" --keep-going || true
    fi
    standing "$1/$playbook" "$output/base.json"
}

# The difference as Markdown; or why there is none, since a change may be what mends it.
write_difference() { # BRANCH WORKTREE
    if [ ! -f "$output/status.json" ] && ! standing "$playbook" "$output/status.json"; then
        echo "The playbook cannot be judged; \`kinglet playbook check\` says why."
    elif [ ! -e "$2/$playbook" ]; then
        echo "The branch $1 has no playbook yet: nothing to compare with."
    elif ! base_standing "$2" >&2; then
        echo "The playbook of the branch $1 cannot be judged: nothing to compare with."
    else
        tolerate kinglet playbook diff "$output/base.json" "$output/status.json" --markdown
    fi
}

diff_with_base() {
    base=$(base_branch)
    if [ -z "$base" ]; then
        say 'this is no merge request: nothing to compare with'
        return
    fi
    need git
    use_kinglet
    mkdir -p "$output"
    commit=$(base_commit "$base")
    make_work
    git worktree add --quiet --detach "$work/base" "$commit"
    write_difference "$base" "$work/base" >"$output/comment.md"
    say "the difference to $base is in $output/comment.md"
}

# --- comment ----------------------------------------------------------------------------------

# Who is asked, and for what: from the platform's own variables, unless KINGLET_... say otherwise.
find_platform() {
    if [ "${GITHUB_ACTIONS:-}" = true ]; then
        platform=github
        api=${GITHUB_API_URL:-https://api.github.com}
        repository=${GITHUB_REPOSITORY:-}
        number=$(printf '%s\n' "${GITHUB_REF:-}" | sed -n 's|^refs/pull/\([0-9]*\)/.*|\1|p')
        token=${GITHUB_TOKEN:-}
        author='github-actions[bot]'
    else
        platform=gitlab
        api=${CI_API_V4_URL:-}
        repository=${CI_PROJECT_ID:-}
        number=${CI_MERGE_REQUEST_IID:-${CHANGE_ID:-}}
        token=
        author=
    fi
    platform=${KINGLET_PLATFORM:-$platform}
    api=${KINGLET_API_URL:-$api}
    repository=${KINGLET_REPOSITORY:-$repository}
    token=${KINGLET_TOKEN:-$token}
    author=${KINGLET_COMMENT_AUTHOR:-$author}
    case $platform in
    github | gitlab) ;;
    *) fail "KINGLET_PLATFORM must be github or gitlab, and is '$platform'" ;;
    esac
}

# The reply goes to $work/reply, its status to $code. The token is passed on standard input,
# where no other process sees it.
request() { # METHOD URL [FILE]
    header=Authorization
    secret="Bearer $token"
    if [ "$platform" = gitlab ]; then
        header=PRIVATE-TOKEN
        secret=$token
    fi
    code=$(printf '%s: %s\n' "$header" "$secret" |
        curl --silent --show-error --connect-timeout 20 --max-time 60 --request "$1" --header @- \
            --header 'Content-Type: application/json' --header 'Accept: application/json' \
            ${3:+--data-binary "@$3"} --output "$work/reply" --write-out '%{http_code}' "$2") ||
        fail "no answer from $api"
}

# A token that may not write is usual for merge requests from forks: say so, and go on.
check_reply() { # WHAT CODE...
    what=$1
    shift
    for allowed in "$@"; do
        [ "$code" != "$allowed" ] || return 0
    done
    if [ "$code" = 403 ]; then
        say "not posted: the token may not $what (HTTP 403), as for a merge request from a fork"
        exit 0
    fi
    fail "cannot $what: $api answered with HTTP $code"
}

# The earlier comment of this author with this playbook's marker: its number, or nothing.
earlier_comment() { # LIST-URL
    page=1
    id=
    while [ "$page" -le 20 ]; do
        request GET "$1?per_page=100&page=$page"
        check_reply 'read the comments' 200
        id=$(jq -r --arg marker "$marker" --arg author "$author" \
            'map(select((.user.login? // .author.username?) == $author
                        and ((.body // "") | startswith($marker)))) | .[0].id // empty' \
            "$work/reply") || fail "$api gave no list of comments"
        if [ -n "$id" ] || [ "$(jq length "$work/reply")" -lt 100 ]; then
            break
        fi
        page=$((page + 1))
    done
}

# The text with the marker, cut at a line before it is too long for a comment.
write_payload() {
    {
        printf '%s\n' "$marker"
        LC_ALL=C awk '{
            bytes += length($0) + 1
            if (bytes > 60000) { print ""; print "(shortened)"; exit }
            print
        }' "$output/comment.md"
    } | jq -Rs '{body: .}' >"$work/payload"
}

comment_urls() {
    if [ "$platform" = github ]; then
        list=$api/repos/$repository/issues/$number/comments
        item=$api/repos/$repository/issues/comments
        update=PATCH
    else
        list=$api/projects/$(jq -rn --arg name "$repository" '$name | @uri')/merge_requests/$number/notes
        item=$list
        update=PUT
    fi
}

comment() {
    if [ ! -s "$output/comment.md" ]; then
        say "there is no $output/comment.md: nothing to post"
        return
    fi
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
        cat "$output/comment.md" >>"$GITHUB_STEP_SUMMARY"
    fi
    find_platform
    if [ -z "$number" ] || [ -z "$token" ] || [ -z "$api" ] || [ -z "$repository" ]; then
        say "not posted: no merge request, or no token for its comments; see $output/comment.md"
        return
    fi
    need curl jq
    make_work
    if [ -z "$author" ]; then
        request GET "$api/user"
        check_reply 'say whose it is' 200
        author=$(jq -r '.login // .username // empty' "$work/reply")
    fi
    comment_urls
    earlier_comment "$list"
    write_payload
    if [ -n "$id" ]; then
        request "$update" "$item/$id" "$work/payload"
        check_reply 'change the comment' 200
        say "updated comment $id of merge request $number"
    else
        request POST "$list" "$work/payload"
        check_reply 'write a comment' 200 201
        say "commented merge request $number"
    fi
}

# --- sign -------------------------------------------------------------------------------------

# The command finds the list in $KINGLET_SIGN_FILE and the key in $KINGLET_SIGN_KEY_FILE, a file
# outside the workspace that goes away again.
sign() {
    if [ -z "${KINGLET_SIGN_KEY:-}" ]; then
        say 'nothing was signed: the secret KINGLET_SIGN_KEY is not set'
        return
    fi
    [ -n "${KINGLET_SIGN_COMMAND:-}" ] ||
        fail 'KINGLET_SIGN_KEY is set, but KINGLET_SIGN_COMMAND does not say how to sign'
    need sha256sum
    [ -f "$output/status.json" ] || fail "there is no $output/status.json; run the gates first"
    make_work
    for part in "$(playbook_folder)/evidence" "$output/report" "$output/status.json"; do
        [ ! -e "$part" ] || find "$part" -type f ! -name .lock -exec sha256sum {} +
    done | LC_ALL=C sort -k 2 >"$output/SHA256SUMS"
    KINGLET_SIGN_FILE=$output/SHA256SUMS
    KINGLET_SIGN_KEY_FILE=$work/key
    export KINGLET_SIGN_FILE KINGLET_SIGN_KEY_FILE
    (
        umask 077
        printf '%s\n' "$KINGLET_SIGN_KEY" >"$KINGLET_SIGN_KEY_FILE"
    )
    unset KINGLET_SIGN_KEY
    sh -c "$KINGLET_SIGN_COMMAND" || fail "signing failed: $KINGLET_SIGN_COMMAND"
    say "signed $KINGLET_SIGN_FILE"
}

# Steps of a playbook are commands: no secret that they do not need may be in their environment.
[ "${1:-}" = sign ] || unset KINGLET_SIGN_KEY
[ "${1:-}" = comment ] || unset KINGLET_TOKEN GITHUB_TOKEN

case ${1:-} in
packages) packages ;;
install) install_kinglet ;;
gates) gates ;;
diff) diff_with_base ;;
comment) comment ;;
sign) sign ;;
*) fail 'usage: sh ci/kinglet.sh packages|install|gates|diff|comment|sign' ;;
esac
