/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TPM 2.0: who it is (endorsement key and certificate), what it attests (an attestation key, quotes), and clearing it. Nothing that
 * is made here stays in it: keys are made of their templates at every boot. By tpm2-tss (ESYS); TPM 2.0 Library, Part 3.
 */
#ifndef AGENT_HW_TPM2_H
#define AGENT_HW_TPM2_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/hash.h"

#define TPM2_PCRS     24
#define TPM2_CERT_MAX 4096 /* bytes of an endorsement certificate */
#define TPM2_NAME     34   /* bytes of an object's name: algorithm and SHA-256 */

struct tpm2;

/* Is there a TPM 2.0 with the kernel's driver? `root` as in block.h. */
bool tpm2_present(const char *root);

/* The kernel's resource manager, /dev/tpmrm0. -ENODEV: there is none. */
int tpm2_open(struct tpm2 **ret, struct err *err) _must_check_;
/* Anything that takes commands and gives responses as they are: the device, or an emulator's socket. Takes fd, on failure too. */
int tpm2_open_fd(int fd, struct tpm2 **ret, struct err *err) _must_check_;
void tpm2_close(struct tpm2 *tpm); /* loaded keys go with it */
DEFINE_CLEANUP(struct tpm2 *, tpm2_close);

struct tpm2_ek {
	struct bytes public; /* TPM2B_PUBLIC */
	uint8_t certificate[TPM2_CERT_MAX];
	uint16_t certificate_len; /* 0: the maker has left none */
};

/* Makes the endorsement key for which there is a certificate, else that of P-256; stays loaded. TCG EK Credential Profile 2.5, B.3. */
int tpm2_ek(struct tpm2 *tpm, struct tpm2_ek *ret, struct err *err) _must_check_;

/* An attestation key as it can be made again, in the same TPM, at any time: also after it was cleared. */
struct tpm2_ak {
	uint8_t unique[64];
	uint8_t name[TPM2_NAME]; /* of the key that came of it */
	struct bytes public;     /* TPM2B_PUBLIC */
};

/* Makes a new one; stays loaded. */
int tpm2_ak_make(struct tpm2 *tpm, struct tpm2_ak *ret, struct err *err) _must_check_;
/* Makes that one again; stays loaded. -EKEYREJECTED: another one came of it. */
int tpm2_ak_again(struct tpm2 *tpm, const struct tpm2_ak *ak, struct err *err) _must_check_;

/*
 * Proves to whom made it that both keys live in this TPM: credential is a TPM2B_ID_OBJECT, secret a TPM2B_ENCRYPTED_SECRET, *ret what they
 * hide. Both keys must be loaded.
 */
int tpm2_activate(struct tpm2 *tpm, const struct bytes *credential, const struct bytes *secret,
		  struct bytes *ret, struct err *err) _must_check_;

/* The SHA-256 bank; those of the mask. */
int tpm2_pcrs(struct tpm2 *tpm, uint32_t mask, uint8_t ret[TPM2_PCRS][SHA256_SIZE],
	      struct err *err) _must_check_;
/* The attestation key's word on them: TPMS_ATTEST and TPMT_SIGNATURE. */
int tpm2_quote(struct tpm2 *tpm, uint32_t mask, const uint8_t qualifying[SHA256_SIZE],
	       struct bytes *ret_quote, struct bytes *ret_signature, struct err *err) _must_check_;

/* What a former owner may have left. */
struct tpm2_state {
	bool owner_auth, endorsement_auth, lockout_auth; /* an authorisation is set */
	bool clear_disabled;
	bool in_lockout;
	bool platform_open; /* the firmware has left the platform hierarchy to us: enabled, and without authorisation */
};
int tpm2_state(struct tpm2 *tpm, struct tpm2_state *ret, struct err *err) _must_check_;

enum tpm2_hierarchy { TPM2_BY_PLATFORM, TPM2_BY_LOCKOUT };
/* TPM2_Clear. By the platform hierarchy also where clearing has been disabled. All keys of ours are gone then. */
int tpm2_clear(struct tpm2 *tpm, enum tpm2_hierarchy by, struct err *err) _must_check_;

/*
 * What lies in its non-volatile memory: [{index, size, platform_created}], and the handles of persistent keys. Numbers in hexadecimal. An
 * index whose public part cannot be read (size null) is one of the platform's, which the firmware has closed.
 */
int tpm2_contents(struct tpm2 *tpm, json_t **ret_nv, json_t **ret_persistent, struct err *err) _must_check_;

#endif
