/* SPDX-License-Identifier: Apache-2.0 */
/* remint image gc. docs/man/remint-image.1 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/client.h"
#include "cli/image/image.h"
#include "cli/order/open_orders.h"
#include "cli/table.h"
#include "core/io.h"
#include "images/store/gc.h"

struct gc_args {
	struct gc_options gc;
	struct client_options client;
	const char *min_age;
	bool no_orders, dry_run, yes, json;
};

static enum arg_result gc_parse(int argc, char **argv, struct gc_args *a)
{
	const struct arg_option options[] = {
		{"keep", ARG_NUMBER, &a->gc.keep, "N", "newest serials of each name that stay (default: 2)"},
		{"min-age", ARG_TEXT, &a->min_age, "TIME",
		 "what is younger stays: 90s, 30m, 12h, 1d, 0 (default: 1d)"},
		{"no-orders", ARG_FLAG, &a->no_orders, "", "ask no station which images open orders use"},
		{"dry-run", ARG_FLAG, &a->dry_run, "", "only say what would be removed"},
		{"yes", ARG_FLAG, &a->yes, "", "do not ask"},
		{"json", ARG_FLAG, &a->json, "", "print as JSON"},
		CLIENT_ARGS(&a->client),
		{},
	};
	const struct arg_spec spec = {"remint image gc DIR",
				      "Removes from the images folder DIR what is old, what no open order of "
				      "the station uses, and what "
				      "interrupted copies left.",
				      options, 1, 1};

	return args_parse(&spec, argc, argv, &a->gc.dir);
}

static int option_age(const char *text, time_t *ret, struct err *err)
{
	char *end = NULL;
	unsigned long n = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
	unsigned long unit = !end || n > 36500ul * 86400 ? 0
			     : !strcmp(end, "d")         ? 86400
			     : !strcmp(end, "h")         ? 3600
			     : !strcmp(end, "m")         ? 60
			     : !strcmp(end, "s")         ? 1
			     : !*end && !n               ? 1
							 : 0;

	if (!unit || n * unit > 36500ul * 86400)
		return err_set(err, EINVAL, "--min-age is a number with d, h, m or s, such as 1d, not '%s'",
			       text);
	*ret = (time_t)(n * unit);
	return 0;
}

static const char *action(const struct gc_args *a, const struct gc_entry *e)
{
	if (e->removed)
		return "removed";
	return !e->remove ? "kept" : a->dry_run ? "would be removed" : "to be removed";
}

static void print_table(const struct gc_args *a, const struct gc *gc)
{
	static const char *const headings[] = {"FOLDER", "IMAGE", "VERSION", "SERIAL",
					       "MIB",    "WHAT",  "WHY",     NULL};
	struct table *table = table_new(headings);

	for (unsigned i = 0; i < gc->n_entries; i++) {
		const struct gc_entry *e = &gc->entries[i];
		_cleanup_free_ char *serial = e->name ? str_printf("%" PRIu64, e->serial) : NULL;
		_cleanup_free_ char *mib = str_printf("%" PRIu64, e->bytes >> 20);

		table_row(table, e->folder, e->name ? e->name : "-", e->version ? e->version : "-",
			  serial ? serial : "-", mib, action(a, e), e->reason);
	}
	table_print(table);
}

static json_t *to_json(const struct gc_args *a, const struct gc *gc)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < gc->n_entries; i++) {
		const struct gc_entry *e = &gc->entries[i];
		json_t *one = json_pack("{s:s, s:s?, s:s?, s:I, s:I, s:b, s:b, s:s}", "folder", e->folder,
					"name", e->name, "version", e->version, "serial",
					(json_int_t)e->serial, "bytes", (json_int_t)e->bytes, "remove",
					e->remove, "removed", e->removed, "reason", e->reason);

		if (one) /* NULL: a folder's name that is not UTF-8, which is none of ours */
			json_array_append_new(list, one);
	}
	return json_pack("{s:b, s:o}", "dry_run", a->dry_run, "folders", list);
}

static int print(const struct gc_args *a, const struct gc *gc)
{
	if (a->json)
		return image_print_json(to_json(a, gc));
	print_table(a, gc);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Everything that is asked goes to standard error: standard output is for the table. */
static bool agreed(const struct gc *gc)
{
	char answer[8] = "";
	uint64_t bytes = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < gc->n_entries; i++)
		if (gc->entries[i].remove) {
			fprintf(stderr, "%s: %s\n", gc->entries[i].folder, gc->entries[i].reason);
			bytes += gc->entries[i].bytes;
			n++;
		}
	if (!n)
		return true;
	fprintf(stderr, "remove these %u folders, %" PRIu64 " MiB? [y/N] ", n, bytes >> 20);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int settle(struct gc_args *a, struct err *err)
{
	int r = option_age(a->min_age, &a->gc.min_age, err);

	if (r < 0)
		return r;
	if (a->gc.keep < 1)
		return err_set(err, EINVAL, "--keep is at least 1: the newest image of a name always stays");
	if (!a->dry_run && !a->yes && !isatty(STDIN_FILENO))
		return err_set(err, EINVAL, "nobody can be asked here: give --dry-run, and then --yes");
	a->gc.now = time(NULL);
	return 0;
}

int image_gc_command(int argc, char **argv)
{
	_cleanup_(gc_clear) struct gc gc = {0};
	struct gc_args a = {.gc.keep = 2, .min_age = "1d"};
	_cleanup_(open_orders_end) struct open_orders orders = {0};
	enum arg_result parsed = gc_parse(argc, argv, &a);
	struct err err;
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (settle(&a, &err) < 0)
		return fail_with(&err);
	if (!a.no_orders) {
		/* also when there is nothing to ask about: a station that cannot be reached is found out at once */
		if (open_orders_begin(&a.client, a.gc.dir, &orders, &err) < 0) {
			err_prepend(&err, "which images do open orders use? (--no-orders asks no station)");
			return fail_with(&err);
		}
		a.gc.used = open_orders_use;
		a.gc.data = &orders;
	}
	if (gc_plan(&a.gc, &gc, &err) < 0)
		return fail_with(&err);
	if (a.dry_run)
		return print(&a, &gc);
	if (!a.yes && !agreed(&gc))
		return fail_with((err_set(&err, ECANCELED, "nothing was removed"), &err));
	r = gc_run(&a.gc, &gc, &err);
	if (print(&a, &gc) != EXIT_SUCCESS || r < 0)
		return r < 0 ? fail_with(&err) : EXIT_FAILURE;
	return EXIT_SUCCESS;
}
