/* rooms: tests/fakes agent/steps images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The order's network on a machine: held before anything is destroyed where a port is missing, and the record of what was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/steps/tenant_network.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/network.h"
#include "protocol/network/network.h"
#include "tests/fakes/step_job.h"

static struct step_job sj;
static struct err err;

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	return json;
}

static int set_up(void **state)
{
	_cleanup_json_ json_t *json =
		parsed("{\"ethernets\":[{\"name\":\"rail0\",\"mac\":\"52:54:00:00:00:01\",\"mtu\":9000},"
		       "{\"name\":\"rail1\",\"mac\":\"52:54:00:00:00:02\"}]}");

	(void)state;
	err = (struct err){0};
	step_job_init(&sj);
	return network_from_json(json, &sj.order.network, &err);
}

static int tear_down(void **state)
{
	(void)state;
	network_free(sj.order.network);
	step_job_clear(&sj);
	return 0;
}

#define NICS(link1)                                                                                          \
	"{\"nics\":[{\"name\":\"eth0\",\"mac\":\"52:54:00:00:00:02\",\"pci\":\"0000:01:00.0\","              \
	"\"link\":" link1 "},{\"name\":\"eth1\",\"mac\":\"02:00:00:00:00:01\",\"permanent_mac\":\"52:54:00:" \
	"00:00:01\",\"pci\":\"0000:02:00.0\","                                                               \
	"\"link\":true}]}"

static void test_no_network(void **state)
{
	struct network *network = TAKE_PTR(sj.order.network);
	char *text = NULL;

	(void)state;
	assert_int_equal(tenant_network_check(&sj.job, &err), 0);
	assert_int_equal(tenant_network_text(&sj.job, &text, &err), 0);
	assert_null(text);
	assert_null(sj.job.facts.network);
	network_free(network);
}

static void test_ports_without_a_link_are_noted(void **state)
{
	(void)state;
	sj.job.facts.inventory = parsed(NICS("true"));
	assert_int_equal(tenant_network_check(&sj.job, &err), 0);
	assert_int_equal(sj.notes, 0);
	json_decref(sj.job.facts.inventory);
	sj.job.facts.inventory = parsed(NICS("false"));
	assert_int_equal(tenant_network_check(&sj.job, &err), 0);
	assert_int_equal(sj.notes, 1);
	assert_string_equal(sj.note, "network: rail1 (52:54:00:00:00:02, 0000:01:00.0) has no link");
}

static void test_port_that_is_not_there(void **state)
{
	(void)state;
	sj.job.facts.inventory =
		parsed("{\"nics\":[{\"name\":\"eth0\",\"mac\":\"52:54:00:00:00:02\",\"link\":true}]}");
	assert_int_equal(tenant_network_check(&sj.job, &err), -ENODEV);
	assert_non_null(strstr(
		err.text,
		"rail0 has 52:54:00:00:00:01, of which there is none. The ports of this machine: eth0"));
}

static void test_record(void **state)
{
	_cleanup_json_ json_t *expected =
		parsed("[{\"name\":\"rail0\",\"mac\":\"52:54:00:00:00:01\",\"pci\":\"0000:02:00.0\"},"
		       "{\"name\":\"rail1\",\"mac\":\"52:54:00:00:00:02\",\"pci\":\"0000:01:00.0\"}]");
	_cleanup_free_ char *text = NULL, *again = NULL;
	_cleanup_json_ json_t *evidence = NULL;
	char sha256[SHA256_HEX_SIZE];
	json_t *fact;

	(void)state;
	sj.job.facts.inventory = parsed(NICS("true"));
	assert_int_equal(tenant_network_text(&sj.job, &text, &err), 0);
	assert_int_equal(tenant_network_text(&sj.job, &again, &err), 0);
	assert_string_equal(text, again);
	assert_true(strncmp(text, "version: 2\nethernets:\n", 22) == 0);
	sha256_hex(text, strlen(text), sha256);
	fact = sj.job.facts.network;
	assert_string_equal(json_string_value(json_object_get(fact, "sha256")), sha256);
	assert_int_equal(json_integer_value(json_object_get(fact, "size")), strlen(text));
	assert_true(json_equal(json_object_get(fact, "ports"), expected));
	evidence = json_pack("{sO}", "network", fact);
	assert_int_equal(evidence_network_is_of(evidence, sj.job.order->network, &err), 0);
	assert_int_equal(evidence_network_is_of(evidence, NULL, &err), -EBADMSG);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_no_network),
		T(test_ports_without_a_link_are_noted),
		T(test_port_that_is_not_there),
		T(test_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
