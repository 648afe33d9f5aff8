/* SPDX-License-Identifier: Apache-2.0 */
/* A node's BMC, as operators see and say it. docs/protocol.md, "A node's BMC" */
#ifndef STATION_NODE_BMC_H
#define STATION_NODE_BMC_H

#include "station/bmc/store.h"
#include "station/nodes.h"

struct request;

/* All but the password. */
int node_bmc_json(const struct station *station, const struct node *node, const struct station_bmc *bmc,
		  json_t **ret, struct err *err) _must_check_;
/* Replies with it. -ENOENT: the node has none. */
int node_bmc_reply(struct request *req, unsigned status, const struct node *node,
		   struct err *err) _must_check_;

/* From a request's body; *ret is to be cleared in each case. Without pin or CA there is no BMC: it would be trusted unseen. */
int node_bmc_read(const json_t *json, struct station_bmc *ret, struct err *err) _must_check_;

/* -ESTALE while an order is at work on the node, whose machine must not become another one meanwhile, or its BMC gets a new password. */
int node_bmc_idle(const struct station *station, const struct node *node, struct err *err) _must_check_;

#endif
