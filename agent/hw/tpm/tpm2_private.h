/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of tpm2.h share. */
#ifndef AGENT_HW_TPM2_PRIVATE_H
#define AGENT_HW_TPM2_PRIVATE_H

#include <tss2/tss2_esys.h>

#include "agent/hw/tpm/tpm2.h"

#define TPM2_EK_CERT_RSA 0x01c00002u /* TCG EK Credential Profile 2.5, 2.2.1.4 */
#define TPM2_EK_CERT_ECC 0x01c0000au

/* Commands and responses over a descriptor. */
struct tpm2_wire {
	TSS2_TCTI_CONTEXT_COMMON_V1 tcti; /* first: the library has only the pointer */
	int fd;
	int failed; /* errno of the last transfer; 0: none failed */
};

struct tpm2 {
	ESYS_CONTEXT *esys;
	struct tpm2_wire wire;
	ESYS_TR ek, ak; /* ESYS_TR_NONE: not loaded */
};

void tpm2_wire_init(struct tpm2_wire *wire, int fd);

/* What the TPM, or the way to it, answered, in words. Returns -err->code; 0 for TSS2_RC_SUCCESS. */
int tpm2_said(const struct tpm2 *tpm, TSS2_RC rc, const char *doing, struct err *err) _must_check_;
/* The TPM's code without layer, handle, session and parameter numbers. */
TSS2_RC tpm2_code(TSS2_RC rc);

void tpm2_drop(struct tpm2 *tpm, ESYS_TR *handle);

/* The certificate at an NV index. -ENOENT: there is none. */
int tpm2_nv_certificate(struct tpm2 *tpm, uint32_t index, uint8_t ret[TPM2_CERT_MAX], uint16_t *ret_len,
			struct err *err) _must_check_;

#define _cleanup_esys_ _cleanup_(esys_freep)
static inline void esys_freep(void *p)
{
	Esys_Free(*(void **)p);
}

#endif
