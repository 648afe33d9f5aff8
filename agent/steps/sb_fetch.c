/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/sb_fetch.h"

#include <string.h>

#include "core/io.h"
#include "efi/sb_former.h"

/* Of one order's digest: the operator may replace the files while the order runs. */
static struct sb_bundle *fetched;
static char fetched_sha256[SHA256_HEX_SIZE];

static int fetch_document(struct job *job, struct sb_bundle **ret, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	_cleanup_free_ void *text = NULL;
	char sha256[SHA256_HEX_SIZE];
	size_t len = 0;
	int r = job->ops->fetch(job, wish->bundle_url, SB_BUNDLE_JSON_MAX, &text, &len, err);

	if (r < 0)
		return r;
	sha256_hex(text, len, sha256);
	if (strcmp(sha256, wish->bundle_sha256) != 0)
		return err_set(err, EBADMSG, "%s is not the bundle that the order names: another SHA-256",
			       wish->bundle_url);
	return sb_bundle_read(text, len, ret, err);
}

/* The files lie beside the document. */
static int fetch_beside(struct job *job, const char *file, void **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *beside = order_url_beside(job->order->secure_boot.bundle_url, file);

	return job->ops->fetch(job, beside, AUTHVAR_MAX, ret, ret_len, err);
}

static int fetch_payload(struct job *job, struct sb_bundle *bundle, enum sb_var var, struct err *err)
{
	void *bytes = NULL;
	size_t len = 0;
	int r = fetch_beside(job, sb_variables[var].file, &bytes, &len, err);

	return r < 0 ? r : sb_bundle_take(bundle, var, bytes, len, err);
}

static int fetch_former(struct job *job, struct sb_bundle *bundle, unsigned n, struct err *err)
{
	char file[SB_FORMER_FILE_SIZE];
	void *bytes = NULL;
	size_t len = 0;
	int r;

	sb_former_file(n, file);
	r = fetch_beside(job, file, &bytes, &len, err);
	return r < 0 ? r : sb_former_take(bundle, n, bytes, len, err);
}

static int fetch_files(struct job *job, struct sb_bundle *bundle, struct err *err)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < SB_VARS; i++)
		r = fetch_payload(job, bundle, (enum sb_var)i, err);
	for (unsigned i = 0; r == 0 && i < bundle->n_former; i++)
		r = fetch_former(job, bundle, i, err);
	return r < 0 ? r : sb_former_check(bundle, err);
}

int sb_fetch(struct job *job, const struct sb_bundle **ret, struct err *err)
{
	const struct order_secure_boot *wish = &job->order->secure_boot;
	_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = NULL;
	int r = 0;

	if (fetched && !strcmp(fetched_sha256, wish->bundle_sha256)) {
		*ret = fetched;
		return 0;
	}
	r = fetch_document(job, &bundle, err);
	if (r == 0)
		r = fetch_files(job, bundle, err);
	if (r < 0)
		return r;
	sb_bundle_free(fetched);
	fetched = TAKE_PTR(bundle);
	memcpy(fetched_sha256, wish->bundle_sha256, sizeof(fetched_sha256));
	*ret = fetched;
	return 0;
}

int sb_check_in_force(const struct secureboot *sb, const struct sb_bundle *bundle, struct err *err)
{
	for (unsigned i = 0; i < SB_VARS; i++)
		if (!secureboot_holds(sb, bundle, (enum sb_var)i))
			return err_set(err, EIO, "%s does not hold what the site's bundle puts there",
				       sb_variables[i].name);
	if (sb->setup_mode != 0)
		return err_set(err, EIO, "the firmware is in setup mode although the site's keys are there");
	if (sb->secure_boot != 1)
		return err_set(
			err, EIO,
			"the site's keys are there and Secure Boot is off: the firmware has a switch of "
			"its own for "
			"it, to be set in its setup or by the BMC");
	return 0;
}
