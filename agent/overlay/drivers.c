/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/overlay/drivers.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "agent/hw/modules.h"
#include "core/io.h"

struct overlay_drivers {
	struct modules_loaded loaded; /* and not unloaded yet */
	char **all;                   /* n_all names, of what has ever been in loaded */
	unsigned n_all;
};

struct overlay_drivers *overlay_drivers_new(void)
{
	return xcalloc(1, sizeof(struct overlay_drivers));
}

int overlay_drivers_fit(const struct overlay *overlay, struct err *err)
{
	struct utsname kernel;

	if (uname(&kernel) < 0)
		return err_sys(err, errno, "kernel release");
	if (overlay->kernel && strcmp(overlay->kernel, kernel.release) != 0)
		return err_set(
			err, ENOEXEC,
			"it is for the kernel %s, and this boot image runs %s: pack it with modules for "
			"that one, or boot with the other",
			overlay->kernel, kernel.release);
	if (!overlay->kernel && overlay->n_modules)
		return err_set(err, ENOEXEC, "it has modules, and does not say for which kernel");
	return 0;
}

static int find_firmware(const char *tree, struct err *err)
{
	_cleanup_free_ char *folder = path_join(tree, "lib/firmware");
	struct stat st;

	return stat(folder, &st) == 0 && S_ISDIR(st.st_mode) ? firmware_folder_set(folder, err) : 0;
}

/* What has come in since `before`. */
static void remember(struct overlay_drivers *drivers, unsigned before)
{
	unsigned more = drivers->loaded.n - before;
	char **all = reallocarray(drivers->all, drivers->n_all + more + 1, sizeof(*all));

	if (!all)
		abort();
	for (unsigned i = 0; i < more; i++)
		all[drivers->n_all++] = xstrdup(drivers->loaded.names[before + i]);
	drivers->all = all;
}

int overlay_drivers_load(const char *tree, const struct overlay *overlay, struct overlay_drivers *drivers,
			 struct err *err)
{
	unsigned before = drivers->loaded.n;
	int r = overlay_drivers_fit(overlay, err);

	if (r == 0)
		r = find_firmware(tree, err);
	if (r < 0)
		return r;
	r = modules_load_from(tree, overlay->modules, overlay->n_modules, &drivers->loaded, err);
	remember(drivers, before);
	return r;
}

int overlay_drivers_unload(struct overlay_drivers *drivers, struct err *err)
{
	return modules_unload(&drivers->loaded, err);
}

int overlay_drivers_gone(const struct overlay_drivers *drivers, struct err *err)
{
	for (unsigned i = 0; i < drivers->n_all; i++)
		if (module_is_loaded(drivers->all[i]))
			return err_set(err, EBUSY, "module %s is still in the kernel", drivers->all[i]);
	return 0;
}

void overlay_drivers_free(struct overlay_drivers *drivers)
{
	if (!drivers)
		return;
	modules_loaded_clear(&drivers->loaded);
	for (unsigned i = 0; i < drivers->n_all; i++)
		free(drivers->all[i]);
	free(drivers->all);
	free(drivers);
}
