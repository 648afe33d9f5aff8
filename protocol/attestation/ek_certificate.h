/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM's maker says of its endorsement key. TCG EK Credential Profile 2.5, 3. */
#ifndef PROTOCOL_EK_CERTIFICATE_H
#define PROTOCOL_EK_CERTIFICATE_H

#include <time.h>

#include "protocol/attestation/tpm_key.h"

#define EK_CERTIFICATE_MAX 4096 /* bytes of DER */

/* Makers' CAs, roots or any below, concatenated PEM: what is there is trusted as it is. */
struct ek_trust;
int ek_trust_from_file(const char *path, struct ek_trust **ret, struct err *err) _must_check_;
void ek_trust_free(struct ek_trust *trust);
DEFINE_CLEANUP(struct ek_trust *, ek_trust_free);

/* Is it a certificate of that key? -EBADMSG: none at all; -EKEYREJECTED: of another. */
int ek_certificate_fits(const void *der, size_t len, const struct tpm_key *ek, struct err *err) _must_check_;
/* Does it chain to these CAs at that time? Nobody is asked whether it has been revoked. -EKEYREJECTED. */
int ek_certificate_check(const void *der, size_t len, const struct ek_trust *trust, time_t at,
			 struct err *err) _must_check_;

/*
 * The digest by which a station knows an endorsement key, from what an operator has: a PEM public key, a certificate (PEM or DER), or the
 * TPM2B_PUBLIC that tpm2-tools write. -EBADMSG: none of these.
 */
int ek_digest_of(const void *buf, size_t len, uint8_t ret[SHA256_SIZE], struct err *err) _must_check_;

#endif
