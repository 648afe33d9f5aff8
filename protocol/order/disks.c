/* SPDX-License-Identifier: Apache-2.0 */
/* Which disks an order means. Names are serial numbers, WWNs or stable names; whether there are such disks the machine will tell. */
#include "protocol/order/disks.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"

#define DISK_NAME_MAX 160

static const char *const redundancies[] = {
	[ORDER_SINGLE] = "single", [ORDER_COPIES] = "copies", [ORDER_MIRROR] = "mirror"};

/* How many names go with each word; none at all is always right: then they are chosen. */
static int check_count(const struct order *order, struct err *err)
{
	static const unsigned least[] = {[ORDER_SINGLE] = 1, [ORDER_COPIES] = 2, [ORDER_MIRROR] = 2};
	static const unsigned most[] = {
		[ORDER_SINGLE] = 1, [ORDER_COPIES] = ORDER_ROOTS_MAX, [ORDER_MIRROR] = 2};
	unsigned low = least[order->redundancy], high = most[order->redundancy];

	if (order->n_root_disks >= low && order->n_root_disks <= high)
		return 0;
	if (low == high)
		return err_set(err, EBADMSG,
			       "order.root.disks names %u disks, and redundancy \"%s\" needs %u, or null",
			       order->n_root_disks, redundancies[order->redundancy], low);
	return err_set(err, EBADMSG,
		       "order.root.disks names %u disks, and redundancy \"%s\" needs %u to %u, or null",
		       order->n_root_disks, redundancies[order->redundancy], low, high);
}

static int read_redundancy(const json_t *root, struct order *order, struct err *err)
{
	const char *text = redundancies[ORDER_SINGLE];
	int r = json_opt_str(root, "order.root", "redundancy", 32, &text, err);

	for (unsigned i = 0; r == 0 && i < sizeof(redundancies) / sizeof(redundancies[0]); i++) {
		order->redundancy = (enum order_redundancy)i;
		if (!strcmp(text, redundancies[i]))
			return 0;
	}
	return r ? r
		 : err_set(err, EBADMSG,
			   "order.root.redundancy must be \"single\", \"copies\" or \"mirror\"");
}

static int read_on_loss(const json_t *root, struct order *order, struct err *err)
{
	const char *text = "hold";
	int r = json_opt_str(root, "order.root", "on_loss", 32, &text, err);

	if (r < 0)
		return r;
	order->go_on_without_disk = !strcmp(text, "continue");
	if (!order->go_on_without_disk && strcmp(text, "hold") != 0)
		return err_set(err, EBADMSG, "order.root.on_loss must be \"hold\" or \"continue\"");
	return 0;
}

/* May be missing: one disk, chosen. */
static int read_root(const json_t *json, struct order *order, struct err *err)
{
	static const char *const keys[] = {"disks", "redundancy", "on_loss", NULL};
	json_t *root = json_object_get(json, "root"), *disks;
	int r;

	if (!root || json_is_null(root))
		return 0;
	if (!json_is_object(root))
		return err_set(err, EBADMSG, "order.root must be an object or null");
	r = json_only_keys(root, "order.root", keys, err);
	if (!r)
		r = read_redundancy(root, order, err);
	if (!r)
		r = read_on_loss(root, order, err);
	disks = json_object_get(root, "disks");
	if (r || !disks || json_is_null(disks))
		return r;
	if (!json_is_array(disks))
		return err_set(err, EBADMSG, "order.root.disks must be an array of names or null");
	r = order_read_list(disks, "order.root.disks", ORDER_ROOTS_MAX, DISK_NAME_MAX, &order->root_disks,
			    &order->n_root_disks, err);
	return r ? r : check_count(order, err);
}

int order_disks_read(const json_t *json, struct order *order, struct err *err)
{
	int r = order_wipe_read(json, &order->wipe, err);

	return r ? r : read_root(json, order, err);
}

json_t *order_root_to_json(const struct order *order)
{
	return json_pack("{so ss ss}", "disks",
			 order->n_root_disks ? order_list_to_json(order->root_disks, order->n_root_disks)
					     : json_null(),
			 "redundancy", redundancies[order->redundancy], "on_loss",
			 order->go_on_without_disk ? "continue" : "hold");
}

void order_disks_clear(struct order *order)
{
	order_wipe_clear(&order->wipe);
	for (unsigned i = 0; i < order->n_root_disks; i++)
		free(order->root_disks[i]);
	free(order->root_disks);
}
