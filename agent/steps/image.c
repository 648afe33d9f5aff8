/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image: its manifest verified, its whole index verified, the root disks chosen. In RAM alone; nothing is destroyed
 * when this fails. What was verified is what the later steps use: nothing is fetched twice.
 */
#include <stdio.h>

#include "agent/step.h"
#include "agent/steps/root_disk.h"
#include "agent/steps/signed_image.h"
#include "core/io.h"

static void tell(struct job *job)
{
	const struct facts *facts = &job->facts;
	char text[900];
	int len = snprintf(text, sizeof(text), "%s %s (serial %llu), signed by %.200s, goes to",
			   facts->manifest->name, facts->manifest->version,
			   (unsigned long long)facts->manifest->serial, facts->signer.subject);

	for (unsigned i = 0; i < facts->n_roots && len < (int)sizeof(text); i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s %.160s",
				!i                       ? ""
				: i + 1 < facts->n_roots ? ","
							 : " and",
				facts->roots[i].block->name);
	job->ops->note(job, text);
}

static int image_run(struct job *job, struct err *err)
{
	const struct order *order = job->order;
	const struct signed_wish wish = {.url = order->manifest_url,
					 .sha256 = order->manifest_sha256,
					 .min_serial = order->min_serial};
	_cleanup_(signed_image_clear) struct signed_image image = {0};
	struct facts *facts = &job->facts;
	int r = signed_image_get(job, &wish, &image, err);

	if (r < 0)
		return r;
	facts->manifest = TAKE_PTR(image.manifest);
	facts->index = TAKE_PTR(image.index);
	facts->signer = image.signer;
	r = disks_choose_roots(facts->disks, facts->n_disks, order, facts->manifest, facts->roots,
			       &facts->n_roots, err);
	if (r)
		return r;
	facts->payload_url = TAKE_PTR(image.payload_url);
	tell(job);
	return STEP_DONE;
}

static bool carries_cloud_init(const struct order *order)
{
	return order->meta_data || order->user_data || order->network_config || order->network;
}

/* What the order wants done with the image must be built in. */
static int image_check(struct job *job, struct err *err)
{
	if (!IS_ENABLED(CONFIG_STEP_PERSONALISE) && carries_cloud_init(job->order))
		return err_set(
			err, EOPNOTSUPP,
			"the order carries cloud-init data, and this agent was built without personalise");
	return 0;
}

const struct step step_image = {
	.name = "image",
	.effect = STEP_PREPARES,
	.check = image_check,
	.run = image_run,
};
