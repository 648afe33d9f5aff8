/* rooms: tests/fakes agent/steps efi images protocol core */
/* wraps: secureboot_read secureboot_enrol secureboot_clear */
/* SPDX-License-Identifier: Apache-2.0 */
/* The two Secure Boot steps: which machines are held, when a reset is wanted, what the record says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/tpm/tpm_log.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/secureboot.h"
#include "efi/siglist.h"
#include "tests/fakes/sb_site.h"
#include "tests/fakes/step_job.h"

#define URL "http://station/boot/secure-boot/"

static bool uefi;
static struct secureboot now; /* what the firmware has; the lists are borrowed */
static bool enrol_changes, enrolled, cleared;

bool firmware_is_uefi(const char *root)
{
	(void)root;
	return uefi;
}

/* A boot without option ROMs; test_sb_roms has others. */
int tpm_log_read(const char *root, size_t limit, uint8_t **ret, size_t *ret_len, struct err *err)
{
	(void)root;
	return file_read("tests/machines/tcg-logs/efi.log", limit, (char **)ret, ret_len, err);
}

int __wrap_secureboot_read(struct secureboot **ret, struct err *err);
int __wrap_secureboot_read(struct secureboot **ret, struct err *err)
{
	(void)err;
	*ret = xcalloc(1, sizeof(**ret));
	**ret = now;
	for (unsigned i = 0; i < SB_VARS; i++) {
		(*ret)->lists[i].data = now.lists[i].len ? xcalloc(1, now.lists[i].len) : NULL;
		if (now.lists[i].len)
			memcpy((*ret)->lists[i].data, now.lists[i].data, now.lists[i].len);
	}
	return 0;
}

int __wrap_secureboot_enrol(const struct sb_bundle *bundle, bool *ret_changed, struct err *err);
int __wrap_secureboot_enrol(const struct sb_bundle *bundle, bool *ret_changed, struct err *err)
{
	(void)err;
	assert_int_equal(bundle->generation, 5);
	enrolled = true;
	*ret_changed = enrol_changes;
	return 0;
}

int __wrap_secureboot_clear(const void *payload, size_t len, struct err *err);
int __wrap_secureboot_clear(const void *payload, size_t len, struct err *err)
{
	(void)err;
	assert_int_equal(len, 2);
	assert_memory_equal(payload, "ok", 2);
	cleared = true;
	now.setup_mode = 1;
	now.lists[SB_PK].len = 0;
	return 0;
}

/* ---- a site, and what the station serves of it ---- */

static struct sb_site site;
static struct sb_bundle *bundle; /* the site's */
static char *document;
static char document_sha256[SHA256_HEX_SIZE];
static struct step_job sj;
static struct job_ops ops;

static int fetch(struct job *job, const char *url, size_t limit, void **ret, size_t *ret_len, struct err *err)
{
	const struct sb_payload *former = &bundle->former[0].next;
	const void *from = document;
	size_t len = strlen(document);

	(void)job;
	assert_memory_equal(url, URL, strlen(URL));
	for (unsigned i = 0; i < SB_VARS; i++)
		if (!strcmp(url + strlen(URL), sb_variables[i].file)) {
			from = bundle->payloads[i].bytes;
			len = bundle->payloads[i].len;
		}
	if (!strcmp(url + strlen(URL), "PK-from-1.auth")) {
		from = former->bytes;
		len = former->len;
	}
	if (len > limit)
		return err_set(err, EFBIG, "too long");
	*ret = xcalloc(1, len + 1);
	memcpy(*ret, from, len);
	*ret_len = len;
	return 0;
}

static int setup_site(void **state)
{
	_cleanup_json_ json_t *json = NULL;

	(void)state;
	if (sb_site_setup(&site, 5) < 0)
		return -1;
	bundle = site.bundle;
	json = sb_bundle_to_json(bundle);
	document = json_canonical(json, NULL);
	sha256_hex(document, strlen(document), document_sha256);
	return 0;
}

static int teardown_site(void **state)
{
	(void)state;
	free(document);
	return sb_site_teardown(&site);
}

/* A machine with the site's keys in force, or in setup mode, and an order. */
static void begin(bool ours, bool enrol, enum order_sb_handover handover)
{
	struct order_secure_boot *wish;

	step_job_init(&sj);
	ops = *sj.job.ops;
	ops.fetch = fetch;
	sj.job.ops = &ops;
	wish = &sj.order.secure_boot;
	*wish = (struct order_secure_boot){.enrol = enrol, .handover = handover};
	wish->bundle_url = (char *)URL "bundle.json";
	memcpy(wish->bundle_sha256, document_sha256, sizeof(document_sha256));
	uefi = true;
	now = (struct secureboot){
		.secure_boot = ours, .setup_mode = !ours, .audit_mode = -1, .deployed_mode = -1};
	for (unsigned i = 0; ours && i < SB_VARS; i++)
		now.lists[i] = (struct sb_lists){(uint8_t *)bundle->payloads[i].parts.data,
						 bundle->payloads[i].parts.data_len};
	enrolled = cleared = enrol_changes = false;
}

static void end(void)
{
	sj.order.secure_boot = (struct order_secure_boot){0};
	step_job_clear(&sj);
}

static void held(int expected, const char *words)
{
	struct err err = {0};

	assert_int_equal(step_secure_boot.check(&sj.job, &err), expected);
	if (!strstr(err.text, words))
		fail_msg("%s", err.text);
	assert_false(enrolled);
	end();
}

static void test_nothing_is_asked(void **state)
{
	struct err err = {0};

	(void)state;
	begin(false, false, ORDER_SB_AS_IS);
	sj.order.secure_boot.bundle_url = NULL;
	assert_int_equal(step_secure_boot.check(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot.run(&sj.job, &err), STEP_SKIPPED);
	assert_int_equal(step_secure_boot.verify(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot_leave.run(&sj.job, &err), STEP_DONE);
	assert_string_equal(json_string_value(json_object_get(sj.job.facts.secure_boot, "handover")),
			    "as-is");
	assert_int_equal(step_secure_boot_leave.verify(&sj.job, &err), 0);
	end();
	begin(false, false, ORDER_SB_AS_IS);
	uefi = false;
	assert_int_equal(step_secure_boot_leave.run(&sj.job, &err), STEP_SKIPPED);
	assert_null(sj.job.facts.secure_boot);
	end();
}

static void test_enrol(void **state)
{
	struct err err = {0};

	(void)state;
	begin(false, true, ORDER_SB_SITE);
	enrol_changes = true;
	assert_int_equal(step_secure_boot.check(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot.run(&sj.job, &err), STEP_NEEDS_RESET);
	assert_non_null(strstr(sj.note, "generation 5"));
	end();
	/* after the reset */
	begin(true, true, ORDER_SB_SITE);
	assert_int_equal(step_secure_boot.check(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(step_secure_boot.verify(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot_leave.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(step_secure_boot_leave.verify(&sj.job, &err), 0);
	/* a database that is not as the bundle has it is found */
	now.lists[SB_DB].len--;
	assert_int_equal(step_secure_boot.verify(&sj.job, &err), -EIO);
	assert_int_equal(step_secure_boot_leave.verify(&sj.job, &err), -EIO);
	end();
}

static void test_switched_off(void **state)
{
	struct err err = {0};

	(void)state;
	begin(true, true, ORDER_SB_SITE);
	now.secure_boot = 0;
	assert_int_equal(step_secure_boot.run(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "switch of its own"));
	end();
}

static void test_held(void **state)
{
	static uint8_t others[4] = "else";

	(void)state;
	begin(false, true, ORDER_SB_SITE);
	now.setup_mode = 0;
	now.lists[SB_PK] = (struct sb_lists){others, 4};
	held(-EPERM, "somebody else's Secure Boot keys");
	begin(false, true, ORDER_SB_SITE);
	uefi = false;
	held(-EINVAL, "booted by BIOS");
	begin(false, true, ORDER_SB_SITE);
	now.setup_mode = -1;
	held(-ENODEV, "no Secure Boot");
	begin(false, true, ORDER_SB_SITE);
	sj.order.secure_boot.bundle_sha256[0] ^= 1;
	held(-EBADMSG, "another SHA-256");
	begin(false, false, ORDER_SB_SITE); /* in setup mode, and not to be enrolled */
	held(-EIO, "does not hold");
	begin(true, false, ORDER_SB_SETUP);
	held(-EINVAL, "takes the platform key out");
}

/* A platform key that the site has had is not somebody else's; only an order that enrols may meet it. */
static void test_a_former_platform_key(void **state)
{
	const struct sb_payload *next = &bundle->payloads[SB_PK]; /* the site's tests have one key for all */
	struct sb_former *former = &bundle->former[0];
	_cleanup_json_ json_t *json = NULL;
	char *without = document;
	struct siglist lists = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(siglist_add(&lists, SIG_X509, sb_site_owner, "former", 6, &err), 0);
	sha256("former", 6, former->cert);
	former->next = *next;
	bundle->n_former = 1;
	json = sb_bundle_to_json(bundle);
	document = json_canonical(json, NULL);
	sha256_hex(document, strlen(document), document_sha256);
	begin(false, true, ORDER_SB_SITE);
	now.setup_mode = 0;
	now.lists[SB_PK] = (struct sb_lists){lists.bytes, lists.len};
	assert_int_equal(step_secure_boot.check(&sj.job, &err), 0);
	sj.order.secure_boot.enrol = false;
	held(-EPERM, "a former platform key of the site stands in this machine");
	begin(false, false, ORDER_SB_SETUP);
	now.setup_mode = 0;
	now.lists[SB_PK] = (struct sb_lists){lists.bytes, lists.len};
	held(-EPERM, "order it with --secure-boot enrol");

	/* the payload that leads on is fetched by its digest, as all are */
	free(document);
	former->next = (struct sb_payload){.bytes = bundle->payloads[SB_DB].bytes,
					   .len = bundle->payloads[SB_DB].len};
	sha256("", 0, former->cert);
	json_decref(json);
	json = sb_bundle_to_json(bundle);
	document = json_canonical(json, NULL);
	sha256_hex(document, strlen(document), document_sha256);
	former->next = *next;
	begin(false, true, ORDER_SB_SITE);
	held(-EBADMSG, "PK-from-1.auth: is not the file that the bundle names");

	free(document);
	document = without;
	sha256_hex(document, strlen(document), document_sha256);
	*former = (struct sb_former){0};
	bundle->n_former = 0;
	siglist_clear(&lists);
}

static void test_setup_at_the_handover(void **state)
{
	struct err err = {0};

	(void)state;
	begin(true, true, ORDER_SB_SETUP);
	sj.order.secure_boot.clear = (uint8_t *)"ok";
	sj.order.secure_boot.clear_len = 2;
	assert_int_equal(step_secure_boot.check(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot_leave.verify(&sj.job, &err), -EIO);
	assert_int_equal(step_secure_boot_leave.run(&sj.job, &err), STEP_DONE);
	assert_true(cleared);
	assert_int_equal(step_secure_boot.verify(&sj.job, &err), 0);
	assert_int_equal(step_secure_boot_leave.verify(&sj.job, &err), 0);
	/* once more, as after a reset behind it: there is nothing left to do */
	cleared = false;
	assert_int_equal(step_secure_boot_leave.run(&sj.job, &err), STEP_DONE);
	assert_false(cleared);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_asked),      cmocka_unit_test(test_enrol),
		cmocka_unit_test(test_switched_off),          cmocka_unit_test(test_held),
		cmocka_unit_test(test_a_former_platform_key), cmocka_unit_test(test_setup_at_the_handover),
	};

	return cmocka_run_group_tests(tests, setup_site, teardown_site);
}
