/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, quotes and certificates as a TPM hands them out: the first byte says which. */
#include <stdint.h>
#include <string.h>

#include "protocol/attestation/ek_certificate.h"
#include "protocol/attestation/tpm_quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(int r, const struct err *err)
{
	if (r > 0 || (r && !err->text[0]))
		__builtin_trap();
}

/* {length of the quote, quote, signature}; nobody has this key. */
static void quote(const struct bytes *bytes, struct err *err)
{
	static EVP_PKEY *pkey;
	struct bytes q = {0}, s = {0};
	struct tpm_quote found;
	const uint8_t nonce[SHA256_SIZE] = {0};

	if (!pkey)
		pkey = EVP_EC_gen("prime256v1");
	if (!bytes->len)
		return;
	q.len = bytes->data[0] < bytes->len ? bytes->data[0] : (uint16_t)(bytes->len - 1);
	s.len = (uint16_t)(bytes->len - 1 - q.len);
	memcpy(q.data, bytes->data + 1, q.len);
	memcpy(s.data, bytes->data + 1 + q.len, s.len);
	if (tpm_quote_verify(&q, &s, &(struct tpm_key){.pkey = pkey}, nonce, &found, err) == 0)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_tpm_key_ struct tpm_key key = {0};
	uint8_t digest[SHA256_SIZE];
	struct bytes bytes = {0};
	struct err err = {0};

	if (!size || size - 1 > sizeof(bytes.data))
		return 0;
	bytes.len = (uint16_t)(size - 1);
	memcpy(bytes.data, data + 1, bytes.len);
	switch (data[0]) {
	case 'e':
		judge(tpm_ek_read(&bytes, &key, &err), &err);
		break;
	case 'a':
		judge(tpm_ak_read(&bytes, &key, &err), &err);
		break;
	case 'q':
		quote(&bytes, &err);
		break;
	case 'd':
		judge(ek_digest_of(bytes.data, bytes.len, digest, &err), &err);
		break;
	}
	return 0;
}
