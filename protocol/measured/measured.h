/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot image leaves in the TPM's PCRs, known when it is built and without a TPM, and whether a machine's event log says that this
 * image was started and nothing else. docs/measured-boot.md
 */
#ifndef PROTOCOL_MEASURED_H
#define PROTOCOL_MEASURED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"
#include "protocol/attestation/tcg_log.h"

#define MEASURED_NAME_MAX     63   /* bytes of a name */
#define MEASURED_CMDLINE_MAX  2047 /* bytes, as BOOT_CMDLINE_MAX */
#define MEASURED_SECTIONS_MAX 8
#define MEASURED_LOADERS_MAX  16
#define MEASURED_FOUND_MAX    32
#define MEASURED_JSON_MAX     65536 /* bytes of boot.json */

/*
 * What the verdict rests on; a quote must carry all of them: firmware (0), option ROMs (2), EFI programs (4), Secure Boot (7), what the kernel's EFI
 * stub measures (9), and systemd's stub (11 to 13).
 */
#define MEASURED_PCRS (1u << 0 | 1u << 2 | 1u << 4 | 1u << 7 | 1u << 9 | 1u << 11 | 1u << 12 | 1u << 13)

struct measured_digest {
	char name[MEASURED_NAME_MAX + 1]; /* of a file or section, for people */
	uint8_t sha256[SHA256_SIZE];
};

/* The expected values of one boot image; a plain value. */
struct measured {
	char version[MEASURED_NAME_MAX + 1]; /* which image this is, in words */
	uint8_t kernel[SHA256_SIZE];         /* Authenticode digest of the kernel, PCR 4 */
	uint8_t initrd[SHA256_SIZE];         /* PCR 9, by the kernel's EFI stub */
	bool has_uki;
	uint8_t uki[SHA256_SIZE]; /* Authenticode digest of the one EFI file, PCR 4 */
	struct measured_digest
		sections[MEASURED_SECTIONS_MAX]; /* in the order in which they go into PCR 11 */
	unsigned n_sections;
	bool cmdline_built_in;
	char cmdline[MEASURED_CMDLINE_MAX + 1]; /* printable ASCII; "" where none is built in */
	/* What may run before it: the policy of whoever built it. */
	struct measured_digest loaders[MEASURED_LOADERS_MAX]; /* Authenticode digests of EFI applications */
	unsigned n_loaders;
	bool any_loader;  /* others are named in the verdict, and not refused */
	bool secure_boot; /* refused where Secure Boot was off */
	/*
	 * Set by the caller, not part of boot.json: the command line that the machine says that it was started with. Kernel and initramfs
	 * started without the EFI file leave of it only a digest, in PCR 9. NULL: not known. Borrowed, hostile.
	 */
	const char *reported_cmdline;
};

/* The "measured" object of boot.json. -EBADMSG names what is wrong with it; *ret is untouched then. */
int measured_from_json(const json_t *json, struct measured *ret, struct err *err) _must_check_;
json_t *measured_to_json(const struct measured *m) _must_check_;

/* PCR 11 of a TPM after these sections. */
void measured_pcr11(const struct measured *m, uint8_t ret_pcr[SHA256_SIZE]);

enum measured_secure_boot {
	MEASURED_SECURE_BOOT_UNKNOWN, /* not measured, or twice */
	MEASURED_SECURE_BOOT_OFF,
	MEASURED_SECURE_BOOT_ON,
};

enum measured_form { MEASURED_KERNEL, MEASURED_UKI };

/* The Secure Boot variables that firmware measures into PCR 7. */
enum measured_key { MEASURED_PK, MEASURED_KEK, MEASURED_DB, MEASURED_DBX, MEASURED_KEYS };

struct measured_found {
	char what[160]; /* where it was loaded from, printable */
	uint8_t sha256[SHA256_SIZE];
	bool known; /* of a loader: among `loaders` */
};

/* What the log of a machine says that has passed; a plain value. */
struct measured_verdict {
	unsigned which; /* index in `expected` */
	enum measured_form form;
	char cmdline[MEASURED_CMDLINE_MAX + 1];
	enum measured_secure_boot secure_boot;
	bool key_measured[MEASURED_KEYS];
	uint8_t keys[MEASURED_KEYS][SHA256_SIZE]; /* as extended: of the whole UEFI_VARIABLE_DATA */
	struct measured_found loaders[MEASURED_LOADERS_MAX]; /* EFI applications before the boot image */
	unsigned n_loaders;
	struct measured_found roms[MEASURED_FOUND_MAX]; /* drivers from option ROMs, PCR 2 */
	unsigned n_roms;
};

json_t *measured_verdict_to_json(const struct measured_verdict *v) _must_check_;

/*
 * 0: a machine whose quoted PCRs are `pcrs` (those of pcr_mask) and whose log is `log` has started one of `expected` and nothing after
 * it. -EBADMSG: the log is not sound, or does not lead to these PCRs (says which). -EPERM: it does, and something else was started,
 * or what was started cannot be told (says what in words). -EINVAL: pcr_mask lacks one of MEASURED_PCRS, or nothing is expected.
 */
int measured_check(const struct measured *expected, unsigned n_expected, const void *log, size_t len,
		   const uint8_t pcrs[TCG_PCRS][SHA256_SIZE], uint32_t pcr_mask, struct measured_verdict *ret,
		   struct err *err) _must_check_;

#endif
