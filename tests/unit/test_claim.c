/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What may be claimed of a drive: each rule, and that no evidence, however it was twisted, is "read back" without its figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"
#include "protocol/certificate/certificate.h"
#include "protocol/claim.h"
#include "protocol/erasure.h"

#define SIZE 1073741824

/* The first drive of a corpus' file; a new reference. */
static json_t *drive(const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};

	if (asprintf(&path, "tests/fuzz/corpus/evidence/%s", name) < 0)
		abort();
	assert_int_equal(json_read_file(path, EVIDENCE_MAX, &json, &err), 0);
	return json_incref(json_array_get(json_object_get(json, "drives"), 0));
}

/* "proof.stream.bytes_read": the object that holds the last key. */
static json_t *object_of(json_t *from, const char *path, const char **ret_key)
{
	const char *dot;

	for (; (dot = strchr(path, '.')); path = dot + 1) {
		_cleanup_free_ char *key = strndup(path, (size_t)(dot - path));

		from = json_object_get(from, key);
	}
	*ret_key = path;
	return from;
}

/* Sets one field; "-" removes it. */
static void set(json_t *from, const char *path, const char *value)
{
	const char *key;
	json_t *object = object_of(from, path, &key);

	if (!strcmp(value, "-"))
		json_object_del(object, key);
	else
		json_object_set_new(object, key, json_loads(value, JSON_DECODE_ANY, NULL));
}

static const struct {
	const char *name;
	enum claim claim;
	const char *basis;
} honest[] = {
	{"two-drives", CLAIM_READ_BACK, "asserted by the device"}, /* block erase */
	{"crypto-zeros", CLAIM_READ_BACK,
	 "asserted by the device"}, /* a key forgotten, and the drive reads as zeros */
	{"asserted", CLAIM_ASSERTED, "asserted by the device"}, /* a key forgotten, and it reads as noise */
	{"second-method", CLAIM_ASSERTED, "asserted by the device"},
	{"sampled", CLAIM_READ_BACK, "asserted by the device"},
	{"overwritten", CLAIM_READ_BACK, "read back"},
	{"unchanged", CLAIM_NOT_ERASED, NULL},
	{"signature", CLAIM_NOT_ERASED, NULL},
};

static void test_honest(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(honest) / sizeof(honest[0]); i++) {
		_cleanup_json_ json_t *d = drive(honest[i].name);
		const char *basis = claim_level_basis(d);

		if (claim_for_drive(d) != honest[i].claim)
			fail_msg("%s: %s", honest[i].name, claim_name(claim_for_drive(d)));
		assert_int_equal(!claim_lacks(d), honest[i].claim != CLAIM_NOT_ERASED);
		assert_int_equal(!basis, !honest[i].basis);
		if (basis)
			assert_string_equal(basis, honest[i].basis);
	}
}

/* One field of a drive that is read back; what is then claimed, and what of that it lacks. */
static const struct {
	const char *name, *path, *value;
	enum claim claim;
	const char *lacks;
} rules[] = {
	{"two-drives", "outcome", "\"failed\"", CLAIM_NOT_ERASED, "failed"},
	{"two-drives", "method", "\"nvme-format-ses0\"", CLAIM_NOT_ERASED, "no method"},
	{"two-drives", "method", "\"none\"", CLAIM_NOT_ERASED, "no method"},
	{"two-drives", "proof", "-", CLAIM_NOT_ERASED, "no marker"},
	{"two-drives", "proof.markers_written", "0", CLAIM_NOT_ERASED, "no marker"},
	{"two-drives", "proof.markers_gone", "1066", CLAIM_NOT_ERASED, "markers"},
	{"two-drives", "proof.markers_gone", "-", CLAIM_NOT_ERASED, "markers"},
	{"two-drives", "proof.unchanged", "1", CLAIM_NOT_ERASED, "read as they did"},
	{"two-drives", "proof.unchanged", "-", CLAIM_NOT_ERASED, "read as they did"},
	{"two-drives", "proof.signatures", "[{\"type\":\"ext4\"}]", CLAIM_NOT_ERASED, "file system"},
	{"two-drives", "proof.signatures", "-", CLAIM_NOT_ERASED, "file system"},
	{"two-drives", "proof.method_reads", "null", CLAIM_NOT_ERASED, "after its method"},
	{"two-drives", "proof.reads", "\"mixed\"", CLAIM_NOT_ERASED, "not all zeros"},
	{"two-drives", "proof.bytes_read", "1073741823", CLAIM_NOT_ERASED, "not complete"},
	{"two-drives", "proof.bytes_read", "1073741825", CLAIM_NOT_ERASED, "not complete"},
	{"two-drives", "proof.read_back", "\"sampled\"", CLAIM_NOT_ERASED, "not complete"},
	{"two-drives", "proof.read_back", "-", CLAIM_NOT_ERASED, "not complete"},
	{"two-drives", "size_after", "1073741312", CLAIM_NOT_ERASED, "not complete"},
	{"two-drives", "size_before", "1073742336", CLAIM_NOT_ERASED, "smaller"},
	{"two-drives", "size", "1073742336", CLAIM_NOT_ERASED, "smaller"},
	{"two-drives", "size_before", "1024", CLAIM_READ_BACK,
	 NULL}, /* hidden sectors became visible, and were read */
	{"two-drives", "proof.overwritten_after", "true", CLAIM_READ_BACK, NULL},
	{"sampled", "proof.samples", "1999", CLAIM_NOT_ERASED, "not complete"},
	{"sampled", "proof.samples", "2000", CLAIM_READ_BACK, NULL},
	{"sampled", "proof.samples", "-", CLAIM_NOT_ERASED, "not complete"},
	{"sampled", "proof.bytes_read", "4096", CLAIM_NOT_ERASED,
	 "not complete"}, /* 3001 places in 8 blocks */
	{"sampled", "logical_block_size", "0", CLAIM_NOT_ERASED, "not complete"},
	{"overwritten", "proof.stream", "null", CLAIM_NOT_ERASED, "overwritten as a whole"},
	{"overwritten", "proof.stream.bytes_written", "1073741823", CLAIM_NOT_ERASED,
	 "overwritten as a whole"},
	{"overwritten", "proof.stream.bytes_read", "1073741823", CLAIM_NOT_ERASED, "not read back"},
	{"overwritten", "proof.stream.read_back", "\"sampled\"", CLAIM_NOT_ERASED, "not read back"},
	{"crypto-zeros", "proof.method_reads.zero_bytes", "1073741823", CLAIM_ASSERTED, NULL},
	{"crypto-zeros", "proof.method_reads.bytes_read", "1073741823", CLAIM_ASSERTED, NULL},
	{"crypto-zeros", "proof.method_reads.read_back", "\"sampled\"", CLAIM_ASSERTED, NULL},
	{"crypto-zeros", "proof.method_reads", "null", CLAIM_NOT_ERASED, "after its method"},
	{"asserted", "proof.reads", "\"mixed\"", CLAIM_NOT_ERASED, "not all zeros"},
	{"asserted", "proof.unchanged", "1", CLAIM_NOT_ERASED, "read as they did"},
	{"asserted", "proof.markers_gone", "0", CLAIM_NOT_ERASED, "markers"},
};

static void test_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		_cleanup_json_ json_t *d = drive(rules[i].name);
		const char *lacks;

		set(d, rules[i].path, rules[i].value);
		lacks = claim_lacks(d);
		if (claim_for_drive(d) != rules[i].claim || !lacks != !rules[i].lacks ||
		    (lacks && !strstr(lacks, rules[i].lacks)))
			fail_msg("%s, %s = %s: %s, %s", rules[i].name, rules[i].path, rules[i].value,
				 claim_name(claim_for_drive(d)), lacks);
		assert_int_equal(!claim_level_basis(d), rules[i].claim == CLAIM_NOT_ERASED);
	}
}

static void test_a_constant_is_as_good_as_zeros(void **state)
{
	_cleanup_json_ json_t *d = drive("crypto-zeros");

	(void)state;
	set(d, "proof.method_reads.zero_bytes", "0");
	set(d, "proof.method_reads.constant_bytes", "1073741824");
	set(d, "proof.overwritten_after", "true");
	assert_int_equal(claim_for_drive(d), CLAIM_READ_BACK);
}

/* ---- twisted evidence ---- */

static const char *const fields[] = {
	"outcome",
	"method",
	"level",
	"size",
	"size_before",
	"size_after",
	"logical_block_size",
	"proof.markers_written",
	"proof.markers_gone",
	"proof.unchanged",
	"proof.before_nonzero",
	"proof.signatures",
	"proof.reads",
	"proof.read_back",
	"proof.samples",
	"proof.bytes_read",
	"proof.overwritten_after",
	"proof.method_reads",
	"proof.method_reads.read_back",
	"proof.method_reads.bytes_read",
	"proof.method_reads.zero_bytes",
	"proof.method_reads.constant_bytes",
	"proof.method_reads.samples",
	"proof.stream",
	"proof.stream.bytes_written",
	"proof.stream.bytes_read",
	"proof.stream.read_back",
	"proof.stream.samples",
};
static const char *const values[] = {
	"-",
	"null",
	"true",
	"{}",
	"[]",
	"\"\"",
	"-1",
	"0",
	"1",
	"512",
	"1067",
	"2000",
	"3001",
	"1073741823",
	"1073741824",
	"1073741825",
	"4611686018427387903",
	"9223372036854775807",
	"-9223372036854775808",
	"0.5",
	"\"full\"",
	"\"sampled\"",
	"\"zero\"",
	"\"mixed\"",
	"\"proven\"",
	"\"failed\"",
	"\"overwrite\"",
	"\"nvme-format-ses1\"",
	"\"nvme-format-ses2\"",
	"\"ata-sanitize-crypto\"",
	"\"none\"",
	"\"purge\"",
	"[{\"type\":\"gpt\"}]",
};

static uint64_t dice(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static json_int_t n(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_integer(value) ? json_integer_value(value) : -2;
}

static bool w(const json_t *object, const char *key, const char *word)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && !strcmp(text, word);
}

/* Of a reading, in other words than claim.c's. */
static bool whole(const json_t *d, const json_t *r)
{
	json_int_t size = n(d, "size_after");

	return size > 0 && ((w(r, "read_back", "full") && n(r, "bytes_read") == size) ||
			    (w(r, "read_back", "sampled") && n(r, "samples") >= 2000 &&
			     n(r, "bytes_read") <= size && n(r, "bytes_read") >= n(r, "samples")));
}

/* What nobody may claim to have erased without. */
static bool has_figures(const json_t *d)
{
	const json_t *p = json_object_get(d, "proof"), *signatures = json_object_get(p, "signatures");

	return w(d, "outcome", "proven") && n(p, "markers_written") > 0 &&
	       n(p, "markers_written") == n(p, "markers_gone") && n(p, "unchanged") == 0 &&
	       w(p, "reads", "zero") && whole(d, p) && json_is_array(signatures) &&
	       json_array_size(signatures) == 0;
}

static bool nothing_left(const json_t *d)
{
	const json_t *r = json_object_get(json_object_get(d, "proof"), "method_reads");

	return whole(d, r) && n(r, "zero_bytes") >= 0 && n(r, "constant_bytes") >= 0 &&
	       n(r, "zero_bytes") <= SIZE && n(r, "constant_bytes") <= SIZE &&
	       n(r, "zero_bytes") + n(r, "constant_bytes") == n(r, "bytes_read");
}

static void judge(const json_t *d, unsigned counts[CLAIM_READ_BACK + 1])
{
	const char *method = json_string_value(json_object_get(d, "method"));
	const json_t *stream = json_object_get(json_object_get(d, "proof"), "stream");
	enum claim claim = claim_for_drive(d);
	_cleanup_free_ char *text = NULL;

	counts[claim]++;
	if (claim == CLAIM_NOT_ERASED)
		return;
	text = json_dumps(d, JSON_COMPACT);
	if (!has_figures(d) || !erasure_find(method))
		fail_msg("claimed without its figures: %s", text);
	if (erasure_find(method)->by_host &&
	    (n(stream, "bytes_written") != n(d, "size_after") || !whole(d, stream)))
		fail_msg("overwriting claimed without its figures: %s", text);
	if (claim == CLAIM_READ_BACK && erasure_find(method)->cryptographic && !nothing_left(d))
		fail_msg("a forgotten key is \"read back\": %s", text);
}

#define N_HONEST 6 /* of honest[], those of which something can be claimed */

static json_t *originals[N_HONEST];

static void test_twisted(void **state)
{
	unsigned counts[CLAIM_READ_BACK + 1] = {0};
	uint64_t seed = 4;

	(void)state;
	for (unsigned round = 0; round < 30000; round++) {
		_cleanup_json_ json_t *d = json_deep_copy(originals[dice(&seed) % N_HONEST]);

		for (uint64_t twists = 1 + dice(&seed) % 3; twists; twists--)
			set(d, fields[dice(&seed) % (sizeof(fields) / sizeof(fields[0]))],
			    values[dice(&seed) % (sizeof(values) / sizeof(values[0]))]);
		judge(d, counts);
	}
	/* else this has shown nothing */
	assert_true(counts[CLAIM_READ_BACK] > 300 && counts[CLAIM_ASSERTED] > 300 &&
		    counts[CLAIM_NOT_ERASED] > 3000);
}

/* Every field in turn, with every value: nothing is left to chance. */
static void test_every_single_twist(void **state)
{
	unsigned counts[CLAIM_READ_BACK + 1] = {0};

	(void)state;
	for (size_t h = 0; h < N_HONEST; h++)
		for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++)
			for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
				_cleanup_json_ json_t *d = json_deep_copy(originals[h]);

				set(d, fields[f], values[v]);
				judge(d, counts);
			}
	assert_true(counts[CLAIM_READ_BACK] > 300 && counts[CLAIM_NOT_ERASED] > 1000);
}

static int open_originals(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_HONEST; i++)
		originals[i] = drive(honest[i].name);
	return 0;
}

static int close_originals(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_HONEST; i++)
		json_decref(originals[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_honest),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_a_constant_is_as_good_as_zeros),
		cmocka_unit_test(test_every_single_twist),
		cmocka_unit_test(test_twisted),
	};

	return cmocka_run_group_tests(tests, open_originals, close_originals);
}
