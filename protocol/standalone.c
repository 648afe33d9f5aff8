/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/standalone.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"

#define WHAT      "record"
#define SITE_KEYS 8

static int read_hex(const json_t *json, const char *key, size_t size, char *to, struct err *err)
{
	uint8_t bytes[SHA256_SIZE];
	const char *text;
	int r = json_get_str(json, WHAT, key, size - 1, &text, err);

	if (!r && (strlen(text) != size - 1 || hex_decode(text, bytes, (size - 1) / 2) < 0))
		r = err_set(err, EBADMSG, WHAT ".%s must be %zu hexadecimal digits", key, size - 1);
	if (!r)
		hex_encode(bytes, (size - 1) / 2, to);
	return r;
}

static int read_made(const json_t *json, struct standalone *record, struct err *err)
{
	const char *text;
	int r = json_get_str(json, WHAT, "made", TIME_TEXT_SIZE - 1, &text, err);

	if (!r && time_parse(text, &record->made) < 0)
		r = err_set(err, EBADMSG, WHAT ".made is not a time such as 2026-11-22T21:00:00Z");
	return r;
}

static int read_key(const json_t *json, struct standalone *record, struct err *err)
{
	const json_t *value = json_object_get(json, "agent_certificate");

	if (!json_is_string(value) || json_string_length(value) > STANDALONE_KEY_MAX)
		return err_set(err, EBADMSG, WHAT ".agent_certificate must be a text of at most %d bytes",
			       STANDALONE_KEY_MAX);
	record->key_cert = xstrdup(json_string_value(value));
	return 0;
}

static int read_site(json_t *json, struct standalone *record, struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	const char *name;
	json_t *site, *value;
	int r = json_get_object(json, WHAT, "site", &site, err);

	if (r < 0)
		return r;
	if (json_object_size(site) > SITE_KEYS)
		return err_set(err, EBADMSG, WHAT ".site has more than %d files", SITE_KEYS);
	json_object_foreach(site, name, value)
		if (!json_is_string(value) || json_string_length(value) != 2 * SHA256_SIZE ||
		    hex_decode(json_string_value(value), digest, sizeof(digest)) < 0)
			return err_set(err, EBADMSG, WHAT ".site: a SHA-256 of each file is wanted");
	record->site = json_incref(site);
	return 0;
}

int standalone_parse(const void *text, size_t len, struct standalone *ret, struct err *err)
{
	static const char *const keys[] = {"standalone", "order_sha256", "order_signature_sha256",
					   "nonce",      "made",         "agent_certificate",
					   "site",       "evidence",     NULL};
	_cleanup_(standalone_clear) struct standalone record = {0};
	_cleanup_json_ json_t *json = NULL;
	json_t *evidence;
	uint64_t version;
	int r = len > STANDALONE_MAX ? err_set(err, EFBIG, WHAT ": more than %d bytes", STANDALONE_MAX)
				     : json_parse(text, len, &json, err);

	if (!r && !json_is_object(json))
		r = err_set(err, EBADMSG, WHAT ": not an object");
	if (!r)
		r = json_get_u64(json, WHAT, "standalone", 1, 1, &version, err);
	if (!r)
		r = json_only_keys(json, WHAT, keys, err);
	if (!r)
		r = read_hex(json, "order_sha256", sizeof(record.order_sha256), record.order_sha256, err);
	if (!r)
		r = read_hex(json, "order_signature_sha256", sizeof(record.signature_sha256),
			     record.signature_sha256, err);
	if (!r)
		r = read_hex(json, "nonce", sizeof(record.nonce), record.nonce, err);
	if (!r)
		r = read_made(json, &record, err);
	if (!r)
		r = read_key(json, &record, err);
	if (!r)
		r = read_site(json, &record, err);
	if (!r)
		r = json_get_object(json, WHAT, "evidence", &evidence, err);
	if (r)
		return r;
	record.evidence = json_incref(evidence);
	*ret = record;
	record = (struct standalone){0};
	return 0;
}

char *standalone_make(const struct standalone *record, size_t *ret_len)
{
	_cleanup_json_ json_t *json = NULL;
	char made[TIME_TEXT_SIZE];

	time_format(record->made, made);
	json = json_pack("{si ss ss ss ss ss sO sO}", "standalone", 1, "order_sha256", record->order_sha256,
			 "order_signature_sha256", record->signature_sha256, "nonce", record->nonce, "made",
			 made, "agent_certificate", record->key_cert, "site", record->site, "evidence",
			 record->evidence);
	if (!json)
		abort(); /* out of memory: every text is ASCII */
	return json_canonical(json, ret_len);
}

void standalone_clear(struct standalone *record)
{
	free(record->key_cert);
	json_decref(record->site);
	json_decref(record->evidence);
	*record = (struct standalone){0};
}
