/* SPDX-License-Identifier: Apache-2.0 */
/* What a site enrols its nodes with: signed payloads for PK, KEK, db and dbx, and a document that names them by digest. docs/secure-boot.md */
#ifndef EFI_SB_BUNDLE_H
#define EFI_SB_BUNDLE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"
#include "efi/authvar.h"

enum sb_var { SB_PK, SB_KEK, SB_DB, SB_DBX, SB_VARS };

#define SB_BUNDLE_JSON     "bundle.json"
#define SB_BUNDLE_JSON_MAX (16u * 1024) /* bytes */

struct sb_variable {
	const char *name;    /* "PK" */
	const char *file;    /* "PK.auth" */
	const uint8_t *guid; /* 16 bytes */
	uint32_t attributes; /* AUTHVAR_* that it is written with: dbx is only ever added to */
};
extern const struct sb_variable sb_variables[SB_VARS];

struct sb_payload {
	uint8_t sha256[SHA256_SIZE]; /* as the document says */
	uint8_t *bytes;              /* owned; NULL: not fetched yet */
	size_t len;
	struct authvar_parts parts;
};

/* A platform key that the site has had: efi/sb_former.h */
struct sb_former {
	uint8_t cert[SHA256_SIZE]; /* of its certificate in DER */
	struct sb_payload next;    /* the platform key that came after it, signed with it */
};
#define SB_FORMER_MAX 32

struct sb_bundle {
	uint64_t generation; /* 1 and up */
	struct sb_payload payloads[SB_VARS];
	struct sb_former former[SB_FORMER_MAX]; /* oldest first */
	unsigned n_former;
};

/* The document alone. Other keys, another version and a wrong digest are -EBADMSG. */
int sb_bundle_read(const void *json, size_t len, struct sb_bundle **ret, struct err *err) _must_check_;
/* Takes `bytes` (malloc'd) as the payload of `var`, also on failure. -EBADMSG: another digest, or no payload with signature lists. */
int sb_bundle_take(struct sb_bundle *bundle, enum sb_var var, void *bytes, size_t len,
		   struct err *err) _must_check_;
/* The same for a payload that is named `file` in errors. */
int sb_payload_take(struct sb_payload *payload, const char *file, enum sb_var var, void *bytes, size_t len,
		    struct err *err) _must_check_;
/* The document of payloads that are all there. */
json_t *sb_bundle_to_json(const struct sb_bundle *bundle) _must_check_;
void sb_bundle_free(struct sb_bundle *bundle);
DEFINE_CLEANUP(struct sb_bundle *, sb_bundle_free);

#endif
