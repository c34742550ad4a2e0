#!/bin/sh
# Finds a Prometheus for the tests: the machine's own, else Debian's package, fetched into .tools/ of
# this checkout without being installed.
#   --path     print where it is; nothing where there is none
#   --install  fetch it if it is missing
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
folder="$here/.tools/prometheus"

found() {
  command -v prometheus && return 0
  [ -x "$folder/usr/bin/prometheus" ] && echo "$folder/usr/bin/prometheus"
}

give_up() {
  echo "error: there is no Prometheus, and $1" >&2
  echo "hint: install the package prometheus (Debian: apt-get install prometheus), or put one on PATH" >&2
  exit 2
}

case "${1:-}" in
  --path)
    found || true
    ;;
  --install)
    found >/dev/null && exit 0
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
      give_up "this machine has no apt-get to fetch one with"
    mkdir -p "$here/.tools"
    # Unpacked beside its place and moved in one step: another run may be doing the same.
    work=$(mktemp -d "$here/.tools/prometheus.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    echo "fetching Prometheus ..." >&2
    if ! (cd "$work" && apt-get -q download prometheus >"$work/log" 2>&1); then
      [ "$(id -u)" -eq 0 ] && apt-get -q update >"$work/log" 2>&1 &&
        (cd "$work" && apt-get -q download prometheus >"$work/log" 2>&1) || {
        cat "$work/log" >&2
        give_up "its package can't be fetched"
      }
    fi
    dpkg-deb -x "$work"/prometheus_*.deb "$work/unpacked" || give_up "its package can't be unpacked"
    # Its pages for people are links all over the system; nobody looks at them here.
    rm -rf "$work/unpacked/usr/share" "$work/unpacked/etc" "$work/unpacked/lib"
    "$work/unpacked/usr/bin/prometheus" --version >/dev/null 2>&1 ||
      give_up "the packaged one does not run here"
    mv -T "$work/unpacked" "$folder" 2>/dev/null || found >/dev/null || give_up "$folder can't be written"
    ;;
  *)
    echo "usage: prometheus.sh --path | --install" >&2
    exit 2
    ;;
esac
