/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions (DSP0266, section 13.3). A BMC has few of them: each that is made is deleted again. */
#ifndef REDFISH_SESSION_H
#define REDFISH_SESSION_H

#include "redfish/bmc.h"

/* Logs in. A BMC that has no sessions, or none left, is spoken to by HTTP basic. -EACCES: user or password are wrong. */
int rf_session_open(struct rf_bmc *bmc, struct err *err) _must_check_;
/* After the session has ended on the BMC's side. */
int rf_session_renew(struct rf_bmc *bmc, struct err *err) _must_check_;
/* Logs out. */
int rf_session_close(struct rf_bmc *bmc, struct err *err) _must_check_;

#endif
