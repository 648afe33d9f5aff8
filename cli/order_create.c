/* SPDX-License-Identifier: Apache-2.0 */
/* remint order create: what the command line says, as the body of POST /v1/orders. What it means the station checks. */
#include "cli/order_create.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/client.h"
#include "cli/order_efi.h"
#include "cli/order_wipe.h"
#include "core/io.h"
#include "protocol/order.h"

struct create {
	const char *image, *redundancy, *on_loss, *boot, *verify, *memory, *user_data, *network_config, *tpm;
	const char *secure_boot, *secure_boot_handover, *handover, *baseline;
	struct order_wipe_args wipe;
	struct order_efi_args efi;
	struct arg_list root_disks, wipe_disks, mirrors;
	uint64_t min_serial, begin_within;
	bool erase_only, no_bmc;
};

/* Adds the text of a file as body[key]; nothing when no file was named. */
static int add_file(json_t *body, const char *key, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	int r = path ? file_read(path, ORDER_USER_DATA_MAX, &text, NULL, err) : 0;

	if (r < 0 || !path)
		return r;
	return json_object_set_new(body, key, json_string(text)) < 0
		       ? err_set(err, EINVAL, "%s is not UTF-8", path)
		       : 0;
}

/* False: it is not UTF-8. */
static bool add_text(json_t *body, const char *key, const char *text)
{
	return !text || json_object_set_new(body, key, json_string(text)) == 0;
}

static bool add_list(json_t *body, const char *key, const struct arg_list *list)
{
	json_t *array;
	bool good = true;

	if (!list->n)
		return true;
	array = json_array();
	for (unsigned i = 0; i < list->n; i++)
		good &= json_array_append_new(array, json_string(list->items[i])) == 0;
	return json_object_set_new(body, key, array) == 0 && good;
}

/* "67108864", "65536K", "64M", "1G". */
static int add_memory(json_t *body, const char *text, struct err *err)
{
	static const char units[] = "KMG";
	unsigned long long n;
	const char *unit;
	char *end;

	if (!text)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end) : NULL;
	if (*text < '0' || *text > '9' || errno || n > (1ull << 53) || (*end && (!unit || end[1])))
		return err_set(err, EINVAL, "--memory: \"%s\" is not a size such as 64M", text);
	for (const char *u = units; unit && u <= unit; u++)
		n = n > (1ull << 43) ? (1ull << 53) : n << 10;
	json_object_set_new(body, "memory", json_integer((json_int_t)n));
	return 0;
}

static bool add_root(json_t *body, const struct create *c)
{
	_cleanup_json_ json_t *root = json_object();
	bool good = add_list(root, "disks", &c->root_disks) && add_text(root, "redundancy", c->redundancy) &&
		    add_text(root, "on_loss", c->on_loss);

	return good && (!json_object_size(root) || json_object_set(body, "root", root) == 0);
}

static int add_wipe(json_t *body, const struct create *c, struct err *err)
{
	_cleanup_json_ json_t *wipe = json_object();

	if (!add_list(wipe, "disks", &c->wipe_disks))
		return err_set(err, EINVAL, "names must be UTF-8");
	if (order_wipe_args_add(&c->wipe, wipe, err) < 0)
		return -err->code;
	if (json_object_size(wipe))
		json_object_set(body, "wipe", wipe);
	return 0;
}

static bool add_secure_boot(json_t *body, const struct create *c)
{
	_cleanup_json_ json_t *wish = json_object();
	bool good =
		add_text(wish, "keys", c->secure_boot) && add_text(wish, "handover", c->secure_boot_handover);

	return good && (!json_object_size(wish) || json_object_set(body, "secure_boot", wish) == 0);
}

static int create_body(const struct create *c, const char *node, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *body = json_pack("{s:s, s:s?}", "node", node, "image", c->image);
	int r;

	if (c->erase_only == (c->image != NULL))
		return err_set(err, EINVAL, "one of --image NAME and --erase-only is needed, not both");
	if (!body || !add_root(body, c) || !add_list(body, "mirrors", &c->mirrors) ||
	    !add_text(body, "verify", c->verify) || !add_text(body, "boot", c->boot) ||
	    !add_text(body, "tpm", c->tpm) || !add_text(body, "handover", c->handover) ||
	    !add_text(body, "baseline", c->baseline) || !add_secure_boot(body, c))
		return err_set(err, EINVAL, "names must be UTF-8");
	if (c->no_bmc)
		json_object_set_new(body, "bmc", json_false());
	if (c->begin_within)
		json_object_set_new(body, "begin_within", json_integer((json_int_t)c->begin_within));
	if (c->min_serial)
		json_object_set_new(body, "min_serial", json_integer((json_int_t)c->min_serial));
	r = add_memory(body, c->memory, err);
	if (r == 0)
		r = add_wipe(body, c, err);
	if (r == 0)
		r = order_efi_args_add(&c->efi, body, err);
	if (r == 0)
		r = add_file(body, "user_data", c->user_data, err);
	if (r == 0)
		r = add_file(body, "network_config", c->network_config, err);
	if (r == 0)
		*ret = TAKE_PTR(body);
	return r;
}

int order_create(int argc, char **argv)
{
	struct client_options client = {};
	struct create c = {};
	const char *node = NULL;
	bool json = false;
	const struct arg_option options[] = {
		{"image", ARG_TEXT, &c.image, "NAME", "a packed image that the station has"},
		{"erase-only", ARG_FLAG, &c.erase_only, "",
		 "instead of --image: erase, certify, and switch the node off"},
		{"root-disk", ARG_MANY, &c.root_disks, "DISK",
		 "serial or WWN of a disk to write; may be repeated (default: the smallest that fits, NVMe "
		 "first; "
		 "of two, equal ones)"},
		{"redundancy", ARG_TEXT, &c.redundancy, "KIND",
		 "single (default), copies (the same on several disks) or mirror (RAID 1 of two)"},
		{"on-loss", ARG_TEXT, &c.on_loss, "POLICY",
		 "hold (default) or continue without a root disk that fails while another is whole"},
		{"wipe-disk", ARG_MANY, &c.wipe_disks, "DISK",
		 "serial or WWN; may be repeated (default: every non-removable disk)"},
		ORDER_WIPE_ARGS(&c.wipe),
		{"mirror", ARG_MANY, &c.mirrors, "URL",
		 "folder, ending in /, with the same payload; may be repeated"},
		{"verify", ARG_TEXT, &c.verify, "HOW",
		 "how the image is read back: full (default), sampled or none"},
		{"memory", ARG_TEXT, &c.memory, "SIZE",
		 "most that writing may take, at least 48M (default: by the node's memory)"},
		{"boot", ARG_TEXT, &c.boot, "ORDER", "disk-first (default) or network-first"},
		ORDER_EFI_ARGS(&c.efi),
		{"secure-boot", ARG_TEXT, &c.secure_boot, "KEYS",
		 "keep (default), or enrol the site's Secure Boot keys before anything is erased"},
		{"secure-boot-handover", ARG_TEXT, &c.secure_boot_handover, "KEYS",
		 "which keys stand at the handover: as-is (default), site (default with enrol), factory or "
		 "setup (no platform key)"},
		{"tpm", ARG_TEXT, &c.tpm, "HOW",
		 "clear (default) what a former tenant left in the TPM, or keep it"},
		{"handover", ARG_TEXT, &c.handover, "HOW",
		 "reset (default), or kexec: start the tenant's kernel, which the image names, without the "
		 "firmware; needs --keep-memory"},
		{"no-bmc", ARG_FLAG, &c.no_bmc, "",
		 "leave the node's BMC alone (default: the station starts the machine through it)"},
		{"baseline", ARG_TEXT, &c.baseline, "NAME",
		 "compare what the node's BMC tells with this baseline of the station, before the machine is "
		 "started"},
		{"begin-within", ARG_NUMBER, &c.begin_within, "SECONDS",
		 "hold the order when the machine has not begun it by then (default: it waits)"},
		{"min-serial", ARG_NUMBER, &c.min_serial, "N", "refuse an image with a lower serial"},
		{"user-data", ARG_TEXT, &c.user_data, "FILE", "cloud-init user-data for the tenant's system"},
		{"network-config", ARG_TEXT, &c.network_config, "FILE",
		 "cloud-init network-config, version 2"},
		{"json", ARG_FLAG, &json, "", "print the order as JSON"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {"remint order create NODE",
				      "Orders that a node be wiped and given an image, or be wiped and no "
				      "more. It begins when the node boots from "
				      "the network; the station sees to that where the node has a BMC.",
				      options, 1, 1};
	_cleanup_json_ json_t *body = NULL, *order = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &node);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (create_body(&c, node, &body, &err) < 0)
		return fail_with(&err);
	r = client_call(&client, "POST", "/v1/orders", body, &order, &err);
	return order_print(r, order, json, &err);
}
