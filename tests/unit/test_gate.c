/* rooms: agent/steps agent/pipeline agent/wipe efi images agent/hw protocol core */
/* wraps: inventory_read neighbours_take lldp_forget lldp_listened_ms */
/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's two rows over inventories that are made up: what holds, what is recorded, and how long anybody waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/lldp/lldp.h"
#include "agent/step.h"
#include "agent/steps/inventory.h"
#include "agent/steps/neighbours.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"
#include "protocol/evidence/gate.h"

static struct {
	char *fresh;                    /* what a second look finds; NULL: it fails */
	unsigned looks, forgets, taken; /* how often */
	unsigned listened_ms, heard_at; /* the neighbour of eth1 speaks then; 0: never */
	bool cancelled;
	char notes[8192];
} fake;
static struct order order;
static struct job job;
static struct err err;

int __wrap_inventory_read(struct block **ret_disks, unsigned *ret_n, json_t **ret, struct err *e);
unsigned __wrap_neighbours_take(struct job *j, unsigned wait_ms);
void __wrap_lldp_forget(struct lldp *lldp);
unsigned __wrap_lldp_listened_ms(const struct lldp *lldp);

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json)
		fail_msg("%s", text);
	return json;
}

int __wrap_inventory_read(struct block **ret_disks, unsigned *ret_n, json_t **ret, struct err *e)
{
	fake.looks++;
	if (!fake.fresh)
		return err_set(e, EIO, "inventory: no drives can be listed");
	*ret_disks = xcalloc(1, sizeof(**ret_disks));
	*ret_n = 1;
	*ret = parsed(fake.fresh);
	return 0;
}

/* As the true one: waits, and puts what was heard into the inventory. */
unsigned __wrap_neighbours_take(struct job *j, unsigned wait_ms)
{
	bool heard;

	fake.taken++;
	fake.listened_ms += wait_ms;
	heard = fake.heard_at && fake.listened_ms >= fake.heard_at;
	json_object_set_new(j->facts.inventory, "neighbours",
			    parsed(heard ? "{\"ports\": [{\"name\": \"eth1\", \"heard\": [{\"system_name\": "
					   "\"leaf-1\", \"port\": {\"id\": \"e1\"}}]}]}"
					 : "{\"ports\": [{\"name\": \"eth1\", \"heard\": [], \"not_seen\": "
					   "\"nothing heard\"}]}"));
	return heard ? 0 : 1;
}

void __wrap_lldp_forget(struct lldp *lldp)
{
	(void)lldp;
	fake.forgets++;
	fake.listened_ms = 0;
}

unsigned __wrap_lldp_listened_ms(const struct lldp *lldp)
{
	(void)lldp;
	return fake.listened_ms;
}

static void note(struct job *j, const char *text)
{
	size_t len = strlen(fake.notes);

	(void)j;
	snprintf(fake.notes + len, sizeof(fake.notes) - len, "%s\n", text);
}

static bool cancelled(struct job *j)
{
	(void)j;
	return fake.cancelled;
}

static const struct job_ops ops = {.note = note, .cancelled = cancelled};

/* The order's class. */
static void use(const char *text)
{
	_cleanup_json_ json_t *document = parsed(text), *json = NULL;
	_cleanup_free_ char *canonical = NULL;
	char sha256[SHA256_HEX_SIZE];
	size_t len;

	canonical = json_canonical(document, &len);
	sha256_hex(canonical, len, sha256);
	json = json_pack("{s{ss ss sO}}", "class", "name", "leaf", "sha256", sha256, "document", document);
	if (order_class_read(json, &order.class, &err) < 0)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	err = (struct err){0};
	order = (struct order){.id = (char *)"o-1"};
	job = (struct job){.order = &order, .ops = &ops};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	order_class_free(order.class);
	job_facts_clear(&job.facts);
	return 0;
}

static int run(void)
{
	err = (struct err){0};
	return step_gate.run(&job, &err);
}

#define SOUND                                                                                             \
	"{\"cpus\": {\"cores\": 8}, \"nics\": [{\"name\": \"eth1\", \"pci\": \"0000:18:00.0\", \"mac\": " \
	"\"a\"}], \"disks\": []}"
#define RAIL "\"rails\": [{\"pci\": \"0000:18:00.0\", \"system\": \"leaf-*\"}]"

static const json_t *part(const char *key)
{
	return json_object_get(json_object_get(job.facts.gate, key), "differences");
}

static void without_a_class_nothing_is_compared(void **state)
{
	(void)state;
	job.facts.inventory = parsed(SOUND);
	assert_int_equal(run(), STEP_SKIPPED);
	assert_null(job.facts.gate);
	assert_non_null(strstr(fake.notes, "the order names no class"));
	assert_int_equal(fake.looks + fake.taken, 0);
}

static void the_right_machine_passes_twice(void **state)
{
	_cleanup_json_ json_t *evidence = NULL;

	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", \"cpus\": {\"cores\": 8}}");
	job.facts.inventory = parsed(SOUND);
	fake.fresh = (char *)SOUND;
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(fake.looks, 0);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(fake.looks, 1);
	assert_int_equal(fake.taken, 0); /* a class without rails makes nobody listen */
	assert_true(job.facts.inventory_newer);
	assert_string_equal(fake.notes, "");
	evidence = json_pack("{sO}", "gate", job.facts.gate);
	if (evidence_gate_check(evidence, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(evidence_gate_is_of(evidence, order.class->sha256, &err), 0);
}

static void what_is_required_holds_and_all_is_told(void **state)
{
	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", \"cpus\": {\"cores\": 16}, \"memory\": [{\"locator\": "
	    "\"A1\", "
	    "\"size\": 1048576}], \"nics\": [{\"driver\": \"mlx5_core\", \"count\": 8, \"required\": "
	    "false}]}");
	job.facts.inventory = parsed(SOUND);
	assert_int_equal(run(), -ENODEV);
	assert_string_equal(err.text,
			    "the machine is not as its class leaf requires: cpus: 8 cores, expected 16; "
			    "memory A1: empty or not recognised, expected 1 MiB");
	assert_string_equal(fake.notes, "required: cpus: 8 cores, expected 16\n"
					"required: memory A1: empty or not recognised, expected 1 MiB\n"
					"recorded: network cards of driver mlx5_core: 0, expected 8\n");
	assert_int_equal(json_array_size(part("before")), 1);
	assert_null(json_object_get(json_array_get(part("before"), 0), "required"));
}

static void what_was_lost_on_the_way_holds(void **state)
{
	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", \"cpus\": {\"cores\": 8}}");
	job.facts.inventory = parsed(SOUND);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(run(), -EIO); /* a machine that cannot be looked at is not passed */
	fake.fresh = (char *)"{\"cpus\": {\"cores\": 4}, \"disks\": []}";
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, "cpus: 4 cores, expected 8"));
}

/* What is to be held against the class is what the drives show after the hidden parts have come to light. */
static void a_drive_that_was_revealed_is_looked_at_again(void **state)
{
	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", \"drives\": [{\"model\": \"M\", \"size\": 2000, \"count\": "
	    "1}]}");
	job.facts.inventory = parsed("{\"disks\": [{\"model\": \"M\", \"size\": 1000}]}");
	job.facts.revealed = json_object();
	fake.fresh = (char *)"{\"disks\": [{\"model\": \"M\", \"size\": 2000}]}";
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(fake.looks, 1);
}

static void neighbours_are_waited_for_and_no_longer(void **state)
{
	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", " RAIL "}");
	job.lldp = (struct lldp *)&job;
	job.facts.inventory = parsed(SOUND);
	fake.fresh = (char *)SOUND;
	fake.listened_ms = 4000;
	fake.heard_at = 6500;
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(fake.listened_ms, 7000);
	assert_int_equal(fake.forgets, 0);
	assert_int_equal(run(), STEP_DONE); /* again from nothing: the cable may have been moved */
	assert_int_equal(fake.forgets, 1);
	assert_int_equal(fake.listened_ms, 7000);
}

static void silence_is_waited_out_and_holds(void **state)
{
	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", " RAIL "}");
	job.lldp = (struct lldp *)&job;
	job.facts.inventory = parsed(SOUND);
	assert_int_equal(run(), -ENODEV);
	assert_int_equal(fake.listened_ms, LLDP_PATIENCE_MS);
	assert_non_null(strstr(err.text, "where its cable leads could not be seen (nothing heard)"));
	fake.listened_ms = 0;
	fake.cancelled = true; /* nobody waits for an order that is gone */
	json_decref(job.facts.gate);
	job.facts.gate = NULL;
	assert_int_equal(run(), -ENODEV);
	assert_int_equal(fake.listened_ms, 0);
}

/* The card keeps the frames for itself, or nobody listens at all: waiting would be in vain. */
static void what_cannot_be_heard_is_not_waited_for(void **state)
{
	(void)state;
	use("{\"class\": 1, \"name\": \"leaf\", " RAIL "}");
	job.facts.inventory = parsed(SOUND);
	assert_int_equal(run(), -ENODEV);
	assert_int_equal(fake.taken, 0);
	assert_non_null(strstr(err.text, "(nobody listened)"));
	job.lldp = (struct lldp *)&job;
	json_object_set_new(json_array_get(json_object_get(job.facts.inventory, "nics"), 0), "firmware_lldp",
			    json_true());
	json_decref(job.facts.gate);
	job.facts.gate = NULL;
	assert_int_equal(run(), -ENODEV);
	assert_int_equal(fake.listened_ms, 0);
}

/* A machine that is another one altogether: the reason stays a line, the evidence bounded. */
static void many_differences_are_counted(void **state)
{
	_cleanup_json_ json_t *class =
		parsed("{\"class\": 1, \"name\": \"leaf\", \"memory\": [], \"drives\": "
		       "[{\"model\": \"M\", \"count\": 0, \"firmware\": [\"2\"], "
		       "\"required\": false}]}");
	_cleanup_free_ char *text = NULL;
	json_t *disks = json_array();

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char locator[8];

		snprintf(locator, sizeof(locator), "A%u", i);
		json_array_append_new(json_object_get(class, "memory"),
				      json_pack("{ss si}", "locator", locator, "size", 1048576));
	}
	for (unsigned i = 0; i < 300; i++)
		json_array_append_new(disks, json_pack("{ss ss ss}", "name", "serial:\x1b[2J", "model", "M",
						       "firmware", "1"));
	text = json_dumps(class, 0);
	use(text);
	job.facts.inventory = json_pack("{so}", "disks", disks);
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, "; memory A9: empty"));
	assert_non_null(strstr(err.text, " more, in the order's events"));
	assert_true(strlen(err.text) < sizeof(err.text) - 1);
	assert_int_equal(json_array_size(part("before")), EVIDENCE_GATE_MAX);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(job.facts.gate, "before"), "more")),
		301 - EVIDENCE_GATE_MAX);
	assert_null(strchr(fake.notes, '\x1b'));
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(without_a_class_nothing_is_compared),
		T(the_right_machine_passes_twice),
		T(what_is_required_holds_and_all_is_told),
		T(what_was_lost_on_the_way_holds),
		T(a_drive_that_was_revealed_is_looked_at_again),
		T(neighbours_are_waited_for_and_no_longer),
		T(silence_is_waited_out_and_holds),
		T(what_cannot_be_heard_is_not_waited_for),
		T(many_differences_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
