/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>

#include "core/json.h"
#include "protocol/attestation/attestation.h"
#include "protocol/evidence/tpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken is taken again. */
#define AGAIN(kind)                                                              \
	static void kind(const json_t *json)                                     \
	{                                                                        \
		struct attest_##kind first, second;                              \
		_cleanup_json_ json_t *back = NULL;                              \
		struct err err = {0};                                            \
                                                                                 \
		if (attest_##kind##_from_json(json, &first, &err) < 0)           \
			return;                                                  \
		back = attest_##kind##_to_json(&first);                          \
		if (!back || attest_##kind##_from_json(back, &second, &err) < 0) \
			__builtin_trap();                                        \
	}
AGAIN(offer)
AGAIN(challenge)
AGAIN(seal)

static void proof(const json_t *json)
{
	_cleanup_(attest_proof_clear) struct attest_proof first = {0}, second = {0};
	_cleanup_json_ json_t *back = NULL;
	struct err err = {0};

	if (attest_proof_from_json(json, &first, &err) < 0)
		return;
	back = attest_proof_to_json(&first);
	if (!back || attest_proof_from_json(back, &second, &err) < 0 || second.log_len != first.log_len)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};

	if (json_parse(data, size, &json, &err) < 0)
		return 0;
	offer(json);
	challenge(json);
	seal(json);
	proof(json);
	if (evidence_tpm_check(json, &err) == 0 && !*evidence_tpm_statement(json))
		__builtin_trap();
	return 0;
}
