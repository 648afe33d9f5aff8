/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Real boots of a boot image pass, and every way of starting something else is found, and said in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "logs.h"
#include "protocol/attestation/tcg_event.h"
#include "protocol/measured/measured.h"

static struct captured efi, secure, ipxe, kernel;
static struct measured_verdict verdict;

static int read_all(void **state)
{
	(void)state;
	captured_read("efi", &efi);
	captured_read("efi-secure-boot", &secure);
	captured_read("efi-ipxe", &ipxe);
	captured_read("kernel-ipxe", &kernel);
	memset(&verdict, 0, sizeof(verdict));
	return 0;
}

static int clear_all(void **state)
{
	(void)state;
	captured_clear(&efi);
	captured_clear(&secure);
	captured_clear(&ipxe);
	captured_clear(&kernel);
	return 0;
}

static void expect(const struct captured *c, int code, const char *says)
{
	struct err err = {0};
	int r = measured_check(&c->expected, 1, c->log, c->len, c->pcrs, MEASURED_PCRS, &verdict, &err);

	if (r != -code || (code && !strstr(err.text, says)))
		fail_msg("result %d, \"%s\"; not %d, \"%s\"", r, err.text, -code, code ? says : "");
}

static void test_started_by_firmware(void **state)
{
	(void)state;
	expect(&efi, 0, NULL);
	assert_int_equal(verdict.form, MEASURED_UKI);
	assert_int_equal(verdict.secure_boot, MEASURED_SECURE_BOOT_OFF);
	assert_string_equal(verdict.cmdline, efi.expected.cmdline);
	assert_string_equal(verdict.cmdline, efi.cmdline);
	assert_int_equal(verdict.n_loaders, 0);
	assert_true(efi.expected.cmdline_built_in);
}

static void test_secure_boot(void **state)
{
	(void)state;
	secure.expected.secure_boot = true;
	expect(&secure, 0, NULL);
	assert_int_equal(verdict.secure_boot, MEASURED_SECURE_BOOT_ON);
	for (unsigned i = 0; i < MEASURED_KEYS; i++)
		assert_true(verdict.key_measured[i]);
	efi.expected.secure_boot = true;
	expect(&efi, EPERM, "PCR 7: Secure Boot is off");
}

/* The command line is passed, stands in the log, and is judged by its words; the option ROM is named. */
static void test_by_ipxe(void **state)
{
	(void)state;
	expect(&ipxe, 0, NULL);
	assert_false(ipxe.expected.cmdline_built_in);
	assert_string_equal(verdict.cmdline, ipxe.cmdline);
	assert_non_null(strstr(verdict.cmdline, "remint.hint="));
	assert_in_range(verdict.n_roms, 1, 8);
	assert_non_null(strstr(verdict.roms[0].what, "PCI"));
}

/* ---- what the TPM does not confirm: -EBADMSG ---- */

static void test_another_machine(void **state)
{
	(void)state;
	efi.pcrs[4][0] ^= 1;
	expect(&efi, EBADMSG, "PCR 4: the TPM holds");
	efi.pcrs[4][0] ^= 1;
	efi.pcrs[7][31] ^= 1;
	expect(&efi, EBADMSG, "PCR 7");
}

static void test_event_removed(void **state)
{
	struct place p = place_of(&efi, 11, 2);

	(void)state;
	log_remove(&efi, &p);
	expect(&efi, EBADMSG, "PCR 11");
}

static void test_events_reordered(void **state)
{
	struct place p = place_of(&efi, 4, 0), q;
	uint8_t event[512];
	size_t len = p.end - p.begin;

	(void)state;
	assert_true(len <= sizeof(event));
	memcpy(event, efi.log + p.begin, len);
	log_remove(&efi, &p);
	q = place_of(&efi, 4, 0);
	memmove(efi.log + q.end + len, efi.log + q.end, efi.len - q.end);
	memcpy(efi.log + q.end, event, len);
	efi.len += len;
	expect(&efi, EBADMSG, "PCR 4");
}

static void test_digest_changed(void **state)
{
	struct place p = place_of(&efi, 9, 0);

	(void)state;
	efi.log[p.digest] ^= 1;
	expect(&efi, EBADMSG, "PCR 9");
}

static void test_cut_between_events(void **state)
{
	struct place p = place_of(&efi, 9, 0);

	(void)state;
	efi.len = p.begin;
	expect(&efi, EBADMSG, "PCR 9");
	efi.len = p.begin + 3;
	expect(&efi, EBADMSG, "is cut off");
}

/* An event that is said to have been no measurement. */
static void test_hidden_as_no_action(void **state)
{
	struct place p = place_of(&efi, 4, -1);

	(void)state;
	efi.log[p.begin + 4] = EV_NO_ACTION;
	memset(efi.log + p.begin + 5, 0, 3);
	expect(&efi, EBADMSG, "PCR 4");
}

/* ---- what the TPM confirms, and is not ours: -EPERM ---- */

static void test_another_kernel(void **state)
{
	(void)state;
	efi.expected.kernel[0] ^= 1;
	efi.expected.uki[0] ^= 1;
	efi.expected.sections[0].sha256[0] ^= 1;
	expect(&efi, EPERM, "PCR 4: another program was started");
	expect(&efi, EPERM, "by PCR 11 it differs in .linux");
}

static void test_another_initramfs(void **state)
{
	struct measured *m = &efi.expected;

	(void)state;
	m->uki[0] ^= 1;
	m->initrd[0] ^= 1;
	for (unsigned i = 0; i < m->n_sections; i++)
		if (!strcmp(m->sections[i].name, ".initrd"))
			m->sections[i].sha256[0] ^= 1;
	expect(&efi, EPERM, "differs in .initrd");
	m->uki[0] ^= 1;
	expect(&efi, EPERM, "PCR 11: section .initrd is");
	for (unsigned i = 0; i < m->n_sections; i++)
		if (!strcmp(m->sections[i].name, ".initrd"))
			m->sections[i].sha256[0] ^= 1;
	expect(&efi, EPERM, "PCR 9: another initramfs was started");
}

static void test_another_built_in_command_line(void **state)
{
	struct measured *m = &efi.expected;

	(void)state;
	snprintf(m->cmdline, sizeof(m->cmdline), "console=ttyS1");
	expect(&efi, EPERM, "PCR 9: the kernel was started with another command line");
}

/* A machine that was really started so: its PCRs are those of the forged log. */
static void pass_command_line(const char *text, const char *measured)
{
	struct place p = place_of(&ipxe, 12, 0);
	size_t len, at = p.begin, measured_len;
	_cleanup_free_ uint8_t *bytes = tcg_text_bytes(text, &len),
			       *other = tcg_text_bytes(measured, &measured_len);
	uint8_t digest[SHA256_SIZE];

	sha256(other, measured_len, digest);
	log_remove(&ipxe, &p);
	log_insert(&ipxe, at, 12, EV_IPL, digest, bytes, (uint32_t)len);
	p = place_of(&ipxe, 9, 0);
	memcpy(ipxe.log + p.digest, digest, sizeof(digest));
	really_done(&ipxe);
}

static void test_passed_command_line(void **state)
{
	static const char *const bad[] = {
		"remint.efi console=ttyS0 init=/bin/sh",
		"console=ttyS0 rdinit=/x",
		"lockdown=none",
		"console=\"a b\"",
		"remint.hint=",
		"nokaslr remint.efi",
		"remint.efi remint.station=https://x",
	};
	static const char *const good[] = {
		"console=tty0",
		"remint.efi remint.hint=abc_-09 remint.mac=52:54:00:12:34:56 console=ttyS1,115200n8 "
		"console=tty0",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pass_command_line(bad[i], bad[i]);
		expect(&ipxe, EPERM, "PCR 12: the command line has \"");
	}
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		pass_command_line(good[i], good[i]);
		expect(&ipxe, 0, NULL);
		assert_string_equal(verdict.cmdline, good[i]);
	}
}

/* The log says a harmless text, and another one was measured. */
static void test_lying_text(void **state)
{
	(void)state;
	pass_command_line("remint.efi console=ttyS0", "remint.efi init=/bin/sh");
	expect(&ipxe, EBADMSG, "PCR 12: what the log says of the command line is not what was measured");
}

/* Without Secure Boot the stub takes what it is passed: all that is built in must be there. */
static void test_built_in_one_replaced(void **state)
{
	(void)state;
	ipxe.expected.cmdline_built_in = true;
	snprintf(ipxe.expected.cmdline, sizeof(ipxe.expected.cmdline), "lockdown=integrity quiet");
	pass_command_line("remint.efi quiet", "remint.efi quiet");
	expect(&ipxe, EPERM, "lacks \"lockdown=integrity\"");
	pass_command_line("remint.efi quiet console=tty0 lockdown=integrity",
			  "remint.efi quiet console=tty0 lockdown=integrity");
	expect(&ipxe, 0, NULL);
}

static void test_credentials_and_extensions(void **state)
{
	uint8_t digest[SHA256_SIZE] = {1};
	size_t end = ipxe.len;

	(void)state;
	log_insert(&ipxe, end, 12, EV_IPL, digest, "x", 1);
	really_done(&ipxe);
	expect(&ipxe, EPERM, "PCR 12: 2 measurements");
	ipxe.len = end;
	log_insert(&ipxe, end, 13, EV_IPL, digest, "x", 1);
	really_done(&ipxe);
	expect(&ipxe, EPERM, "PCR 13");
	ipxe.len = end;
	log_insert(&ipxe, end, 11, EV_IPL, digest, "x", 1);
	really_done(&ipxe);
	expect(&ipxe, EPERM, "PCR 11");
}

/* A program in PCR 4, before all others or behind them. */
static void start_program(struct captured *c, bool after, uint32_t type, const void *data, uint32_t len,
			  const uint8_t digest[SHA256_SIZE])
{
	struct place p = place_of(c, 4, after ? -1 : 0);

	log_insert(c, after ? p.end : p.begin, 4, type, digest, data, len);
	really_done(c);
}

static void test_program_after_ours(void **state)
{
	uint8_t digest[SHA256_SIZE] = {7};

	(void)state;
	start_program(&efi, true, EV_EFI_BOOT_SERVICES_APPLICATION, "", 0, digest);
	expect(&efi, EPERM, "PCR 4: after boot image");
}

/* iPXE loads a program twice and starts it once; PCR 11 tells how often it was started. */
static void test_loaded_twice(void **state)
{
	unsigned sections = efi.expected.n_sections;

	(void)state;
	start_program(&efi, true, EV_EFI_BOOT_SERVICES_APPLICATION, "", 0, efi.expected.uki);
	expect(&efi, 0, NULL);
	for (unsigned i = 0; i < 2 * sections; i++) {
		struct place p = place_of(&efi, 11, (int)i);

		log_insert(&efi, efi.len, 11, EV_IPL, p.event.sha256, "", 0);
	}
	really_done(&efi);
	expect(&efi, EPERM, "did not run once and alone");
}

/* Loaded, and not started. */
static void test_loaded_only(void **state)
{
	(void)state;
	start_program(&kernel, false, EV_EFI_BOOT_SERVICES_APPLICATION, "", 0, efi.expected.uki);
	kernel.expected = efi.expected;
	expect(&kernel, EPERM, "PCR 11: 0 measurements");
}

static void test_loaders(void **state)
{
	uint8_t digest[SHA256_SIZE] = {7};

	(void)state;
	start_program(&efi, false, EV_EFI_BOOT_SERVICES_APPLICATION, "", 0, digest);
	expect(&efi, EPERM, "none of the loaders");
	efi.expected.any_loader = true;
	expect(&efi, 0, NULL);
	assert_int_equal(verdict.n_loaders, 1);
	assert_false(verdict.loaders[0].known);
	efi.expected.any_loader = false;
	efi.expected.n_loaders = 1;
	memcpy(efi.expected.loaders[0].sha256, digest, sizeof(digest));
	expect(&efi, 0, NULL);
	assert_true(verdict.loaders[0].known);
}

/* Whoever forges the type of a program's event, and gives the program itself as its text. */
static void test_program_as_action(void **state)
{
	static const char program[300] = "MZ and so on";
	uint8_t digest[SHA256_SIZE];

	(void)state;
	sha256(program, sizeof(program), digest);
	start_program(&efi, false, EV_EFI_ACTION, program, sizeof(program), digest);
	expect(&efi, EPERM, "none of the loaders");
}

static void test_action_is_harmless(void **state)
{
	static const char action[] = "Returning from EFI Application from Boot Option";
	uint8_t digest[SHA256_SIZE];

	(void)state;
	sha256(action, sizeof(action) - 1, digest);
	start_program(&efi, false, EV_EFI_ACTION, action, sizeof(action) - 1, digest);
	expect(&efi, 0, NULL);
	digest[0] ^= 1; /* not of that text */
	start_program(&efi, false, EV_EFI_ACTION, action, sizeof(action) - 1, digest);
	expect(&efi, EPERM, "none of the loaders");
}

static void test_secure_boot_said_twice(void **state)
{
	struct place on = place_of(&secure, 7, 0), off = place_of(&efi, 7, 0);

	(void)state;
	log_insert(&efi, off.begin, 7, on.event.type, on.event.sha256, on.event.data, on.event.len);
	really_done(&efi);
	expect(&efi, 0, NULL);
	assert_int_equal(verdict.secure_boot, MEASURED_SECURE_BOOT_UNKNOWN);
	efi.expected.secure_boot = true;
	expect(&efi, EPERM, "PCR 7: Secure Boot was not measured");
}

/* ---- kernel and initramfs without the EFI file ---- */

/* iPXE of 2019 leaves the initramfs to initrd=, and the kernel takes that unmeasured. */
static void test_initramfs_not_measured(void **state)
{
	(void)state;
	kernel.expected.reported_cmdline = kernel.cmdline;
	expect(&kernel, EPERM, "PCR 9: the initramfs was not measured");
}

/* A newer iPXE hands it over so that it is. */
static void test_kernel(void **state)
{
	struct place p = place_of(&kernel, 9, 0);

	(void)state;
	log_insert(&kernel, p.end, 9, EV_EVENT_TAG, kernel.expected.initrd, "", 0);
	really_done(&kernel);
	expect(&kernel, EPERM, "does not say by which command line");
	kernel.expected.reported_cmdline = kernel.cmdline;
	expect(&kernel, 0, NULL);
	assert_int_equal(verdict.form, MEASURED_KERNEL);
	assert_string_equal(verdict.cmdline, kernel.cmdline);
	kernel.expected.reported_cmdline = "vmlinuz initrd=initrd.img console=ttyS0";
	expect(&kernel, EPERM, "PCR 9: the kernel was started with another command line");
	kernel.expected.reported_cmdline = "vmlinuz initrd=initrd.img init=/x";
	expect(&kernel, EPERM, "PCR 9: the command line has \"init=/x\"");
}

/* ---- several images, and what cannot be asked ---- */

static void test_several(void **state)
{
	struct measured both[2] = {ipxe.expected, efi.expected};
	struct err err = {0};

	(void)state;
	assert_int_equal(measured_check(both, 2, efi.log, efi.len, efi.pcrs, MEASURED_PCRS, &verdict, &err),
			 0);
	assert_int_equal(verdict.which, 1);
	both[1].initrd[0] ^= 1; /* the one that comes farther is spoken of */
	assert_int_equal(measured_check(both, 2, efi.log, efi.len, efi.pcrs, MEASURED_PCRS, &verdict, &err),
			 -EPERM);
	assert_non_null(strstr(err.text, "PCR 9"));
}

static void test_not_asked_so(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(measured_check(&efi.expected, 1, efi.log, efi.len, efi.pcrs,
					MEASURED_PCRS & ~(1u << 4), &verdict, &err),
			 -EINVAL);
	assert_int_equal(measured_check(NULL, 0, efi.log, efi.len, efi.pcrs, MEASURED_PCRS, &verdict, &err),
			 -EINVAL);
}

/* ---- as JSON ---- */

static void test_json(void **state)
{
	_cleanup_json_ json_t *json = NULL, *again = NULL, *words = NULL;
	struct measured m;
	struct err err = {0};

	(void)state;
	secure.expected.n_loaders = 2;
	snprintf(secure.expected.loaders[0].name, 10, "ipxe.efi");
	snprintf(secure.expected.loaders[1].name, 10, "shim.efi");
	json = measured_to_json(&secure.expected);
	assert_int_equal(measured_from_json(json, &m, &err), 0);
	again = measured_to_json(&m);
	assert_true(json_equal(json, again));
	assert_memory_equal(&m, &secure.expected, sizeof(m));
	expect(&secure, 0, NULL);
	words = measured_verdict_to_json(&verdict);
	assert_string_equal(json_string_value(json_object_get(words, "secure_boot")), "on");
	assert_string_equal(json_string_value(json_object_get(words, "form")), "efi");
}

static void expect_bad_json(const struct measured *m, const char *key, json_t *value, const char *says)
{
	_cleanup_json_ json_t *json = measured_to_json(m);
	json_t *uki = json_object_get(json, "uki");
	struct measured ret;
	struct err err = {0};

	json_object_set_new(json_object_get(uki, key) ? uki : json, key, value);
	assert_int_equal(measured_from_json(json, &ret, &err), -EBADMSG);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void test_bad_json(void **state)
{
	const struct measured *m = &efi.expected;

	(void)state;
	expect_bad_json(m, "kernel", json_string("12"), "measured.kernel must be a SHA-256");
	expect_bad_json(m, "initrd", json_null(), "measured.initrd must be a string");
	expect_bad_json(m, "more", json_true(), "unknown key \"more\"");
	expect_bad_json(m, "loaders", json_pack("[{ss}]", "name", "x"),
			"measured.loaders[].sha256 is missing");
	expect_bad_json(m, "any_loader", json_string("yes"), "any_loader must be true or false");
	expect_bad_json(m, "cmdline", json_string("quiet"), "is not that of its section .cmdline");
	expect_bad_json(m, "cmdline", json_null(), "is not that of its section .cmdline");
	expect_bad_json(m, "sections", json_array(), "pcr11 is not what its sections lead to");
	expect_bad_json(m, "uki", json_string("x"), "must be an object or null");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, read_all, clear_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_started_by_firmware),
		TEST(test_secure_boot),
		TEST(test_by_ipxe),
		TEST(test_another_machine),
		TEST(test_event_removed),
		TEST(test_events_reordered),
		TEST(test_digest_changed),
		TEST(test_cut_between_events),
		TEST(test_hidden_as_no_action),
		TEST(test_another_kernel),
		TEST(test_another_initramfs),
		TEST(test_another_built_in_command_line),
		TEST(test_passed_command_line),
		TEST(test_lying_text),
		TEST(test_built_in_one_replaced),
		TEST(test_credentials_and_extensions),
		TEST(test_program_after_ours),
		TEST(test_loaded_twice),
		TEST(test_loaded_only),
		TEST(test_loaders),
		TEST(test_program_as_action),
		TEST(test_action_is_harmless),
		TEST(test_secure_boot_said_twice),
		TEST(test_initramfs_not_measured),
		TEST(test_kernel),
		TEST(test_several),
		TEST(test_not_asked_so),
		TEST(test_json),
		TEST(test_bad_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
