/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/order/wipe.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/erasure.h"

#define SECRETS_MAX (64 * 1024) /* bytes of the file */

/* PSIDs and passwords come from a file: a command line is everybody's to read. */
static int add_secrets(json_t *wipe, const char *path, struct err *err)
{
	_cleanup_json_ json_t *secrets = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = path ? file_read(path, SECRETS_MAX, &text, &len, err) : 0;

	if (r < 0 || !path)
		return r;
	r = json_parse(text, len, &secrets, err);
	explicit_bzero(text, len);
	if (r < 0)
		return err_prepend(err, "%s", path);
	json_object_set(wipe, "secrets", secrets);
	return 0;
}

/* An agent would hold the machine for a name that it does not know. */
static int add_forbidden(const struct arg_list *methods, json_t *wipe, struct err *err)
{
	json_t *list = methods->n ? json_array() : NULL;

	for (unsigned i = 0; i < methods->n; i++) {
		if (!erasure_find(methods->items[i])) {
			json_decref(list);
			return err_set(err, EINVAL, "--wipe-forbid: docs/wipe.md has no method '%s'",
				       methods->items[i]);
		}
		json_array_append_new(list, json_string(methods->items[i]));
	}
	if (list)
		json_object_set_new(wipe, "forbid", list);
	return 0;
}

int order_wipe_args_add(const struct order_wipe_args *args, json_t *wipe, struct err *err)
{
	const struct {
		const char *key, *text;
	} texts[] = {{"level", args->level}, {"verify", args->verify}, {"namespaces", args->namespaces}};
	bool good = true;
	int r;

	for (unsigned i = 0; i < 3; i++)
		if (texts[i].text)
			good &= json_object_set_new(wipe, texts[i].key, json_string(texts[i].text)) == 0;
	if (!good)
		return err_set(err, EINVAL, "names must be UTF-8");
	r = add_forbidden(&args->forbid, wipe, err);
	return r < 0 ? r : add_secrets(wipe, args->secrets, err);
}
