/* SPDX-License-Identifier: Apache-2.0 */
#include "station/classes.h"

#include "protocol/class/class.h"
#include "protocol/evidence/gate.h"
#include "station/calls.h"
#include "station/documents.h"

static int check(json_t *document, struct err *err)
{
	_cleanup_(class_freep) struct class *class = NULL;

	return class_from_json(document, &class, err);
}

static const struct document_kind kind = DOCUMENT_KIND("class", "classes", "class_texts", check);

int class_for_order(struct store *store, int64_t order, const char *name, struct err *err)
{
	return document_for_order(&kind, store, order, name, err);
}

int class_named(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	return document_named(&kind, store, order, ret, err);
}

int class_whole(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *named = NULL, *document = NULL;
	int r = class_named(store, order, &named, err);

	if (r == 0)
		r = document_of_order(&kind, store, order, &document, err);
	if (r < 0)
		return r;
	if (document)
		json_object_set(named, "document", document);
	*ret = json_incref(named);
	return 0;
}

int class_was_compared(struct store *store, int64_t order, const json_t *evidence, struct err *err)
{
	_cleanup_json_ json_t *named = NULL;
	int r = class_named(store, order, &named, err);

	return r < 0 ? r
		     : evidence_gate_is_of(evidence, json_string_value(json_object_get(named, "sha256")),
					   err);
}

int call_classes(struct request *req, struct err *err)
{
	return document_list(&kind, req, err);
}

int call_class_show(struct request *req, struct err *err)
{
	return document_show(&kind, req, err);
}

int call_class_put(struct request *req, struct err *err)
{
	return document_put(&kind, req, err);
}

int call_class_delete(struct request *req, struct err *err)
{
	return document_delete(&kind, req, err);
}
