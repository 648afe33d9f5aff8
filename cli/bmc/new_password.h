/* SPDX-License-Identifier: Apache-2.0 */
/* Where a new password of a BMC's account stands before it is sent: a file of the form that --credentials reads. */
#ifndef CLI_BMC_NEW_PASSWORD_H
#define CLI_BMC_NEW_PASSWORD_H

#include <stdbool.h>

#include "redfish/password.h"

/* Of a file that is there already; it must name that user. *ret is a secret, or NULL where there is no such file. */
int bmc_new_password_read(const char *file, const char *user, char **ret, struct err *err) _must_check_;

/* On disk, mode 0600, when it returns. */
int bmc_new_password_write(const char *file, const char *user, const char *password,
			   struct err *err) _must_check_;

#endif
