/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Real event logs lead to the PCRs that the TPM had; forged and damaged ones do not, or are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "logs.h"
#include "protocol/attestation/tcg_event.h"
#include "protocol/attestation/tcg_log.h"

static const char *const names[] = {"efi", "efi-secure-boot", "efi-ipxe", "kernel-ipxe"};
#define NAMES (sizeof(names) / sizeof(names[0]))

static void test_replay(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NAMES; i++) {
		_cleanup_(captured_clear) struct captured c;
		uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
		struct err err = {0};

		captured_read(names[i], &c);
		assert_int_equal(tcg_log_replay(c.log, c.len, pcrs, &err), 0);
		for (unsigned pcr = 0; pcr < TCG_PCRS; pcr++)
			if (pcr != 10) /* Linux's IMA goes on there, and logs elsewhere */
				assert_memory_equal(pcrs[pcr], c.pcrs[pcr], SHA256_SIZE);
	}
}

/* A log that is cut anywhere but between two events is refused, and never read beyond its end. */
static void test_cut(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	unsigned taken = 0;

	(void)state;
	captured_read("efi", &c);
	for (size_t len = 0; len < c.len; len++) {
		_cleanup_free_ uint8_t *copy = malloc(len ? len : 1);
		uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
		struct err err = {0};
		int r;

		memcpy(copy, c.log, len);
		r = tcg_log_replay(copy, len, pcrs, &err);
		assert_true(r == 0 || r == -EBADMSG);
		taken += r == 0;
	}
	assert_in_range(taken, 20, 120);
}

static void expect_refused(const struct captured *c, const char *says)
{
	uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
	struct err err = {0};

	assert_int_equal(tcg_log_replay(c->log, c->len, pcrs, &err), -EBADMSG);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void test_header(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	const size_t algorithms = sizeof(struct tcg_pcr_event) + sizeof(struct tcg_spec_id_event);

	(void)state;
	captured_read("efi", &c);
	c.log[4] = 4;
	expect_refused(&c, "not in the crypto-agile form");
	c.log[4] = EV_NO_ACTION;
	c.log[algorithms - 4] = 0;
	expect_refused(&c, "0 hash algorithms");
	c.log[algorithms - 4] = 200;
	expect_refused(&c, "200 hash algorithms");
	c.log[algorithms - 4] = 2;
	c.log[algorithms] = c.log[algorithms + 4]; /* the second one twice */
	expect_refused(&c, "twice");
	c.len = 31;
	expect_refused(&c, "no log");
}

/* Firmware whose SHA-256 bank is off. */
static void test_sha1_alone(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	const size_t algorithms = sizeof(struct tcg_pcr_event) + sizeof(struct tcg_spec_id_event);

	(void)state;
	captured_read("efi", &c);
	c.log[algorithms - 4] = 1;
	expect_refused(&c, "SHA-256 bank");
}

static void test_odd_events(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	uint8_t digest[SHA256_SIZE] = {0};
	size_t end;

	(void)state;
	captured_read("efi", &c);
	end = c.len;
	log_insert(&c, end, 24, EV_IPL, digest, "", 0);
	expect_refused(&c, "PCR 24");
	c.len = end;
	log_insert(&c, end, 4, EV_IPL, digest, "", 0);
	c.log[end + 8] = 2; /* digests, of which there is one */
	expect_refused(&c, "algorithm 0x0");
	c.log[end + 8] = 0;
	expect_refused(&c, "no SHA-256 digest");
	c.log[end + 8] = 200;
	expect_refused(&c, "200 digests");
	c.log[end + 8] = 1;
	c.log[end + 12] = 0x99;
	expect_refused(&c, "algorithm 0x99");
	c.log[end + 12] = TPM_ALG_SHA256;
	memset(c.log + end + 14 + SHA256_SIZE, 0xff, 4);
	expect_refused(&c, "4294967295 bytes of data");
}

static void test_locality(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	uint8_t digest[SHA256_SIZE] = {0}, before[SHA256_SIZE], pcrs[TCG_PCRS][SHA256_SIZE];
	char data[17] = TCG_STARTUP_LOCALITY;
	struct place first;
	struct err err = {0};

	(void)state;
	captured_read("efi", &c);
	memcpy(before, c.pcrs[0], SHA256_SIZE);
	first = place_of(&c, 0, 0);
	data[16] = 3;
	log_insert(&c, first.begin, 0, EV_NO_ACTION, digest, data, sizeof(data));
	assert_int_equal(tcg_log_replay(c.log, c.len, pcrs, &err), 0);
	assert_memory_not_equal(pcrs[0], before, SHA256_SIZE);
	assert_memory_equal(pcrs[4], c.pcrs[4], SHA256_SIZE);
	log_insert(&c, c.len, 0, EV_NO_ACTION, digest, data, sizeof(data));
	expect_refused(&c, "locality");
}

static int count(const struct tcg_event *event, void *data)
{
	unsigned *n = data;

	assert_string_not_equal(tcg_event_type(event->type), "an event of unknown type");
	++*n;
	return 0;
}

static int stop(const struct tcg_event *event, void *data)
{
	unsigned *n = data;

	(void)event;
	return ++*n == 3 ? -ECANCELED : 0;
}

static void test_walk(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	struct err err = {0};
	unsigned n = 0;

	(void)state;
	captured_read("efi", &c);
	assert_int_equal(tcg_log_walk(c.log, c.len, count, &n, &err), 0);
	assert_in_range(n, 20, 120);
	n = 0;
	assert_int_equal(tcg_log_walk(c.log, c.len, stop, &n, &err), -ECANCELED);
	assert_int_equal(n, 3);
}

static void test_variable(void **state)
{
	_cleanup_(captured_clear) struct captured c;
	struct tcg_variable variable;
	struct place p;

	(void)state;
	captured_read("efi-secure-boot", &c);
	p = place_of(&c, 7, 0);
	assert_true(tcg_event_is_of_data(&p.event));
	assert_int_equal(tcg_event_variable(&p.event, &variable), 0);
	assert_string_equal(variable.name, "SecureBoot");
	assert_int_equal(variable.len, 1);
	assert_int_equal(variable.data[0], 1);
	c.log[p.data + 16] = 11; /* the name is longer than it is */
	assert_int_equal(tcg_event_variable(&p.event, &variable), -EBADMSG);
	memset(c.log + p.data + 16, 0xff, 8);
	assert_int_equal(tcg_event_variable(&p.event, &variable), -EBADMSG);
	p.event.len = 31;
	assert_int_equal(tcg_event_variable(&p.event, &variable), -EBADMSG);
}

static void test_image(void **state)
{
	static const char says[] = "\\EFI\\BOOT\\BOOTX64.EFI";

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_(captured_clear) struct captured c;
		char words[160];
		int n = 0;
		struct place p;

		captured_read(names[i], &c);
		do
			p = place_of(&c, 4, n++);
		while (p.event.type != EV_EFI_BOOT_SERVICES_APPLICATION);
		tcg_event_image_words(&p.event, words, sizeof(words));
		assert_non_null(strstr(words, says));
		memset(c.log + p.data + 24, 0xff, 8);
		tcg_event_image_words(&p.event, words, sizeof(words));
		assert_string_equal(words, "an unknown place");
	}
}

static void test_text(void **state)
{
	size_t len;
	_cleanup_free_ uint8_t *bytes = tcg_text_bytes("quiet a=b", &len);
	struct tcg_event event = {.data = bytes, .len = (uint32_t)len};
	char text[10];

	(void)state;
	assert_int_equal(len, 20);
	assert_int_equal(tcg_event_text(&event, text, sizeof(text)), 0);
	assert_string_equal(text, "quiet a=b");
	assert_int_equal(tcg_event_text(&event, text, 9), -EBADMSG); /* no room */
	event.len--;
	assert_int_equal(tcg_event_text(&event, text, sizeof(text)), -EBADMSG);
	event.len--;
	assert_int_equal(tcg_event_text(&event, text, sizeof(text)), -EBADMSG); /* no NUL */
	event.len = 20;
	bytes[2] = 0; /* a NUL within would hide what follows */
	assert_int_equal(tcg_event_text(&event, text, sizeof(text)), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),     cmocka_unit_test(test_cut),
		cmocka_unit_test(test_header),     cmocka_unit_test(test_sha1_alone),
		cmocka_unit_test(test_odd_events), cmocka_unit_test(test_locality),
		cmocka_unit_test(test_walk),       cmocka_unit_test(test_variable),
		cmocka_unit_test(test_image),      cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
