/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node's TPM says, judged. A boot offers two keys and gets a challenge with its hint; the check-in with that hint answers it, once.
 * All within a transaction. docs/attestation.md
 */
#ifndef STATION_ATTEST_H
#define STATION_ATTEST_H

#include <jansson.h>
#include <time.h>

#include "protocol/attestation/attestation.h"
#include "station/nodes.h"
#include "station/request.h"

/* The newest boot image's expected values, and those of older ones that were kept. */
#define EXPECTED_MAX 16

/* Judges the keys that `tpm` offers, and ties a challenge to the hint. *ret is a new reference. -EBADMSG: no such keys. */
int attest_challenge_make(struct request *req, const char *hint, const json_t *tpm, json_t **ret,
			  struct err *err) _must_check_;

/* What a hint's challenge is answered against; as it is stored: {"tpm": offer, "secret_sha256", "nonce"}. */
struct attest_asked {
	struct attest_offer offer;
	uint8_t secret_sha256[SHA256_SIZE];
	uint8_t nonce[SHA256_SIZE];
};
/* -ENOENT: this hint came without one. */
int attest_asked_read(struct store *store, int64_t hint, struct attest_asked *ret,
		      struct err *err) _must_check_;

enum attest_outcome {
	ATTEST_NONE,   /* nothing was said, or nothing was asked */
	ATTEST_FAILED, /* what was said does not prove who it is and what it runs */
	ATTEST_PASSED,
};

struct attest_result {
	enum attest_outcome outcome;
	char why[1000]; /* unless it passed */
	/* What the certificate will carry: {result, why, ek_sha256, ek_certificate, ek_basis, ak_public, nonce, pcr_digest, boot_image}; NULL
	 * unless the attestation key was proven to be in the TPM with that endorsement key. */
	json_t *record;
	char nonce[SHA256_HEX_SIZE]; /* of the evidence's quote; "" without a record */
};
void attest_result_clear(struct attest_result *result);

/*
 * Judges the "attestation" of a check-in of this node (NULL: there is none) against the hint's challenge. What proves nothing is an outcome,
 * not an error; -EBADMSG: it is malformed. A TPM that is taken to be the node's from now on is stored, and stands in the audit trail.
 */
int attest_judge(struct request *req, const struct node *node, const json_t *attestation,
		 struct attest_result *ret, struct err *err) _must_check_;
/* Keeps it with the lease and the node. */
int attest_keep(struct store *store, int64_t lease, const struct node *node,
		const struct attest_result *result, struct err *err) _must_check_;

/*
 * The "attestation" of evidence that came in under this lease, and what of it stands in the certificate (NULL: nothing; a new reference).
 * *ret_basis: "tpm" where the TPM proves who the machine is, else untouched. -EBADMSG.
 */
int attest_evidence(struct request *req, const struct node *node, const json_t *evidence, json_t **ret,
		    const char **ret_basis, struct err *err) _must_check_;

/* ---- attest_ek.c: whose TPM is it? ---- */

struct attest_trust {
	const char *basis; /* "enrolled", "certificate", "first-use" */
	bool take;         /* it is to be the node's from now on */
};
/* -EPERM: not known to be this node's; says what to do. */
int attest_ek_trust(struct request *req, const struct node *node, const struct attest_offer *offer,
		    const char *ek_sha256, struct attest_trust *ret, struct err *err) _must_check_;
int attest_ek_take(struct request *req, const struct node *node, const char *ek_sha256,
		   const struct attest_trust *trust, struct err *err) _must_check_;

/* ---- expected.c: what may a node have booted? ---- */

/* boot.json and *.boot.json of the boot folder; malloc'd. -EPERM: there are no expected values. */
int expected_read(const struct station *station, struct measured **ret, unsigned *ret_n,
		  struct err *err) _must_check_;

#endif
