/* rooms: agent/steps agent/pipeline agent/wipe efi images agent/hw protocol core */
/* wraps: lldp_hear lldp_to_json lldp_listened_ms */
/* SPDX-License-Identifier: Apache-2.0 */
/* What of the neighbours goes into the inventory, and when that is news. The listening itself: test_lldp, tests/net. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/lldp/lldp.h"
#include "agent/steps/neighbours.h"

static struct job job;
static unsigned listened_ms, waited_ms, alive, silent;
static const char *heard; /* on card0 */

unsigned __wrap_lldp_hear(struct lldp *lldp, unsigned wait_ms);
json_t *__wrap_lldp_to_json(const struct lldp *lldp);
unsigned __wrap_lldp_listened_ms(const struct lldp *lldp);

unsigned __wrap_lldp_hear(struct lldp *lldp, unsigned wait_ms)
{
	(void)lldp;
	waited_ms = wait_ms;
	listened_ms += wait_ms;
	return silent;
}

json_t *__wrap_lldp_to_json(const struct lldp *lldp)
{
	(void)lldp;
	return json_pack("{s:i, s:[{s:s, s:[{s:s}]}, {s:s, s:[], s:s}, {s:s, s:[], s:s}]}", "listened",
			 (int)listened_ms / 1000, "ports", "name", "card0", "heard", "system_name", heard,
			 "name", "card1", "heard", "not_seen", "nothing heard within 9 s", "name", "card2",
			 "heard", "not_seen", LLDP_NO_CARRIER);
}

unsigned __wrap_lldp_listened_ms(const struct lldp *lldp)
{
	(void)lldp;
	return listened_ms;
}

static int setup(void **state)
{
	(void)state;
	job = (struct job){.lldp = (struct lldp *)&job};
	job.facts.inventory = json_pack("{s:[{s:s, s:b}, {s:s, s:b}]}", "nics", "name", "card1",
					"firmware_lldp", 1, "name", "card2", "firmware_lldp", 1);
	listened_ms = waited_ms = alive = 0;
	silent = 2;
	heard = "leaf-1";
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	job_facts_clear(&job.facts);
	return 0;
}

static const char *not_seen(size_t port)
{
	const json_t *ports = json_object_get(json_object_get(job.facts.inventory, "neighbours"), "ports");

	return json_string_value(json_object_get(json_array_get(ports, port), "not_seen"));
}

static void test_silence_is_explained(void **state)
{
	(void)state;
	assert_int_equal(neighbours_take(&job, 0), 2);
	assert_null(not_seen(0));
	assert_string_equal(not_seen(1), "the card's firmware keeps LLDP frames for itself");
	assert_string_equal(not_seen(2), LLDP_NO_CARRIER);
}

static void test_what_is_news(void **state)
{
	(void)state;
	neighbours_take(&job, 0);
	assert_true(job.facts.inventory_newer);
	job.facts.inventory_newer = false;
	listened_ms = 9000; /* that time has passed is none */
	neighbours_take(&job, 0);
	assert_false(job.facts.inventory_newer);
	heard = "leaf-2";
	neighbours_take(&job, 0);
	assert_true(job.facts.inventory_newer);
}

static void test_patience_ends(void **state)
{
	(void)state;
	listened_ms = LLDP_PATIENCE_MS - 400;
	neighbours_take(&job, 5000);
	assert_int_equal(waited_ms, 400);
	neighbours_take(&job, 5000);
	assert_int_equal(waited_ms, 0);
}

static void count_alive(void *data)
{
	++*(unsigned *)data;
}

static void test_an_idle_machine_hears_them_out(void **state)
{
	(void)state;
	neighbours_take(&job, 0);
	job.facts.inventory_newer = false;
	neighbours_await(&job, count_alive, &alive);
	assert_int_equal(listened_ms, LLDP_PATIENCE_MS);
	assert_int_equal(alive, LLDP_PATIENCE_MS / 1000 - 1);
	assert_true(job.facts.inventory_newer); /* two ports were silent all the time */
	silent = 0;
	job.facts.inventory_newer = false;
	neighbours_await(&job, count_alive, &alive);
	assert_false(job.facts.inventory_newer);
}

static void test_nobody_listens(void **state)
{
	(void)state;
	job.lldp = NULL;
	assert_int_equal(neighbours_take(&job, 1000), 0);
	neighbours_await(&job, count_alive, &alive);
	assert_null(json_object_get(job.facts.inventory, "neighbours"));
	assert_false(job.facts.inventory_newer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_silence_is_explained, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_news, setup, teardown),
		cmocka_unit_test_setup_teardown(test_patience_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_an_idle_machine_hears_them_out, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nobody_listens, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
