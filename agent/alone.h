/* SPDX-License-Identifier: Apache-2.0 */
/* Stand-alone use: a signed order on the boot medium is carried out without a network or a station. docs/standalone.md */
#ifndef AGENT_ALONE_H
#define AGENT_ALONE_H

#include "agent/step.h"
#include "protocol/node.h"

struct alone_options {
	const struct site *site;
	const char *site_folder;
	const struct node_identity *machine;
	void (*alive)(void *data); /* thread safe */
	void *alive_data;
};

/* One boot's work, from finding the medium to the order's end. An enum worker_exit. */
int alone_work(const struct alone_options *options);

#endif
