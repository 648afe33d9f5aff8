/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bmc/new_password.h"

#include <string.h>

#include "cli/bmc/credentials.h"
#include "core/io.h"

int bmc_new_password_read(const char *file, const char *user, char **ret, struct err *err)
{
	_cleanup_(bmc_credentials_clear) struct bmc_credentials read = {0};
	int r;

	if (access(file, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = bmc_credentials_read(file, &read, err);
	if (r == 0 && strcmp(read.user, user) != 0)
		r = err_set(err, EINVAL, "%s has the password of %s, not of %s", file, read.user, user);
	if (r == 0)
		*ret = TAKE_PTR(read.password);
	return r;
}

int bmc_new_password_write(const char *file, const char *user, const char *password, struct err *err)
{
	char *text = str_printf("%s\n%s\n", user, password);
	int r = file_write_atomic(file, text, strlen(text), 0600, err);

	wiping_free(text);
	return r < 0 ? err_prepend(err, "the new password cannot be kept, so it is not sent") : 0;
}
