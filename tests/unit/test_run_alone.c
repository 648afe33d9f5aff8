/* rooms: agent agent/steps agent/hw images/boot images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The runner's station on a boot medium: what is there after it, and after a power cut in its midst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "agent/run_alone.h"
#include "core/cms.h"
#include "core/io.h"
#include "core/json.h"
#include "images/boot/site.h"

static char folder[64];
static struct order the_order = {.id = (char *)"o-1", .node = (char *)"old"};
static struct alone_order order = {.order = &the_order};
static struct alone_use use;
static struct run_alone alone;
static const struct run_station *const station = &run_station_alone;

static void put(const char *name, const char *text)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static char *get(const char *name, size_t *ret_len)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct err err = {0};
	char *text = NULL;

	if (file_read(path, 1 << 20, &text, ret_len, &err) < 0)
		return NULL;
	return text;
}

static bool exists(const char *name)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return access(path, F_OK) == 0;
}

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/remint-run-alone-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	memset(order.sha256, 'a', 64);
	memset(order.signature_sha256, 'b', 64);
	use = (struct alone_use){
		.n = 2, .machine = {.serial = "S1"}, .begun = 1795381261, .drives = json_array()};
	memset(use.nonce, 'c', 32);
	alone = (struct run_alone){.folder = folder,
				   .order = &order,
				   .use = &use,
				   .key_folder = folder,
				   .site_folder = folder,
				   .lock = PTHREAD_MUTEX_INITIALIZER};
	put(SITE_JSON, "{}");
	put(SITE_STATION_CA, "a");
	put(SITE_IMAGE_CA, "b");
	return 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	alone_use_clear(&use);
	return system(command);
}

static void journal(const char *drive, enum journal_state journal_state, json_t *proof)
{
	struct journal_entry entry = {
		.step = "wipe", .method = "overwrite-zero", .state = journal_state, .proof = proof};
	struct err err = {0};

	snprintf(entry.drive, sizeof(entry.drive), "%s", drive);
	if (station->journal(&alone, &entry, &err) < 0)
		fail_msg("%s", err.text);
	json_decref(proof);
}

/* What was erased before a power cut is erased again: nobody knows what the machine has started since. */
static void the_journal_outlives_the_boot(void **state)
{
	struct journal_entry *entries = NULL;
	struct err err = {0};
	unsigned n = 7;

	(void)state;
	assert_int_equal(run_alone_journal(&alone, &entries, &n, &err), 0);
	assert_int_equal(n, 0);
	free(entries);
	journal("serial:A", JOURNAL_BEGUN, NULL);
	journal("serial:A", JOURNAL_PROVEN, json_pack("{ss}", "name", "serial:A"));
	journal("serial:B", JOURNAL_BEGUN, NULL);
	assert_int_equal(run_alone_journal(&alone, &entries, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(entries[0].drive, "serial:A");
	assert_string_equal(entries[1].drive, "serial:B");
	assert_int_equal(entries[1].state, JOURNAL_BEGUN);
	free(entries);
}

/* What stood in the firmware before a reset of our own is compared after it. */
static void the_firmware_outlives_the_boot(void **state)
{
	struct journal_entry entry = {.drive = "machine:firmware",
				      .step = "firmware",
				      .method = "set",
				      .state = JOURNAL_PROVEN,
				      .proof = json_pack("{s[]}", "boot_order")};
	struct journal_entry *entries = NULL;
	struct err err = {0};
	unsigned n = 0;

	(void)state;
	assert_int_equal(station->journal(&alone, &entry, &err), 0);
	json_decref(entry.proof);
	assert_int_equal(run_alone_journal(&alone, &entries, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_non_null(json_object_get(entries[0].proof, "boot_order"));
	journal_entry_clear(&entries[0]);
	free(entries);
}

static void a_torn_line_is_none(void **state)
{
	_cleanup_free_ char *path = path_join(folder, "journal-o-1-2.jsonl");
	struct journal_entry *entries = NULL;
	struct err err = {0};
	size_t len = 0;
	unsigned n = 0;

	(void)state;
	journal("serial:A", JOURNAL_BEGUN, NULL);
	journal("serial:B", JOURNAL_BEGUN, NULL);
	free(get("journal-o-1-2.jsonl", &len));
	assert_int_equal(truncate(path, (off_t)len - 10), 0);
	assert_int_equal(run_alone_journal(&alone, &entries, &n, &err), 0);
	assert_int_equal(n, 1);
	free(entries);
	journal("serial:C", JOURNAL_BEGUN, NULL); /* is not put behind the torn one */
	assert_int_equal(run_alone_journal(&alone, &entries, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_string_equal(entries[1].drive, "serial:C");
	free(entries);
	/* In the midst it is damage. */
	put("journal-o-1-2.jsonl", "{\"drive\n{}\n");
	assert_true(run_alone_journal(&alone, &entries, &n, &err) < 0);
	assert_non_null(strstr(err.text, "journal-o-1-2.jsonl"));
}

static void a_medium_that_does_not_write_stops_the_work(void **state)
{
	struct journal_entry entry = {
		.step = "wipe", .drive = "serial:A", .method = "m", .state = JOURNAL_BEGUN};
	struct err err = {0};

	(void)state;
	alone.folder = "/nonexistent";
	assert_true(station->journal(&alone, &entry, &err) < 0);
	assert_non_null(strstr(err.text, "boot medium"));
	station->event(&alone,
		       &(struct event){.kind = EVENT_NOTE, .phase = "destroy", .text = "x"}); /* only said */
}

static void the_record_is_signed_and_bound(void **state)
{
	_cleanup_json_ json_t *evidence = json_pack("{si}", "evidence", 1);
	_cleanup_(standalone_clear) struct standalone record = {0};
	_cleanup_(trust_freep) struct trust *trust = NULL;
	_cleanup_free_ char *text = NULL, *sig = NULL;
	size_t len = 0, sig_len = 0;
	struct err err = {0};
	char sha256[65] = "x";

	(void)state;
	for (unsigned i = 0; i < 2; i++) /* a worker that was started again does it once more */
		if (station->evidence(&alone, evidence, sha256, &err) < 0)
			fail_msg("%s", err.text);
	assert_string_equal(sha256, "");
	text = get("evidence-o-1-2.json", &len);
	sig = get("evidence-o-1-2.json.p7s", &sig_len);
	assert_int_equal(standalone_parse(text, len, &record, &err), 0);
	assert_string_equal(record.order_sha256, order.sha256);
	assert_string_equal(record.signature_sha256, order.signature_sha256);
	assert_string_equal(record.nonce, use.nonce);
	assert_int_equal(json_object_size(record.site), 3);
	assert_true(json_equal(record.evidence, evidence));
	assert_int_equal(trust_from_pem(record.key_cert, strlen(record.key_cert), &trust, &err), 0);
	assert_int_equal(cms_verify(text, len, sig, sig_len, trust, record.made, NULL, &err), 0);
	text[len / 2] ^= 1;
	assert_int_equal(cms_verify(text, len, sig, sig_len, trust, record.made, NULL, &err), -EKEYREJECTED);
	assert_false(exists("remint-record.key")); /* nobody signs another */
}

static void only_its_end_ends_a_use(void **state)
{
	_cleanup_free_ char *events = NULL, *used = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(station->outcome(&alone, "held", "wipe", "it burned", &err), 0);
	assert_false(use.ended);
	events = get("events-o-1-2.jsonl", NULL);
	assert_non_null(strstr(events, "it burned"));
	assert_int_equal(station->outcome(&alone, "erased", NULL, NULL, &err), 0);
	assert_true(use.ended);
	used = get("used-o-1-2.json", NULL);
	assert_non_null(strstr(used, "\"ended\": true"));
}

static void the_rest_is_on_the_medium_too(void **state)
{
	_cleanup_json_ json_t *inventory = json_object();
	_cleanup_free_ char *events = NULL, *log = NULL;
	void *got = NULL;
	size_t len = 0;
	struct err err = {0};

	(void)state;
	station->event(&alone, &(struct event){.kind = EVENT_STEP_BEGUN, .phase = "destroy", .step = "wipe"});
	station->event(
		&alone,
		&(struct event){.kind = EVENT_PROGRESS, .phase = "destroy", .step = "wipe", .total = 9});
	station->event(
		&alone,
		&(struct event){.kind = EVENT_NOTE, .phase = "destroy", .step = "wipe", .text = "a note"});
	assert_int_equal(station->flush(&alone, &err), 0);
	assert_int_equal(station->inventory(&alone, inventory, &err), 0);
	assert_int_equal(station->log(&alone, "a line\n", 7, &err), 0);
	assert_int_equal(station->fetch(&alone, "http://h/", 1, &got, &len, &err), -ENETUNREACH);
	assert_int_equal(station->state(&alone), TALK_GOING);
	events = get("events-o-1-2.jsonl", NULL);
	assert_non_null(strstr(events, "step-begun"));
	assert_non_null(strstr(events, "a note"));
	assert_null(strstr(events, "progress"));
	log = get("log-o-1-2.txt", NULL);
	assert_string_equal(log, "a line\n");
	assert_true(exists("inventory-o-1-2.json"));
}

/* key and value as JSON ("-" removes it): each makes a good record a bad one */
static const struct {
	const char *key, *value;
} bad[] = {
	{"standalone", "2"},
	{"order_sha256", "\"ab\""},
	{"order_signature_sha256", "null"},
	{"nonce", "\"zz\""},
	{"nonce", "-"},
	{"made", "\"today\""},
	{"agent_certificate", "1"},
	{"site", "[]"},
	{"site", "{\"a\":\"b\"}"},
	{"evidence", "[]"},
	{"evidence", "-"},
	{"by", "\"me\""},
};

static void a_record_is_read_strictly(void **state)
{
	_cleanup_json_ json_t *evidence = json_object();
	_cleanup_free_ char *text = NULL;
	char sha256[65];
	struct err err = {0};
	size_t len = 0;

	(void)state;
	assert_int_equal(station->evidence(&alone, evidence, sha256, &err), 0);
	text = get("evidence-o-1-2.json", &len);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *json = json_loads(text, 0, NULL);
		_cleanup_free_ char *changed = NULL;
		struct standalone record = {0};

		if (strcmp(bad[i].value, "-") != 0)
			json_object_set_new(json, bad[i].key,
					    json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(json, bad[i].key);
		changed = json_canonical(json, &len);
		if (standalone_parse(changed, len, &record, &err) != -EBADMSG)
			fail_msg("%s = %s is taken", bad[i].key, bad[i].value);
		assert_null(record.evidence);
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_journal_outlives_the_boot),
		T(the_firmware_outlives_the_boot),
		T(a_torn_line_is_none),
		T(a_medium_that_does_not_write_stops_the_work),
		T(the_record_is_signed_and_bound),
		T(only_its_end_ends_a_use),
		T(the_rest_is_on_the_medium_too),
		T(a_record_is_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
