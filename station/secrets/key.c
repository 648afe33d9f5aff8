/* SPDX-License-Identifier: Apache-2.0 */
#include "station/secrets/key.h"

#include <string.h>
#include <sys/stat.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/seal.h"
#include "core/secret.h"

#define TEXT_SIZE (2 * SEAL_KEY_SIZE + 2) /* with newline and NUL */

static int check_mode(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EBADMSG, "%s is no file", path);
	if (st.st_mode & 077)
		return err_set(err, EPERM,
			       "%s can be read by others than its owner (mode %03o); chmod 600 %s", path,
			       st.st_mode & 0777, path);
	return 0;
}

static int read_text(const char *path, char **ret, struct err *err)
{
	int r = check_mode(path, err);

	if (r == 0)
		r = file_read(path, TEXT_SIZE, ret, NULL, err);
	if (r == 0)
		(*ret)[strcspn(*ret, "\r\n")] = '\0';
	return r;
}

int secrets_key_read(const char *path, struct secrets **ret, struct err *err)
{
	uint8_t key[SEAL_KEY_SIZE];
	char *text = NULL;
	int r = read_text(path, &text, err);

	if (r == 0 && hex_decode(text, key, sizeof(key)) < 0)
		r = err_set(err, EBADMSG,
			    "%s: a key is 64 hexadecimal digits, as 'openssl rand -hex 32' writes them",
			    path);
	if (r == 0)
		*ret = secrets_new(key);
	wiping_free(text);
	explicit_bzero(key, sizeof(key));
	return r;
}

int secrets_key_make(const char *path, struct secrets **ret, struct err *err)
{
	uint8_t key[SEAL_KEY_SIZE];
	char text[TEXT_SIZE];
	int r;

	random_bytes(key, sizeof(key));
	hex_encode(key, sizeof(key), text);
	text[TEXT_SIZE - 2] = '\n';
	r = file_write_atomic(path, text, TEXT_SIZE - 1, 0600, err);
	if (r == 0)
		*ret = secrets_new(key);
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return r;
}

int secrets_key_copy(const char *from, const char *to, struct err *err)
{
	char *text = NULL;
	int r = read_text(from, &text, err);

	if (r == 0) {
		char *ended = str_printf("%s\n", text);

		r = file_write_atomic(to, ended, strlen(ended), 0600, err);
		wiping_free(ended);
	}
	wiping_free(text);
	return r;
}
