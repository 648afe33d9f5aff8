/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/collection.h"

#include <string.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/value.h"

void rf_members_clear(struct rf_members *members)
{
	for (unsigned i = 0; i < members->n; i++)
		free(members->paths[i]);
	free(members->paths);
	*members = (struct rf_members){0};
}

static bool has(const struct rf_members *members, const char *path)
{
	for (unsigned i = 0; i < members->n; i++)
		if (!strcmp(members->paths[i], path))
			return true;
	return false;
}

/* max is at most RF_MEMBERS_MAX */
static int add(struct rf_members *members, const char *path, unsigned max, struct err *err)
{
	if (has(members, path))
		return 0;
	if (members->n == max)
		return err_set(err, EFBIG, "more than %u of them", max);
	if (!members->paths)
		members->paths = xcalloc(RF_MEMBERS_MAX, sizeof(*members->paths));
	members->paths[members->n++] = xstrdup(path);
	return 0;
}

int rf_links(struct rf_bmc *bmc, const json_t *json, const char *what, const char *at, struct rf_members *ret,
	     struct err *err)
{
	const json_t *member;
	json_t *array = NULL;
	size_t i;
	int r = rf_array(json, what, at, &array, err);

	json_array_foreach(array, i, member) {
		char path[RF_PATH_MAX] = "";

		if (r == 0)
			r = rf_ref_at(member, what, "@odata.id", bmc->origin, path, err);
		if (r == 0 && path[0])
			r = add(ret, path, RF_MEMBERS_MAX, err);
		if (r < 0)
			return err_prepend(err, "%s: '%s' %zu", what, at, i);
	}
	return r;
}

/* The next page into `path`; "" after the last. */
static int next_page(struct rf_bmc *bmc, const json_t *page, struct rf_members *pages, char path[RF_PATH_MAX],
		     struct err *err)
{
	char next[RF_PATH_MAX];
	int r = rf_ref_at(page, path, "Members@odata.nextLink", bmc->origin, next, err);

	if (r == 0 && !next[0])
		r = rf_ref_at(page, path, "@odata.nextLink", bmc->origin, next, err);
	if (r < 0)
		return r;
	if (next[0] && has(pages, next))
		next[0] = '\0';
	if (next[0])
		r = add(pages, next, RF_PAGES_MAX, err);
	if (r < 0)
		return err_prepend(err, "%s: pages", path);
	memcpy(path, next, RF_PATH_MAX);
	return 0;
}

int rf_members(struct rf_bmc *bmc, const char *path, struct rf_members *ret, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members pages = {0};
	char at[RF_PATH_MAX];
	int r;

	if (strlen(path) >= sizeof(at))
		return err_set(err, EINVAL, "too long a path");
	memcpy(at, path, strlen(path) + 1);
	r = add(&pages, at, RF_PAGES_MAX, err);
	while (r == 0 && at[0]) {
		_cleanup_json_ json_t *page = NULL;
		unsigned before = ret->n;

		r = rf_get(bmc, at, &page, NULL, err);
		if (r == 0)
			r = rf_links(bmc, page, at, "Members", ret, err);
		if (r == 0 && pages.n > 1 && ret->n == before)
			break;
		if (r == 0)
			r = next_page(bmc, page, &pages, at, err);
	}
	return r;
}

int rf_members_at(struct rf_bmc *bmc, const json_t *json, const char *what, const char *at,
		  struct rf_members *ret, struct err *err)
{
	_cleanup_free_ char *full = str_printf("%s/@odata.id", at);
	char path[RF_PATH_MAX];
	int r = rf_ref_at(json, what, full, bmc->origin, path, err);

	return r < 0 || !path[0] ? r : rf_members(bmc, path, ret, err);
}
