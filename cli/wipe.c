/* SPDX-License-Identifier: Apache-2.0 */
/* remint wipe plan: how drives would be erased, and why so; on this machine, or from an inventory that a machine has left. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "agent/wipe/plan.h"
#include "cli/args.h"
#include "cli/client.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/json.h"

#define INVENTORY_MAX (8u << 20) /* bytes of a file */

struct drive {
	struct block block;
	struct wipe_caps caps;
	struct wipe_plan plan;
	const char *left_alone; /* static; NULL: it would be erased */
};

struct drives {
	struct drive *list;
	unsigned n;
};

static void drives_clear(struct drives *d)
{
	free(d->list);
}

/* ---- where they come from ---- */

static int read_machine(struct drives *d, struct err *err)
{
	_cleanup_free_ struct block *blocks = NULL;
	unsigned n = 0;
	int r = block_list("", &blocks, &n, err);

	if (r < 0)
		return r;
	d->list = xcalloc(n ? n : 1, sizeof(*d->list));
	for (d->n = 0; d->n < n; d->n++) {
		struct drive *drive = &d->list[d->n];
		_cleanup_close_ int fd = -EBADF;

		drive->block = blocks[d->n];
		if (block_untouchable(&drive->block))
			continue;
		if (block_open(&drive->block, false, &fd, err) < 0)
			return -err->code;
		wipe_caps_read(fd, &drive->block, &drive->caps);
	}
	return 0;
}

static int read_disk(const json_t *json, struct drive *drive, struct err *err)
{
	const json_t *caps = json_object_get(json, "capabilities");
	int r = block_from_json(json, &drive->block, err);

	if (r < 0 || !caps)
		return r;
	return wipe_caps_from_json(caps, &drive->caps, err) < 0
		       ? err_prepend(err, "disk %s", drive->block.name)
		       : 0;
}

static int read_inventory(const json_t *inventory, struct drives *d, struct err *err)
{
	json_t *disks;
	int r = json_get_array(inventory, "inventory", "disks", 4096, &disks, err);

	if (r < 0)
		return r;
	d->list = xcalloc(json_array_size(disks) + 1, sizeof(*d->list));
	for (; r == 0 && d->n < json_array_size(disks); d->n++)
		r = read_disk(json_array_get(disks, d->n), &d->list[d->n], err);
	return r;
}

static int read_file(const char *path, struct drives *d, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	const json_t *inventory;
	int r = json_read_file(path, INVENTORY_MAX, &json, err);

	if (r < 0)
		return r;
	inventory = json_object_get(
		json, "inventory"); /* of a node as the station tells it, or the inventory itself */
	r = read_inventory(json_is_object(inventory) ? inventory : json, d, err);
	return r < 0 ? err_prepend(err, "%s", path) : 0;
}

static int read_node(struct client_options *client, const char *node, struct drives *d, struct err *err)
{
	_cleanup_json_ json_t *inventory = NULL;
	int r = client_inventory(client, node, &inventory, err);

	return r < 0 ? r : read_inventory(inventory, d, err);
}

/* ---- plans ---- */

static unsigned count_subsystem(const struct drives *d, const struct block *block)
{
	unsigned n = 0;

	for (unsigned i = 0; i < d->n; i++)
		n += !d->list[i].left_alone &&
		     (&d->list[i].block == block ||
		      (*block->subsystem && !strcmp(d->list[i].block.subsystem, block->subsystem)));
	return n;
}

static void make_plans(struct drives *d, const struct wipe_policy *policy, bool has_secret)
{
	for (unsigned i = 0; i < d->n; i++)
		d->list[i].left_alone = block_untouchable(&d->list[i].block);
	for (unsigned i = 0; i < d->n; i++) {
		struct drive *drive = &d->list[i];
		const struct wipe_subject subject = {
			.block = &drive->block,
			.caps = &drive->caps,
			.policy = policy,
			.n_meant = count_subsystem(d, &drive->block),
			.has_psid = has_secret,
			.has_sid = has_secret,
		};

		if (!drive->left_alone)
			wipe_plan_make(&subject, &drive->plan);
	}
}

static void show_choices(const char *head, const struct wipe_choice *list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		printf("  %-10s %-28s %-6s %s\n", i ? "" : head, wipe_method_name(list[i].method),
		       wipe_level_name(list[i].level), list[i].reason);
}

static void show(const struct drives *d, const struct wipe_policy *policy)
{
	if (!d->n)
		puts("There is no drive.");
	for (unsigned i = 0; i < d->n; i++) {
		const struct drive *drive = &d->list[i];
		char why[960];

		printf("%s  %s  %" PRIu64 " bytes, %s\n", drive->block.name, drive->block.model,
		       drive->block.size, block_transport_name(drive->block.transport));
		if (drive->left_alone) {
			printf("  not erased: %s\n", drive->left_alone);
			continue;
		}
		show_choices("methods", drive->plan.choices, drive->plan.n);
		show_choices("not", drive->plan.passed_over, drive->plan.n_passed_over);
		if (drive->plan.n == 0) {
			wipe_plan_why_none(&drive->plan, policy, why, sizeof(why));
			printf("  held: %s\n", why);
		}
	}
}

static int show_json(const struct drives *d)
{
	_cleanup_json_ json_t *all = json_array();
	_cleanup_free_ char *text = NULL;

	for (unsigned i = 0; i < d->n; i++) {
		json_t *drive = block_to_json(&d->list[i].block);
		json_t *plan = wipe_plan_to_json(&d->list[i].plan);

		json_object_set_new(drive, "capabilities", wipe_caps_to_json(&d->list[i].caps));
		json_object_update(drive, plan);
		json_decref(plan);
		json_array_append_new(all, drive);
	}
	text = json_pretty(all, NULL);
	return fputs(text, stdout) < 0 || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool is_held(const struct drives *d)
{
	for (unsigned i = 0; i < d->n; i++)
		if (!d->list[i].left_alone && d->list[i].plan.n == 0)
			return true;
	return false;
}

/* ---- the command ---- */

struct asked {
	const char *inventory, *node, *level;
	struct arg_list forbid;
	bool secret, json;
};

static int read_policy(const struct asked *a, struct wipe_policy *ret, struct err *err)
{
	enum wipe_method method;

	*ret = (struct wipe_policy){.at_least = WIPE_PURGE};
	if (a->level && !strcmp(a->level, "clear"))
		ret->at_least = WIPE_CLEAR;
	else if (a->level && strcmp(a->level, "purge") != 0)
		return err_set(err, EINVAL, "--level is purge or clear, not '%s'", a->level);
	for (unsigned i = 0; i < a->forbid.n; i++) {
		if (wipe_method_by_name(a->forbid.items[i], &method) < 0)
			return err_set(err, EINVAL, "--forbid: there is no method '%s'", a->forbid.items[i]);
		ret->forbidden[method] = true;
	}
	return 0;
}

static int read_drives(const struct asked *a, struct client_options *client, struct drives *d,
		       struct err *err)
{
	if (a->inventory && a->node)
		return err_set(err, EINVAL, "one of --inventory and --node");
	if (a->inventory)
		return read_file(a->inventory, d, err);
	return a->node ? read_node(client, a->node, d, err) : read_machine(d, err);
}

static int wipe_plan(int argc, char **argv)
{
	struct client_options client = {};
	struct asked a = {};
	const struct arg_option options[] = {
		{"inventory", ARG_TEXT, &a.inventory, "FILE",
		 "of a machine, as `remint node show NODE --json` prints it"},
		{"node", ARG_TEXT, &a.node, "NODE", "of a node, as the station has it"},
		{"level", ARG_TEXT, &a.level, "LEVEL",
		 "purge (default) or clear: the least that a method must reach"},
		{"forbid", ARG_MANY, &a.forbid, "METHOD", "a method that is not to be used; may be repeated"},
		{"secret", ARG_FLAG, &a.secret, "", "as if the order carried each drive's PSID or password"},
		{"json", ARG_FLAG, &a.json, "", "print as JSON"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {
		"remint wipe plan",
		"Shows by which methods each drive would be erased, in which order, and why the others are "
		"not "
		"taken. Changes nothing. Without --inventory and --node: the drives of this machine, for "
		"which it needs "
		"to be root. The exit status is 3 when a drive has no method of the level.",
		options, 0, 0};
	_cleanup_(drives_clear) struct drives d = {0};
	struct wipe_policy policy;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (read_policy(&a, &policy, &err) < 0 || read_drives(&a, &client, &d, &err) < 0)
		return fail_with(&err);
	make_plans(&d, &policy, a.secret);
	r = a.json ? show_json(&d) : (show(&d, &policy), EXIT_SUCCESS);
	return r ? r : is_held(&d) ? 3 : EXIT_SUCCESS;
}

int verb_wipe(int argc, char **argv)
{
	static const struct sub_command commands[] = {
		{"plan", "how drives would be erased, and why so", wipe_plan}, {}};

	return run_sub_command("wipe", "How drives are erased.", commands, argc, argv);
}
