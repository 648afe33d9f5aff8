/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/signed_image.h"

#include <string.h>
#include <sys/utsname.h>

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

/* An overlay is no tenant's system, and a tenant's system nothing for the agent to load. */
static int check_kind(const struct manifest *manifest, bool overlay, struct err *err)
{
	if ((manifest->kind == IMAGE_OVERLAY) == overlay)
		return 0;
	return err_set(err, EINVAL, "it is of kind %s, and the order names it as %s",
		       image_kind_name(manifest->kind), overlay ? "an overlay" : "the image that is written");
}

static int verify_manifest(struct job *job, const struct signed_wish *wish, const char *name,
			   const void *text, size_t len, const void *sig, size_t sig_len,
			   struct signed_image *image, struct err *err)
{
	struct utsname machine;
	uname(&machine);
	const struct manifest_policy policy = {
		.trust = job->site->image_trust,
		.now = job->now,
		.min_serial = wish->min_serial > job->site->serial_floor ? wish->min_serial
									 : job->site->serial_floor,
		.architecture = machine.machine,
	};
	int r = check_digest(text, len, wish->sha256, err);
	if (!r)
		r = manifest_verify(text, len, sig, sig_len, &policy, &image->manifest, &image->signer, err);
	if (!r)
		r = check_kind(image->manifest, wish->overlay, err);
	if (r == -EKEYREJECTED)
		return err_prepend(err, "manifest.json.p7s of %s", name);
	return r ? err_prepend(err, "manifest.json of %s", name) : 0;
}

static int get_manifest(struct job *job, const struct signed_wish *wish, const char *name,
			struct signed_image *image, struct err *err)
{
	_cleanup_free_ char *sig_url = str_printf("%s.p7s", wish->url);
	_cleanup_free_ void *text = NULL, *sig = NULL;
	size_t len = 0, sig_len = 0;

	int r = job->ops->fetch(job, wish->url, MANIFEST_MAX, &text, &len, err);
	if (r)
		return err_prepend(err, "manifest.json of %s", name);
	r = job->ops->fetch(job, sig_url, CMS_MAX, &sig, &sig_len, err);
	if (r)
		return err_prepend(err, "manifest.json.p7s of %s", name);
	return verify_manifest(job, wish, name, text, len, sig, sig_len, image, err);
}

static int get_index(struct job *job, const struct signed_wish *wish, struct signed_image *image,
		     struct err *err)
{
	const struct manifest *manifest = image->manifest;
	_cleanup_free_ char *url = order_url_beside(wish->url, manifest->index_file);
	_cleanup_free_ void *bytes = NULL;
	size_t len = 0;
	int r;

	if (manifest->index_size > INDEX_MAX)
		r = err_set(err, EFBIG, "%llu bytes are more than this agent takes, which is %u",
			    (unsigned long long)manifest->index_size, INDEX_MAX);
	else
		r = job->ops->fetch(job, url, manifest->index_size, &bytes, &len, err);
	if (!r)
		r = index_parse(bytes, len, manifest, &image->index, err);
	return r ? err_prepend(err, "%s of %s", manifest->index_file, manifest->name) : 0;
}

int signed_image_get(struct job *job, const struct signed_wish *wish, struct signed_image *ret,
		     struct err *err)
{
	char name[64];
	int r = check_url(wish->url, err);

	if (r)
		return r;
	name_from_url(wish->url, name, sizeof(name));
	r = get_manifest(job, wish, name, ret, err);
	if (!r)
		r = get_index(job, wish, ret, err);
	if (!r)
		ret->payload_url = order_url_beside(wish->url, ret->manifest->payload_file);
	return r;
}

void signed_image_clear(struct signed_image *image)
{
	manifest_free(image->manifest);
	index_free(image->index);
	free(image->payload_url);
	*image = (struct signed_image){0};
}
