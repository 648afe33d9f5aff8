/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/json.h"
#include "protocol/node.h"

#define N_STATES (NODE_HELD + 1)

static int read_identity(const char *text, struct node_identity *ret)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};

	assert_int_equal(json_parse(text, strlen(text), &json, &err), 0);
	return node_identity_from_json(json, ret, &err);
}

static void test_states(void **state)
{
	unsigned allowed = 0;
	enum node_state back;

	(void)state;
	for (unsigned from = 0; from < N_STATES; from++) {
		assert_int_equal(node_state_from_name(node_state_name(from), &back), 0);
		assert_int_equal(back, from);
		for (unsigned to = 0; to < N_STATES; to++)
			allowed += node_state_may_change(from, to);
	}
	assert_int_equal(allowed, 6);
	assert_true(node_state_may_change(NODE_LEASED, NODE_RETURNED));
	assert_false(node_state_may_change(NODE_LEASED, NODE_AVAILABLE));
	assert_false(node_state_may_change(NODE_AVAILABLE, NODE_LEASED));
	assert_false(node_state_may_change(NODE_RETURNED, NODE_RETURNED));
	assert_int_equal(node_state_from_name("broken", &back), -EINVAL);
	assert_false(node_state_takes_orders(NODE_LEASED));
	assert_true(node_state_takes_orders(NODE_RETURNED));
}

static void test_names(void **state)
{
	char name[65];

	(void)state;
	assert_true(name_valid("node1"));
	assert_true(name_valid("debian-12.8"));
	assert_false(name_valid(""));
	assert_false(name_valid("."));
	assert_false(name_valid("-a"));
	assert_false(name_valid("a..b"));
	assert_false(name_valid("a/b"));
	assert_false(name_valid("Node"));
	assert_false(name_valid("a\n"));
	memset(name, 'a', 64);
	name[64] = '\0';
	assert_false(name_valid(name));
	name[63] = '\0';
	assert_true(name_valid(name));
}

static void test_identity_is_normalised(void **state)
{
	struct node_identity id;

	(void)state;
	assert_int_equal(
		read_identity("{\"uuid\":\"4C4C4544-0043-3510-8052-B4C04F4A5231\",\"serial\":\" 7C5J4R1 \","
			      "\"macs\":[\"52-54-00-AA-BB-CC\",\"52:54:00:aa:bb:cc\"]}",
			      &id),
		0);
	assert_string_equal(id.uuid, "4c4c4544-0043-3510-8052-b4c04f4a5231");
	assert_string_equal(id.serial, "7C5J4R1");
	assert_int_equal(id.n_macs, 1);
	assert_string_equal(id.macs[0], "52:54:00:aa:bb:cc");
}

static void test_placeholders_are_dropped(void **state)
{
	static const char *const texts[] = {
		"{\"uuid\":\"00000000-0000-0000-0000-000000000000\",\"serial\":\"To be filled by O.E.M.\"}",
		"{\"uuid\":\"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\",\"serial\":\"default STRING\"}",
		"{\"uuid\":\"03000200-0400-0500-0006-000700080009\",\"serial\":\"0000000000\"}",
		"{\"uuid\":\"\",\"serial\":\"   \",\"macs\":[\"00:00:00:00:00:00\",\"ff:ff:ff:ff:ff:ff\"]}",
	};
	struct node_identity id;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_identity(texts[i], &id), 0);
		assert_string_equal(id.uuid, "");
		assert_string_equal(id.serial, "");
		assert_int_equal(id.n_macs, 0);
	}
}

static void test_identity_refused(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{\"uuid\":1}",
		"{\"uuid\":\"4c4c4544\"}",
		"{\"uuid\":\"4c4c4544x0043-3510-8052-b4c04f4a5231\"}",
		"{\"serial\":\"a\\u0007b\"}",
		"{\"macs\":\"52:54:00:aa:bb:cc\"}",
		"{\"macs\":[\"52:54:00:aa:bb\"]}",
		"{\"macs\":[\"52:54-00:aa-bb:cc\"]}",
		"{\"macs\":[\"52:54:00:aa:bb:cg\"]}",
		"{\"macs\":[null]}",
		"{\"asset\":\"1\"}",
	};
	struct node_identity id;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_identity(bad[i], &id), -EBADMSG);
}

static void test_too_many_macs(void **state)
{
	_cleanup_json_ json_t *macs = json_array();
	_cleanup_json_ json_t *json = NULL;
	struct node_identity id;
	struct err err = {0};

	(void)state;
	for (int i = 0; i < NODE_MACS_MAX; i++)
		json_array_append_new(macs, json_sprintf("52:54:00:00:00:%02x", i + 1));
	json = json_pack("{sO}", "macs", macs);
	assert_int_equal(node_identity_from_json(json, &id, &err), 0);
	assert_int_equal(id.n_macs, NODE_MACS_MAX);
	json_array_append_new(macs, json_string("52:54:00:00:01:01"));
	assert_int_equal(node_identity_from_json(json, &id, &err), -EBADMSG);
}

static void test_matching(void **state)
{
	struct node_identity known = {"4c4c4544-0043-3510-8052-b4c04f4a5231", "A1", {"52:54:00:00:00:01"}, 1};
	struct node_identity seen = known;
	const char *why = NULL;

	(void)state;
	assert_true(node_identity_matches(&known, &seen, &why));
	assert_null(why);
	seen.n_macs = 2;
	strcpy(seen.macs[0], "52:54:00:00:00:02");
	strcpy(seen.macs[1], "52:54:00:00:00:01");
	assert_true(node_identity_matches(&known, &seen, &why));
	seen.n_macs = 1;
	assert_false(node_identity_matches(&known, &seen, &why));
	assert_non_null(strstr(why, "MAC"));
	seen = known;
	seen.serial[0] = '\0'; /* what one of the two lacks is no contradiction */
	assert_true(node_identity_matches(&known, &seen, NULL));
	strcpy(seen.serial, "A2");
	assert_false(node_identity_matches(&known, &seen, &why));
	assert_non_null(strstr(why, "serial"));
	seen = known;
	seen.uuid[0] = '5';
	assert_false(node_identity_matches(&known, &seen, &why));
	assert_non_null(strstr(why, "UUID"));
	memset(&seen, 0, sizeof(seen));
	assert_false(node_identity_matches(&known, &seen, &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_identity_is_normalised),
		cmocka_unit_test(test_placeholders_are_dropped),
		cmocka_unit_test(test_identity_refused),
		cmocka_unit_test(test_too_many_macs),
		cmocka_unit_test(test_matching),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
