/* SPDX-License-Identifier: Apache-2.0 */
/* Is a password the right one? Found out by a login of its own, beside the session that there is. */
#ifndef REDFISH_LOGIN_H
#define REDFISH_LOGIN_H

#include "redfish/bmc.h"

/*
 * One try: a session on a connection of its own, which is ended again; where a BMC has none (left), one request by HTTP basic. The BMC need not
 * be logged in to. 0: it is taken; 1: it is refused, *err has the BMC's words; negative: nothing is known of it.
 */
int rf_login_try(struct rf_bmc *bmc, const char *user, const char *password, struct err *err) _must_check_;

#endif
