/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL 3 calls engines deprecated; Debian 12 has PKCS#11 as an engine alone. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "core/key.h"

#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <string.h>

#include "core/io.h"
#include "core/ossl.h"

#define KEY_FILE_MAX (256 * 1024) /* bytes */

DEFINE_CLEANUP(OSSL_STORE_INFO *, OSSL_STORE_INFO_free);

bool key_is_uri(const char *path)
{
	return !strncmp(path, "pkcs11:", 7);
}

/* NULL: no provider knows such URIs, or there is no such key. */
static EVP_PKEY *key_from_store(const char *uri)
{
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	if (!store)
		return NULL;
	(void)OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY);
	while (!key && !OSSL_STORE_eof(store)) {
		_cleanup_(OSSL_STORE_INFO_freep) OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (!info)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
	}
	OSSL_STORE_close(store);
	return key;
}

/* The engine stays: a key that it gave is of use only while it lives, and it lives as long as the process. */
static ENGINE *token_engine(void)
{
	static ENGINE *engine;

	if (engine)
		return engine;
	ENGINE_load_builtin_engines();
	engine = ENGINE_by_id("pkcs11");
	if (engine && ENGINE_init(engine) != 1) {
		ENGINE_free(engine);
		engine = NULL;
	}
	return engine;
}

static int key_from_token(const char *uri, EVP_PKEY **ret, struct err *err)
{
	ENGINE *engine;

	ERR_clear_error();
	*ret = key_from_store(uri);
	if (*ret)
		return 0;
	ERR_clear_error();
	engine = token_engine();
	if (!engine)
		return ossl_err(err, ENOENT,
				"a key's URI needs OpenSSL's pkcs11 provider or engine (package "
				"libengine-pkcs11-openssl)");
	*ret = ENGINE_load_private_key(engine, uri, NULL, NULL);
	if (!*ret)
		return ossl_err(err, ENOENT, "the key's URI names no private key that can be used");
	return 0;
}

int key_read(const char *path, EVP_PKEY **ret, struct err *err)
{
	_cleanup_free_ char *pem = NULL;
	_cleanup_(BIO_free_allp) BIO *bio = NULL;
	size_t len;
	int r;

	if (key_is_uri(path))
		return key_from_token(path, ret, err);
	r = file_read(path, KEY_FILE_MAX, &pem, &len, err);
	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(pem, (int)len);
	*ret = bio ? PEM_read_bio_PrivateKey(bio, NULL, ossl_no_passphrase, NULL) : NULL;
	OPENSSL_cleanse(pem, len);
	if (!*ret)
		return ossl_err(err, EBADMSG, "%s: not a PEM private key without a passphrase", path);
	return 0;
}
