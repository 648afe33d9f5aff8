/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/sb_former.h"

#include <stdio.h>
#include <string.h>

#include "core/hash.h"
#include "core/json.h"
#include "efi/siglist.h"

#define WHAT "Secure Boot bundle"

void sb_former_file(unsigned n, char file[SB_FORMER_FILE_SIZE])
{
	snprintf(file, SB_FORMER_FILE_SIZE, "PK-from-%u.auth", n + 1);
}

static int read_digest(const json_t *entry, const char *key, uint8_t digest[SHA256_SIZE], struct err *err)
{
	const char *hex;
	int r = json_get_str(entry, WHAT ": former", key, 64, &hex, err);

	if (!r && hex_decode(hex, digest, SHA256_SIZE) < 0)
		r = err_set(err, EBADMSG, WHAT ": former.%s is not 64 hexadecimal digits", key);
	return r;
}

static int read_entry(const json_t *entry, struct sb_former *former, struct err *err)
{
	static const char *const keys[] = {"PK", "sha256", NULL};
	int r = json_is_object(entry) ? json_only_keys(entry, WHAT ": former", keys, err)
				      : err_set(err, EBADMSG, WHAT ": former must hold objects");

	if (!r)
		r = read_digest(entry, "PK", former->cert, err);
	return r ? r : read_digest(entry, "sha256", former->next.sha256, err);
}

int sb_former_read(const json_t *list, struct sb_bundle *bundle, struct err *err)
{
	size_t n = json_array_size(list);
	int r = 0;

	if (!list)
		return 0;
	if (!json_is_array(list) || n > SB_FORMER_MAX)
		return err_set(err, EBADMSG, WHAT ": former must be an array of at most %d", SB_FORMER_MAX);
	for (size_t i = 0; !r && i < n; i++)
		r = read_entry(json_array_get(list, i), &bundle->former[i], err);
	bundle->n_former = (unsigned)n;
	return r;
}

json_t *sb_former_to_json(const struct sb_bundle *bundle)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < bundle->n_former; i++) {
		char cert[SHA256_HEX_SIZE], payload[SHA256_HEX_SIZE];

		hex_encode(bundle->former[i].cert, SHA256_SIZE, cert);
		sha256_hex(bundle->former[i].next.bytes, bundle->former[i].next.len, payload);
		json_array_append_new(list, json_pack("{ss ss}", "PK", cert, "sha256", payload));
	}
	return list;
}

int sb_former_take(struct sb_bundle *bundle, unsigned n, void *bytes, size_t len, struct err *err)
{
	char file[SB_FORMER_FILE_SIZE];

	sb_former_file(n, file);
	return sb_payload_take(&bundle->former[n].next, file, SB_PK, bytes, len, err);
}

struct lone {
	unsigned signatures;
	bool is_cert;
	uint8_t sha256[SHA256_SIZE];
};

static int look(const struct sig *sig, void *data)
{
	struct lone *lone = data;

	lone->is_cert = sig->kind == SIG_X509;
	sha256(sig->data, sig->len, lone->sha256);
	return ++lone->signatures > 1;
}

/* The digest of the one certificate that is all of these lists, as is every PK (UEFI 2.10, 32.3.1). */
static bool lone_cert(const void *lists, size_t len, uint8_t digest[SHA256_SIZE])
{
	struct lone lone = {0};
	struct err ignored;

	if (siglist_walk(lists, len, look, &lone, &ignored) != 0 || lone.signatures != 1 || !lone.is_cert)
		return false;
	memcpy(digest, lone.sha256, SHA256_SIZE);
	return true;
}

int sb_former_check(const struct sb_bundle *bundle, struct err *err)
{
	const struct authvar_parts *pk = &bundle->payloads[SB_PK].parts;

	for (unsigned i = 0; i < bundle->n_former; i++) {
		const struct authvar_parts *next = &bundle->former[i].next.parts;
		bool last = i + 1 == bundle->n_former;
		uint8_t is[SHA256_SIZE], wanted[SHA256_SIZE];
		char file[SB_FORMER_FILE_SIZE];

		sb_former_file(i, file);
		if (!last)
			memcpy(wanted, bundle->former[i + 1].cert, SHA256_SIZE);
		else if (!lone_cert(pk->data, pk->data_len, wanted))
			return err_set(err, EBADMSG, WHAT ": PK.auth must hold one certificate");
		if (!lone_cert(next->data, next->data_len, is) || memcmp(is, wanted, SHA256_SIZE) != 0)
			return err_set(err, EBADMSG,
				       WHAT ": %s does not hold the platform key that came next", file);
	}
	return 0;
}

int sb_former_find(const struct sb_bundle *bundle, const void *lists, size_t len)
{
	uint8_t digest[SHA256_SIZE];

	if (!lone_cert(lists, len, digest))
		return -1;
	for (unsigned i = 0; i < bundle->n_former; i++)
		if (!memcmp(bundle->former[i].cert, digest, SHA256_SIZE))
			return (int)i;
	return -1;
}
