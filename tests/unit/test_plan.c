/* rooms: agent/wipe agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which methods a drive gets, and why the others are passed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/wipe/plan.h"
#include "core/hash.h"

static struct wipe_plan plan;

/* The methods of the plan as one string. */
static const char *methods(void)
{
	static char text[512];

	text[0] = '\0';
	for (unsigned i = 0; i < plan.n; i++) {
		assert_true(plan.choices[i].reason[0]);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i ? " " : "",
			 wipe_method_name(plan.choices[i].method));
	}
	return text;
}

static const char *plan_of(const struct block *block, const struct wipe_caps *caps, enum wipe_level at_least,
			   unsigned n_meant)
{
	const struct wipe_policy policy = {.at_least = at_least};
	const struct wipe_subject subject = {
		.block = block, .caps = caps, .policy = &policy, .n_meant = n_meant};

	wipe_plan_make(&subject, &plan);
	return methods();
}

static const char *why_not(enum wipe_method method)
{
	for (unsigned i = 0; i < plan.n_passed_over; i++)
		if (plan.passed_over[i].method == method)
			return plan.passed_over[i].reason;
	fail_msg("%s was not passed over", wipe_method_name(method));
	return NULL;
}

static void test_nvme(void **state)
{
	const struct block block = {.transport = BLOCK_NVME};
	struct wipe_caps caps = {.kind = WIPE_CAPS_NVME, .nvme = {.oacs = 2, .n_active = 1}};

	(void)state;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "nvme-format-ses1 overwrite");
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1), "");
	caps.nvme.fna = 4;
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1), "nvme-format-ses2");
	caps.nvme.sanicap = 7;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1),
			    "nvme-sanitize-block nvme-sanitize-crypto nvme-format-ses2 "
			    "nvme-sanitize-overwrite nvme-format-ses1 overwrite");
	caps.nvme.oacs = 0;
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1),
			    "nvme-sanitize-block nvme-sanitize-crypto nvme-sanitize-overwrite");
}

/* Neither Sanitize nor a Format of all may hit what the order does not mean. */
static void test_no_other_namespace_is_hit(void **state)
{
	const struct block block = {.transport = BLOCK_NVME};
	struct wipe_caps caps = {.kind = WIPE_CAPS_NVME,
				 .nvme = {.oacs = 2, .sanicap = 2, .n_active = 2, .n_allocated = 2}};

	(void)state;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "nvme-format-ses1 overwrite");
	assert_non_null(strstr(why_not(WIPE_NVME_SANITIZE_BLOCK), "every namespace"));
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 2),
			    "nvme-sanitize-block nvme-format-ses1 overwrite");
	for (unsigned fna = 1; fna < 4; fna++) {
		caps.nvme.fna = (uint8_t)fna;
		assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "overwrite");
		assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 2),
				    "nvme-sanitize-block nvme-format-ses1 overwrite");
	}
	caps.nvme.n_allocated = 3; /* one is not seen */
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 2), "overwrite");
	caps.nvme.n_allocated = 0; /* not told, and there may be other controllers */
	caps.nvme.cmic = 2;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 2), "overwrite");
	caps.nvme.n_active = 0; /* nonsense is no permission */
	caps.nvme.cmic = 0;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 2), "overwrite");
}

static void test_ata(void **state)
{
	struct block block = {.transport = BLOCK_ATA};
	struct wipe_caps caps = {.kind = WIPE_CAPS_ATA, .ata = {.security = true, .security_enhanced = true}};

	(void)state;
	/* on flash, what a secure erase does beyond the visible sectors is nobody's to say */
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1),
			    "ata-security-erase-enhanced ata-security-erase overwrite");
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1), "");
	block.rotational = true;
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1), "ata-security-erase-enhanced");
	caps.ata.sanitize = caps.ata.sanitize_crypto = caps.ata.sanitize_overwrite = true;
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1),
			    "ata-sanitize-crypto ata-sanitize-overwrite ata-security-erase-enhanced");
	caps.ata.sanitize_frozen = caps.ata.security_frozen = true;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "overwrite");
	assert_non_null(strstr(why_not(WIPE_ATA_SECURITY_ENHANCED), "frozen until the next power cycle"));
	caps.ata.security_frozen = false;
	caps.ata.security_enabled = true;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "overwrite");
	assert_non_null(strstr(why_not(WIPE_ATA_SECURITY_NORMAL), "password"));
}

static void test_scsi_and_others(void **state)
{
	const struct block block = {.transport = BLOCK_SCSI};
	struct wipe_caps caps = {.kind = WIPE_CAPS_SCSI, .scsi = {.sanitize_overwrite = true}};

	(void)state;
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "scsi-sanitize-overwrite overwrite");
	assert_non_null(strstr(why_not(WIPE_SCSI_SANITIZE_BLOCK), "block erase"));
	caps.scsi.write_protected = true;
	assert_string_equal(plan_of(&block, &caps, WIPE_PURGE, 1), "");
	caps = (struct wipe_caps){.kind = WIPE_CAPS_NONE};
	assert_string_equal(plan_of(&block, &caps, WIPE_CLEAR, 1), "overwrite");
	assert_int_equal(plan.n_passed_over, 0);
}

static void test_opal(void **state)
{
	const struct block block = {.transport = BLOCK_NVME};
	const struct wipe_policy policy = {.at_least = WIPE_PURGE};
	struct wipe_caps caps = {
		.kind = WIPE_CAPS_NVME,
		.nvme = {.n_active = 1},
		.has_opal = true,
		.opal = {.tper = true,
			 .locking = true,
			 .locking_enabled = true,
			 .media_encryption = true,
			 .ssc = 0x203},
	};
	struct wipe_subject subject = {.block = &block, .caps = &caps, .policy = &policy, .n_meant = 1};

	(void)state;
	wipe_plan_make(&subject, &plan);
	assert_string_equal(methods(), "");
	assert_non_null(strstr(why_not(WIPE_OPAL_PSID_REVERT), "PSID"));
	subject.has_psid = true;
	wipe_plan_make(&subject, &plan);
	assert_string_equal(methods(), "opal-psid-revert");
	caps.opal.ssc = 0x303; /* Pyrite encrypts nothing */
	wipe_plan_make(&subject, &plan);
	assert_string_equal(methods(), "");
}

/* Whatever is forbidden or below the level is not in the plan and is said to be so; a plan without method gives its reasons. */
static void test_policy(void **state)
{
	const struct block block = {.transport = BLOCK_NVME};
	const struct wipe_caps caps = {.kind = WIPE_CAPS_NVME, .nvme = {.oacs = 2, .fna = 4, .n_active = 1}};
	struct wipe_policy policy = {.at_least = WIPE_PURGE};
	const struct wipe_subject subject = {.block = &block, .caps = &caps, .policy = &policy, .n_meant = 1};
	char why[960];

	(void)state;
	policy.forbidden[WIPE_NVME_FORMAT_CRYPTO] = true;
	wipe_plan_make(&subject, &plan);
	assert_int_equal(plan.n, 0);
	assert_string_equal(why_not(WIPE_NVME_FORMAT_CRYPTO), "the order forbids it");
	assert_non_null(strstr(why_not(WIPE_OVERWRITE), "demands \"purge\""));
	wipe_plan_why_none(&plan, &policy, why, sizeof(why));
	assert_non_null(strstr(why, "no method of the level \"purge\" remains: nvme-"));
	assert_non_null(strstr(why, "overwrite: "));
	wipe_plan_why_none(&plan, &policy, why, 40); /* cut, and still a string */
	assert_int_equal(strlen(why), 39);
}

/* Random drives: a plan never holds a method that the policy or the level rules out, never one twice, purge before clear, and each method of the
 * drive's kind is either planned or passed over. */
static void test_random_drives(void **state)
{
	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t dice[96];
		bool seen[WIPE_METHODS] = {0};
		struct wipe_caps caps = {0};
		struct wipe_policy policy = {0};
		struct block block = {0};
		struct wipe_subject subject = {.block = &block, .caps = &caps, .policy = &policy};

		random_bytes(dice, sizeof(dice));
		caps.kind = dice[0] % 4;
		block.rotational = dice[1] & 1;
		policy.at_least = dice[1] & 2 ? WIPE_PURGE : WIPE_CLEAR;
		subject.n_meant = dice[2] % 3;
		subject.has_psid = dice[3] & 1;
		subject.has_sid = dice[3] & 2;
		for (unsigned i = 0; i < WIPE_METHODS; i++)
			policy.forbidden[i] = dice[4 + i] % 4 == 0;
		if (caps.kind == WIPE_CAPS_NVME)
			caps.nvme = (struct nvme_caps){.oacs = dice[30],
						       .fna = dice[31],
						       .sanicap = dice[32],
						       .n_active = dice[33] % 3,
						       .n_allocated = dice[34] % 3,
						       .cmic = dice[35]};
		else if (caps.kind == WIPE_CAPS_ATA)
			caps.ata = (struct ata_caps){.security = dice[30] & 1,
						     .security_enhanced = dice[30] & 2,
						     .security_frozen = dice[30] & 4,
						     .sanitize = dice[30] & 8,
						     .sanitize_block = dice[30] & 16,
						     .sanitize_crypto = dice[30] & 32,
						     .sanitize_overwrite = dice[30] & 64,
						     .security_enabled = dice[31] & 1};
		else if (caps.kind == WIPE_CAPS_SCSI)
			caps.scsi = (struct scsi_caps){.sanitize_block = dice[30] & 1,
						       .sanitize_crypto = dice[30] & 2,
						       .sanitize_overwrite = dice[30] & 4,
						       .write_protected = dice[30] & 8};
		wipe_plan_make(&subject, &plan);
		for (unsigned i = 0; i < plan.n; i++) {
			assert_false(policy.forbidden[plan.choices[i].method] ||
				     seen[plan.choices[i].method]);
			assert_true(plan.choices[i].level >= policy.at_least);
			assert_true(i == 0 || plan.choices[i].level <= plan.choices[i - 1].level);
			seen[plan.choices[i].method] = true;
		}
		for (unsigned i = 0; i < plan.n_passed_over; i++) {
			assert_false(seen[plan.passed_over[i].method]);
			seen[plan.passed_over[i].method] = true;
		}
		assert_true(seen[WIPE_OVERWRITE]);
		assert_int_equal(seen[WIPE_NVME_FORMAT_USER], caps.kind == WIPE_CAPS_NVME);
		assert_int_equal(seen[WIPE_ATA_SANITIZE_BLOCK], caps.kind == WIPE_CAPS_ATA);
		assert_int_equal(seen[WIPE_SCSI_SANITIZE_BLOCK], caps.kind == WIPE_CAPS_SCSI);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nvme),          cmocka_unit_test(test_no_other_namespace_is_hit),
		cmocka_unit_test(test_ata),           cmocka_unit_test(test_scsi_and_others),
		cmocka_unit_test(test_opal),          cmocka_unit_test(test_policy),
		cmocka_unit_test(test_random_drives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
