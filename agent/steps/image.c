/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image: its manifest verified, its whole index verified, the root disks chosen. In RAM alone; nothing is destroyed
 * when this fails. What was verified is what the later steps use: nothing is fetched twice.
 */
#include <string.h>
#include <sys/utsname.h>

#include "agent/step.h"
#include "agent/steps/root_disk.h"
#include "core/cms.h"
#include "core/io.h"

#define INDEX_MAX (512u << 20) /* bytes: more than an image of IMAGE_SIZE_MAX can need */

/* "debian-12" of ".../images/debian-12/manifest.json": how messages call an image that is not verified yet. */
static void name_from_url(const char *url, char *name, size_t size)
{
	const char *end = strrchr(url, '/'), *begin = end;
	while (begin && begin > url && begin[-1] != '/')
		begin--;
	snprintf(name, size, "%.*s", begin ? (int)(end - begin) : 0, begin ? begin : "");
}

static int check_url(const char *url, struct err *err)
{
	const char *path = strstr(url, "://");
	path = path ? strchr(path + 3, '/') : NULL;
	if (!path || strpbrk(url, "?#"))
		return err_set(err, EINVAL,
			       "manifest_url %s: a path to the manifest is needed, without query", url);
	return 0;
}

static int check_digest(const void *text, size_t len, const char *expected, struct err *err)
{
	char digest[SHA256_HEX_SIZE];
	if (!expected)
		return 0;
	sha256_hex(text, len, digest);
	if (strcasecmp(digest, expected) != 0)
		return err_set(err, EBADMSG, "SHA-256 is %s, and the order names %s", digest, expected);
	return 0;
}

static int verify_manifest(struct job *job, const char *name, const void *text, size_t len, const void *sig,
			   size_t sig_len, struct err *err)
{
	struct utsname machine;
	uname(&machine);
	const struct manifest_policy policy = {
		.trust = job->site->image_trust,
		.now = job->now,
		.min_serial = job->order->min_serial > job->site->serial_floor ? job->order->min_serial
									       : job->site->serial_floor,
		.architecture = machine.machine,
	};
	int r = check_digest(text, len, job->order->manifest_sha256, err);
	if (!r)
		r = manifest_verify(text, len, sig, sig_len, &policy, &job->facts.manifest,
				    &job->facts.signer, err);
	if (r == -EKEYREJECTED)
		return err_prepend(err, "manifest.json.p7s of %s", name);
	return r ? err_prepend(err, "manifest.json of %s", name) : 0;
}

static int get_manifest(struct job *job, const char *name, struct err *err)
{
	_cleanup_free_ char *sig_url = str_printf("%s.p7s", job->order->manifest_url);
	_cleanup_free_ void *text = NULL, *sig = NULL;
	size_t len = 0, sig_len = 0;

	int r = job->ops->fetch(job, job->order->manifest_url, MANIFEST_MAX, &text, &len, err);
	if (r)
		return err_prepend(err, "manifest.json of %s", name);
	r = job->ops->fetch(job, sig_url, CMS_MAX, &sig, &sig_len, err);
	if (r)
		return err_prepend(err, "manifest.json.p7s of %s", name);
	return verify_manifest(job, name, text, len, sig, sig_len, err);
}

static int get_index(struct job *job, struct err *err)
{
	const struct manifest *manifest = job->facts.manifest;
	_cleanup_free_ char *url = order_url_beside(job->order->manifest_url, manifest->index_file);
	_cleanup_free_ void *bytes = NULL;
	size_t len = 0;
	int r;

	if (manifest->index_size > INDEX_MAX)
		r = err_set(err, EFBIG, "%llu bytes are more than this agent takes, which is %u",
			    (unsigned long long)manifest->index_size, INDEX_MAX);
	else
		r = job->ops->fetch(job, url, manifest->index_size, &bytes, &len, err);
	if (!r)
		r = index_parse(bytes, len, manifest, &job->facts.index, err);
	return r ? err_prepend(err, "%s of %s", manifest->index_file, manifest->name) : 0;
}

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
	struct facts *facts = &job->facts;
	char name[64];

	int r = check_url(job->order->manifest_url, err);
	if (r)
		return r;
	name_from_url(job->order->manifest_url, name, sizeof(name));
	r = get_manifest(job, name, err);
	if (!r)
		r = get_index(job, err);
	if (!r)
		r = disks_choose_roots(facts->disks, facts->n_disks, job->order, facts->manifest,
				       facts->roots, &facts->n_roots, err);
	if (r)
		return r;
	facts->payload_url = order_url_beside(job->order->manifest_url, facts->manifest->payload_file);
	tell(job);
	return STEP_DONE;
}

static bool carries_cloud_init(const struct order *order)
{
	return order->meta_data || order->user_data || order->network_config;
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
