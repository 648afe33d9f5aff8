/* SPDX-License-Identifier: Apache-2.0 */
/* The values that the PCRs of a node with one of our boot images must have: written by `remint boot build`. docs/measured-boot.md */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "core/io.h"
#include "core/log.h"
#include "station/attest/attest.h"

#define NEWEST "boot.json"
#define KEPT   ".boot.json" /* an older image's, which was put aside under such a name */

DEFINE_CLEANUP(DIR *, closedir);

static int read_one(int boot_fd, const char *name, struct measured *ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = file_read_at(boot_fd, name, MEASURED_JSON_MAX, &text, &len, err);

	if (r == 0)
		r = json_parse(text, len, &json, err);
	if (r == 0 && !json_object_get(json, "measured"))
		r = err_set(err, ENOENT,
			    "it has no expected values: build the boot image again with this version");
	if (r == 0)
		r = measured_from_json(json_object_get(json, "measured"), ret, err);
	return r ? err_prepend(err, "%s of the boot folder", name) : 0;
}

static bool is_kept(const char *name)
{
	size_t len = strlen(name), tail = strlen(KEPT);

	return len > tail && !strcmp(name + len - tail, KEPT);
}

/* One that cannot be read is no reason to refuse the nodes with another. */
static void read_kept(int boot_fd, struct measured *list, unsigned *n)
{
	int fd = openat(boot_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closedirp) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct err err = {0};

	if (!dir) {
		close_fdp(&fd);
		return;
	}
	for (struct dirent *entry; *n < EXPECTED_MAX && (entry = readdir(dir));) {
		if (!is_kept(entry->d_name))
			continue;
		if (read_one(boot_fd, entry->d_name, &list[*n], &err) < 0)
			log_warn("%s", err.text);
		else
			++*n;
	}
}

int expected_read(const struct station *station, struct measured **ret, unsigned *ret_n, struct err *err)
{
	_cleanup_free_ struct measured *list = xcalloc(EXPECTED_MAX, sizeof(*list));
	unsigned n = 0;
	int r = read_one(station->boot_fd, NEWEST, &list[0], err);

	if (r == 0)
		n = 1;
	read_kept(station->boot_fd, list, &n);
	if (!n)
		return -(err->code = EPERM);
	*ret = TAKE_PTR(list);
	*ret_n = n;
	return 0;
}
