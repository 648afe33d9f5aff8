/* SPDX-License-Identifier: Apache-2.0 */
/* Secure Boot's state as a document. The certificates come from whoever has owned the machine. */
#include <openssl/err.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/ossl.h"
#include "efi/guid.h"
#include "efi/secureboot.h"
#include "efi/siglist.h"

#define SUBJECT_SIZE 161 /* with the NUL */

struct report {
	json_t *certificates;
	unsigned digests, others, more;
};

/* "" where it is no certificate. */
static void subject_of(const uint8_t *der, size_t len, char text[SUBJECT_SIZE])
{
	_cleanup_(X509_freep) X509 *cert = NULL;

	text[0] = '\0';
	cert = d2i_X509(NULL, &der, (long)len);
	if (cert)
		ossl_subject(cert, text, SUBJECT_SIZE);
	ERR_clear_error();
}

static int add(const struct sig *sig, void *data)
{
	char sha256[SHA256_HEX_SIZE], subject[SUBJECT_SIZE], owner[GUID_TEXT_SIZE];
	struct report *report = data;

	if (sig->kind != SIG_X509) {
		if (sig->kind == SIG_SHA256)
			report->digests++;
		else
			report->others++;
		return 0;
	}
	if (json_array_size(report->certificates) >= SECUREBOOT_NAMED_MAX) {
		report->more++;
		return 0;
	}
	sha256_hex(sig->data, sig->len, sha256);
	subject_of(sig->data, sig->len, subject);
	guid_text(sig->owner, owner);
	json_array_append_new(report->certificates,
			      json_pack("{ss ss ss}", "sha256", sha256, "subject", subject, "owner", owner));
	return 0;
}

static json_t *lists_json(const struct sb_lists *lists)
{
	struct report report = {.certificates = json_array()};
	struct err err = {0};
	json_t *json;
	int r = siglist_walk(lists->data, lists->len, add, &report, &err);

	json = json_pack("{so si si si}", "certificates", report.certificates, "digests", (int)report.digests,
			 "others", (int)report.others, "more", (int)report.more);
	if (r < 0)
		json_object_set_new(json, "error", json_string(err.text));
	return json;
}

static json_t *flag(int value)
{
	return value < 0 ? json_null() : json_boolean(value);
}

json_t *secureboot_to_json(const struct secureboot *sb)
{
	return json_pack("{so so so so so so so so}", "secure_boot", flag(sb->secure_boot), "setup_mode",
			 flag(sb->setup_mode), "audit_mode", flag(sb->audit_mode), "deployed_mode",
			 flag(sb->deployed_mode), "PK", lists_json(&sb->lists[SB_PK]), "KEK",
			 lists_json(&sb->lists[SB_KEK]), "db", lists_json(&sb->lists[SB_DB]), "dbx",
			 lists_json(&sb->lists[SB_DBX]));
}

static int name_first(const struct sig *sig, void *data)
{
	char sha256[SHA256_HEX_SIZE], subject[SUBJECT_SIZE] = "";

	sha256_hex(sig->data, sig->len, sha256);
	if (sig->kind == SIG_X509)
		subject_of(sig->data, sig->len, subject);
	*(char **)data = str_printf("\"%s\" (SHA-256 %s)", subject, sha256);
	return 1;
}

char *secureboot_platform_key(const struct secureboot *sb)
{
	const struct sb_lists *pk = &sb->lists[SB_PK];
	char *name = NULL;
	struct err err;

	if (siglist_walk(pk->data, pk->len, name_first, &name, &err) == 1)
		return name;
	return xstrdup(pk->len ? "one that cannot be read" : "none");
}
