/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that the kernel has counted since boot (Linux, Documentation/ABI/testing/sysfs-bus-pci-devices-aer_stats). */
#include <errno.h>
#include <string.h>

#include "agent/hw/pci/pci.h"
#include "agent/hw/sysfs.h"

#define TEXT_MAX 4096

/* "BadTLP 3"; the last line is a total: "TOTAL_ERR_COR 3". */
static void add_line(char *line, json_t *kinds, json_int_t *total)
{
	char *space = strchr(line, ' '), *end, name[32];
	unsigned long long n;

	if (!space)
		return;
	errno = 0;
	n = strtoull(space, &end, 10);
	if (errno || *end || n > (1ull << 53))
		return;
	text_clean(name, sizeof(name), line, (size_t)(space - line));
	if (!strncmp(name, "TOTAL_", 6))
		*total = (json_int_t)n;
	else if (n && *name)
		json_object_set_new(kinds, name, json_integer((json_int_t)n));
}

static bool add_severity(json_t *aer, const char *device, const char *severity, json_t *all_kinds)
{
	char text[TEXT_MAX + 1], *save = NULL;
	size_t n = sysfs_bytes(text, TEXT_MAX, "%s/aer_dev_%s", device, severity);
	json_t *kinds;
	json_int_t total = -1;

	if (!n)
		return false;
	text[n] = '\0';
	kinds = json_object();
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_line(line, kinds, &total);
	json_object_set_new(aer, severity, total < 0 ? json_null() : json_integer(total));
	if (json_object_size(kinds))
		json_object_set(all_kinds, severity, kinds);
	json_decref(kinds);
	return true;
}

void pci_add_aer(json_t *to, const char *device)
{
	static const char *const severities[] = {"correctable", "nonfatal", "fatal"};
	json_t *aer = json_object(), *kinds = json_object();
	bool any = false;

	for (unsigned i = 0; i < 3; i++)
		any |= add_severity(aer, device, severities[i], kinds);
	if (json_object_size(kinds))
		json_object_set(aer, "kinds", kinds);
	if (any)
		json_object_set(to, "aer", aer);
	json_decref(kinds);
	json_decref(aer);
}
