#!/bin/sh
# Installs the command landfast in a dev container. Run as root while its image is built; the options are variables.
set -eu
umask 022

fail() {
  echo "landfast: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "a feature is installed by root"
case $(uname -m) in
  x86_64) processor=x64 ;;
  aarch64 | arm64) processor=arm64 ;;
  *) fail "there is no Landfast for $(uname -m)" ;;
esac
# Node's program is for the C library of GNU.
for loader in /lib/ld-musl-*; do
  [ ! -e "$loader" ] || fail "there is no Landfast for Alpine; use an image of Debian, Ubuntu or Fedora"
done

version=${VERSION:-0.1.0}
name=landfast-$version-linux-$processor.tar.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

get() {
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --location --output "$2" "$1" || fail "\"$1\" could not be downloaded"
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1" || fail "\"$1\" could not be downloaded"
  else
    fail "neither curl nor wget is in the image; add the feature common-utils before this one"
  fi
}

# An archive beside this script is for images that are built without a network.
own=$(dirname "$0")/$name
sha256=${SHA256:-}
if [ -e "$own" ]; then
  cp "$own" "$work/$name"
else
  [ -n "${REPOSITORY:-}" ] || fail "the option \"repository\" is missing, and \"$name\" is not beside the feature"
  place=${LANDFAST_DOWNLOADS:-https://github.com}/$REPOSITORY/releases/download/v$version
  get "$place/$name" "$work/$name"
  if [ -z "$sha256" ]; then
    get "$place/SHA256SUMS" "$work/SHA256SUMS"
    sha256=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\$/\1/p" "$work/SHA256SUMS")
    [ -n "$sha256" ] || fail "SHA256SUMS of the release has no line for $name"
  fi
fi
if [ -n "$sha256" ]; then
  echo "$sha256  $work/$name" | sha256sum --check --status || fail "$name has another SHA-256 than $sha256; nothing was installed"
fi

place=/usr/local/lib/landfast
rm -rf "$place"
mkdir -p "$place" /usr/local/bin
tar -xzf "$work/$name" -C "$place" --strip-components=1 --no-same-owner
ln -sf "$place/landfast" /usr/local/bin/landfast
landfast version
