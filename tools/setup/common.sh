# shellcheck shell=bash
# Sourced by tools/quickstart, tools/test, tools/bench/run and .ci/run: packages, stages with
# progress, the build. Nothing here changes anything outside the build folder except apt packages.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
packages_file="${NIBBLE_PACKAGES:-$root/tools/setup/packages.txt}"
build="$root/build"
logs="$build/logs"
jobs="$(env -u OMP_NUM_THREADS nproc 2>/dev/null || echo 2)"  # nproc says no more than that variable
program="$(basename "$0")"

fail() {
  echo "$program: $*" >&2
  exit 2
}

# stage TITLE COMMAND...: runs the command with its output in a log. A terminal sees the seconds and
# the log's last line, a pipe one line when it is done. If the command fails, the log's end is shown,
# without the lines that match $quiet_lines.
quiet_lines='^$'
stage() {
  local title="$1" log start pid state=0
  shift
  mkdir -p "$logs"
  log="$logs/$(echo "$title" | tr -c 'a-zA-Z0-9\n' '_').log"
  start=$SECONDS
  # A process group of its own, so that Ctrl-C ends the compilers or tests behind it too.
  set -m
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  trap 'kill -- "-$pid" 2>/dev/null; exit 130' INT TERM
  if [ -t 1 ]; then
    while kill -0 "$pid" 2>/dev/null; do
      printf '\r\033[K%s ... %d s  %.60s' "$title" $((SECONDS - start)) \
        "$(tail -n 1 "$log" | tr -d '\r' | tr -c '[:print:]\n' ' ')"
      sleep 0.5
    done
    printf '\r\033[K'
  fi
  wait "$pid" || state=$?
  trap - INT TERM
  if [ "$state" -eq 0 ]; then
    echo "$title: done in $((SECONDS - start)) s"
    return 0
  fi
  grep -vE "$quiet_lines" "$log" | tail -n 200 >&2
  echo "$program: $title failed (exit $state); the whole log is ${log#"$root"/}" >&2
  exit 1
}

# packages_of GROUP...: the package names of these groups.
packages_of() {
  local group
  for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$packages_file"
  done
}

# Installed itself, or as a part of another package: the nodejs of its makers holds npm and says so.
is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] && return
  dpkg-query -W -f='${db:Status-Status} ${Provides}, \n' 2>/dev/null |
    grep -E "^installed (.*, )?$1( \(|,)" >/dev/null
}

apt_install() {
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
}

# install_packages GROUP...: installs what is missing, or says what is and how to get it.
install_packages() {
  local package missing=()
  if ! command -v dpkg-query >/dev/null; then
    echo "Packages: this is no Debian; CMake will name what it cannot find"
    return 0
  fi
  for package in $(packages_of "$@"); do
    is_installed "$package" || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    echo "Packages: all present"
    return 0
  fi
  if ! command -v apt-get >/dev/null; then
    fail "missing packages, and apt-get is not here to install them: ${missing[*]}"
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    fail "missing packages; as root run: apt-get install ${missing[*]}"
  fi
  # A password prompt would be lost in the log, so it is asked for here.
  [ "$(id -u)" -eq 0 ] || sudo -v || fail "missing packages, and sudo refused: ${missing[*]}"
  stage "Packages (${#missing[@]} to install)" apt_install "${missing[@]}"
  for package in "${missing[@]}"; do
    is_installed "$package" || fail "the package $package is still missing after apt-get install"
  done
}

# configure ARGS...: the release preset, with ccache where it is installed.
configure() {
  local launcher=()
  if command -v ccache >/dev/null; then
    launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_C_COMPILER_LAUNCHER=ccache)
  fi
  stage "Configure" cmake -S "$root" --preset release "${launcher[@]}" "$@"
}

# compile TARGET...
compile() { stage "Build $*" cmake --build "$build" --parallel "$jobs" --target "$@"; }

minutes() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }
