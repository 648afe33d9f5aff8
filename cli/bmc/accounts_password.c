/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc accounts add, rotate and settle: what has to do with a new password. */
#include "cli/bmc/accounts.h"
#include "cli/bmc/new_password.h"
#include "core/secret.h"
#include "redfish/account_rotate.h"
#include "redfish/accounts.h"

/* A password for one BMC, and whether the file has it already. */
struct fresh {
	const struct accounts_request *request;
	char *password; /* a secret */
};

static int keep(void *data, struct err *err)
{
	const struct fresh *fresh = data;

	return fresh->request->password ? 0
					: bmc_new_password_write(fresh->request->file, fresh->request->user,
								 fresh->password, err);
}

/* The file stays in each case: it is the operator's to say that it is of no use. */
static int settled(enum rf_password which, void *data, struct err *err)
{
	(void)which;
	(void)data;
	(void)err;
	return 0;
}

static int make_fresh(struct rf_bmc *bmc, const struct accounts_request *request, struct fresh *ret,
		      struct err *err)
{
	struct rf_password_policy policy;
	int r;

	ret->request = request;
	if (request->password) {
		ret->password = secret_dup(request->password);
		return 0;
	}
	r = rf_accounts_policy(bmc, &policy, err);
	return r < 0 ? r : rf_password_make(&policy, &ret->password, err);
}

int bmc_accounts_add(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret,
		     struct err *err)
{
	struct fresh fresh = {0};
	json_t *account = NULL;
	int r = make_fresh(bmc, request, &fresh, err);

	if (r == 0)
		r = keep(&fresh, err);
	if (r == 0) {
		const struct rf_account_wish wish = {request->user, fresh.password, request->role};

		r = rf_account_create(bmc, &wish, &account, err);
	}
	if (r == 0)
		*ret = json_pack("{s:o, s:s, s:b}", "account", account, "file", request->file, "made",
				 !request->password);
	secret_free(fresh.password);
	return r;
}

int bmc_accounts_rotate(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret,
			struct err *err)
{
	struct fresh fresh = {0};
	int r = make_fresh(bmc, request, &fresh, err);

	if (r == 0) {
		const struct rf_rotation rotation = {
			.user = request->user,
			.candidate = fresh.password,
			.keep = keep,
			.settled = settled,
			.data = &fresh,
		};

		r = rf_account_rotate(bmc, &rotation, err);
	}
	if (r == 0)
		*ret = json_pack("{s:s, s:s, s:b, s:s}", "user", request->user, "file", request->file, "made",
				 !request->password, "works", "new");
	secret_free(fresh.password);
	return r;
}

int bmc_accounts_settle(struct rf_bmc *bmc, const struct accounts_request *request, json_t **ret,
			struct err *err)
{
	enum rf_password which;
	int r = rf_account_settle(bmc, request->user, NULL, request->password, &which, err);

	if (r == 0)
		*ret = json_pack("{s:s, s:s, s:s}", "user", request->user, "file", request->file, "works",
				 which == RF_PASSWORD_OLD ? "old" : "new");
	return r;
}
