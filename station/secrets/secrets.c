/* SPDX-License-Identifier: Apache-2.0 */
#include "station/secrets/secrets.h"

#include <string.h>

#include "core/io.h"
#include "core/seal.h"
#include "core/secret.h"

struct secrets {
	uint8_t key[SEAL_KEY_SIZE];
};

struct secrets *secrets_new(const uint8_t *key)
{
	struct secrets *secrets = secret_new(sizeof(*secrets));

	memcpy(secrets->key, key, sizeof(secrets->key));
	return secrets;
}

void secrets_free(struct secrets *secrets)
{
	secret_free(secrets);
}

void secrets_seal(const struct secrets *secrets, const char *about, const char *text, uint8_t **ret,
		  size_t *ret_len)
{
	size_t len = strlen(text);

	*ret = xcalloc(1, len + SEAL_EXTRA);
	*ret_len = len + SEAL_EXTRA;
	seal(secrets->key, about, text, len, *ret);
}

int secrets_open(const struct secrets *secrets, const char *about, const void *sealed, size_t len, char **ret,
		 struct err *err)
{
	char *text;
	int r;

	if (!sealed || len < SEAL_EXTRA)
		return err_set(err, EBADMSG, "not a sealed secret");
	text = secret_new(len - SEAL_EXTRA + 1);
	r = seal_open(secrets->key, about, sealed, len, text, err);
	if (r < 0)
		secret_free(text);
	else
		*ret = text;
	return r;
}
