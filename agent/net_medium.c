/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/net_medium.h"

#include <fcntl.h>

#include "agent/hw/block/media.h"
#include "agent/hw/modules.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "images/boot/medium.h"
#include "images/iso_read.h"
#include "protocol/network/net_file.h"

#define SETTLE_MS 5000 /* at a time */

struct found {
	char *text, *where; /* NULL: none yet */
	size_t len;
};

static void found_clear(struct found *found)
{
	free(found->text);
	free(found->where);
}

/* 0 also when it is not ours, or a drive without a medium. */
static int look_at(const char *path, struct found *found, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r;

	if (fd < 0)
		return 0;
	r = iso_read_file(fd, MEDIUM_LABEL, MEDIUM_NET, NET_FILE_MAX, &text, &len, err);
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return err_prepend(err, "%s", path);
	if (found->where)
		return err_set(err, ENOTUNIQ,
			       "both %s and %s are labelled " MEDIUM_LABEL " and have a " MEDIUM_NET
			       ": leave one",
			       found->where, path);
	*found = (struct found){.text = TAKE_PTR(text), .where = xstrdup(path), .len = len};
	return 0;
}

static int look(struct found *found, struct err *err)
{
	char **paths = NULL;
	unsigned n = 0;
	int r = media_list("", &paths, &n, err);

	for (unsigned i = 0; r == 0 && i < n; i++)
		r = look_at(paths[i], found, err);
	media_free(paths, n);
	if (r == 0 && !found->where)
		r = err_set(
			err, ENODEV,
			"no CD or removable drive is labelled " MEDIUM_LABEL
			": is the medium still inserted, and is there a driver for it in the boot image?");
	return r;
}

static int wait_for(const struct net_medium *from, struct found *found, struct err *err)
{
	uint64_t until = monotonic_ns() + from->patience_s * 1000000000ull;
	int r = look(found, err);

	while (r == -ENODEV && monotonic_ns() < until) {
		struct err none = {0};

		from->alive(from->alive_data);
		if (modules_load_all("", SETTLE_MS, &none) < 0)
			log_warn("drivers: %s", none.text);
		*err = (struct err){0};
		r = look(found, err);
	}
	return r;
}

static int choose(const struct net_medium *from, const struct found *found, struct net_config *ret,
		  struct err *err)
{
	_cleanup_(net_file_clear) struct net_file file = {0};
	const struct net_machine *machine = NULL;
	int r = net_file_parse(found->text, found->len, &file, err);

	if (r == 0)
		r = net_file_choose(&file, from->machine, &machine, err);
	if (r < 0)
		return err_prepend(err, "%s on %s", MEDIUM_NET, found->where);
	*ret = machine ? machine->config : (struct net_config){.vlan = 0};
	log_info("network: from %s on %s: %s", MEDIUM_NET, found->where,
		 machine ? "as for this machine" : "this machine asks by DHCP");
	return 0;
}

int net_medium_read(const struct net_medium *from, struct net_config *ret, struct err *err)
{
	_cleanup_(found_clear) struct found found = {0};
	int r = wait_for(from, &found, err);

	if (r == 0)
		r = choose(from, &found, ret, err);
	return r < 0 ? err_prepend(err, "network: boot medium") : 0;
}
