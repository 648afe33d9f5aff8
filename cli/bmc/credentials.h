/* SPDX-License-Identifier: Apache-2.0 */
/* As whom BMCs are spoken to: from a file or the environment, never from a command line, which is everybody's to read. */
#ifndef CLI_BMC_CREDENTIALS_H
#define CLI_BMC_CREDENTIALS_H

#include "core/err.h"
#include "core/secret.h"

struct bmc_credentials {
	char *user, *password; /* secrets */
};
void bmc_credentials_clear(struct bmc_credentials *credentials);

/* `file`: two lines, readable by its owner alone; NULL: REMINT_BMC_CREDENTIALS, or REMINT_BMC_USER and REMINT_BMC_PASSWORD. */
int bmc_credentials_read(const char *file, struct bmc_credentials *ret, struct err *err) _must_check_;

#endif
