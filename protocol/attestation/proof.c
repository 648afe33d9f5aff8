/* SPDX-License-Identifier: Apache-2.0 */
/* The proof of a check-in: the largest of the documents, and the one that carries a whole event log. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/attestation/attestation.h"

#define WHAT "attestation"

void attest_proof_clear(struct attest_proof *proof)
{
	free(proof->log);
	free(proof->cmdline);
	explicit_bzero(&proof->secret, sizeof(proof->secret));
	proof->log = NULL;
	proof->cmdline = NULL;
}

/* {"0": "<64 hex>", ...} */
static int read_pcrs(const json_t *json, struct attest_proof *proof, struct err *err)
{
	const char *key;
	json_t *pcrs, *value;
	int r = json_get_object(json, WHAT, "pcrs", &pcrs, err);

	if (r)
		return r;
	json_object_foreach(pcrs, key, value) {
		const char *text = json_string_value(value);
		unsigned n = TPM_PCRS;

		for (unsigned i = 0; i < TPM_PCRS; i++) {
			char name[4];

			snprintf(name, sizeof(name), "%u", i);
			if (!strcmp(name, key))
				n = i;
		}
		if (n == TPM_PCRS || !text || hex_decode(text, proof->pcrs[n], SHA256_SIZE) < 0)
			return err_set(err, EBADMSG,
				       WHAT ".pcrs: not numbers below %d and 64 hexadecimal digits each",
				       TPM_PCRS);
		proof->pcr_mask |= 1u << n;
	}
	return 0;
}

static int read_log(const json_t *json, struct attest_proof *proof, struct err *err)
{
	const char *text;
	size_t len;
	int r = json_get_str(json, WHAT, "event_log", 2 * TCG_LOG_MAX, &text, err);

	if (r)
		return r;
	len = strlen(text) / 2;
	proof->log = malloc(len + 1);
	if (!proof->log)
		return err_set(err, ENOMEM, "out of memory");
	if (strlen(text) % 2 || hex_decode(text, proof->log, len) < 0)
		return err_set(err, EBADMSG, WHAT ".event_log: not an even number of hexadecimal digits");
	proof->log_len = len;
	return 0;
}

static int read_proof(const json_t *json, struct attest_proof *proof, struct err *err)
{
	const char *cmdline = NULL;
	int r = attest_bytes_get(json, WHAT, "secret", SHA256_SIZE * 2, &proof->secret, err);

	if (r == 0)
		r = attest_bytes_get(json, WHAT, "quote", BYTES_MAX, &proof->quote, err);
	if (r == 0)
		r = attest_bytes_get(json, WHAT, "signature", BYTES_MAX, &proof->signature, err);
	if (r == 0)
		r = read_pcrs(json, proof, err);
	if (r == 0)
		r = json_opt_str(json, WHAT, "cmdline", MEASURED_CMDLINE_MAX, &cmdline, err);
	if (r == 0)
		r = read_log(json, proof, err);
	if (r == 0 && cmdline)
		proof->cmdline = xstrdup(cmdline);
	return r;
}

int attest_proof_from_json(const json_t *json, struct attest_proof *ret, struct err *err)
{
	static const char *const keys[] = {"secret",    "quote",   "signature", "pcrs",
					   "event_log", "cmdline", NULL};
	static const char *const only_error[] = {"error", NULL};
	struct attest_proof proof = {0};
	const char *error = NULL;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, WHAT " must be an object");
	r = json_opt_str(json, WHAT, "error", ATTESTATION_ERROR_MAX, &error, err);
	if (r == 0)
		r = json_only_keys(json, WHAT, error ? only_error : keys, err);
	if (r == 0 && error)
		snprintf(proof.error, sizeof(proof.error), "%s", error);
	else if (r == 0)
		r = read_proof(json, &proof, err);
	if (r == 0)
		*ret = proof;
	else
		attest_proof_clear(&proof);
	return r;
}

json_t *attest_proof_to_json(const struct attest_proof *proof)
{
	json_t *pcrs;

	if (proof->error[0])
		return json_pack("{ss}", "error", proof->error);
	pcrs = json_object();
	for (unsigned i = 0; i < TPM_PCRS; i++) {
		char name[4];

		snprintf(name, sizeof(name), "%u", i);
		if (proof->pcr_mask >> i & 1)
			json_object_set_new(pcrs, name, attest_hex(proof->pcrs[i], SHA256_SIZE));
	}
	return json_pack("{so so so so so ss?}", "secret", attest_hex(proof->secret.data, proof->secret.len),
			 "quote", attest_hex(proof->quote.data, proof->quote.len), "signature",
			 attest_hex(proof->signature.data, proof->signature.len), "pcrs", pcrs, "event_log",
			 attest_hex(proof->log, proof->log_len), "cmdline", proof->cmdline);
}
