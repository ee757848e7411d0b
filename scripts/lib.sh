# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# What quickstart.sh, test.sh and .ci/run share: Debian packages, the build, a private PostgreSQL.
# Sourced, never run. Wants bash, coreutils, util-linux and dpkg: what a bare Debian has.

umask 022
export LC_ALL=C.UTF-8
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { printf '==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    (($#)) && printf '       %s\n' "$@" >&2
    exit 1
}

# ---------------------------------------------------------------- packages

packages_build=(build-essential autoconf automake libtool pkgconf libevent-dev libpq-dev
    libjson-c-dev libjwt-dev libyaml-dev libcrypt-dev zlib1g-dev)

# Where the server programs of the newest installed PostgreSQL are (14 or later); fails if nowhere.
pg_bin() {
    local dir
    dir=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -t/ -k5,5nr | head -n 1)
    [[ -x $dir && $(cut -d/ -f5 <<<"$dir") -ge 14 ]] && dirname "$dir"
}

package_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# packages_missing NAME...: those of them that are not installed. A name "tool=package" is satisfied
# by the program, whichever package it came from.
packages_missing() {
    local name
    for name; do
        if [[ $name == *=* ]]; then
            PATH=$PATH:/usr/sbin:/sbin command -v "${name%%=*}" >/dev/null || echo "${name#*=}"
        elif [[ $name == postgresql ]]; then
            pg_bin >/dev/null || echo postgresql
        else
            package_installed "$name" || echo "$name"
        fi
    done
}

# Runs as root: directly, or through sudo (which may ask for the password on a terminal).
as_root() {
    if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

can_be_root() {
    ((EUID == 0)) && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return 0
    [[ -t 0 && -t 2 ]] && sudo -v
}

# The part of package installation that needs root, as one script: services of new packages are not
# started, and a new PostgreSQL does not create the distribution's own cluster. Both settings
# are taken back at the end.
# shellcheck disable=SC2016 # expanded by the shell that runs it
packages_root_script='
set -eu
export DEBIAN_FRONTEND=noninteractive
policy=/usr/sbin/policy-rc.d conf=/etc/postgresql-common/createcluster.conf
ours= saved=
finish() {
    [ -z "$ours" ] || rm -f "$policy"
    [ -z "$saved" ] || { cat "$saved" >"$conf"; rm -f "$saved"; }
}
trap finish EXIT
trap "exit 1" HUP INT TERM
if [ ! -e "$policy" ]; then
    printf "#!/bin/sh\nexit 101\n" >"$policy"; chmod 755 "$policy"; ours=1
fi
apt-get -q update
case " $* " in *" postgresql "*)
    apt-get -qy install --no-install-recommends postgresql-common
    saved=$(mktemp); cat "$conf" >"$saved"
    echo "create_main_cluster = false" >>"$conf" ;;
esac
apt-get -qy install --no-install-recommends "$@"
'

# packages_need NAME...: installs what is missing, or says how and ends.
packages_need() {
    local missing
    mapfile -t missing < <(packages_missing "$@")
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null ||
        fail "these packages are missing, and this is no Debian: ${missing[*]}" \
            "Install your system's equivalents, then build by hand: see CONTRIBUTING.md."
    can_be_root || fail "these Debian packages are missing: ${missing[*]}" \
        "Neither root nor sudo is at hand. Ask somebody who has either to run:" \
        "  apt-get install --no-install-recommends ${missing[*]}"
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    as_root sh -c "$packages_root_script" sh "${missing[@]}" >&2 ||
        fail "apt-get did not succeed (see above)" \
            "Check the network and /etc/apt/sources.list, then call this again."
}

# Called as root through sudo: go on as the user who called sudo, so that no file of theirs becomes
# root's. Packages are installed by then. step_down "$@" with the script's own arguments.
step_down() {
    ((EUID == 0)) && [[ -n ${SUDO_UID:-} && $SUDO_UID != 0 ]] || return 0
    setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups test -w "$top" || return 0
    local home
    home=$(getent passwd "$SUDO_UID" | cut -d: -f6)
    exec setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" --init-groups \
        env -u SUDO_UID -u SUDO_GID -u SUDO_USER HOME="${home:-/}" \
        "$top/scripts/${0##*/}" "$@"
}

# as_user NAME COMMAND...: without a change when NAME is who we are.
as_user() {
    local name=$1
    shift
    if [[ $name == "$(id -un)" ]]; then
        "$@"
    else
        setpriv --reuid="$name" --regid="$(id -g "$name")" --clear-groups -- "$@"
    fi
}

# ---------------------------------------------------------------- the build

# logged LOG COMMAND...: quiet unless it fails; then the end of the log.
logged() {
    local log=$1
    shift
    if ! "$@" >>"$log" 2>&1; then
        tail -n 40 "$log" >&2
        fail "failed: $*" "The whole output is in $log."
    fi
}

# build_tree DIR [CONFIGURE-ARGUMENT...]: configures (when the arguments are new) and makes, out of
# tree. One build at a time per clone: others wait.
build_tree() {
    local dir=$1 log
    shift
    mkdir -p "$dir" || fail "cannot create $dir" "The clone must be writable by $(id -un)."
    log=$dir/build.log
    exec 8<"$top"
    flock -n 8 || { say "waiting for another build in this clone"; flock 8; }
    : >"$log"
    if [[ ! -e $top/configure || $top/configure.ac -nt $top/configure ]]; then
        say "autoreconf (a quarter of a minute)"
        (cd "$top" && logged "$log" autoreconf -i)
    fi
    if [[ ! -e $dir/Makefile || "$*" != "$(cat "$dir/.configured" 2>/dev/null)" ]]; then
        say "configure in ${dir#"$top/"}"
        (cd "$dir" && logged "$log" "$top/configure" "$@")
        printf '%s\n' "$*" >"$dir/.configured"
    fi
    say "make in ${dir#"$top/"}"
    logged "$log" make -C "$dir" -j"$(nproc)"
    exec 8<&-
}

# ---------------------------------------------------------------- a private PostgreSQL

# Its folder is $1/pg, its socket in $1/socket; no TCP. Peer authentication: the operating system
# vouches for who connects, through the map written here.

pg_sql() { # DATA STATEMENT [DATABASE]
    as_user "$pg_user" "$(pg_bin)/psql" -qAtX -v ON_ERROR_STOP=1 -h "$1/socket" -U postgres \
        -d "${3:-postgres}" -c "$2"
}

pg_running() {
    as_user "$pg_user" "$(pg_bin)/pg_ctl" -s -D "$1/pg" status >/dev/null 2>&1
}

pg_create() { # DATA RUN_USER...: users of the operating system that may be role kenangan
    local data=$1 name
    shift
    say "creating a private PostgreSQL in $data/pg"
    rm -rf "$data/pg.new"
    mkdir -p "$data/pg.new"
    chown "$pg_user" "$data/pg.new"
    chmod 700 "$data/pg.new"
    as_user "$pg_user" "$(pg_bin)/initdb" -D "$data/pg.new" -U postgres --encoding=UTF8 \
        --locale=C.UTF-8 --auth=peer >"$data/log/initdb.log" 2>&1 ||
        { cat "$data/log/initdb.log" >&2; fail "initdb failed (see above)"; }
    {
        echo "kenangan $pg_user postgres"
        for name; do echo "kenangan $name kenangan"; done
    } >"$data/pg.new/pg_ident.conf"
    echo "local all all peer map=kenangan" >"$data/pg.new/pg_hba.conf"
    printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$data/socket'" \
        >>"$data/pg.new/postgresql.conf"
    mv -T "$data/pg.new" "$data/pg"
}

pg_start() {
    local data=$1
    pg_running "$data" && return 0
    say "starting PostgreSQL"
    touch "$data/log/postgresql.log"
    chown "$pg_user" "$data/log/postgresql.log"
    as_user "$pg_user" "$(pg_bin)/pg_ctl" -s -w -t 60 -D "$data/pg" \
        -l "$data/log/postgresql.log" start 9<&- ||
        { tail -n 20 "$data/log/postgresql.log" >&2; fail "PostgreSQL did not start (see above)"; }
}

pg_stop() {
    [[ -d $1/pg ]] && pg_running "$1" || return 0
    say "stopping PostgreSQL"
    as_user "$pg_user" "$(pg_bin)/pg_ctl" -s -w -t 60 -m fast -D "$1/pg" stop ||
        fail "PostgreSQL did not stop" "See $1/log/postgresql.log."
}
