/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The overlays that the order names: each verified as the image is, unpacked into RAM, its drivers loaded and its services started, before
 * anything else looks at what they drive. A reset loses all of it, so it is done again in each boot of the order. docs/overlays.md
 */
#include "agent/steps/overlays.h"

#include <inttypes.h>
#include <string.h>

#include "agent/overlay/unpack.h"
#include "agent/steps/overlay_fetch.h"
#include "core/io.h"

struct overlays_held overlays_held;

static bool cancelled(void *data)
{
	struct job *job = data;

	return job->ops->cancelled(job);
}

static void add_libraries(struct facts *facts, const char *tree)
{
	_cleanup_free_ char **more = overlay_library_folders(tree);
	size_t n = 0, n_more = 0;

	while (facts->libraries && facts->libraries[n])
		n++;
	while (more[n_more])
		n_more++;
	facts->libraries = reallocarray(facts->libraries, n + n_more + 1, sizeof(*facts->libraries));
	if (!facts->libraries)
		abort();
	memcpy(facts->libraries + n, more, (n_more + 1) * sizeof(*more));
}

static int record(struct job *job, const struct signed_image *image, struct err *err)
{
	const struct manifest *m = image->manifest;
	char sha256[SHA256_HEX_SIZE], text[900];
	json_t *one;

	hex_encode(m->sha256, SHA256_SIZE, sha256);
	one = json_pack("{s:s, s:s, s:I, s:s, s:s, s:o}", "name", m->name, "version", m->version, "serial",
			(json_int_t)m->serial, "manifest_sha256", sha256, "signer", image->signer.subject,
			"services", overlay_services_json(overlays_held.services, m->name));
	if (!one)
		return err_set(err, EBADMSG, "the signer's name is not UTF-8");
	json_array_append_new(job->facts.overlays, one);
	snprintf(text, sizeof(text), "%s %s (serial %" PRIu64 "), signed by %.200s: %u modules, %u services",
		 m->name, m->version, m->serial, image->signer.subject, m->overlay->n_modules,
		 m->overlay->n_services);
	job->ops->note(job, text);
	return 0;
}

/* Its files, drivers and services share one folder of this name. */
static int check_name(const char *name, struct err *err)
{
	for (unsigned i = 0; i < overlays_held.n; i++)
		if (!strcmp(overlays_held.names[i], name))
			return err_set(err, EINVAL, "the order names two overlays that are called %s", name);
	return 0;
}

static int bring_in(struct job *job, const struct signed_image *image, struct err *err)
{
	const struct manifest *m = image->manifest;
	const struct overlay_patience patience = {.cancelled = cancelled, .data = job};
	struct overlays_held *held = &overlays_held;
	char *tree = NULL;
	int r;

	if ((r = check_name(m->name, err)) < 0 || (r = overlay_drivers_fit(m->overlay, err)) < 0 ||
	    (r = overlay_fetch(job, image, &tree, err)) < 0)
		return r;
	held->names[held->n] = xstrdup(m->name);
	held->trees[held->n++] = tree;
	add_libraries(&job->facts, tree);
	if ((r = overlay_drivers_load(tree, m->overlay, held->drivers, err)) < 0)
		return r;
	return overlay_services_start(held->services, m->name, tree, m->overlay, &patience, err);
}

static int one_overlay(struct job *job, const struct order_overlay *named, struct err *err)
{
	const struct signed_wish wish = {.url = named->manifest_url,
					 .sha256 = named->manifest_sha256,
					 .min_serial = named->min_serial,
					 .overlay = true};
	_cleanup_(signed_image_clear) struct signed_image image = {0};
	int r = signed_image_get(job, &wish, &image, err);

	if (r < 0)
		return r;
	if (bring_in(job, &image, err) < 0)
		return err->code == ECANCELED ? -ECANCELED
					      : err_prepend(err, "overlay %s", image.manifest->name);
	return record(job, &image, err);
}

void overlays_let_go(struct job *job)
{
	const struct overlay_patience patience = {.cancelled = cancelled, .data = job};
	struct overlays_held *held = &overlays_held;
	struct err err;

	if (!held->services)
		return;
	if (overlay_services_stop(held->services, &patience, &err) < 0 ||
	    overlay_drivers_unload(held->drivers, &err) < 0)
		job->ops->note(job, err.text);
	while (held->n > 0) {
		held->n--;
		if (overlay_drop(held->trees[held->n], &err) < 0)
			job->ops->note(job, err.text);
		free(held->trees[held->n]);
		free(held->names[held->n]);
	}
}

static int overlays_run(struct job *job, struct err *err)
{
	const struct order_overlays *named = &job->order->overlays;
	int r = 0;

	if (!named->n)
		return STEP_SKIPPED;
	overlays_held.drivers = overlay_drivers_new();
	overlays_held.services = overlay_services_new();
	job->facts.overlays = json_array();
	for (unsigned i = 0; r == 0 && i < named->n; i++)
		r = one_overlay(job, &named->list[i], err);
	return r < 0 ? r : STEP_DONE;
}

/* What the steps since have worked with has worked all the time. Asked before anything is destroyed, and when all is in place. */
static int overlays_work(struct job *job, struct err *err)
{
	if (!job->order->overlays.n)
		return 0;
	return overlay_services_check(overlays_held.services, err);
}

const struct step step_overlays = {
	.name = "overlays",
	.effect = STEP_PREPARES,
	.check = overlays_work,
	.run = overlays_run,
	.verify = overlays_work,
};
