/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's GPUs as the step gpu sees them: each by its back end, in a child, and what it said put into one account of each. */
#ifndef AGENT_STEPS_GPU_MACHINE_H
#define AGENT_STEPS_GPU_MACHINE_H

#include <stdarg.h>

#include "agent/gpu/child.h"
#include "agent/hw/kmsg.h"
#include "agent/hw/pci/pci.h"
#include "agent/step.h"

struct gpu_machine {
	struct job *job;
	struct gpu_host host;
	struct gpu *gpus; /* n of them, owned */
	unsigned n;
	unsigned now;            /* the one that is worked at, for progress */
	struct pci_slots *slots; /* owned */
	struct kmsg_xids *xids;  /* owned; NULL: the kernel's log could not be read */
	struct err no_log;       /* why */
};

/* *m: gpu_machine_close(), on failure too. */
int gpu_machine_open(struct job *job, struct gpu_machine *m, struct err *err) _must_check_;
void gpu_machine_close(struct gpu_machine *m);

/* The back end of the i-th; NULL: none. */
const struct gpu_backend *gpu_machine_backend(const struct gpu_machine *m, unsigned i);
/* "GPU 0000:18:00.0 in "PCIe Slot 1", serial 1650123": whom a technician looks for. malloc'd. account may be NULL. */
char *gpu_machine_name(const struct gpu_machine *m, unsigned i, const json_t *account) _must_check_;
/* A line for the operator, which begins with that name; the line, malloc'd. */
char *gpu_machine_tell(const struct gpu_machine *m, unsigned i, const json_t *account, const char *fmt,
		       va_list args) __attribute__((format(printf, 4, 0)));
/* Why nobody can do anything with it. malloc'd. */
char *gpu_machine_no_backend(const struct gpu_machine *m, unsigned i) _must_check_;

/* Runs the task for the i-th in a child; host, gpu, backend and wish of *task are filled in. Feeds the runner, hears cancelling. */
int gpu_machine_ask(struct gpu_machine *m, unsigned i, struct gpu_task task, const struct order_gpu *wish,
		    json_t **ret, struct err *err) _must_check_;

/*
 * The account of one: the evidence's entry (docs/certificate.md, "GPUs"), of which nothing is done yet. Without a back end it says so under
 * "unknown". A new reference.
 */
json_t *gpu_account_new(const struct gpu_machine *m, unsigned i) _must_check_;
/* Looks at it, with what the kernel has logged, and puts that into its account. Without a back end nothing is looked at. */
int gpu_account_look(struct gpu_machine *m, unsigned i, json_t *account, struct err *err) _must_check_;
/* A line for the operator. */
void gpu_account_note(const struct gpu_machine *m, unsigned i, const json_t *account, const char *fmt, ...)
	_printf_(4, 5);

#endif
