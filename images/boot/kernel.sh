#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: kernel.sh PACKAGE FOLDER
# Unpacks a Debian kernel package into FOLDER and has depmod index its modules. PACKAGE may be a metapackage. The package
# is fetched by apt-get, which checks it, unless it lies in FOLDER/../cache or $REMINT_CACHE already. Nothing is installed.
set -eu
LC_ALL=C
export LC_ALL
package=$1 folder=$2
cache=${REMINT_CACHE:-$(dirname "$folder")/cache}

fail() {
	echo "kernel: $*" >&2
	exit 1
}

field() { # PACKAGE FIELD: of the candidate version
	apt-cache show --no-all-versions "$1" | sed -n "s/^$2: //p" | head -n 1
}

case $package in
linux-image-[0-9]*) ;;
*)
	image=$(field "$package" Depends | tr ',' '\n' | sed -n 's/^ *\(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
	[ -n "$image" ] || fail "no package $package with a kernel is known: run apt-get update"
	package=$image
	;;
esac
version=$(field "$package" Version)
[ -n "$version" ] || fail "no package $package is known: run apt-get update"

# apt-get names the file with the version's colon as %3a.
deb=${package}_$(echo "$version" | sed 's/:/%3a/')_amd64.deb
mkdir -p "$cache"
if [ ! -f "$cache/$deb" ]; then
	echo "fetching $package $version"
	partial=$(mktemp -d "$cache/partial.XXXXXX")
	trap 'rm -rf "$partial"' EXIT
	(cd "$partial" && apt-get download -qq -o APT::Sandbox::User=root "$package=$version") ||
		fail "apt-get download $package=$version failed"
	[ -f "$partial/$deb" ] || fail "apt-get download $package=$version made no $deb"
	mv "$partial/$deb" "$cache/$deb"
fi

rm -rf "$folder"
mkdir -p "$folder"
dpkg-deb --fsys-tarfile "$cache/$deb" | tar -x -C "$folder" ./boot ./lib/modules
release=$(ls "$folder/lib/modules")
[ -f "$folder/boot/vmlinuz-$release" ] || fail "$deb holds no /boot/vmlinuz-$release"
depmod -b "$folder" "$release"
echo "$release" >"$folder/release"
echo "$package $version" >"$folder/package"
