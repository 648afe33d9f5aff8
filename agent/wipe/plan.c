/* SPDX-License-Identifier: Apache-2.0 */
/* Which methods suit a drive, the strongest first. No I/O. docs/wipe.md, "The plan". */
#include <stdio.h>
#include <string.h>

#include "agent/wipe/plan.h"

static const struct {
	const char *name, *level;
} methods[] = {
	[WIPE_NVME_FORMAT_CRYPTO] = {"nvme-format-ses2", "purge"},
	[WIPE_NVME_FORMAT_USER] = {"nvme-format-ses1", "clear"},
	[WIPE_DISCARD_AND_ZERO] = {"discard-and-zero", "clear"},
	[WIPE_OVERWRITE_ZERO] = {"overwrite-zero", "clear"},
};

const char *wipe_method_name(enum wipe_method method)
{
	return methods[method].name;
}

const char *wipe_method_level(enum wipe_method method)
{
	return methods[method].level;
}

static _printf_(3, 4) void choose(struct wipe_plan *plan, enum wipe_method method, const char *fmt, ...)
{
	struct wipe_choice *c = &plan->choices[plan->n++];
	va_list args;

	c->method = method;
	va_start(args, fmt);
	vsnprintf(c->reason, sizeof(c->reason), fmt, args);
	va_end(args);
}

/*
 * Identify Controller (Base Specification 2.0a, figure 275), FNA: bit 0 makes every Format, bit 1 every secure erase
 * one of all namespaces. Then only a drive with a single namespace is formatted: another one may not be ours to erase,
 * or is being erased by another child at this moment.
 */
static const char *why_no_format(const struct block *block, const struct nvme_caps *caps)
{
	if (block->transport != BLOCK_NVME)
		return "not an NVMe drive";
	if (!caps)
		return "the controller did not identify itself";
	if (!nvme_has_format(caps))
		return "the controller has no Format NVM command (OACS bit 1)";
	if ((nvme_format_hits_all(caps) || nvme_erase_hits_all(caps)) && caps->n_active != 1)
		return "Format would hit every namespace of the controller (FNA bits 0 and 1), and there is "
		       "not exactly one";
	return NULL;
}

void wipe_plan_make(const struct block *block, const struct nvme_caps *caps, struct wipe_plan *ret)
{
	const char *no_format = why_no_format(block, caps);

	memset(ret, 0, sizeof(*ret));
	if (!no_format && nvme_has_crypto_format(caps))
		choose(ret, WIPE_NVME_FORMAT_CRYPTO,
		       "the controller offers Format with cryptographic erase (FNA bit 2)");
	if (!no_format)
		choose(ret, WIPE_NVME_FORMAT_USER,
		       "the controller offers Format with user data erase (OACS bit 1)");
	if (block->discard_granularity && block->discard_max)
		choose(ret, WIPE_DISCARD_AND_ZERO,
		       "%s%sdiscard is offered; it frees the flash beneath and proves nothing, so zeros are "
		       "written too",
		       no_format ? no_format : "", no_format ? "; " : "");
	if (ret->n > 0)
		choose(ret, WIPE_OVERWRITE_ZERO, "the last resort: plain writes");
	else
		choose(ret, WIPE_OVERWRITE_ZERO, "%s; and it offers no discard", no_format);
}
