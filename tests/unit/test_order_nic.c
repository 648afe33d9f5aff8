/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* order.nic, and the evidence's records of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/nic.h"
#include "protocol/order/nic.h"

static struct err err;

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json)
		fail_msg("%s", text);
	return json;
}

static void an_entry_is_read_and_written(void **state)
{
	static const char text[] = "{\"nic\": [{\"match\": {\"driver\": \"mlx5_core\", \"mac\": "
				   "\"b8:ce:f6:00:00:01\"}, \"required\": false, "
				   "\"devlink\": {\"enable_sriov\": true, \"msix_vec_per_pf_max\": 64}, "
				   "\"sriov\": 0, \"config\": {\"SRIOV_EN\": "
				   "\"True(1)\"}, \"firmware\": {\"versions\": [\"1.2\", \"1.3\"], "
				   "\"flash\": {\"file\": \"mellanox/fw.bin\", "
				   "\"version\": \"1.3\"}}}, {\"match\": {\"pci\": \"0000:3b:00.0\"}}]}";
	_cleanup_json_ json_t *json = parsed(text), *back = NULL, *again = NULL;
	struct order_nics nics = {0}, second = {0};

	(void)state;
	if (order_nics_read(json, &nics, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(nics.n, 2);
	assert_string_equal(nics.at[0].match.driver, "mlx5_core");
	assert_false(nics.at[0].required);
	assert_int_equal(nics.at[0].sriov, 0);
	assert_string_equal(nics.at[0].flash_version, "1.3");
	assert_true(nics.at[1].required);
	assert_int_equal(nics.at[1].sriov, ORDER_NIC_LEAVE);
	assert_null(nics.at[1].flash_file);
	back = json_pack("{so}", "nic", order_nics_to_json(&nics));
	assert_int_equal(order_nics_read(back, &second, &err), 0);
	again = json_pack("{so}", "nic", order_nics_to_json(&second));
	assert_true(json_equal(back, again));
	order_nics_clear(&nics);
	order_nics_clear(&second);
}

static void what_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *entry, *says;
	} bad[] = {
		{"1", "order.nic[0] must be an object"},
		{"{\"match\": {}}", "names nothing"},
		{"{\"match\": {\"pci\": \"3b:00.0\"}}", "no address such as"},
		{"{\"match\": {\"pci\": \"0000:3b:00.8\"}}", "no address such as"},
		{"{\"match\": {\"mac\": \"b8:ce\"}}", "no MAC address"},
		{"{\"match\": {\"driver\": \"../x\"}}", "letters, digits"},
		{"{\"match\": {\"driver\": \"ice\"}, \"mtu\": 9000}", "mtu"},
		{"{\"match\": {\"driver\": \"ice\"}, \"devlink\": {\"a b\": true}}",
		 "no name of a parameter"},
		{"{\"match\": {\"driver\": \"ice\"}, \"devlink\": {\"a\": -1}}", "not a value"},
		{"{\"match\": {\"driver\": \"ice\"}, \"devlink\": {\"a\": 4294967296}}", "not a value"},
		{"{\"match\": {\"driver\": \"ice\"}, \"devlink\": {\"a\": "
		 "\"0123456789012345678901234567890123\"}}",
		 "not a value"},
		{"{\"match\": {\"driver\": \"ice\"}, \"config\": {\"sriov_en\": \"1\"}}",
		 "no name of a parameter"},
		{"{\"match\": {\"driver\": \"ice\"}, \"config\": {\"SRIOV_EN\": \"1 -y\"}}", "not a value"},
		{"{\"match\": {\"driver\": \"ice\"}, \"config\": {\"SRIOV_EN\": \"True(1\"}}", "not a value"},
		{"{\"match\": {\"driver\": \"ice\"}, \"config\": {\"SRIOV_EN\": 1}}", "not a value"},
		{"{\"match\": {\"driver\": \"ice\"}, \"sriov\": 65536}", "sriov"},
		{"{\"match\": {\"driver\": \"ice\"}, \"firmware\": {\"flash\": {\"file\": \"/etc/shadow\", "
		 "\"version\": "
		 "\"1\"}}}",
		 "no name of a file"},
		{"{\"match\": {\"driver\": \"ice\"}, \"firmware\": {\"flash\": {\"file\": \"a/../b\", "
		 "\"version\": \"1\"}}}",
		 "no name of a file"},
		{"{\"match\": {\"driver\": \"ice\"}, \"firmware\": {\"versions\": [\"2\"], \"flash\": "
		 "{\"file\": \"a\", "
		 "\"version\": \"1\"}}}",
		 "not among the versions"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_json_ json_t *json =
			json_pack("{s[o]}", "nic", json_loads(bad[i].entry, JSON_DECODE_ANY, NULL));
		struct order_nics nics = {0};

		assert_int_equal(order_nics_read(json, &nics, &err), -EBADMSG);
		if (!strstr(err.text, bad[i].says))
			fail_msg("%s: %s", bad[i].entry, err.text);
		order_nics_clear(&nics);
	}
}

#define SOUND                                                                                               \
	"{\"nics\": [{\"entry\": 0, \"required\": true, \"pci\": \"0000:3b:00.0\", \"driver\": "            \
	"\"mlx5_core\", "                                                                                   \
	"\"settings\": [{\"by\": \"mstconfig\", \"name\": \"SRIOV_EN\", \"wanted\": \"True(1)\", "          \
	"\"before\": "                                                                                      \
	"\"False(0)\", \"after\": \"True(1)\"}], \"firmware\": {\"found\": \"1.2\", \"running\": \"1.3\", " \
	"\"stored\": null, \"flashed\": {\"file\": \"a\", \"version\": \"1.3\"}}, \"sriov\": {\"wanted\": " \
	"4, "                                                                                               \
	"\"total\": 7, \"found\": 0, \"made\": 4, \"left\": 0, \"lasts\": false}, \"not_done\": [], "       \
	"\"after_reset\": true}]}"

static void answers(const json_t *evidence, const char *entries, const char *says)
{
	_cleanup_free_ char *text = str_printf("{\"nic\": [%s]}", entries);
	_cleanup_json_ json_t *order = parsed(text);
	struct order_nics nics = {0};
	int r;

	assert_int_equal(order_nics_read(order, &nics, &err), 0);
	r = evidence_nics_are_as_ordered(evidence, &nics, &err);
	order_nics_clear(&nics);
	if (r != (says ? -EBADMSG : 0) || (says && !strstr(err.text, says)))
		fail_msg("%s: %d: %s", entries, r, err.text);
}

/* Evidence that passes over a part of the order. */
static void the_order_is_answered(void **state)
{
#define MATCH "{\"match\": {\"driver\": \"mlx5_core\"}"
	_cleanup_json_ json_t *evidence = parsed(SOUND);
	json_t *record = json_array_get(json_object_get(evidence, "nics"), 0);

	(void)state;
	answers(evidence, MATCH "}", NULL);
	answers(evidence,
		MATCH ", \"sriov\": 4, \"config\": {\"SRIOV_EN\": \"True(1)\"}, \"firmware\": {\"versions\": "
		      "[\"1.2\", \"1.3\"]}}",
		NULL);
	answers(evidence, "", "the order has no entry 0");
	answers(evidence, MATCH "}, {\"match\": {\"driver\": \"ice\"}}",
		"nothing is said of the order's nic[1]");
	answers(evidence, MATCH ", \"required\": false}", "required is not what the order's nic[0] says");
	answers(evidence, MATCH ", \"config\": {\"SRIOV_EN\": \"False(0)\"}}",
		"asks for, SRIOV_EN was neither");
	answers(evidence, MATCH ", \"devlink\": {\"SRIOV_EN\": true}}", "asks for, SRIOV_EN was neither");
	answers(evidence, MATCH ", \"sriov\": 5}", "the virtual functions");
	answers(evidence, MATCH ", \"firmware\": {\"versions\": [\"1.2\"]}}", "the firmware");
	json_object_set_new(record, "required", json_false());
	json_object_set_new(record, "not_done", json_pack("[{ss ss}]", "what", "x", "why", "y"));
	answers(evidence, MATCH ", \"required\": false, \"sriov\": 5}", NULL);
	json_array_clear(json_object_get(record, "not_done"));
	json_object_set_new(record, "pci", json_null());
	answers(evidence, MATCH ", \"required\": false}", "the card");
}

static void records_are_checked(void **state)
{
	_cleanup_json_ json_t *evidence = parsed(SOUND);
	json_t *record = json_array_get(json_object_get(evidence, "nics"), 0);
	_cleanup_free_ char *statement = NULL;

	(void)state;
	if (evidence_nics_check(evidence, &err) < 0)
		fail_msg("%s", err.text);
	statement = evidence_nics_statement(evidence);
	assert_non_null(strstr(statement, "Cards given other firmware: 1"));
	json_array_append_new(json_object_get(record, "not_done"),
			      json_pack("{ss ss}", "what", "x", "why", "y"));
	assert_int_equal(evidence_nics_check(evidence, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not done that the order requires"));
	json_object_set_new(record, "required", json_false());
	assert_int_equal(evidence_nics_check(evidence, &err), 0);
	json_object_set_new(json_object_get(record, "sriov"), "lasts", json_true());
	assert_int_equal(evidence_nics_check(evidence, &err), -EBADMSG);
	json_object_set_new(record, "sriov", json_null());
	json_object_set_new(record, "surplus", json_null());
	assert_int_equal(evidence_nics_check(evidence, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_is_read_and_written),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(the_order_is_answered),
		cmocka_unit_test(records_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
