/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs: how many, in how many sockets and cores, and what the first says that it is. */
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

#define CPUINFO_MAX (4 * 1024 * 1024) /* about 1.5 KiB a CPU */
#define IDS_MAX     8192              /* what CONFIG_NR_CPUS allows */

/* The value of a line "key\t: value" of /proc/cpuinfo; the first CPU's. */
static void add_line(json_t *to, const char *name, const char *cpuinfo, const char *key)
{
	size_t key_len = strlen(key);
	char text[128] = "";

	for (const char *p = cpuinfo; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *colon = p + strcspn(p, ":\n");
		const char *end = p + strcspn(p, "\n");

		if (strncmp(p, key, key_len) != 0 || strchr(" \t:", p[key_len]) == NULL || *colon != ':')
			continue;
		text_clean(text, sizeof(text), colon + 1, (size_t)(end - colon - 1));
		break;
	}
	json_object_set_new(to, name, json_string(text));
}

struct id_set {
	uint64_t ids[IDS_MAX];
	unsigned n;
};

static void id_add(struct id_set *set, uint64_t id)
{
	for (unsigned i = 0; i < set->n; i++)
		if (set->ids[i] == id)
			return;
	if (set->n < IDS_MAX)
		set->ids[set->n++] = id;
}

static int count(const char *root, json_t *to, struct err *err)
{
	_cleanup_free_ struct id_set *cores = xcalloc(1, sizeof(*cores)),
				     *sockets = xcalloc(1, sizeof(*sockets));
	_cleanup_free_ char *folder = str_printf("%s/sys/devices/system/cpu", root);
	unsigned n, threads = 0, index;
	char **names;
	int r = sysfs_names(folder, &names, &n, err);

	if (r < 0)
		return err_prepend(err, "CPUs");
	for (unsigned i = 0; i < n; i++) {
		int end = 0;

		if (sscanf(names[i], "cpu%u%n", &index, &end) != 1 || names[i][end])
			continue;
		/* A CPU that is offline has no topology. */
		if (!sysfs_exists("%s/%s/topology", folder, names[i]))
			continue;
		uint64_t socket = sysfs_number(0, "%s/%s/topology/physical_package_id", folder, names[i]);
		uint64_t core = sysfs_number(index, "%s/%s/topology/core_id", folder, names[i]);

		threads++;
		id_add(sockets, socket);
		id_add(cores, socket << 32 | (core & 0xffffffff));
	}
	sysfs_names_free(names, n);
	json_object_set_new(to, "threads", json_integer(threads));
	json_object_set_new(to, "cores", json_integer(cores->n));
	json_object_set_new(to, "sockets", json_integer(sockets->n));
	return 0;
}

int cpu_inventory(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s/proc/cpuinfo", root), *cpuinfo = NULL;
	_cleanup_(json_decrefp) json_t *json = json_object();
	int r = count(root, json, err);

	if (!r)
		r = file_read(path, CPUINFO_MAX, &cpuinfo, NULL, err);
	if (r < 0 || !cpuinfo)
		return r;
	add_line(json, "vendor", cpuinfo, "vendor_id");
	add_line(json, "model", cpuinfo, "model name");
	add_line(json, "microcode", cpuinfo, "microcode");
	*ret = TAKE_PTR(json);
	return 0;
}
