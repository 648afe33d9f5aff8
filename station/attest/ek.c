/* SPDX-License-Identifier: Apache-2.0 */
/* Whose TPM is it? By its endorsement key, which is enrolled, vouched for by its maker, or the first that an administrator lets in. */
#include <string.h>

#include "core/log.h"
#include "station/attest/attest.h"
#include "station/audit.h"

static bool vouched(const struct station *station, const struct attest_offer *offer, struct err *err)
{
	if (!station->ek_trust || !offer->ek_certificate_len)
		return false;
	return ek_certificate_check(offer->ek_certificate, offer->ek_certificate_len, station->ek_trust,
				    time(NULL), err) == 0;
}

int attest_ek_trust(struct request *req, const struct node *node, const struct attest_offer *offer,
		    const char *ek_sha256, struct attest_trust *ret, struct err *err)
{
	struct err why = {0};
	int r;

	if (node->ek_sha256[0]) {
		if (strcmp(node->ek_sha256, ek_sha256) != 0)
			return err_set(
				err, EPERM,
				"this is another TPM than the node's: its endorsement key is %s, and the "
				"node's is %s",
				ek_sha256, node->ek_sha256);
		*ret = (struct attest_trust){.basis = node->ek_basis};
		return 0;
	}
	r = node_ek_free(req->station->store, ek_sha256, node->id, err);
	if (r < 0)
		return r == -EEXIST ? -(err->code = EPERM) : r;
	/* From then on it is the only one: a certificate says that a TPM is genuine, not whose it is. */
	if (vouched(req->station, offer, &why))
		*ret = (struct attest_trust){.basis = "certificate", .take = true};
	else if (node->tpm_first_use)
		*ret = (struct attest_trust){.basis = "first-use", .take = true};
	else
		return err_set(
			err, EPERM,
			"its TPM (endorsement key %s) is not known to be the node's%s%s: enrol it with "
			"'remint node tpm', or let the next one in with 'remint node trust "
			"--tpm-first-use'",
			ek_sha256, why.text[0] ? ": " : "", why.text);
	return 0;
}

int attest_ek_take(struct request *req, const struct node *node, const char *ek_sha256,
		   const struct attest_trust *trust, struct err *err)
{
	struct store *store = req->station->store;
	char object[160];
	int r = store_exec(store, err,
			   "UPDATE nodes SET ek_sha256 = ?1, ek_basis = ?2, tpm_first_use = 0 WHERE id = ?3",
			   "ssi", ek_sha256, trust->basis, node->id);

	if (r < 0)
		return r;
	snprintf(object, sizeof(object), "%s endorsement key %s", node->name, ek_sha256);
	log_info("node %s: its TPM has the endorsement key %s (%s)", node->name, ek_sha256, trust->basis);
	return audit_add(store, req->caller.name, "node-tpm", object,
			 !strcmp(trust->basis, "certificate") ? "taken: its maker's certificate"
							      : "taken: first use",
			 err);
}
