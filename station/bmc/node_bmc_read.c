/* SPDX-License-Identifier: Apache-2.0 */
/* What an administrator says of a BMC. No message repeats what may hold the password. */
#include <stdio.h>
#include <string.h>

#include "core/io.h"
#include "core/ossl.h"
#include "core/secret.h"
#include "redfish/ref.h"
#include "station/bmc/node_bmc.h"

static int read_address(const json_t *json, struct station_bmc *ret, struct err *err)
{
	_cleanup_free_ char *origin = NULL;
	const char *address = NULL;
	int r = json_get_str(json, "bmc", "address", BMC_ORIGIN_SIZE - 1, &address, err);

	if (r < 0)
		return r;
	if (strchr(address, '@')) /* what stands before it is not for messages */
		return err_set(err, EINVAL, "bmc.address: must be HOST, HOST:PORT or https://HOST[:PORT]");
	r = rf_origin(address, &origin, err);
	if (r < 0)
		return err_prepend(err, "bmc.address");
	if (strlen(origin) >= sizeof(ret->origin))
		return err_set(err, EINVAL, "bmc.address: too long");
	strcpy(ret->origin, origin);
	return 0;
}

/* PEM has line breaks, which other strings may not have. */
static int read_ca(const json_t *value, struct station_bmc *ret, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	const char *pem = json_string_value(value);

	if (!pem || strlen(pem) > BMC_CA_MAX)
		return err_set(err, EBADMSG, "bmc.ca_pem must be PEM of at most %d bytes", BMC_CA_MAX);
	ret->ca_pem = xstrdup(pem);
	return ossl_certs_read(pem, strlen(pem), "bmc.ca_pem", &certs, err);
}

static int read_trust(const json_t *json, struct station_bmc *ret, struct err *err)
{
	const json_t *ca = json_object_get(json, "ca_pem");
	const char *pin = NULL;
	int r = json_opt_str(json, "bmc", "pin", RF_PIN_SIZE, &pin, err);

	if (r < 0)
		return r;
	if (json_is_null(ca))
		ca = NULL;
	if (pin && ca)
		return err_set(err, EINVAL, "bmc: one of pin and ca_pem, not both");
	if (!pin && !ca)
		return err_set(
			err, EINVAL,
			"bmc: neither pin nor ca_pem, and no BMC is trusted unseen; look at its certificate "
			"and record its key: remint bmc trust --known FILE %s",
			ret->origin);
	if (ca)
		return read_ca(ca, ret, err);
	r = rf_pin_read(pin, ret->pin, err);
	return r < 0 ? err_prepend(err, "bmc.pin") : 0;
}

static int read_user(const json_t *json, struct station_bmc *ret, struct err *err)
{
	const char *user = NULL, *password = NULL;
	int r = json_get_str(json, "bmc", "user", BMC_USER_MAX, &user, err);

	if (r == 0)
		r = json_get_str(json, "bmc", "password", BMC_PASSWORD_MAX, &password, err);
	if (r < 0)
		return r;
	ret->user = xstrdup(user);
	ret->password = secret_dup(password);
	return 0;
}

int node_bmc_read(const json_t *json, struct station_bmc *ret, struct err *err)
{
	const char *system = NULL;
	int r = read_address(json, ret, err);

	if (r == 0)
		r = read_trust(json, ret, err);
	if (r == 0)
		r = read_user(json, ret, err);
	if (r == 0)
		r = json_opt_str(json, "bmc", "system", BMC_SYSTEM_MAX, &system, err);
	if (r == 0)
		r = json_opt_bool(json, "bmc", "basic", &ret->basic, err);
	if (r == 0 && system)
		ret->system = xstrdup(system);
	return r;
}
