/* SPDX-License-Identifier: Apache-2.0 */
/* Signature first, then the text, then the policy: nothing unsigned is parsed. */
#include <inttypes.h>
#include <string.h>

#include "core/time.h"
#include "images/manifest.h"

static int check_validity(const struct manifest *m, time_t now, struct err *err)
{
	char at[TIME_TEXT_SIZE], bound[TIME_TEXT_SIZE];

	time_format(now, at);
	if (now < m->not_before) {
		time_format(m->not_before, bound);
		return err_set(err, EKEYEXPIRED,
			       "image %s %s is valid from %s on, and it is %s: check the clock, or wait",
			       m->name, m->version, bound, at);
	}
	if (now > m->not_after) {
		time_format(m->not_after, bound);
		return err_set(err, EKEYEXPIRED,
			       "image %s %s was valid until %s, and it is %s: pack and sign it again",
			       m->name, m->version, bound, at);
	}
	return 0;
}

static int check_policy(const struct manifest *m, const struct manifest_policy *policy, struct err *err)
{
	if (policy->architecture && strcmp(m->architecture, policy->architecture) != 0)
		return err_set(err, ENOEXEC, "image %s %s is for %s, and %s is asked for", m->name,
			       m->version, m->architecture, policy->architecture);
	if (m->serial < policy->min_serial)
		return err_set(err, ESTALE,
			       "image %s %s has serial %" PRIu64
			       ", and the lowest that is accepted is %" PRIu64 ": use a newer image",
			       m->name, m->version, m->serial, policy->min_serial);
	return check_validity(m, policy->now, err);
}

int manifest_verify(const void *text, size_t len, const void *sig, size_t sig_len,
		    const struct manifest_policy *policy, struct manifest **ret,
		    struct cms_signer *ret_signer, struct err *err)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	struct cms_signer signer;
	int r;

	if (len == 0 || len > MANIFEST_MAX)
		return err_set(err, EBADMSG, "manifest: %zu bytes; it must have 1 to %d", len, MANIFEST_MAX);
	if (cms_verify(text, len, sig, sig_len, policy->trust, policy->now, &signer, err) < 0)
		return err_prepend(err, "manifest: signature");
	if ((r = manifest_parse(text, len, &m, err)) < 0 || (r = check_policy(m, policy, err)) < 0)
		return r;
	if (ret_signer)
		*ret_signer = signer;
	*ret = TAKE_PTR(m);
	return 0;
}
