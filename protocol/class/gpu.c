/* SPDX-License-Identifier: Apache-2.0 */
/* What a class asks of GPUs beyond their being there: how fast their memory is. */
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "protocol/class/private.h"

static int read_share(const json_t *json, double *ret, struct err *err)
{
	const json_t *share = json_object_get(json, "share");
	double value = json_number_value(share);

	if (!json_is_number(share) || !(value > 0 && value <= 1))
		return err_set(err, EBADMSG, "gpus: share must be a number above 0 and at most 1, as in 0.8");
	*ret = value;
	return 0;
}

int class_read_gpu(const json_t *json, void *to, struct err *err)
{
	static const char *const keys[] = {"required", "what", "vendor", "device", "share", NULL};
	struct class_gpu *g = to;
	int r;

	g->required = true;
	if (!json_is_object(json))
		return err_set(err, EBADMSG, "gpus must be an array of objects");
	r = json_only_keys(json, "gpus", keys, err);
	if (r == 0)
		r = json_opt_bool(json, "gpus", "required", &g->required, err);
	if (r == 0)
		r = json_opt_str(json, "gpus", "what", CLASS_TEXT_MAX, &g->what, err);
	if (r == 0)
		r = class_read_id(json, "gpus", "vendor", true, &g->vendor, err);
	if (r == 0)
		r = class_read_id(json, "gpus", "device", true, &g->device, err);
	return r ? r : read_share(json, &g->share, err);
}

const struct class_gpu *class_gpu_find(const struct class *c, unsigned vendor, unsigned device)
{
	char vendor_id[12], device_id[12];

	snprintf(vendor_id, sizeof(vendor_id), "%04x", vendor);
	snprintf(device_id, sizeof(device_id), "%04x", device);
	for (unsigned i = 0; i < c->n_gpus; i++)
		if (!strcmp(c->gpus[i].vendor, vendor_id) && !strcmp(c->gpus[i].device, device_id))
			return &c->gpus[i];
	return NULL;
}
