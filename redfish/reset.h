/* SPDX-License-Identifier: Apache-2.0 */
/* The BMC itself: restarted, or given its settings from the factory. DSP2046, Manager. */
#ifndef REDFISH_RESET_H
#define REDFISH_RESET_H

#include "redfish/bmc.h"

enum rf_reset {
	RF_RESET_RESTART,               /* GracefulRestart, or what there is */
	RF_RESET_FORCE,                 /* ForceRestart */
	RF_RESET_DEFAULTS,              /* ResetToDefaults: ResetAll */
	RF_RESET_DEFAULTS_BUT_NETWORK,  /* PreserveNetwork */
	RF_RESET_DEFAULTS_BUT_ACCOUNTS, /* PreserveNetworkAndUsers */
};

/* {"manager", "path", "model", "firmware", "restart", "defaults"}: the last two what it offers, null where it does not say or has no such action. */
int rf_reset_show(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

/*
 * Has the BMC do it, and waits until it has been away and answers again, at most times.restart. {"manager", "type", "seen", "seconds", "login"}:
 * seen is how the restart was seen ("silence": it did not answer, "session": it knew ours no longer, "time": its LastResetTime), seconds until
 * it was back, login whether user and password are taken afterwards. -EOPNOTSUPP: it does not offer that; -RF_UNCHANGED: it agreed,
 * and no restart was seen within times.state; -ETIMEDOUT: it has not come back, at this address at least; -EKEYREJECTED: it shows another certificate.
 */
int rf_reset(struct rf_bmc *bmc, enum rf_reset what, json_t **ret, struct err *err) _must_check_;

#endif
