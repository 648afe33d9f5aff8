/* SPDX-License-Identifier: Apache-2.0 */
/* What of an event log matters for the verdict, sorted by PCR. */
#ifndef PROTOCOL_MEASURED_LOOK_H
#define PROTOCOL_MEASURED_LOOK_H

#include "protocol/measured/measured.h"

#define LOOK_EVENTS_MAX 24u

/* The events of one PCR; their data lie within the log. */
struct look_events {
	struct tcg_event events[LOOK_EVENTS_MAX];
	unsigned n; /* may be more than were kept: then it is no boot of ours */
};

#define LOOK_SECTIONS   0 /* PCR 11: what systemd's stub is made of */
#define LOOK_CMDLINE    1 /* PCR 12: a command line that it was passed, and credentials */
#define LOOK_EXTENSIONS 2 /* PCR 13: system extensions */

struct look {
	struct look_events
		programs; /* of PCR 4, all that is neither a separator nor a short text that was measured itself */
	struct look_events kernel;       /* PCR 9 */
	struct look_events stub[3];      /* PCRs 11 to 13 */
	struct measured_verdict verdict; /* Secure Boot, its keys, and the option ROMs */
};

int look_at_log(const void *log, size_t len, struct look *ret, struct err *err) _must_check_;

#endif
