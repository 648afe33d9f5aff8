/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/sb_bundle.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "efi/guid.h"
#include "efi/sb_former.h"
#include "efi/siglist.h"
#include "efi/siglist_spec.h"

#define WHAT "Secure Boot bundle"

static const uint8_t security_guid[16] = EFI_IMAGE_SECURITY_DATABASE_GUID;

const struct sb_variable sb_variables[SB_VARS] = {
	[SB_PK] = {"PK", "PK.auth", guid_global, AUTHVAR_REPLACE},
	[SB_KEK] = {"KEK", "KEK.auth", guid_global, AUTHVAR_REPLACE},
	[SB_DB] = {"db", "db.auth", security_guid, AUTHVAR_REPLACE},
	[SB_DBX] = {"dbx", "dbx.auth", security_guid, AUTHVAR_APPEND},
};

static int read_digests(const json_t *files, struct sb_bundle *bundle, struct err *err)
{
	static const char *const keys[] = {"PK", "KEK", "db", "dbx", NULL};
	int r = json_only_keys(files, WHAT ": sha256", keys, err);

	for (unsigned i = 0; !r && i < SB_VARS; i++) {
		const char *hex;

		r = json_get_str(files, WHAT ": sha256", sb_variables[i].name, 64, &hex, err);
		if (!r && hex_decode(hex, bundle->payloads[i].sha256, SHA256_SIZE) < 0)
			r = err_set(err, EBADMSG, WHAT ": sha256.%s is not 64 hexadecimal digits",
				    sb_variables[i].name);
	}
	return r;
}

int sb_bundle_read(const void *text, size_t len, struct sb_bundle **ret, struct err *err)
{
	static const char *const keys[] = {"secure_boot", "generation", "sha256", "former", NULL};
	_cleanup_(sb_bundle_freep) struct sb_bundle *bundle = xcalloc(1, sizeof(*bundle));
	_cleanup_json_ json_t *json = NULL;
	json_t *digests = NULL;
	uint64_t version;
	int r = json_parse(text, len, &json, err);

	if (r < 0)
		return err_prepend(err, WHAT);
	if (!json_is_object(json))
		return err_set(err, EBADMSG, WHAT ": not an object");
	r = json_only_keys(json, WHAT, keys, err);
	if (!r)
		r = json_get_u64(json, WHAT, "secure_boot", 1, 1, &version, err);
	if (!r)
		r = json_get_u64(json, WHAT, "generation", 1, UINT32_MAX, &bundle->generation, err);
	if (!r)
		r = json_get_object(json, WHAT, "sha256", &digests, err);
	if (!r)
		r = read_digests(digests, bundle, err);
	if (!r)
		r = sb_former_read(json_object_get(json, "former"), bundle, err);
	if (!r)
		*ret = TAKE_PTR(bundle);
	return r;
}

static int count(const struct sig *sig, void *data)
{
	*(unsigned *)data += sig->kind != SIG_OTHER;
	return 0;
}

/* dbx may be empty; a PK that is would be a deletion, and a db without anything a machine that starts nothing. */
static int check_payload(struct sb_payload *payload, enum sb_var var, struct err *err)
{
	unsigned n = 0;
	int r = authvar_parse(payload->bytes, payload->len, &payload->parts, err);

	if (!r)
		r = siglist_walk(payload->parts.data, payload->parts.data_len, count, &n, err);
	if (!r && !n && var != SB_DBX)
		r = err_set(err, EBADMSG, "holds neither certificate nor digest");
	return r;
}

int sb_payload_take(struct sb_payload *payload, const char *file, enum sb_var var, void *bytes, size_t len,
		    struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	int r;

	free(payload->bytes);
	payload->bytes = bytes;
	payload->len = len;
	sha256(bytes, len, digest);
	r = memcmp(digest, payload->sha256, SHA256_SIZE) != 0
		    ? err_set(err, EBADMSG, "is not the file that the bundle names: another SHA-256")
		    : check_payload(payload, var, err);
	return r < 0 ? err_prepend(err, WHAT ": %s", file) : 0;
}

int sb_bundle_take(struct sb_bundle *bundle, enum sb_var var, void *bytes, size_t len, struct err *err)
{
	return sb_payload_take(&bundle->payloads[var], sb_variables[var].file, var, bytes, len, err);
}

json_t *sb_bundle_to_json(const struct sb_bundle *bundle)
{
	json_t *digests = json_object(), *json;

	for (unsigned i = 0; i < SB_VARS; i++) {
		char hex[SHA256_HEX_SIZE];

		sha256_hex(bundle->payloads[i].bytes, bundle->payloads[i].len, hex);
		json_object_set_new(digests, sb_variables[i].name, json_string(hex));
	}
	json = json_pack("{si sI so}", "secure_boot", 1, "generation", (json_int_t)bundle->generation,
			 "sha256", digests);
	if (bundle->n_former)
		json_object_set_new(json, "former", sb_former_to_json(bundle));
	return json;
}

void sb_bundle_free(struct sb_bundle *bundle)
{
	if (!bundle)
		return;
	for (unsigned i = 0; i < SB_VARS; i++)
		free(bundle->payloads[i].bytes);
	for (unsigned i = 0; i < SB_FORMER_MAX; i++)
		free(bundle->former[i].next.bytes);
	free(bundle);
}
