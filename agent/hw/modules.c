/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drivers by libkmod. The kernel's call that loads a module returns after the asynchronous probes that its
 * driver began (SATA ports, NVMe controllers, SCSI scans), so that most devices are there at once; what
 * appears later (a bus behind a controller that is slow) brings new modaliases, and the walk is repeated
 * until it is quiet.
 */
#include "agent/hw/modules.h"

#include <dirent.h>
#include <fcntl.h>
#include <libkmod.h>
#include <search.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "agent/hw/sysfs.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define DEPTH_MAX 48
#define QUIET_MS  500
#define POLL_MS   100

DEFINE_CLEANUP(struct kmod_ctx *, kmod_unref);
DEFINE_CLEANUP(struct kmod_module *, kmod_module_unref);
DEFINE_CLEANUP(DIR *, closedir);

/* A walk: which modaliases have been seen (tsearch's tree), and how many were new. */
struct walk {
	struct kmod_ctx *kmod;
	void *seen;
	unsigned n_new;
};

/* Modules that fail are logged: a missing sensor driver must not keep a machine from being reinstalled. */
static int insert(struct kmod_module *module, struct err *err)
{
	int r = kmod_module_probe_insert_module(module, KMOD_PROBE_APPLY_BLACKLIST, NULL, NULL, NULL, NULL);

	if (r >= 0 || r == -EEXIST)
		return 0; /* above 0: it is on a blacklist */
	return err_sys(err, -r, "load module %s", kmod_module_get_name(module));
}

static void load_alias(struct kmod_ctx *kmod, const char *alias)
{
	struct kmod_list *list = NULL, *at;
	struct err err;
	int r = kmod_module_new_from_lookup(kmod, alias, &list);

	if (r < 0)
		log_debug("modules: look up %s: %s", alias, strerror(-r));
	kmod_list_foreach(at, list)
	{
		_cleanup_(kmod_module_unrefp) struct kmod_module *module = kmod_module_get_module(at);

		if (insert(module, &err) < 0)
			log_warn("%s (for %s)", err.text, alias);
	}
	kmod_module_unref_list(list);
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void read_alias(struct walk *walk, int dirfd)
{
	_cleanup_close_ int fd = openat(dirfd, "modalias", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char raw[4096], alias[2048];
	ssize_t n = fd >= 0 ? read(fd, raw, sizeof(raw)) : -1;
	char **slot, *copy;

	if (n <= 0)
		return;
	text_clean(alias, sizeof(alias), raw, (size_t)n);
	copy = xstrdup(alias);
	slot = tsearch(copy, &walk->seen, compare);
	if (!slot)
		abort();
	if (*slot != copy) {
		free(copy);
		return;
	}
	walk->n_new++;
	load_alias(walk->kmod, alias);
}

/* Depth first, symbolic links not followed: each device once. */
static void walk_folder(struct walk *walk, int parent, const char *name, unsigned depth)
{
	_cleanup_(closedirp) DIR *dir = NULL;
	_cleanup_close_ int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct dirent *entry;

	if (fd < 0 || depth > DEPTH_MAX)
		return;
	dir = fdopendir(fd);
	if (!dir)
		return;
	(void)TAKE_FD(fd); /* closedir() closes it */
	while ((entry = readdir(dir))) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			walk_folder(walk, dirfd(dir), entry->d_name, depth + 1);
		else if (entry->d_type == DT_REG && !strcmp(entry->d_name, "modalias"))
			read_alias(walk, dirfd(dir));
	}
}

/* Digest of the names of block devices and network interfaces. */
static void snapshot(const char *root, uint8_t digest[SHA256_SIZE])
{
	static const char *const classes[] = {"block", "net"};
	struct sha256_stream *s = sha256_stream_new();

	for (unsigned c = 0; c < 2; c++) {
		_cleanup_free_ char *folder = str_printf("%s/sys/class/%s", root, classes[c]);
		char **names = NULL;
		unsigned n = 0;
		struct err none;

		if (sysfs_names(folder, &names, &n, &none) < 0)
			n = 0;
		for (unsigned i = 0; i < n; i++)
			sha256_stream_add(s, names[i], strlen(names[i]) + 1);
		sysfs_names_free(names, n);
	}
	sha256_stream_end(s, digest);
	sha256_stream_free(s);
}

static void walk_until_quiet(struct walk *walk, const char *root, const char *devices, unsigned settle_ms)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
	uint8_t now[SHA256_SIZE], before[SHA256_SIZE] = {0};
	uint64_t begun = 0, changed = 0, at;

	do {
		walk->n_new = 0;
		walk_folder(walk, AT_FDCWD, devices, 0);
		snapshot(root, now);
		at = monotonic_ns() / 1000000;
		if (!begun)
			begun = at; /* settling begins after the first walk, which may take long */
		if (walk->n_new || memcmp(now, before, sizeof(now)) != 0)
			changed = at;
		memcpy(before, now, sizeof(now));
		nanosleep(&pause, NULL);
	} while (at - changed < QUIET_MS && at - begun < settle_ms);
	if (at - changed < QUIET_MS)
		log_warn("modules: devices still come and go after %u ms", settle_ms);
}

static int context_new(const char *root, struct kmod_ctx **ret, struct err *err)
{
	_cleanup_free_ char *folder = NULL;
	struct utsname name;

	if (uname(&name) < 0)
		return err_sys(err, errno, "modules: kernel release");
	folder = str_printf("%s/lib/modules/%s", root, name.release);
	*ret = kmod_new(folder, NULL);
	if (!*ret)
		return err_set(err, ENOMEM, "modules: libkmod does not start");
	/* Without the indexes every lookup would open them anew; a kernel without modules has none. */
	if (kmod_load_resources(*ret) < 0)
		log_debug("modules: no indexes in %s", folder);
	return 0;
}

int modules_load_all(const char *root, unsigned settle_ms, struct err *err)
{
	_cleanup_free_ char *devices = str_printf("%s/sys/devices", root);
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
	struct walk walk = {NULL};
	int r;

	if (access(devices, R_OK | X_OK) < 0)
		return err_sys(err, errno, "modules: %s", devices);
	r = context_new(root, &kmod, err);
	if (r < 0)
		return r;
	walk.kmod = kmod;
	walk_until_quiet(&walk, root, devices, settle_ms);
	tdestroy(walk.seen, free);
	return 0;
}

int module_load(const char *name, struct err *err)
{
	_cleanup_(kmod_unrefp) struct kmod_ctx *kmod = NULL;
	struct kmod_list *list = NULL, *at;
	int r = context_new("", &kmod, err);

	if (r < 0)
		return r;
	r = kmod_module_new_from_lookup(kmod, name, &list);
	if (r < 0 || !list) {
		kmod_module_unref_list(list);
		return err_set(err, ENOENT, "module %s: the boot image and the kernel have none of that name",
			       name);
	}
	r = 0;
	kmod_list_foreach(at, list)
	{
		_cleanup_(kmod_module_unrefp) struct kmod_module *module = kmod_module_get_module(at);

		if (!r)
			r = insert(module, err);
	}
	kmod_module_unref_list(list);
	return r;
}
