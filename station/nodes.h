/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes in the store. All within a transaction. */
#ifndef STATION_NODES_H
#define STATION_NODES_H

#include <stdint.h>

#include "protocol/attestation/attestation.h"
#include "protocol/node.h"
#include "station/store.h"

struct node {
	int64_t id;
	char name[64];
	enum node_state state;
	bool location_trusted;
	struct node_identity identity;
	int64_t seen; /* last check-in, seconds since the epoch; 0: never */
	enum attest_policy attest;
	char ek_sha256[SHA256_HEX_SIZE]; /* of its TPM's endorsement key; "": not known */
	char ek_basis[16];               /* "enrolled", "certificate", "first-use"; "" */
	bool tpm_first_use;              /* the next TPM that passes in all else is taken to be its own */
};

/* The identity as it is stored: canonical JSON, malloc'd. */
int node_identity_text(const struct node_identity *identity, char **ret, struct err *err) _must_check_;

int node_by_name(struct store *store, const char *name, struct node *ret, struct err *err) _must_check_;
int node_by_id(struct store *store, int64_t id, struct node *ret, struct err *err) _must_check_;

/* 1: exactly one node matches what is seen of a machine; 0: none, or several. */
int node_find(struct store *store, const struct node_identity *seen, struct node *ret,
	      struct err *err) _must_check_;

int node_set_state(struct store *store, int64_t id, enum node_state state, struct err *err) _must_check_;

struct request;
/* Replies with the node. */
int node_reply(struct request *req, unsigned status, const char *name, struct err *err) _must_check_;

/* Sets what json has of attest, ek_sha256 and first_use (docs/protocol.md). -EEXIST: this TPM is another node's. */
int node_tpm_set(struct store *store, const char *name, const json_t *json, struct err *err) _must_check_;
/* The node's "tpm": what is known of it, and what it said last. */
int node_tpm_json(struct store *store, const struct node *node, json_t **ret, struct err *err) _must_check_;
/* -EEXIST names the other node that has this endorsement key. */
int node_ek_free(struct store *store, const char *ek_sha256, int64_t id, struct err *err) _must_check_;

/* The node's open order: orders.seq, or 0. */
int node_open_order(struct store *store, int64_t id, int64_t *ret_seq, struct err *err) _must_check_;

#endif
