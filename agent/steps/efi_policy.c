/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/efi_policy.h"

#include <stdio.h>
#include <string.h>

/* "https://HOST:PORT"; a literal IPv6 address keeps its brackets. */
static void host_of(const char *url, char host[256])
{
	const char *at = url ? strstr(url, "://") : NULL;
	size_t len;

	host[0] = '\0';
	if (!at)
		return;
	at += 3;
	len = *at == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/");
	if (len < 256)
		snprintf(host, 256, "%.*s", (int)len, at);
}

void efi_job_policy(const struct job *job, struct efi_job_policy *ret)
{
	*ret = (struct efi_job_policy){
		.policy = {.uris = job->order->efi.keep_uris, .n_uris = job->order->efi.n_keep_uris}};
	host_of(job->site ? job->site->station_url : NULL, ret->host);
	if (*ret->host)
		ret->policy.host = ret->host;
}
