/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that the kernel can use; what is plugged in stands in SMBIOS. */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

int memory_inventory(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s/proc/meminfo", root), *text = NULL;
	_cleanup_free_ char *folder = str_printf("%s/sys/devices/system/node", root);
	unsigned long long kib;
	unsigned n = 0, nodes = 0, index;
	struct err none;
	const char *line;
	char **names = NULL;
	int r = file_read(path, 65536, &text, NULL, err);

	if (r < 0)
		return r;
	line = strstr(text, "MemTotal:");
	if (!line || sscanf(line, "MemTotal: %llu kB", &kib) != 1 || kib > (1ull << 50))
		return err_set(err, EBADMSG, "%s names no MemTotal", path);
	if (sysfs_names(folder, &names, &n, &none) < 0)
		n = 0; /* a kernel without NUMA */
	for (unsigned i = 0; i < n; i++)
		nodes += sscanf(names[i], "node%u", &index) == 1;
	sysfs_names_free(names, n);
	*ret = json_pack("{s:I, s:i}", "total", (json_int_t)(kib * 1024), "numa_nodes",
			 nodes ? (int)nodes : 1);
	return 0;
}
