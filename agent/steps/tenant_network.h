/* SPDX-License-Identifier: Apache-2.0 */
/* The order's `network` part on this machine: personalise writes it into the seed. docs/network.md */
#ifndef AGENT_STEPS_TENANT_NETWORK_H
#define AGENT_STEPS_TENANT_NETWORK_H

#include "agent/step.h"

/* Is every port that it names one of this machine's? -ENODEV says which is not, and what there is. Ports without a link are noted. */
int tenant_network_check(struct job *job, struct err *err) _must_check_;
/* Its network-config, malloc'd, NULL where the order says nothing of it; becomes the fact `network`. */
int tenant_network_text(struct job *job, char **ret, struct err *err) _must_check_;

#endif
