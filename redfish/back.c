/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/back.h"

#include "core/log.h"
#include "core/time.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/ref.h"

bool rf_may_be_away(const struct rf_bmc *bmc, int code)
{
	switch (code) {
	case -ECONNREFUSED:
	case -EHOSTUNREACH:
	case -ECONNRESET:
	case -ETIMEDOUT:
	case -EAGAIN: /* 429, 5xx */
		return rf_time_left(bmc->loop) > 0;
	default:
		return false;
	}
}

/* Something that is there once the service is, and for those alone who have logged in. */
static int look(struct rf_bmc *bmc, struct err *err)
{
	_cleanup_json_ json_t *root = NULL, *managers = NULL;
	char path[RF_PATH_MAX];
	int r = rf_ref_at(bmc->root, "service root", "Managers/@odata.id", bmc->origin, path, err);

	if (r == 0)
		r = rf_get(bmc, "/redfish/v1/", &root, NULL, err);
	if (r == 0 && path[0])
		r = rf_get(bmc, path, &managers, NULL, err);
	return r;
}

int rf_await_back(struct rf_bmc *bmc, struct err *err)
{
	const uint64_t begun = monotonic_ns() / 1000000;

	for (;;) {
		int r = look(bmc, err);

		/* 404: the service is there, and not all of its resources yet */
		if (r == 0 || (r != -ENOENT && !rf_may_be_away(bmc, r)))
			return r;
		log_debug("%s: not back yet: %s", bmc->origin, err->text);
		if (monotonic_ns() / 1000000 - begun >= bmc->times.restart)
			return err_set(err, ETIMEDOUT, "%s has not come back within %u s", bmc->origin,
				       bmc->times.restart / 1000);
		r = rf_sleep(bmc->loop, bmc->times.poll, err);
		if (r < 0)
			return r;
	}
}
