/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/tpm/ppi.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"

#define PPI      "/sys/class/tpm/tpm0/ppi"
#define CLEAR    5 /* PPI 1.30, operation 5: TPM2_ClearControl(NO) and TPM2_Clear */
#define SHUTDOWN 1 /* function 4: how the firmware wants the machine to go down */

/* The answers of function 8, "Get User Confirmation Status for Operation". */
enum { NOT_IMPLEMENTED, FIRMWARE_ONLY, BLOCKED, USER_NEEDED, USER_NOT_NEEDED };

static int read_file(const char *root, const char *name, char **ret)
{
	_cleanup_free_ char *path = str_printf("%s" PPI "/%s", root, name);
	struct err none = {0};

	return file_read(path, 4096, ret, NULL, &none);
}

/* A line for each operation: "5 4: User not required". */
enum ppi_clear ppi_clear_offered(const char *root)
{
	_cleanup_free_ char *text = NULL;

	if (read_file(root, "tcg_operations", &text) < 0)
		return PPI_NONE;
	for (char *save = NULL, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		int operation = -1, status = NOT_IMPLEMENTED;

		if (sscanf(line, "%d %d:", &operation, &status) != 2 || operation != CLEAR)
			continue;
		return status == USER_NOT_NEEDED ? PPI_ALONE : status == USER_NEEDED ? PPI_BY_USER : PPI_NONE;
	}
	return PPI_NONE;
}

int ppi_clear_request(const char *root, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s" PPI "/request", root), *action = NULL;
	_cleanup_close_ int fd = -EBADF;

	if (ppi_clear_offered(root) == PPI_NONE)
		return err_set(err, ENOTSUP, "TPM: this firmware takes no request to clear it");
	if (read_file(root, "transition_action", &action) == 0 && atoi(action) == SHUTDOWN)
		return err_set(
			err, ENOTSUP,
			"TPM: this firmware clears it only after the power was switched off, which the "
			"machine cannot do for itself: clear it in the firmware's setup");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%d", CLEAR) < 0)
		return err_sys(err, errno, "TPM: asking the firmware to clear it (%s)", path);
	return 0;
}

/* "5", or with a parameter "23 1" (drivers/char/tpm/tpm_ppi.c). */
unsigned ppi_pending(const char *root)
{
	_cleanup_free_ char *text = NULL;
	unsigned operation = 0;

	return read_file(root, "request", &text) == 0 && sscanf(text, "%u", &operation) == 1 ? operation : 0;
}

/* "5 0: Success" */
char *ppi_response(const char *root)
{
	_cleanup_free_ char *text = NULL;

	if (read_file(root, "response", &text) < 0)
		return xstrdup("the firmware said nothing");
	text[strcspn(text, "\n")] = '\0';
	return str_printf("the firmware answered \"%.200s\"", text);
}
