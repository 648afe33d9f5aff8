/* SPDX-License-Identifier: Apache-2.0 */
/* remint order create | list | show | cancel | certificate | log; the others stand in order_*.c. docs/protocol.md, "Orders" */
#include <string.h>

#include "cli/client.h"
#include "cli/order_efi.h"
#include "cli/order_standalone.h"
#include "cli/order_wipe.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "protocol/node.h"
#include "protocol/order.h"

static void show_order(const json_t *order)
{
	const json_t *step;
	size_t i;

	printf("order:         %s\n", json_text(order, "id"));
	printf("node:          %s\n", json_text(order, "node"));
	printf("image:         %s\n", json_text(order, "image"));
	printf("state:         %s\n", json_text(order, "state"));
	printf("step:          %s\n", json_text(order, "step"));
	printf("reason:        %s\n", json_text(order, "reason"));
	printf("requested by:  %s\n", json_text(order, "requested_by"));
	printf("created:       %s\n", json_text(order, "created"));
	printf("updated:       %s\n", json_text(order, "updated"));
	if (json_is_string(json_object_get(order, "begin_by")))
		printf("to begin by:   %s\n", json_text(order, "begin_by"));
	printf("certificate:   %s\n", json_is_true(json_object_get(order, "certificate")) ? "yes" : "no");
	json_array_foreach(json_object_get(order, "steps"), i, step)
		printf("  %-12s %-10s %s  %s  %s\n", json_text(step, "name"), json_text(step, "phase"),
		       json_text(step, "begun"), json_text(step, "ended"), json_text(step, "outcome"));
}

static int print_order(int r, const json_t *order, bool json, const struct err *err)
{
	if (r < 0)
		return fail_with(err);
	if (json)
		print_json(order);
	else
		show_order(order);
	return EXIT_SUCCESS;
}

struct create {
	const char *image, *redundancy, *on_loss, *boot, *verify, *memory, *user_data, *network_config, *tpm;
	const char *secure_boot, *secure_boot_handover, *handover;
	struct order_wipe_args wipe;
	struct order_efi_args efi;
	struct arg_list root_disks, wipe_disks, mirrors;
	uint64_t min_serial, begin_within;
	bool erase_only;
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
	    !add_secure_boot(body, c))
		return err_set(err, EINVAL, "names must be UTF-8");
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

static int order_create(int argc, char **argv)
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
				      "the network.",
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
	return print_order(r, order, json, &err);
}

static int order_list(int argc, char **argv)
{
	static const char *const headings[] = {"ORDER", "NODE",    "IMAGE",  "STATE",
					       "STEP",  "CREATED", "REASON", NULL};
	struct client_options client = {};
	const char *node = NULL;
	bool json = false;
	const struct arg_option options[] = {{"node", ARG_TEXT, &node, "NAME", "those of one node"},
					     {"json", ARG_FLAG, &json, "", "print as JSON"},
					     CLIENT_ARGS(&client),
					     {}};
	const struct arg_spec spec = {"remint order list", "Lists the orders, newest first.", options, 0, 0};
	_cleanup_json_ json_t *answer = NULL;
	_cleanup_free_ char *target = NULL;
	struct table *table;
	struct err err;
	json_t *order;
	size_t i;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (node && !name_valid(node))
		return fail_with((err_set(&err, EINVAL, "'%s' is not a node's name", node), &err));
	target = node ? str_printf("/v1/orders?node=%s", node) : xstrdup("/v1/orders");
	if (client_call(&client, "GET", target, NULL, &answer, &err) < 0)
		return fail_with(&err);
	if (json) {
		print_json(answer);
		return EXIT_SUCCESS;
	}
	table = table_new(headings);
	json_array_foreach(json_object_get(answer, "orders"), i, order)
		table_row(table, json_text(order, "id"), json_text(order, "node"), json_text(order, "image"),
			  json_text(order, "state"), json_text(order, "step"), json_text(order, "created"),
			  json_text(order, "reason"));
	table_print(table);
	return EXIT_SUCCESS;
}

/* "show" and "cancel": one call on one order, which comes back. */
static int order_call(const struct arg_spec *spec, int argc, char **argv, const struct client_options *client,
		      const bool *json, const char *method, const char *tail)
{
	_cleanup_json_ json_t *order = NULL;
	_cleanup_free_ char *target = NULL;
	const char *id = NULL;
	struct err err;
	enum arg_result parsed = args_parse(spec, argc, argv, &id);
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(id))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", id), &err));
	target = str_printf("/v1/orders/%s%s", id, tail);
	r = client_call(client, method, target, NULL, &order, &err);
	return print_order(r, order, *json, &err);
}

static int order_show(int argc, char **argv)
{
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint order show ID", "Shows an order and its steps.", options, 1, 1};

	return order_call(&spec, argc, argv, &client, &json, "GET", "");
}

static int order_cancel(int argc, char **argv)
{
	struct client_options client = {};
	bool json = false;
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &json, "", "print the order as JSON"}, CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint order cancel ID",
				      "Cancels an order that is pending or running. What has been erased "
				      "stays erased, and the disk does not boot.",
				      options, 1, 1};

	return order_call(&spec, argc, argv, &client, &json, "POST", "/cancel");
}

/* Writes a stored document to a file or to standard output. */
static int save(const struct client_options *client, const char *id, const char *document, const char *to,
		struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/orders/%s/%s", id, document), *text = NULL;
	size_t len = 0;
	int r = client_fetch(client, target, &text, &len, err);

	if (r < 0)
		return r;
	if (to)
		return file_write_atomic(to, text, len, 0644, err);
	return fwrite(text, 1, len, stdout) == len ? 0 : err_sys(err, errno, "standard output");
}

static int order_certificate(int argc, char **argv)
{
	struct client_options client = {};
	const char *id = NULL, *to = ".";
	bool evidence = false;
	const struct arg_option options[] = {
		{"output", ARG_TEXT, &to, "DIR", "where to (default: here)"},
		{"evidence", ARG_FLAG, &evidence, "",
		 "also what the agent handed in, as ID.evidence.json: the certificate has its SHA-256"},
		CLIENT_ARGS(&client),
		{}};
	const struct arg_spec spec = {
		"remint order certificate ID",
		"Fetches an order's certificate and its signature, as ID.json and ID.json.p7s.", options, 1,
		1};
	_cleanup_free_ char *name = NULL, *path = NULL, *sig_path = NULL, *evidence_name = NULL,
			    *evidence_path = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &id);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(id))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", id), &err));
	name = str_printf("%s.json", id);
	path = path_join(to, name);
	sig_path = str_printf("%s.p7s", path);
	evidence_name = str_printf("%s.evidence.json", id);
	evidence_path = path_join(to, evidence_name);
	if (make_dirs(to, 0755, &err) < 0 || save(&client, id, "certificate", path, &err) < 0 ||
	    save(&client, id, "certificate.p7s", sig_path, &err) < 0 ||
	    (evidence && save(&client, id, "evidence", evidence_path, &err) < 0))
		return fail_with(&err);
	printf("%s\n%s\n", path, sig_path);
	if (evidence)
		printf("%s\n", evidence_path);
	return EXIT_SUCCESS;
}

static int order_log(int argc, char **argv)
{
	struct client_options client = {};
	const char *id = NULL;
	const struct arg_option options[] = {CLIENT_ARGS(&client), {}};
	const struct arg_spec spec = {"remint order log ID", "Prints the log that the agent left.", options,
				      1, 1};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &id);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (!name_valid(id))
		return fail_with((err_set(&err, EINVAL, "'%s' is not an order's id", id), &err));
	return save(&client, id, "log", NULL, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

int verb_order(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"create", "order that a node be made new", order_create},
		{"list", "list the orders", order_list},
		{"show", "show one, with its steps", order_show},
		{"cancel", "cancel one that is not done", order_cancel},
		{"certificate", "fetch its certificate and signature", order_certificate},
		{"log", "print the agent's log", order_log},
		{"standalone", "write one for a boot medium", order_standalone},
		{"import", "have records of such ones countersigned", order_import},
		{},
	};

	return run_sub_command("order", "What is to become of the machines.", table, argc, argv);
}
