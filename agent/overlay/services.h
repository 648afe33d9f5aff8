/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services of unpacked overlays: started in order, each when the one before is ready, watched, and ended in the reverse order. Each runs in namespaces of its own,
 * with its overlay's tree as its root, and with the worker's end it ends too. docs/overlays.md, "Services"
 */
#ifndef AGENT_OVERLAY_SERVICES_H
#define AGENT_OVERLAY_SERVICES_H

#include <jansson.h>
#include <stdbool.h>

#include "core/cleanup.h"
#include "core/err.h"
#include "images/overlay.h"

struct overlay_services; /* of all overlays */

/* Asked several times a second by what waits. */
struct overlay_patience {
	bool (*cancelled)(void *data);
	void *data;
};

struct overlay_services *overlay_services_new(void) _must_check_;
/*
 * Starts overlay->services out of `tree`, a mount point whose folders dev, proc, sys, run, tmp and var are empty. `name`, the overlay's, and *overlay are not needed
 * afterwards. From the thread that will live longest: with it all services end. An error names the service, and how it ended or what it has not done, with the
 * last line that it wrote; what was started before it runs on.
 */
int overlay_services_start(struct overlay_services *services, const char *name, const char *tree,
			   const struct overlay *overlay, const struct overlay_patience *patience,
			   struct err *err) _must_check_;
/* Do all still run that are meant to? Cheap. -EIO as above. */
int overlay_services_check(struct overlay_services *services, struct err *err) _must_check_;
/*
 * SIGTERM to all processes of a service, SIGKILL after its stop_s, the last service first; then what its overlay's services shared is unmounted. Nothing is left in the tree
 * afterwards. patience is a sign of life only: this is not cancelled. Again is no error. -ETIME: the kernel holds a process.
 */
int overlay_services_stop(struct overlay_services *services, const struct overlay_patience *patience,
			  struct err *err) _must_check_;
/* No process of any of them lives; else -EBUSY. */
int overlay_services_gone(struct overlay_services *services, struct err *err) _must_check_;
/* Of one overlay: [{"name", "ready": "notify", "ready_after": ms|null, "ended": "exit status 0"|"signal 9"|null, "stopped": "SIGTERM"|"SIGKILL"|null}]. */
json_t *overlay_services_json(struct overlay_services *services, const char *name) _must_check_;
/* What still runs is killed. */
void overlay_services_free(struct overlay_services *services);
DEFINE_CLEANUP(struct overlay_services *, overlay_services_free);

#endif
