/* SPDX-License-Identifier: Apache-2.0 */
/* A verified overlay from its server into the agent's memory: chunk after chunk is checked, decoded, and handed to what unpacks. */
#ifndef AGENT_STEPS_OVERLAY_FETCH_H
#define AGENT_STEPS_OVERLAY_FETCH_H

#include "agent/steps/signed_image.h"

/* *ret_tree: as overlay_unpack()'s. Nothing is left on failure. */
int overlay_fetch(struct job *job, const struct signed_image *image, char **ret_tree,
		  struct err *err) _must_check_;

#endif
