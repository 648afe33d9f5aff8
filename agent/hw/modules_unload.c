/* SPDX-License-Identifier: Apache-2.0 */
/* Modules out of the kernel again. */
#include <libkmod.h>
#include <time.h>

#include "agent/hw/modules.h"
#include "agent/hw/sysfs.h"

#define TRIES 50 /* with a pause between them: what used it may have ended a moment ago */

DEFINE_CLEANUP(struct kmod_ctx *, kmod_unref);
DEFINE_CLEANUP(struct kmod_module *, kmod_module_unref);

static int unload(struct kmod_ctx *kmod, const char *name, struct err *err)
{
	_cleanup_(kmod_module_unrefp) struct kmod_module *module = NULL;
	const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
	int r = kmod_module_new_from_name(kmod, name, &module);

	for (unsigned tries = 0; r == 0; tries++) {
		r = kmod_module_remove_module(module, 0);
		if (r == 0 || r == -ENOENT) /* ENOENT: it is gone */
			return 0;
		if ((r != -EAGAIN && r != -EBUSY) || tries == TRIES)
			break;
		nanosleep(&pause, NULL);
		r = 0;
	}
	if (r == -EAGAIN || r == -EBUSY)
		return err_set(err, EBUSY, "module %s cannot be unloaded: something still uses it", name);
	return r < 0 ? err_sys(err, -r, "unload module %s", name) : 0;
}

int modules_unload(struct modules_loaded *loaded, struct err *err)
{
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = kmod_new(NULL, NULL);
	int r = kmod ? 0 : err_set(err, ENOMEM, "modules: libkmod does not start");

	while (r == 0 && loaded->n > 0) {
		r = unload(kmod, loaded->names[loaded->n - 1], err);
		if (r == 0)
			free(loaded->names[--loaded->n]);
	}
	return r;
}

void modules_loaded_clear(struct modules_loaded *loaded)
{
	for (unsigned i = 0; i < loaded->n; i++)
		free(loaded->names[i]);
	free(loaded->names);
	*loaded = (struct modules_loaded){0};
}

bool module_is_loaded(const char *name)
{
	return sysfs_exists("/sys/module/%s", name);
}
