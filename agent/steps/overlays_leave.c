/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the overlays: their services are stopped and their drivers unloaded, so that nothing of them is at work when the tenant's system starts. */
#include "agent/steps/overlays.h"

#include "agent/step.h"

/* A sign of life while a service takes its time. */
static bool cancelled(void *data)
{
	struct job *job = data;

	return job->ops->cancelled(job);
}

/* By a reset they go in any case; a kernel that is started by kexec finds the hardware as they leave it. */
static int unload(struct job *job, struct err *err)
{
	struct overlays_held *held = &overlays_held;
	struct err why;
	int r = overlay_drivers_unload(held->drivers, &why);

	if (r == 0)
		r = overlay_drivers_gone(held->drivers, &why);
	if (r == 0)
		return 0;
	if (job->order->kexec) {
		*err = why;
		return err_prepend(err, "before a handover by kexec");
	}
	job->ops->note(job, why.text);
	return 0;
}

static void record(struct job *job)
{
	struct overlays_held *held = &overlays_held;

	for (unsigned i = 0; i < held->n; i++)
		json_object_set_new(json_array_get(job->facts.overlays, i), "services",
				    overlay_services_json(held->services, held->names[i]));
}

static int leave_run(struct job *job, struct err *err)
{
	const struct overlay_patience patience = {.cancelled = cancelled, .data = job};
	struct overlays_held *held = &overlays_held;
	int r;

	if (!held->services)
		return STEP_SKIPPED;
	/* Until this moment: the gate has measured with them after every row's verify. */
	if ((r = overlay_services_check(held->services, err)) < 0 ||
	    (r = overlay_services_stop(held->services, &patience, err)) < 0 ||
	    (r = overlay_services_gone(held->services, err)) < 0)
		return r;
	record(job);
	return (r = unload(job, err)) < 0 ? r : STEP_DONE;
}

const struct step step_overlays_leave = {
	.name = "overlays-leave",
	.effect = STEP_CHANGES,
	.run = leave_run,
};
