/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/class.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"

#define WHAT "order.class"

/* The certificate names the class by its digest, so the digest is made here and not believed. */
static int check_digest(const json_t *document, const char *told, struct order_class *named, struct err *err)
{
	size_t len;
	_cleanup_free_ char *text = json_canonical(document, &len);

	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	sha256_hex(text, len, named->sha256);
	if (strcmp(named->sha256, told) != 0)
		return err_set(err, EBADMSG, WHAT ".document has the SHA-256 %s, not %s", named->sha256,
			       told);
	return 0;
}

static int check_name(const struct class *class, const char *told, struct err *err)
{
	if (strcmp(class->name, told) != 0)
		return err_set(err, EBADMSG, WHAT ".document has the name \"%s\", not \"%s\"", class->name,
			       told);
	return 0;
}

int order_class_read(const json_t *json, struct order_class **ret, struct err *err)
{
	static const char *const keys[] = {"name", "sha256", "document", NULL};
	_cleanup_(order_class_freep) struct order_class *named = NULL;
	const json_t *there = json_object_get(json, "class");
	json_t *object, *document;
	const char *name, *sha256;
	int r;

	if (!there || json_is_null(there))
		return 0;
	named = xcalloc(1, sizeof(*named));
	r = json_get_object(json, "order", "class", &object, err);
	if (!r)
		r = json_only_keys(object, WHAT, keys, err);
	if (!r)
		r = json_get_str(object, WHAT, "name", CLASS_NAME_MAX, &name, err);
	if (!r)
		r = json_get_str(object, WHAT, "sha256", SHA256_HEX_SIZE - 1, &sha256, err);
	if (!r)
		r = json_get_object(object, WHAT, "document", &document, err);
	if (!r)
		r = check_digest(document, sha256, named, err);
	if (!r)
		r = class_from_json(document, &named->class, err);
	if (!r)
		r = check_name(named->class, name, err);
	if (!r)
		*ret = TAKE_PTR(named);
	return r;
}

json_t *order_class_to_json(const struct order_class *named)
{
	return json_pack("{ss ss sO}", "name", named->class->name, "sha256", named->sha256, "document",
			 named->class->json);
}

void order_class_free(struct order_class *named)
{
	if (!named)
		return;
	class_free(named->class);
	free(named);
}
