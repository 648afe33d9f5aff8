/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/alone_seal.h"

#include "core/cms.h"
#include "core/io.h"
#include "core/json.h"
#include "core/pki.h"
#include "images/boot/site.h"

#define KEY_DAYS 36500 /* it is judged as of the record's own time, by a clock that may be wrong */

static int make_key(const char *key, const char *cert, struct err *err)
{
	const struct pki_request request = {.use = PKI_CODE_SIGNING,
					    .common_name = "remint-agent, stand-alone",
					    .days = KEY_DAYS,
					    .self_signed = true};

	(void)unlink(key);
	(void)unlink(cert);
	return pki_create(&request, key, cert, err);
}

static int digest_site(const char *folder, json_t **ret, struct err *err)
{
	static const char *const files[] = {SITE_JSON, SITE_STATION_CA, SITE_IMAGE_CA};
	_cleanup_json_ json_t *site = json_object();

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_free_ char *path = path_join(folder, files[i]);
		uint8_t digest[SHA256_SIZE];
		char hex[SHA256_HEX_SIZE];
		int r = sha256_file(path, digest, NULL, err);

		if (r < 0)
			return r;
		hex_encode(digest, sizeof(digest), hex);
		json_object_set_new(site, files[i], json_string(hex));
	}
	*ret = TAKE_PTR(site);
	return 0;
}

static void fill(const struct alone_seal *seal, const json_t *evidence, struct standalone *record)
{
	snprintf(record->order_sha256, sizeof(record->order_sha256), "%s", seal->order->sha256);
	snprintf(record->signature_sha256, sizeof(record->signature_sha256), "%s",
		 seal->order->signature_sha256);
	snprintf(record->nonce, sizeof(record->nonce), "%s", seal->use->nonce);
	record->made = time(NULL);
	record->evidence = json_incref((json_t *)evidence);
}

int alone_seal(const struct alone_seal *seal, const json_t *evidence, char **ret_text, size_t *ret_len,
	       uint8_t **ret_sig, size_t *ret_sig_len, struct err *err)
{
	_cleanup_free_ char *key = path_join(seal->key_folder, "remint-record.key"),
			    *cert = path_join(seal->key_folder, "remint-record.pem"), *text = NULL;
	_cleanup_(standalone_clear) struct standalone record = {0};
	size_t len = 0;
	int r = make_key(key, cert, err);

	if (r == 0)
		r = file_read(cert, STANDALONE_KEY_MAX, &record.key_cert, NULL, err);
	if (r == 0)
		r = digest_site(seal->site_folder, &record.site, err);
	if (r == 0) {
		fill(seal, evidence, &record);
		text = standalone_make(&record, &len);
		r = cms_sign(text, len, key, cert, ret_sig, ret_sig_len, err);
	}
	(void)unlink(key); /* one record, one key */
	if (r < 0)
		return err_prepend(err, "signing the record");
	*ret_text = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}
