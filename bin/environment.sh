# shellcheck shell=sh
# Sourced by bin/relevo, bin/demo and bin/test, which set `root` to the checkout.
#
# `prepare run` or `prepare dev` leaves a working .venv behind: it makes one where there is none, and refreshes it when
# pyproject.toml, the interpreter or the checkout's place has changed. A stamp file in .venv remembers what it was made
# from, so that the usual call costs two small processes and touches nothing; a checkout may be read-only by then.
# Says nothing on success, except to a terminal that would otherwise wait a minute without knowing why.
#
# RELEVO_PYTHON names the interpreter to build with; the default is the first of python3, python3.13, python3.12 and
# python3.11 that is at least 3.11 and can make virtual environments.

venv=$root/.venv
stamp=$venv/relevo-stamp
setup_log=$venv/relevo-setup.log
lock_directory=$root/.venv.lock
lock_kind=none

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# What .venv must have been made from: pyproject.toml's checksum, the interpreter's version, the checkout's path.
fingerprint() {
    version=$("$venv/bin/python" -I -S -c 'import sys; print(sys.version.split()[0])' 2>/dev/null) || return 1
    printf '%s %s %s\n' "$(cksum <"$root/pyproject.toml")" "$version" "$root"
}

# The stamp's first line is the fingerprint, its second the extras: `run` or `dev`, and dev has all of run.
is_fresh() {
    [ -f "$stamp" ] || return 1
    { IFS= read -r made_from && IFS= read -r made_for; } <"$stamp" || return 1
    [ "$made_for" = dev ] || [ "$made_for" = "$1" ] || return 1
    [ "$made_from" = "$(fingerprint)" ]
}

release() {
    case $lock_kind in
    flock) exec 9<&- ;;
    mkdir) rm -rf "$lock_directory" ;;
    esac
    lock_kind=none
    trap - EXIT HUP INT TERM
}

# One run at a time builds .venv. flock holds the checkout's directory itself and ends with its process; where there is
# no flock (or the file system has none) a directory is the lock, taken from owners that no longer live.
acquire() {
    trap release EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if command -v flock >/dev/null 2>&1; then
        exec 9<"$root"
        if flock -w 900 9 2>/dev/null; then
            lock_kind=flock
            return
        fi
        exec 9<&-
    fi
    waited=0
    until mkdir "$lock_directory" 2>/dev/null; do
        [ -w "$root" ] || fail "relevo: cannot prepare $venv: $root is not writable." \
            "Run $root/bin/relevo once as the owner of the checkout."
        owner=$(cat "$lock_directory/pid" 2>/dev/null) || owner=
        if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
            rm -rf "$lock_directory"
            continue
        fi
        [ "$waited" -lt 900 ] || fail "relevo: $lock_directory is held by process ${owner:-unknown} since 15 minutes." \
            "If nothing is building $venv, remove that directory and start again."
        sleep 1
        waited=$((waited + 1))
    done
    lock_kind=mkdir
    echo $$ >"$lock_directory/pid"
}

# Prints the interpreter to build with; otherwise says what is missing and how to get it.
find_python() {
    without_venv=
    too_old=
    for candidate in ${RELEVO_PYTHON:-python3 python3.13 python3.12 python3.11}; do
        command -v "$candidate" >/dev/null 2>&1 || continue
        if ! "$candidate" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            too_old="$too_old $candidate"
        elif ! "$candidate" -I -c 'import venv, ensurepip' >/dev/null 2>&1; then
            without_venv="$without_venv $candidate"
        else
            command -v "$candidate"
            return
        fi
    done
    if [ -n "$without_venv" ]; then
        fail "relevo: found$without_venv, which cannot make virtual environments: the venv or ensurepip module is missing." \
            "Debian, Ubuntu: apt install python3-venv" \
            "Elsewhere the full Python package has them; RELEVO_PYTHON may name another interpreter."
    fi
    if [ -n "${RELEVO_PYTHON:-}" ]; then
        fail "relevo: RELEVO_PYTHON=$RELEVO_PYTHON is not a Python 3.11 or newer that runs here."
    fi
    if [ -n "$too_old" ]; then
        fail "relevo: needs Python 3.11 or newer; the ones found are older or do not start:$too_old." \
            "Install a newer one beside it (python3.11, python3.12 or python3.13), or name it in RELEVO_PYTHON."
    fi
    fail "relevo: needs Python 3.11 or newer, and there is no python3 on PATH." \
        "Debian, Ubuntu: apt install python3 python3-venv   Fedora, RHEL: dnf install python3.12   Alpine: apk add python3"
}

make_venv() {
    if [ -e "$venv" ] && [ ! -f "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv" 2>/dev/null)" ]; then
        fail "relevo: $venv is there but is no virtual environment; move it away and start again."
    fi
    # A subshell's exit does not end this one: find_python has said why, so only the code is passed on.
    python=$(find_python) || exit 1
    if ! output=$("$python" -I -m venv --clear "$venv" 2>&1); then
        fail "$output" "relevo: $python could not make $venv (above: its own words)."
    fi
}

explain_install_failure() {
    tail -n 25 "$setup_log" >&2
    if grep -qiE 'name resolution|NewConnectionError|ConnectionError|Max retries|unreachable|timed out|ProxyError|SSLError|from versions: none' \
        "$setup_log"; then
        fail "relevo: pip could not reach the package index (its words are above)." \
            "The first run needs the network. Behind a proxy set HTTPS_PROXY; for a mirror see 'pip config' or PIP_INDEX_URL."
    fi
    if grep -qi 'No space left' "$setup_log"; then
        fail "relevo: the disk that holds $venv is full; it needs about 300 MB."
    fi
    fail "relevo: pip could not install what pyproject.toml asks for (its words are above; all of them in $setup_log)."
}

install() {
    case $1 in
    run) what=. ;;
    dev) what=".[dev]" ;;
    *) what=".[dev,$1]" ;;
    esac
    # PIP_USER in the environment would make pip refuse to install into a virtual environment.
    if ! (cd "$root" && PIP_USER=0 "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
        --editable "$what") >"$setup_log" 2>&1 9<&-; then
        explain_install_failure
    fi
}

build() {
    [ -w "$root" ] || fail "relevo: cannot prepare $venv: $root is not writable." \
        "Run $root/bin/relevo once as the owner of the checkout."
    wanted=$1
    made_from=
    made_for=
    if [ -f "$stamp" ]; then
        { IFS= read -r made_from && IFS= read -r made_for; } <"$stamp" || made_from=
        [ "$made_for" != dev ] || wanted=dev # a refresh keeps the tools that were there
    fi
    [ ! -t 2 ] || echo "relevo: preparing $venv (a minute or two, once)" >&2
    before=$(fingerprint) || before=
    rm -f "$stamp"
    # Interpreter and path are the tail of the fingerprint: after either changed, scripts and links in .venv are wrong.
    if [ -z "$before" ] || ! "$venv/bin/python" -I -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
        { [ -n "$made_from" ] && [ "${made_from#* * }" != "${before#* * }" ]; }; then
        make_venv
    fi
    install "$wanted"
    { fingerprint && echo "$wanted"; } >"$stamp.new" || fail "relevo: $venv/bin/python does not run any more."
    mv "$stamp.new" "$stamp"
}

has() {
    "$venv/bin/python" -c "import $1" 2>/dev/null
}

# After `prepare dev`: `add fuzz atheris` installs the extra `fuzz` unless its module atheris is there. It stays through
# refreshes; a .venv made anew is without it until it is asked for again.
add() {
    has "$2" && return
    acquire
    has "$2" || install "$1" # another run may have installed it while this one waited
    release
    has "$2" || fail "relevo: $2 cannot be had for $(uname -sm) and $("$venv/bin/python" --version)."
}

prepare() {
    unset PYTHONHOME
    is_fresh "$1" && return
    acquire
    is_fresh "$1" || build "$1" # another run may have built it while this one waited
    release
}
