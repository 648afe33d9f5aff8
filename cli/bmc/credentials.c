/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bmc/credentials.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/bmc/bmc.h"
#include "core/io.h"

#define FILE_LIMIT 1024

void bmc_credentials_clear(struct bmc_credentials *credentials)
{
	secret_free(credentials->user);
	secret_free(credentials->password);
	*credentials = (struct bmc_credentials){0};
}

static int check_mode(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (S_ISREG(st.st_mode) && (st.st_mode & 077))
		return err_set(err, EPERM,
			       "%s can be read by others than its owner (mode %03o); chmod 600 %s", path,
			       st.st_mode & 0777, path);
	return 0;
}

static int split(const char *path, char *text, struct bmc_credentials *ret, struct err *err)
{
	char *rest = text, *user = strsep(&rest, "\n"), *password = strsep(&rest, "\n");

	if (!password || !*user || !*password)
		return err_set(err, EBADMSG,
			       "%s must have the user in its first line and the password in its second",
			       path);
	user[strcspn(user, "\r")] = password[strcspn(password, "\r")] = '\0';
	ret->user = secret_dup(user);
	ret->password = secret_dup(password);
	return 0;
}

static int from_file(const char *path, struct bmc_credentials *ret, struct err *err)
{
	char *text = NULL;
	int r = check_mode(path, err);

	if (r == 0)
		r = file_read(path, FILE_LIMIT, &text, NULL, err);
	if (r == 0)
		r = split(path, text, ret, err);
	wiping_free(text);
	return r;
}

int bmc_credentials_read(const char *file, struct bmc_credentials *ret, struct err *err)
{
	const char *path = bmc_setting(file, "REMINT_BMC_CREDENTIALS");
	const char *user = bmc_setting(NULL, "REMINT_BMC_USER"),
		   *password = bmc_setting(NULL, "REMINT_BMC_PASSWORD");

	*ret = (struct bmc_credentials){0};
	if (path)
		return from_file(path, ret, err);
	if (!user || !password)
		return err_set(
			err, EINVAL,
			"as whom? give --credentials FILE (or REMINT_BMC_CREDENTIALS, or REMINT_BMC_USER and "
			"REMINT_BMC_PASSWORD)");
	ret->user = secret_dup(user);
	ret->password = secret_dup(password);
	return 0;
}
