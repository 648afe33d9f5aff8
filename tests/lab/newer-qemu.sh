#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: newer-qemu.sh FOLDER
# Unpacks the QEMU of Debian's bookworm-backports, and those libraries of which it needs newer ones than this machine has, into FOLDER beside the one that is
# installed: FOLDER/qemu-system-x86_64 starts it. Nothing is installed, and apt's own lists stay as they are. The packages are fetched once, by apt-get, which
# checks them. What is there already is taken.
set -eu
LC_ALL=C
export LC_ALL
folder=$1

fail() {
	echo "newer QEMU: $*" >&2
	exit 1
}

[ -x "$folder/qemu-system-x86_64" ] && exit 0
[ "$(dpkg --print-architecture)" = amd64 ] || fail "for amd64 alone"
mkdir -p "$(dirname "$folder")"
work=$(mktemp -d "$(dirname "$folder")/newer-qemu.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/tree"
# shellcheck disable=SC2016 # apt replaces these
apt-get indextargets --format '$(IDENTIFIER) $(RELEASE) $(COMPONENT) $(REPO_URI)' |
	sed -n 's/^Packages bookworm main //p' | head -n 1 >"$work/archive"
[ -s "$work/archive" ] || fail "apt's configuration names no source for Debian bookworm"
for release in bookworm bookworm-backports; do
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(cat "$work/archive") $release main"
done >"$work/sources.list"

apt() { # apt-get with lists and archives of its own; what is installed it reads of the machine
	apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$work/lists" \
		-o Dir::Cache="$work" -o Dir::Cache::Archives="$work/archives" -o APT::Sandbox::User=root -o Debug::NoLocking=true \
		-o Acquire::Languages=none -o Acquire::http::Timeout=20 -o Acquire::Retries=1 \
		-o APT::Update::Post-Invoke-Success::= "$@"
}

apt update >"$work/log" 2>&1 || fail "no lists of bookworm-backports: $(tail -n 1 "$work/log")"
apt install --download-only -y --no-install-recommends -t bookworm-backports qemu-system-x86 >"$work/log" 2>&1 ||
	fail "the packages cannot be fetched: $(tail -n 1 "$work/log")"
for deb in "$work"/archives/*.deb; do
	[ -f "$deb" ] || fail "no package was fetched: is this QEMU installed already?"
	dpkg-deb -x "$deb" "$work/tree"
	basename "$deb" >>"$work/tree/packages"
done
rm -rf "$work/tree/usr/share/doc" "$work/tree/usr/share/man"
cat >"$work/tree/qemu-system-x86_64" <<'END'
#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
LD_LIBRARY_PATH=$here/usr/lib/x86_64-linux-gnu QEMU_MODULE_DIR=$here/usr/lib/x86_64-linux-gnu/qemu \
	exec "$here/usr/bin/qemu-system-x86_64" -L "$here/usr/share/qemu" -L "$here/usr/share/seabios" -L /usr/share/seabios -L /usr/lib/ipxe/qemu "$@"
END
chmod 755 "$work/tree/qemu-system-x86_64"
"$work/tree/qemu-system-x86_64" --version >"$work/log" 2>&1 || fail "it does not start: $(tail -n 1 "$work/log")"
rm -rf "$folder"
mv "$work/tree" "$folder"
