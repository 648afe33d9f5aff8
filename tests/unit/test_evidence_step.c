/* rooms: agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "agent/step.h"
#include "agent/steps/identity.h"
#include "core/io.h"
#include "core/json.h"

static const struct block blocks[] = {{.name = "serial:A"}, {.name = "serial:B"}};

static struct {
	unsigned n_roots;
	json_t *evidence; /* as it was handed in */
	int fail;
} station;

static int hand_in(struct job *job, const json_t *evidence, char ret[65], struct err *err)
{
	(void)job;
	if (station.fail)
		return err_set(err, station.fail, "no");
	station.evidence = json_deep_copy(evidence);
	memset(ret, 'a', 64);
	ret[64] = '\0';
	return 0;
}

static void note(struct job *job, const char *text)
{
	(void)job;
	assert_non_null(strstr(text, "certificate aaaa"));
}

static const struct job_ops ops = {.hand_in = hand_in, .note = note};

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

/* Runs the step over facts whose wiped drives are these. */
static const struct order whole_order = {
	.id = (char *)"o-1", .node = (char *)"node1", .manifest_url = (char *)"http://h/m"};
static const struct order erasing_order = {.id = (char *)"o-1", .node = (char *)"node1"};
static const struct order *order = &whole_order;

static int run(const char *wiped, const char *inventory, struct err *err)
{
	struct manifest manifest = {.name = (char *)"debian-12", .version = (char *)"12.8", .serial = 7};
	struct job job = {.order = order, .ops = &ops, .steps = json_array()};
	struct facts *facts = &job.facts;

	*err = (struct err){0};
	facts->manifest = order_has_image(order) ? &manifest : NULL;
	strcpy(facts->signer.subject, "CN=signer");
	facts->inventory = parsed(inventory);
	facts->wiped = wiped ? parsed(wiped) : NULL;
	facts->untouched = json_array();
	facts->written = parsed("{\"chunks\":2,\"verify\":\"full\",\"targets\":[]}");
	facts->roots[0] = (struct root){.block = &blocks[0], .size = 1048576};
	facts->roots[1] = (struct root){.block = &blocks[1], .size = 1000000};
	facts->n_roots = station.n_roots;
	if (station.n_roots > 1)
		err_set(&facts->roots[1].lost, EIO, "chunk 2: it burned");
	int r = step_evidence.run(&job, err);
	facts->manifest = NULL;
	job_facts_clear(facts);
	json_decref(job.steps);
	return r;
}

#define MACHINE                                                                                           \
	"{\"smbios\":{\"system\":{\"serial\":\"S1\",\"uuid\":\"4C4C4544-0042-3510-8051-B4C04F564D31\"}}," \
	"\"nics\":[{\"name\":\"eth0\",\"mac\":\"52:54:00:12:34:56\"},{\"mac\":\"00:00:00:00:00:00\"},{},7]}"

/* The drives of the fuzzers' seed, of which the first one is serial:A; malloc'd. */
static char *wiped_drives(void)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};

	assert_int_equal(json_read_file("tests/fuzz/corpus/evidence/overwritten", 1 << 20, &json, &err), 0);
	return json_dumps(json_object_get(json, "drives"), 0);
}

static int setup(void **state)
{
	(void)state;
	memset(&station, 0, sizeof(station));
	station.n_roots = 1;
	order = &whole_order;
	return 0;
}

static void the_facts_become_evidence(void **state)
{
	_cleanup_free_ char *drives = wiped_drives();
	struct err err;
	(void)state;
	if (run(drives, MACHINE, &err) != STEP_DONE)
		fail_msg("%s", err.text);
	const json_t *image = json_object_get(station.evidence, "image"),
		     *node = json_object_get(station.evidence, "node"),
		     *roots = json_object_get(station.evidence, "root_disks");
	assert_string_equal(json_string_value(json_object_get(station.evidence, "order")), "o-1");
	assert_string_equal(json_string_value(json_object_get(image, "name")), "debian-12");
	assert_string_equal(json_string_value(json_object_get(image, "signer")), "CN=signer");
	assert_string_equal(json_string_value(json_object_get(image, "redundancy")), "single");
	assert_string_equal(json_string_value(json_object_get(image, "kind")), "disk");
	assert_int_equal(json_array_size(roots), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(roots, 0), "name")), "serial:A");
	assert_true(json_is_null(json_object_get(json_array_get(roots, 0), "lost")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(image, "written"), "chunks")), 2);
	assert_string_equal(json_string_value(json_object_get(node, "uuid")),
			    "4c4c4544-0042-3510-8051-b4c04f564d31");
	assert_int_equal(json_array_size(json_object_get(node, "macs")), 1);
	assert_int_equal(json_array_size(json_object_get(station.evidence, "drives")), 1);
	json_decref(station.evidence);
}

/* Two drives wiped, two root disks, one of them lost. */
static void a_lost_disk_is_in_the_evidence(void **state)
{
	_cleanup_free_ char *wiped = wiped_drives();
	_cleanup_json_ json_t *drives = parsed(wiped);
	json_t *other = json_deep_copy(json_array_get(drives, 0));
	_cleanup_free_ char *text = NULL;
	struct err err;
	(void)state;
	station.n_roots = 2;
	json_object_set_new(other, "name", json_string("serial:B"));
	json_array_append_new(drives, other);
	text = json_dumps(drives, 0);
	assert_int_equal(run(text, MACHINE, &err), STEP_DONE);
	const json_t *root = json_array_get(json_object_get(station.evidence, "root_disks"), 1);
	assert_string_equal(json_string_value(json_object_get(root, "name")), "serial:B");
	assert_string_equal(json_string_value(json_object_get(root, "lost")), "chunk 2: it burned");
	assert_int_equal(json_integer_value(json_object_get(root, "size")), 1000000);
	json_decref(station.evidence);
}

static void what_the_station_would_refuse_is_not_handed_in(void **state)
{
	struct err err;
	(void)state;
	assert_int_equal(run("[{\"name\":\"serial:A\"}]", MACHINE, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "drives[0]"));
	assert_null(station.evidence);
}

static void an_order_without_image_is_proven_too(void **state)
{
	_cleanup_free_ char *drives = wiped_drives();
	struct err err;
	(void)state;
	order = &erasing_order;
	station.n_roots = 0;
	if (run(drives, MACHINE, &err) != STEP_DONE)
		fail_msg("%s", err.text);
	assert_true(json_is_null(json_object_get(station.evidence, "image")));
	assert_int_equal(json_array_size(json_object_get(station.evidence, "root_disks")), 0);
	assert_int_equal(json_array_size(json_object_get(station.evidence, "drives")), 1);
	json_decref(station.evidence);
	station.evidence = NULL;
	assert_int_equal(run(NULL, MACHINE, &err), -EINVAL);
	assert_null(station.evidence);
}

static void nothing_wiped_is_no_evidence(void **state)
{
	_cleanup_free_ char *drives = wiped_drives();
	struct err err;
	(void)state;
	station.n_roots = 0;
	assert_int_equal(run(drives, MACHINE, &err), -EINVAL);
	station.n_roots = 1;
	assert_int_equal(run(NULL, MACHINE, &err), -EINVAL);
	assert_null(station.evidence);
}

static void a_station_that_refuses_fails_the_step(void **state)
{
	_cleanup_free_ char *drives = wiped_drives();
	struct err err;
	(void)state;
	station.fail = EPERM;
	assert_int_equal(run(drives, MACHINE, &err), -EPERM);
}

static void a_machine_without_identity_says_so(void **state)
{
	struct err err = {0};
	struct node_identity identity;
	_cleanup_json_ json_t *placeholders =
		parsed("{\"system\":{\"serial\":\"To be filled by "
		       "O.E.M.\",\"uuid\":\"00000000-0000-0000-0000-000000000000\"}}");
	_cleanup_json_ json_t *nics = json_array();
	(void)state;
	assert_int_equal(identity_make(NULL, nics, &identity, &err), -ENODATA);
	assert_int_equal(identity_make(placeholders, nics, &identity, &err), -ENODATA);
	json_array_append_new(nics, parsed("{\"mac\":\"52:54:00:12:34:56\"}"));
	assert_int_equal(identity_make(placeholders, nics, &identity, &err), 0);
	assert_string_equal(identity.macs[0], "52:54:00:12:34:56");
	assert_string_equal(identity.serial, "");
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_facts_become_evidence),
		T(a_lost_disk_is_in_the_evidence),
		T(what_the_station_would_refuse_is_not_handed_in),
		T(an_order_without_image_is_proven_too),
		T(nothing_wiped_is_no_evidence),
		T(a_station_that_refuses_fails_the_step),
		T(a_machine_without_identity_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
