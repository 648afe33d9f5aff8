/* SPDX-License-Identifier: Apache-2.0 */
#include "station/out_of_band/baselines.h"

#include "protocol/baseline/baseline.h"
#include "station/bmc/store.h"
#include "station/calls.h"
#include "station/documents.h"

static int check(json_t *document, struct err *err)
{
	return baseline_check(document, err);
}

static const struct document_kind kind = DOCUMENT_KIND("baseline", "baselines", "baseline_texts", check);

int baseline_for_order(struct store *store, int64_t node, int64_t order, const char *name, struct err *err)
{
	int r = bmc_store_has(store, node, NULL, err);

	if (r == 0)
		return err_set(err, ESTALE,
			       "order.baseline: the node has no BMC, which would have to tell what is there: "
			       "remint node bmc, or order without a baseline");
	return r < 0 ? r : document_for_order(&kind, store, order, name, err);
}

int baseline_named(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	return document_named(&kind, store, order, ret, err);
}

int baseline_of_order(struct store *store, int64_t order, json_t **ret, struct err *err)
{
	return document_of_order(&kind, store, order, ret, err);
}

int call_baselines(struct request *req, struct err *err)
{
	return document_list(&kind, req, err);
}

int call_baseline_show(struct request *req, struct err *err)
{
	return document_show(&kind, req, err);
}

int call_baseline_put(struct request *req, struct err *err)
{
	return document_put(&kind, req, err);
}

int call_baseline_delete(struct request *req, struct err *err)
{
	return document_delete(&kind, req, err);
}
