/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine beside its class, in two rows: before anything is destroyed, and before the handover. Every difference is told in words; one that is
 * required holds the machine, the others go into the evidence. docs/class.md
 */
#include <stdio.h>
#include <string.h>

#include "agent/hw/lldp/lldp.h"
#include "agent/step.h"
#include "agent/steps/inventory.h"
#include "agent/steps/neighbours.h"
#include "agent/steps/reasons.h"
#include "core/cleanup.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "protocol/class/class.h"
#include "protocol/evidence/gate.h"

#define TURN_MS 1000

static int look_again(struct job *job, struct err *err)
{
	_cleanup_free_ struct block *disks =
		NULL; /* for this look alone: the steps have those of the first */
	unsigned n_disks = 0;
	json_t *now = NULL;
	int r = inventory_read(&disks, &n_disks, &now, err);

	if (r < 0)
		return r;
	json_decref(job->facts.inventory);
	job->facts.inventory = now;
	job->facts.inventory_newer = true;
	return 0;
}

/* Switches speak every 30 s: only a class that asks for them makes an order wait. */
static void hear_neighbours(struct job *job, const struct class *class)
{
	if (!job->lldp)
		return;
	neighbours_take(job, 0);
	if (!class_awaits_neighbours(class, job->facts.inventory))
		return;
	job->ops->note(job, "listens for the neighbours that the class asks for");
	while (class_awaits_neighbours(class, job->facts.inventory) &&
	       lldp_listened_ms(job->lldp) < LLDP_PATIENCE_MS && !job->ops->cancelled(job))
		neighbours_take(job, TURN_MS);
}

struct judgement {
	json_t *recorded; /* at most EVIDENCE_GATE_MAX of them */
	unsigned more;    /* recorded ones beyond that */
	struct reasons required;
};

static void note(struct job *job, const char *kind, const char *text)
{
	_cleanup_free_ char *line = str_printf("%s: %s", kind, text);

	job->ops->note(job, line);
}

static void add_recorded(struct judgement *j, const json_t *difference)
{
	json_t *kept = json_copy((json_t *)difference);

	json_object_del(kept, "required");
	if (json_array_size(j->recorded) < EVIDENCE_GATE_MAX)
		json_array_append(j->recorded, kept);
	else
		j->more++;
	json_decref(kept);
}

static void judge(struct job *job, const struct class *class, struct judgement *j)
{
	_cleanup_json_ json_t *found = class_compare(class, job->facts.inventory);
	const json_t *difference;
	size_t i;

	json_array_foreach(found, i, difference) {
		const char *text = json_string_value(json_object_get(difference, "text"));
		bool required = json_is_true(json_object_get(difference, "required"));

		if (i < EVIDENCE_GATE_MAX)
			note(job, required ? "required" : "recorded", text);
		if (required)
			reasons_add(&j->required, text);
		else
			add_recorded(j, difference);
	}
	if (i > EVIDENCE_GATE_MAX)
		job->ops->note(job, "and more: remint class diff has them all");
}

static int hold(const struct class *class, const struct judgement *j, struct err *err)
{
	char rest[REASONS_REST_SIZE];

	return err_set(err, ENODEV, "the machine is not as its class %s requires: %s%s", class->name,
		       j->required.text, reasons_rest(&j->required, rest));
}

/* The evidence's part, which begins with the first comparison. */
static void keep(struct facts *facts, const struct order_class *named, const char *key,
		 const struct judgement *j)
{
	char at[TIME_TEXT_SIZE];

	if (!facts->gate)
		facts->gate =
			json_pack("{s{ss ss}}", "class", "name", named->class->name, "sha256", named->sha256);
	time_format(time(NULL), at);
	json_object_set_new(
		facts->gate, key,
		json_pack("{ss sO sI}", "at", at, "differences", j->recorded, "more", (json_int_t)j->more));
}

static int compare(struct job *job, const char *key, struct err *err)
{
	const struct order_class *named = job->order->class;
	_cleanup_json_ json_t *recorded = json_array();
	struct judgement j = {.recorded = recorded};

	if (named->class->n_rails)
		hear_neighbours(job, named->class);
	judge(job, named->class, &j);
	keep(&job->facts, named, key, &j);
	return j.required.n ? hold(named->class, &j, err) : STEP_DONE;
}

static int gate_run(struct job *job, struct err *err)
{
	const struct facts *facts = &job->facts;
	bool again = facts->gate;
	int r = 0;

	if (!job->order->class) {
		job->ops->note(job, "the order names no class: the machine is not compared");
		return STEP_SKIPPED;
	}
	if (again && job->lldp)
		lldp_forget(job->lldp); /* what was heard hours ago */
	if (again || facts->revealed)
		r = look_again(job, err);
	if (r == 0)
		r = compare(job, again ? "after" : "before", err);
	return r;
}

const struct step step_gate = {.name = "gate", .effect = STEP_READS, .run = gate_run};
