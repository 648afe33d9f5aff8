#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: modules.sh KERNEL-FOLDER FOLDER MODULE...
# Copies the modules, all that they depend on (soft dependencies too) and what depmod needs from a folder that kernel.sh
# made, and has depmod index the copy. Modules keep their bytes, and so their signatures.
set -eu
LC_ALL=C
export LC_ALL
kernel=$1 folder=$2
shift 2
release=$(cat "$kernel/release")
from=$kernel/lib/modules/$release
to=$folder/lib/modules/$release

rm -rf "$folder"
mkdir -p "$to"
# The kernel writes '-' and '_' in names alike.
printf '%s\n' "$@" | awk '
	function key(path) { sub(".*/", "", path); sub("[.]ko$", "", path); gsub("-", "_", path); return path }
	FILENAME == ARGV[1] { sub(":", "", $1); name = key($1); path[name] = $1; for (i = 2; i <= NF; i++) needs[name] = needs[name] " " key($i); next }
	FILENAME == ARGV[2] { if ($1 == "softdep") for (i = 3; i <= NF; i++) if ($i !~ /:$/) soft[key($2)] = soft[key($2)] " " key($i); next }
	FILENAME == ARGV[3] { builtin[key($1)] = 1; next }
	{ if (!(key($1) in path) && !(key($1) in builtin)) { print "modules: the kernel has no " $1 > "/dev/stderr"; failed = 1; exit 1 }; queue[++n] = key($1) }
	END {
		if (failed) exit 1
		for (i = 1; i <= n; i++) {
			name = queue[i]
			if (name in seen || !(name in path)) continue
			seen[name] = 1; print path[name]
			m = split(needs[name] soft[name], more, " ")
			for (j = 1; j <= m; j++) queue[++n] = more[j]
		}
	}' "$from/modules.dep" "$from/modules.softdep" "$from/modules.builtin" - >"$folder/list"
sort -o "$folder/list" "$folder/list"
while read -r module; do
	mkdir -p "$to/$(dirname "$module")"
	cp "$from/$module" "$to/$module"
done <"$folder/list"
cp "$from/modules.builtin" "$from/modules.builtin.modinfo" "$to/"
grep -F -x -f "$folder/list" "$from/modules.order" >"$to/modules.order"
depmod -b "$folder" "$release"
# libkmod reads the .bin files and modules.softdep; the texts beside them say the same.
(cd "$to" && rm -f modules.dep modules.alias modules.symbols modules.builtin modules.builtin.modinfo modules.devname modules.order)
