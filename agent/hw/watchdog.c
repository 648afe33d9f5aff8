/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/watchdog.h"

#include <string.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"

#define FOLDER "/sys/class/watchdog"

/* Has the attribute of any of them this value? */
static bool any(const char *root, const char *attribute, const char *value)
{
	_cleanup_free_ char *folder = str_printf("%s" FOLDER, root);
	struct err none;
	char **names = NULL, text[32];
	unsigned n = 0;
	bool found = false;

	if (sysfs_names(folder, &names, &n, &none) < 0)
		return false; /* no driver of any */
	for (unsigned i = 0; i < n && !found; i++)
		found = sysfs_text(text, sizeof(text), "%s/%s/%s", folder, names[i], attribute) &&
			!strcmp(text, value);
	sysfs_names_free(names, n);
	return found;
}

bool watchdog_stays(const char *root)
{
	return any(root, "nowayout", "1");
}

bool watchdog_runs(const char *root)
{
	return any(root, "state", "active");
}
