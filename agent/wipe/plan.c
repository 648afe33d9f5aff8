/* SPDX-License-Identifier: Apache-2.0 */
/* Which methods suit a drive, the strongest and surest first. No I/O. */
#include "agent/wipe/plan.h"

#include <stdio.h>
#include <string.h>

/*
 * The order of preference. Purge before clear, whatever the medium; among those of a level, what can be read back before what the device can only
 * assert, and what takes seconds before what takes as long as the medium is large:
 *   block erase          seconds to minutes, and leaves something that can be told from what was there;
 *   cryptographic erase  seconds; what it leaves reads as noise;
 *   overwriting by the device, hours;
 *   secure erase         hours, and what it does beyond the visible sectors is the maker's business.
 * Overwriting by the host is the last: it reaches only what the host sees, but it needs nobody's word.
 */
static const enum wipe_method preference[WIPE_METHODS] = {
	WIPE_NVME_SANITIZE_BLOCK,
	WIPE_ATA_SANITIZE_BLOCK,
	WIPE_SCSI_SANITIZE_BLOCK,
	WIPE_NVME_SANITIZE_CRYPTO,
	WIPE_ATA_SANITIZE_CRYPTO,
	WIPE_SCSI_SANITIZE_CRYPTO,
	WIPE_NVME_FORMAT_CRYPTO,
	WIPE_OPAL_PSID_REVERT,
	WIPE_OPAL_REVERT,
	WIPE_NVME_SANITIZE_OVERWRITE,
	WIPE_ATA_SANITIZE_OVERWRITE,
	WIPE_SCSI_SANITIZE_OVERWRITE,
	WIPE_ATA_SECURITY_ENHANCED,
	WIPE_NVME_FORMAT_USER,
	WIPE_ATA_SECURITY_NORMAL,
	WIPE_OVERWRITE,
};

/* ---- is it offered? NULL: yes; else why not ---- */

/* A method that reaches every namespace is none where not every one is to be erased. */
static const char *why_not_whole(const struct wipe_subject *s)
{
	const struct nvme_caps *c = &s->caps->nvme;

	if (c->n_active == 0 || c->n_active > s->n_meant)
		return "it would hit every namespace of the controller, and the order does not mean each of "
		       "them";
	if (c->n_allocated > s->n_meant)
		return "it would hit every namespace of the subsystem, and some are not seen by this machine";
	if (c->cmic & 2 && c->n_allocated == 0)
		return "it would hit every namespace of the subsystem, which may have other controllers and "
		       "does not tell of them";
	return NULL;
}

static const char *why_not_nvme_sanitize(const struct wipe_subject *s, unsigned bit, const char *missing)
{
	return s->caps->nvme.sanicap & 1u << bit ? why_not_whole(s) : missing;
}

/* Identify Controller (Base Specification 2.0a, figure 275), FNA: bit 0 makes every Format, bit 1 every secure erase one of all namespaces. */
static const char *why_not_format(const struct wipe_subject *s)
{
	const struct nvme_caps *c = &s->caps->nvme;

	if (!nvme_has_format(c))
		return "the controller has no Format NVM command (OACS bit 1)";
	return nvme_format_hits_all(c) || nvme_erase_hits_all(c) ? why_not_whole(s) : NULL;
}

static const char *why_not_nvme(const struct wipe_subject *s, enum wipe_method method)
{
	switch (method) {
	case WIPE_NVME_SANITIZE_CRYPTO:
		return why_not_nvme_sanitize(
			s, 0, "the controller offers no cryptographic Sanitize (SANICAP bit 0)");
	case WIPE_NVME_SANITIZE_BLOCK:
		return why_not_nvme_sanitize(s, 1,
					     "the controller offers no block erase Sanitize (SANICAP bit 1)");
	case WIPE_NVME_SANITIZE_OVERWRITE:
		return why_not_nvme_sanitize(s, 2,
					     "the controller offers no overwriting Sanitize (SANICAP bit 2)");
	case WIPE_NVME_FORMAT_CRYPTO:
		if (nvme_has_format(&s->caps->nvme) && !nvme_has_crypto_format(&s->caps->nvme))
			return "the controller's Format offers no cryptographic erase (FNA bit 2)";
		return why_not_format(s);
	default:
		return why_not_format(s);
	}
}

static const char *why_not_ata_sanitize(const struct ata_caps *c, bool offered, const char *missing)
{
	if (!c->sanitize)
		return "the drive has no SANITIZE feature set (IDENTIFY DEVICE word 59 bit 12)";
	if (!offered)
		return missing;
	return c->sanitize_frozen ? "SANITIZE is frozen until the next power cycle" : NULL;
}

static const char *why_not_ata_security(const struct ata_caps *c)
{
	if (!c->security)
		return "the drive has no Security feature set (IDENTIFY DEVICE word 128 bit 0)";
	if (c->security_enabled || c->security_locked)
		return "somebody's password is set on the drive";
	if (c->security_frozen)
		return "the drive's security is frozen until the next power cycle, by its firmware or the "
		       "machine's";
	return c->security_expired ? "the drive takes no more passwords until the next power cycle" : NULL;
}

static const char *why_not_ata(const struct wipe_subject *s, enum wipe_method method)
{
	const struct ata_caps *c = &s->caps->ata;

	switch (method) {
	case WIPE_ATA_SANITIZE_CRYPTO:
		return why_not_ata_sanitize(c, c->sanitize_crypto,
					    "the drive offers no CRYPTO SCRAMBLE EXT (word 59 bit 13)");
	case WIPE_ATA_SANITIZE_BLOCK:
		return why_not_ata_sanitize(c, c->sanitize_block,
					    "the drive offers no BLOCK ERASE EXT (word 59 bit 15)");
	case WIPE_ATA_SANITIZE_OVERWRITE:
		return why_not_ata_sanitize(c, c->sanitize_overwrite,
					    "the drive offers no OVERWRITE EXT (word 59 bit 14)");
	case WIPE_ATA_SECURITY_ENHANCED:
		if (c->security && !c->security_enhanced)
			return "the drive offers no enhanced erase (word 128 bit 5)";
		return why_not_ata_security(c);
	default:
		return why_not_ata_security(c);
	}
}

static const char *why_not_scsi(const struct wipe_subject *s, enum wipe_method method)
{
	const struct scsi_caps *c = &s->caps->scsi;

	if (c->write_protected)
		return "the drive is write protected";
	switch (method) {
	case WIPE_SCSI_SANITIZE_CRYPTO:
		return c->sanitize_crypto ? NULL : "the drive offers no SANITIZE with cryptographic erase";
	case WIPE_SCSI_SANITIZE_BLOCK:
		return c->sanitize_block ? NULL : "the drive offers no SANITIZE with block erase";
	default:
		return c->sanitize_overwrite ? NULL : "the drive offers no SANITIZE with overwriting";
	}
}

static const char *why_not_opal(const struct wipe_subject *s, enum wipe_method method)
{
	if (!opal_reverts_media(&s->caps->opal))
		return "a revert of the drive's security subsystem forgets no key of its contents";
	if (s->caps->kind == WIPE_CAPS_NVME && why_not_whole(s))
		return why_not_whole(s);
	if (method == WIPE_OPAL_PSID_REVERT)
		return s->has_psid ? NULL : "the order does not carry the PSID that is printed on the drive";
	return s->has_sid ? NULL : "the order does not carry the owner's (SID) password";
}

/* ---- the plan ---- */

/* Could a drive of this kind have it? What is out of the question needs no reason. */
static bool is_of_kind(const struct wipe_subject *s, enum wipe_method method)
{
	if (method == WIPE_OVERWRITE)
		return true;
	if (method == WIPE_OPAL_PSID_REVERT || method == WIPE_OPAL_REVERT)
		return s->caps->has_opal;
	if (method <= WIPE_NVME_FORMAT_USER)
		return s->caps->kind == WIPE_CAPS_NVME;
	return s->caps->kind == (method <= WIPE_ATA_SECURITY_NORMAL ? WIPE_CAPS_ATA : WIPE_CAPS_SCSI);
}

static const char *why_not_offered(const struct wipe_subject *s, enum wipe_method method)
{
	if (method == WIPE_OVERWRITE)
		return NULL;
	if (method == WIPE_OPAL_PSID_REVERT || method == WIPE_OPAL_REVERT)
		return why_not_opal(s, method);
	if (method <= WIPE_NVME_FORMAT_USER)
		return why_not_nvme(s, method);
	return method <= WIPE_ATA_SECURITY_NORMAL ? why_not_ata(s, method) : why_not_scsi(s, method);
}

static const char *why_chosen(enum wipe_method method, const struct block *block)
{
	if (method == WIPE_OVERWRITE)
		return "the host writes a keyed stream and zeros over all that it can address; it needs no "
		       "command of the drive";
	if (wipe_methods[method].cryptographic)
		return "the drive offers it; it forgets the key of all that was stored, which only the drive "
		       "can assert";
	if (wipe_method_level(method, block) == WIPE_CLEAR)
		return "the drive offers it; by what means it erases is the maker's business";
	return method == WIPE_NVME_SANITIZE_BLOCK || method == WIPE_ATA_SANITIZE_BLOCK ||
			       method == WIPE_SCSI_SANITIZE_BLOCK
		       ? "the drive offers it; it erases the medium itself, spare blocks included, in little "
			 "time"
		       : "the drive offers it; it overwrites the medium, spare blocks included";
}

static void put(struct wipe_choice *list, unsigned *n, const struct wipe_subject *s, enum wipe_method method,
		const char *reason)
{
	struct wipe_choice *c = &list[(*n)++];

	c->method = method;
	c->level = wipe_method_level(method, s->block);
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
}

static void consider(const struct wipe_subject *s, enum wipe_method method, struct wipe_plan *plan)
{
	const char *why_not = why_not_offered(s, method);

	if (!why_not && s->policy->forbidden[method])
		why_not = "the order forbids it";
	if (!why_not && wipe_method_level(method, s->block) < s->policy->at_least)
		why_not = "it reaches the level \"clear\" only, and the order demands \"purge\"";
	if (why_not)
		put(plan->passed_over, &plan->n_passed_over, s, method, why_not);
	else
		put(plan->choices, &plan->n, s, method, why_chosen(method, s->block));
}

/* Level by level, each in the order of preference: what is purge on one medium may be clear on another. */
void wipe_plan_make(const struct wipe_subject *subject, struct wipe_plan *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int level = WIPE_PURGE; level >= (int)WIPE_CLEAR; level--)
		for (unsigned i = 0; i < WIPE_METHODS; i++)
			if (is_of_kind(subject, preference[i]) &&
			    wipe_method_level(preference[i], subject->block) == (enum wipe_level)level)
				consider(subject, preference[i], ret);
}

void wipe_plan_why_none(const struct wipe_plan *plan, const struct wipe_policy *policy, char *ret,
			size_t size)
{
	int n = snprintf(ret, size, "no method of the level \"%s\" remains",
			 wipe_level_name(policy->at_least));

	for (unsigned i = 0; i < plan->n_passed_over && n > 0 && (size_t)n < size; i++)
		n += snprintf(ret + n, size - (size_t)n, "%s %s: %s", i ? ";" : ":",
			      wipe_method_name(plan->passed_over[i].method), plan->passed_over[i].reason);
}

static json_t *list_to_json(const struct wipe_choice *list, unsigned n, bool with_level)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++) {
		json_t *choice = json_pack("{s:s, s:s}", "method", wipe_method_name(list[i].method), "reason",
					   list[i].reason);

		if (with_level)
			json_object_set_new(choice, "level", json_string(wipe_level_name(list[i].level)));
		json_array_append_new(array, choice);
	}
	return array;
}

json_t *wipe_plan_to_json(const struct wipe_plan *plan)
{
	return json_pack("{s:o, s:o}", "plan", list_to_json(plan->choices, plan->n, true), "passed_over",
			 list_to_json(plan->passed_over, plan->n_passed_over, false));
}
