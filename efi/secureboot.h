/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secure Boot's state and keys (UEFI 2.10, 32.3 and 3.3): what stands in the firmware, and putting a site's keys there. In setup mode
 * the firmware takes them from whoever asks; else only what is signed by the keys that stand there.
 */
#ifndef EFI_SECUREBOOT_H
#define EFI_SECUREBOOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "efi/sb_bundle.h"

/* Signature lists, malloc'd; none: the variable is not there. */
struct sb_lists {
	uint8_t *data;
	size_t len;
};

struct secureboot {
	/* 1, 0, or -1: the firmware has no such variable */
	int secure_boot, setup_mode, audit_mode, deployed_mode;
	struct sb_lists lists[SB_VARS];
};

/* A variable that is not there is no error. */
int secureboot_read(struct secureboot **ret, struct err *err) _must_check_;
void secureboot_free(struct secureboot *sb);
DEFINE_CLEANUP(struct secureboot *, secureboot_free);

/* Has the firmware got Secure Boot at all? */
bool secureboot_is_there(const struct secureboot *sb);
/* Is the platform key the one of this bundle? */
bool secureboot_is_ours(const struct secureboot *sb, const struct sb_bundle *bundle);
/* Which of the platform keys that the site has had is it (efi/sb_former.h)? -1: none. */
int secureboot_former(const struct secureboot *sb, const struct sb_bundle *bundle);
/* Does this database hold what the bundle would put there? dbx may hold more; the others hold that alone. */
bool secureboot_holds(const struct secureboot *sb, const struct sb_bundle *bundle, enum sb_var var);
/* "CN=... (SHA-256 ...)" of the platform key, for people, malloc'd. "none" where there is none. */
char *secureboot_platform_key(const struct secureboot *sb) _must_check_;

/*
 * Writes what differs from the bundle, and reads each back. In setup mode db, dbx, KEK, and the platform key last, because from then on all is
 * checked. Else the platform key first, from a former one of the site's link by link, then KEK, db, dbx: each is checked with the one before.
 * A power cut between two of them leaves keys that the same bundle goes on from.
 * *ret_changed: something was written, which is in force after the next reset; there may be more to write then, where the store was full.
 * -EACCES: the firmware refused a signature.
 */
int secureboot_enrol(const struct sb_bundle *bundle, bool *ret_changed, struct err *err) _must_check_;
/* Takes the platform key out by a signed empty payload, and with it the machine into setup mode; read back. */
int secureboot_clear(const void *payload, size_t len, struct err *err) _must_check_;

/* docs/secure-boot.md, "What is reported". Of each variable at most so many certificates are named. */
#define SECUREBOOT_NAMED_MAX 16
json_t *secureboot_to_json(const struct secureboot *sb) _must_check_;
/* Do PK, KEK, db hold what the firmware's maker calls their defaults (3.3: PKDefault and so on)? -ENOENT: it does not say. */
int secureboot_is_factory(const struct secureboot *sb, bool *ret, struct err *err) _must_check_;

#endif
