#!/bin/sh
# Installs the programs of programs.txt, which the tests run and pip does not install.
#
#   setup.sh           install what is missing on Debian and Ubuntu; name what stays missing
#   setup.sh missing   print the names of the missing programs
#   setup.sh verdict   exit with 3 if a program is missing, and name it with its tests
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
PATH="$PATH:/usr/sbin:/usr/local/sbin"

there() {
  case $1 in
    # WHY: Patroni needs the system's own PostgreSQL, whose programs are not on $PATH.
    postgres) for file in /usr/lib/postgresql/*/bin/postgres; do [ -x "$file" ] && return; done; return 1 ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# Prints program, package and tests of each missing program, one a line.
missing() {
  grep -v '^#' "$here/programs.txt" | while read -r program package tests; do
    there "$program" || echo "$program $package $tests"
  done
}

names() { missing | cut -d ' ' -f 1 | paste -s -d ' ' -; }

list_missing() {
  missing | while read -r program package tests; do
    echo "  $program (Debian: $package), for $tests"
  done
}

# Runs as root: installs the packages named, none of which starts its service.
install_packages() {
  apt-get -qq update
  plain=
  for package in "$@"; do
    [ "$package" = prometheus ] || plain="$plain $package"
  done
  # WHY: at runlevel 1 a package does not start its service; the tests start their own.
  # shellcheck disable=SC2086  # one word for each package
  [ -z "$plain" ] || RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
    apt-get -qq install --yes --no-install-recommends $plain
  if [ "$plain" != " $*" ]; then
    # WHY: the package has a server and its web pages too, so promtool alone is unpacked.
    unpacked=$(mktemp -d)
    # WHY: apt's own user cannot write into this folder, of which apt would warn.
    (cd "$unpacked" && apt-get -qq -o APT::Sandbox::User=root download prometheus &&
      dpkg -x prometheus_*.deb .)
    install "$unpacked/usr/bin/promtool" /usr/local/bin/
    rm -r "$unpacked"
  fi
  case " $* " in
    *" maven "*) sh "$here/verapdf/install.sh" ;;
  esac
}

# Prints how a command becomes root, or fails; the password is asked for once and only on a terminal.
become() {
  if [ "$(id -u)" -eq 0 ]; then
    echo env
  elif ! command -v sudo >/dev/null; then
    return 1
  elif sudo -n true 2>/dev/null; then
    echo sudo -n
  elif [ -t 0 ] && [ -t 2 ]; then
    echo sudo
  else
    return 1
  fi
}

set_up() {
  [ -n "$(missing)" ] || return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg >/dev/null; then
    echo "These programs are installed by this script on Debian and Ubuntu alone." >&2
  elif root=$(become); then
    echo "installing with apt-get what the tests run: $(names)" >&2
    # shellcheck disable=SC2046,SC2086  # one word for each package, and for sudo's option
    $root sh "$here/setup.sh" install $(missing | cut -d ' ' -f 2 | sort -u) >&2 ||
      echo "apt-get did not install all of them." >&2
  else
    echo "Installing programs takes root, or sudo." >&2
  fi
  [ -n "$(missing)" ] || return 0
  {
    echo "*** These programs are missing. The tests that need them will NOT run, and make will fail:"
    list_missing
  } >&2
}

verdict() {
  [ -n "$(missing)" ] || return 0
  {
    echo "*** All that ran has passed, but NOT all has run. Missing programs and their tests:"
    list_missing
  } >&2
  exit 3
}

case ${1-} in
  "") set_up ;;
  missing) names ;;
  verdict) verdict ;;
  install) shift && install_packages "$@" ;;
  *) echo "setup.sh: no such word: $1" >&2; exit 2 ;;
esac
