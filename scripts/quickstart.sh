#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# From a fresh clone to a restaurant that takes orders. See --help.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
    cat <<USAGE
Usage: scripts/quickstart.sh [--port N] [--data DIR] [--detach | --stop | --status]

Installs missing Debian packages, builds, starts a private PostgreSQL, loads the demo restaurant
and serves it until Ctrl-C. A second call uses what the first one made.

  --port N     HTTP port (8080)
  --data DIR   where everything that is not built lives: database, log, secret (./var).
               Another folder and another port make another restaurant.
  --detach     return once the server is healthy; it goes on in the background
  --stop       stop the server and the PostgreSQL of this data folder
  --status     say whether they run; exit code 0 if healthy, 1 if not
  --help       this text

Called as root, PostgreSQL runs as user postgres and the server as user nobody; called through
sudo or as an ordinary user, both run as that user.
USAGE
}

port=8080 port_given='' data_asked=$top/var action=foreground
parse_arguments() {
    while (($#)); do
        case $1 in
        --port=* | --data=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" && continue ;;
        --port) port=${2:?a number must follow --port} port_given=1 && shift ;;
        --data) data_asked=${2:?a folder must follow --data} && shift ;;
        --detach | --stop | --status) action=${1#--} ;;
        -h | --help) usage && exit 0 ;;
        *) fail "unknown argument $1" "See --help." ;;
        esac
        shift
    done
    [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || fail "--port $port is not a port number"
    ((port <= 65535)) || fail "--port $port is over 65535"
    data_asked=$(realpath -m -- "$data_asked")
}

# ---------------------------------------------------------------- who and where

# Root never serves: PostgreSQL refuses to, and the server needs no right of root's.
choose_users() {
    pg_user=$(id -un) run_user=$(id -un)
    if ((EUID == 0)); then
        pg_user=postgres run_user=nobody
    fi
}

reachable() { # DIR: can the users enter it?
    as_user "$run_user" test -x "$1" && as_user "$pg_user" test -x "$1"
}

# refuge KIND PATH: a folder in /var/tmp that stands for one which other users cannot enter.
refuge() {
    echo "/var/tmp/kenangan-$1-$(printf %s "$2" | sha256sum | cut -c1-12)"
}

own_folder() { # DIR: makes it; refuses one that somebody else put there
    mkdir -p "$1" || fail "cannot create $1" "Choose another folder with --data."
    [[ -O $1 && ! -L $1 ]] || fail "$1 is not owned by $(id -un)" "Choose another folder with --data."
}

# Sets data: the folder itself, or (with a clone under /root, say) its refuge. A socket's path may
# be 107 bytes long.
choose_data() {
    data=$data_asked
    if starting; then own_folder "$data"; fi
    [[ -d $data ]] || return 0
    if reachable "$data" && ((${#data} <= 80)); then return 0; fi
    data=$(refuge data "$data_asked")
    if starting; then
        own_folder "$data"
        note "the path of $data_asked is too long, or closed to user $run_user: data goes to $data"
    fi
}

starting() { [[ $action == foreground || $action == detach ]]; }

# Sets root: where the build is installed to. Without `make install` of a system's own.
choose_root() {
    root=$top/build/root
    mkdir -p "$top/build"
    if ! reachable "$top/build"; then
        root=$(refuge build "$top")
        own_folder "$root"
    fi
}

# ---------------------------------------------------------------- the server

# The configuration as it comes with this version; what differs is in the environment.
conf() { echo "$root/share/kenangan/conf/kenangan.yaml"; }

server_pid() {
    local pid
    pid=$(cat "$data/run/kenangand.pid" 2>/dev/null) || return 1
    [[ $pid =~ ^[0-9]+$ ]] && grep -qaF "$data/run/kenangand.pid" "/proc/$pid/cmdline" 2>/dev/null &&
        echo "$pid"
}

server_url() { echo "http://localhost:$(cat "$data/port" 2>/dev/null || echo "$port")"; }

healthy() { "$root/sbin/kenanganctl" health --url "$(server_url)" >/dev/null 2>&1; }

# Runs a program of ours as the server's user, with this restaurant's settings and nothing else of
# the caller's environment. (Not env(1): its arguments, and so the secret, would be seen in ps.)
with_settings() (
    level=${LOG_LEVEL:-INFO} connections=${DB_MAX_OPEN_CONNS:-25}
    origins=${CORS_ALLOWED_ORIGINS:-http://localhost:3000}
    for name in $(compgen -e); do
        [[ $name == PATH ]] || unset -v "$name" || :
    done
    export LC_ALL=C.UTF-8 HOME=/ PORT="$port" ENVIRONMENT=development LOG_LEVEL="$level"
    export DB_HOST="$data/socket" DB_PORT=5432 DB_USER=kenangan DB_NAME=pos_system
    export DB_SSLMODE=disable DB_MAX_OPEN_CONNS="$connections" CORS_ALLOWED_ORIGINS="$origins"
    JWT_SECRET=$(cat "$data/jwt-secret")
    export JWT_SECRET
    as_user "$run_user" "$@"
)

prepare_folders() {
    mkdir -p "$data/log" "$data/run" "$data/socket"
    chmod 755 "$data" "$data/log" "$data/run" "$data/socket"
    chown "$run_user" "$data/run"
    chown "$pg_user" "$data/socket"
    if [[ ! -s $data/jwt-secret ]]; then
        (umask 077 && head -c 48 /dev/urandom | base64 -w 0 >"$data/jwt-secret.new")
        mv "$data/jwt-secret.new" "$data/jwt-secret"
    fi
}

prepare_database() {
    local run_users=("$run_user")
    ((EUID == 0)) && run_users+=(root)
    [[ -d $data/pg ]] || pg_create "$data" "${run_users[@]}"
    pg_start "$data"
    if [[ -z $(pg_sql "$data" "SELECT 1 FROM pg_roles WHERE rolname = 'kenangan'") ]]; then
        pg_sql "$data" "CREATE ROLE kenangan LOGIN"
    fi
    if [[ -z $(pg_sql "$data" "SELECT 1 FROM pg_database WHERE datname = 'pos_system'") ]]; then
        pg_sql "$data" "CREATE DATABASE pos_system OWNER kenangan"
    fi
    say "migrating the database"
    logged "$data/log/setup.log" with_settings "$root/sbin/kenanganctl" -c "$(conf)" migrate
    if [[ ! -e $data/demo-loaded ]]; then
        say "loading the demo restaurant"
        logged "$data/log/setup.log" with_settings "$root/sbin/kenanganctl" -c "$(conf)" demo
        touch "$data/demo-loaded"
    fi
}

last_words() { # what the server said last, for a person
    sed -n 's/^{.*"message": *"\(\([^"\\]\|\\.\)*\)".*/    \1/p; t; /^{/d; s/^/    /p' "$data/log/kenangand.log" |
        tail -n 5 >&2
}

start_server() {
    say "starting kenangand on port $port"
    echo "$port" >"$data/port"
    : >"$data/log/kenangand.log"
    with_settings setsid "$root/sbin/kenangand" \
        -c "$(conf)" --pid-file "$data/run/kenangand.pid" \
        </dev/null >>"$data/log/kenangand.log" 2>&1 9>&- &
    local started=$! tries
    for ((tries = 0; tries < 300; tries++)); do
        server_pid >/dev/null && healthy && return 0
        kill -0 "$started" 2>/dev/null || break
        sleep 0.1
    done
    last_words
    stop_all
    fail "the server did not become healthy on port $port" \
        "If the port is taken, choose another: --port N. The log is $data/log/kenangand.log."
}

stop_server() {
    local pid tries
    pid=$(server_pid) || return 0
    say "stopping kenangand"
    kill -TERM "$pid"
    for ((tries = 0; tries < 400; tries++)); do
        kill -0 "$pid" 2>/dev/null || return 0
        sleep 0.1
    done
    note "it still has requests after 40 s: ending it"
    kill -KILL "$pid" 2>/dev/null || :
}

stop_all() {
    stop_server
    pg_stop "$data"
}

# ---------------------------------------------------------------- what the caller sees

accounts() { # user, password, role: the demo accounts as sql/demo has them
    sed -n 's|^-- *\([a-z]*\) */ *\([^ ]*\) *role \(.*\)|\1 \2 \3|p' "$top"/sql/demo/*.sql
}

summary() {
    local user password role again="scripts/quickstart.sh"
    [[ $data_asked == "$top/var" ]] || again+=" --data $data_asked"
    printf '\nKenangan POS serves %s\n' "$(server_url)"
    printf '  menu    %s/api/v1/public/menu\n' "$(server_url)"
    printf '  health  %s/health\n' "$(server_url)"
    printf '\nDemo accounts (user, password, role):\n'
    while read -r user password role; do
        printf '  %-8s %-18s %s\n' "$user" "$password" "$role"
    done < <(accounts)
    printf '\nLog:  %s\n' "$data/log/kenangand.log"
    if [[ $action == foreground ]]; then
        printf 'Stop: Ctrl-C (or, from another terminal, %s --stop)\n' "$again"
    else
        printf 'Stop: %s --stop\n' "$again"
    fi
}

do_status() {
    if server_pid >/dev/null && healthy; then
        echo "running and healthy: $(server_url), data in $data"
        return 0
    fi
    if server_pid >/dev/null; then
        echo "running but not healthy: $(server_url); see $data/log/kenangand.log"
    elif [[ -d $data/pg ]] && pg_running "$data"; then
        echo "the server is stopped, its PostgreSQL runs; data in $data"
    else
        echo "stopped; data folder $data"
    fi
    return 1
}

do_start() {
    if server_pid >/dev/null; then
        [[ -z $port_given || $port == "$(cat "$data/port")" ]] ||
            fail "already running on port $(cat "$data/port")" "Stop it first, or choose another --data."
        say "already running"
        action=detach
        summary
        return
    fi
    build_tree "$top/build" --prefix="$root"
    say "installing into ${root#"$top/"}"
    logged "$top/build/build.log" make -C "$top/build" install
    exec 9<"$data"
    flock -n 9 || fail "another quickstart.sh is starting in $data" "Wait for it, or see --status."
    prepare_folders
    prepare_database
    start_server
    exec 9<&-
    summary
}

wait_until_stopped() {
    trap 'trap "" INT TERM; echo >&2; stop_all; exit 0' INT TERM
    while server_pid >/dev/null; do
        sleep 1 &
        wait $! || :
    done
    pg_stop "$data"
    [[ -e $data/run/kenangand.pid ]] || return 0 # it took its pid file along: somebody stopped it
    last_words
    fail "the server has ended" "The log is $data/log/kenangand.log."
}

main() {
    parse_arguments "$@"
    if starting; then packages_need "${packages_build[@]}" postgresql; fi
    step_down "$@"
    choose_users
    choose_data
    choose_root
    cd / # the other users may not enter where we are
    case $action in
    stop)
        stop_all
        echo "stopped"
        ;;
    status) do_status ;;
    *)
        do_start
        [[ $action == detach ]] || wait_until_stopped
        ;;
    esac
}

main "$@"
