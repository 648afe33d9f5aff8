/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/password.h"

#include <stdbool.h>
#include <string.h>

#include "core/hash.h"
#include "core/secret.h"

#define WANTED 20
#define LEAST  12
#define MASK   3 /* stars; a beginning of a password at a text's end that is shorter is no news of it */

static const char *const kinds[] = {
	"ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789",
	"-_.", /* what no BMC is known to refuse */
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789-_.";

/* Each as likely as the others. */
static char one_of(const char *letters, size_t n)
{
	const uint8_t end = (uint8_t)(256 - 256 % n);
	uint8_t byte;

	do
		random_bytes(&byte, 1);
	while (end && byte >= end);
	return letters[byte % n];
}

/* All kinds, a letter first, nothing thrice in a row (Lenovo). */
static bool suits(const char *password, size_t len)
{
	if (!strchr(kinds[0], password[0]) && !strchr(kinds[1], password[0]))
		return false;
	for (size_t i = 0; i < N_KINDS; i++)
		if (!strpbrk(password, kinds[i]))
			return false;
	for (size_t i = 2; i < len; i++)
		if (password[i] == password[i - 1] && password[i] == password[i - 2])
			return false;
	return true;
}

int rf_password_make(const struct rf_password_policy *policy, char **ret, struct err *err)
{
	_cleanup_(secret_freep) char *made = NULL;
	size_t len = WANTED;

	if (policy->min_length > len)
		len = policy->min_length;
	if (policy->max_length && policy->max_length < len)
		len = policy->max_length;
	if (len < LEAST || len > RF_PASSWORD_MAX || len < policy->min_length)
		return err_set(err, EOPNOTSUPP,
			       "the BMC wants passwords of %u to %u characters; none is made that has fewer "
			       "than %d or more than %d",
			       policy->min_length, policy->max_length, LEAST, RF_PASSWORD_MAX);
	made = secret_new(len + 1);
	do
		for (size_t i = 0; i < len; i++)
			made[i] = one_of(alphabet, strlen(alphabet));
	while (!suits(made, len));
	*ret = TAKE_PTR(made);
	return 0;
}

int rf_password_check(const char *password, const struct rf_password_policy *policy, struct err *err)
{
	size_t len = strlen(password);

	for (const char *p = password; *p; p++)
		if (*p <= 0x20 || *p > 0x7e)
			return err_set(err, EINVAL,
				       "a BMC's password must be printable ASCII without blanks");
	if (!len || len > RF_PASSWORD_MAX)
		return err_set(err, EINVAL, "a password must have 1 to %d characters", RF_PASSWORD_MAX);
	if (len < policy->min_length)
		return err_set(err, EINVAL, "the BMC wants passwords of at least %u characters; this has %zu",
			       policy->min_length, len);
	if (policy->max_length && len > policy->max_length)
		return err_set(err, EINVAL, "the BMC takes passwords of at most %u characters; this has %zu",
			       policy->max_length, len);
	return 0;
}

void rf_password_hide(struct err *err, const char *password)
{
	size_t len = password ? strlen(password) : 0, text_len;
	char *at = err->text;

	if (!len)
		return;
	while ((at = strstr(at, password))) {
		size_t put = len < MASK ? len : MASK; /* never longer than what was there */

		memset(at, '*', put);
		memmove(at + put, at + len, strlen(at + len) + 1);
		at += put;
	}
	text_len = strlen(err->text);
	for (size_t n = len - 1; n >= MASK; n--)
		if (n <= text_len && !memcmp(err->text + text_len - n, password, n)) {
			memset(err->text + text_len - n, '*', MASK);
			err->text[text_len - n + MASK] = '\0';
			return;
		}
}
