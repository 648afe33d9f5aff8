/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/mst_tool.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"

/* Arguments: -d PCI -e query; -d PCI -y set NAME=NUMBER. */
static const char config_script[] =
	"#!/bin/sh\n"
	"here=${0%/*}\n"
	"read -r mode <\"$here/mode\"\n"
	"case $mode in hangs) exec sleep 60 ;; dies) kill -9 $$ ;; endless) exec cat /dev/zero ;;\n"
	"garbage) echo 'Traceback (most recent call last)'; exit 0 ;; esac\n"
	"shown() { case $1 in NUM_OF_VFS) echo \"$2\" ;; SRIOV_EN) [ \"$2\" = 1 ] && echo 'True(1)' || echo "
	"'False(0)' ;; esac; }\n"
	"if [ \"$4\" = set ]; then\n"
	"	name=${5%%=*} value=${5#*=}\n"
	"	[ \"$mode\" = refuses ] && { echo \"-E- Failed to set configuration: $name is out of "
	"range\"; exit 3; }\n"
	"	[ \"$mode\" = lies ] || echo \"$value\" >\"$here/next.$name\"\n"
	"	echo 'Applying... Done!'; echo '-I- Please reboot machine to load new configurations.'; exit "
	"0\n"
	"fi\n"
	"printf '\\nDevice #1:\\n----------\\n\\nDevice type:    ConnectX6DX         \\nName:           "
	"MCX623106AN-CDA_Ax  \\n'\n"
	"printf 'Device:         %s        \\n\\n' \"$2\"\n"
	"printf 'Configurations:                              Default         Current         Next Boot\\n'\n"
	"for name in NUM_OF_VFS SRIOV_EN; do\n"
	"	read -r now <\"$here/now.$name\"; read -r next <\"$here/next.$name\"\n"
	"	printf '*        %-36s%-16s%-16s%-15s\\n' $name \"$(shown $name 0)\" \"$(shown $name $now)\" "
	"\"$(shown $name $next)\"\n"
	"done\n"
	"printf '         %-36s%-16s%-16s%-15s\\n' LINK_TYPE_P1 'ETH(2)' 'ETH(2)' 'ETH(2)'\n"
	"printf '         %-36s%-16s%-16s%-15s\\n' HOST_CHAINING_DESCRIPTORS 'Array[0..7]' 'Array[0..7]' "
	"'Array[0..7]'\n"
	"echo \"The '*' shows parameters with next value different from default/current value.\"\n";

static const char flint_script[] = "#!/bin/sh\n"
				   "read -r mode <\"${0%/*}/mode\"\n"
				   "[ \"$mode\" = garbage ] && { echo 'no colon'; exit 0; }\n"
				   "echo 'Image type:            FS4'; echo 'FW Version:            "
				   "22.31.1014'; echo 'PSID:                  MT_0000000359'\n";

static const char *const names[] = {"mode",          "now.NUM_OF_VFS", "now.SRIOV_EN", "next.NUM_OF_VFS",
				    "next.SRIOV_EN", "mstconfig",      "mstflint"};

static void put(const char *folder, const char *name, const char *text, mode_t mode)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct err err;

	if (file_write_atomic(path, text, strlen(text), mode, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
}

char *mst_tool_new(void)
{
	char *folder = xstrdup("/tmp/mst-tool.XXXXXX");

	if (!mkdtemp(folder))
		abort();
	put(folder, "mode", "\n", 0644);
	for (unsigned i = 1; i < 5; i++)
		put(folder, names[i], "0\n", 0644);
	put(folder, "mstconfig", config_script, 0755);
	put(folder, "mstflint", flint_script, 0755);
	return folder;
}

void mst_tool_free(char *folder)
{
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		_cleanup_free_ char *path = path_join(folder, names[i]);

		unlink(path);
	}
	rmdir(folder);
	free(folder);
}

void mst_tool_mode(const char *folder, const char *mode)
{
	_cleanup_free_ char *line = str_printf("%s\n", mode);

	put(folder, "mode", line, 0644);
}

void mst_tool_reset(const char *folder)
{
	for (unsigned i = 1; i < 3; i++) {
		_cleanup_free_ char *from = path_join(folder, names[i + 2]), *text = NULL;
		struct err err;

		if (file_read(from, 16, &text, NULL, &err) < 0)
			abort();
		put(folder, names[i], text, 0644);
	}
}
