/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/nic.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/node.h"
#include "protocol/order/nic_part.h"

/* "0000:3b:00.0", as the kernel writes it. */
static bool is_pci(const char *text)
{
	static const char form[] = "xxxx:xx:xx.7";

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'x'   ? !strchr(NIC_DIGITS "abcdef", text[i])
		    : form[i] == '7' ? !strchr("01234567", text[i])
				     : form[i] != text[i])
			return false;
	return true;
}

static int read_match(const json_t *entry, const char *what, struct order_nic_match *match, struct err *err)
{
	static const char *const keys[] = {"pci", "mac", "driver", "psid", NULL};
	const char *pci = "", *mac = "", *driver = "", *psid = "";
	json_t *object;
	int r = json_get_object(entry, what, "match", &object, err);

	if (!r)
		r = json_only_keys(object, what, keys, err);
	if (!r)
		r = json_opt_str(object, what, "pci", sizeof(match->pci) - 1, &pci, err);
	if (!r)
		r = json_opt_str(object, what, "mac", sizeof(match->mac) - 1, &mac, err);
	if (!r)
		r = json_opt_str(object, what, "driver", sizeof(match->driver) - 1, &driver, err);
	if (!r)
		r = json_opt_str(object, what, "psid", sizeof(match->psid) - 1, &psid, err);
	if (r)
		return r;
	if (*pci && !is_pci(pci))
		return err_set(err, EBADMSG, "%s.match.pci: \"%s\" is no address such as 0000:3b:00.0", what,
			       pci);
	if (*mac && node_mac_normalise(mac, match->mac) < 0)
		return err_set(err, EBADMSG, "%s.match.mac: \"%s\" is no MAC address", what, mac);
	if ((*driver && !order_nic_consists_of(driver, NIC_UPPER NIC_LOWER NIC_DIGITS "_-")) ||
	    (*psid && !order_nic_consists_of(psid, NIC_UPPER NIC_LOWER NIC_DIGITS "_-")))
		return err_set(err, EBADMSG, "%s.match: driver and psid are of letters, digits, _ and -",
			       what);
	if (!*pci && !*mac && !*driver && !*psid)
		return err_set(err, EBADMSG,
			       "%s.match names nothing: one of pci, mac, driver and psid is needed", what);
	snprintf(match->pci, sizeof(match->pci), "%s", pci);
	snprintf(match->driver, sizeof(match->driver), "%s", driver);
	snprintf(match->psid, sizeof(match->psid), "%s", psid);
	return 0;
}

static int read_sriov(const json_t *entry, const char *what, int *ret, struct err *err)
{
	uint64_t n = UINT64_MAX;
	int r = json_opt_u64(entry, what, "sriov", 0, ORDER_NIC_VFS_MAX, &n, err);

	*ret = n == UINT64_MAX ? ORDER_NIC_LEAVE : (int)n;
	return r;
}

static int read_entry(const json_t *entry, const char *what, struct order_nic *nic, struct err *err)
{
	static const char *const keys[] = {"match",  "required", "devlink", "sriov",
					   "config", "firmware", NULL};
	int r;

	nic->required = true;
	if (!json_is_object(entry))
		return err_set(err, EBADMSG, "%s must be an object", what);
	r = json_only_keys(entry, what, keys, err);
	if (!r)
		r = read_match(entry, what, &nic->match, err);
	if (!r)
		r = json_opt_bool(entry, what, "required", &nic->required, err);
	if (!r)
		r = order_nic_devlink(entry, what, &nic->devlink, err);
	if (!r)
		r = order_nic_config(entry, what, &nic->config, err);
	if (!r)
		r = read_sriov(entry, what, &nic->sriov, err);
	return r ? r : order_nic_firmware(entry, what, nic, err);
}

int order_nics_read(const json_t *order, struct order_nics *nics, struct err *err)
{
	const json_t *there = json_object_get(order, "nic");
	json_t *list;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_array(order, "order", "nic", ORDER_NICS_MAX, &list, err);
	if (r)
		return r;
	nics->at = xcalloc(json_array_size(list) + 1, sizeof(*nics->at));
	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		char what[48];

		snprintf(what, sizeof(what), "order.nic[%zu]", i);
		r = read_entry(json_array_get(list, i), what, &nics->at[nics->n++], err);
	}
	return r;
}

static json_t *match_to_json(const struct order_nic_match *match)
{
	const struct {
		const char *key, *value;
	} parts[] = {
		{"pci", match->pci}, {"mac", match->mac}, {"driver", match->driver}, {"psid", match->psid}};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (*parts[i].value)
			json_object_set_new(json, parts[i].key, json_string(parts[i].value));
	return json;
}

static json_t *to_json(const struct order_nic *nic)
{
	json_t *flash = nic->flash_file
				? json_pack("{ss ss}", "file", nic->flash_file, "version", nic->flash_version)
				: json_null();

	return json_pack("{so sb sO so sO s{sO so}}", "match", match_to_json(&nic->match), "required",
			 nic->required, "devlink", nic->devlink, "sriov",
			 nic->sriov == ORDER_NIC_LEAVE ? json_null() : json_integer(nic->sriov), "config",
			 nic->config, "firmware", "versions", nic->versions, "flash", flash);
}

json_t *order_nics_to_json(const struct order_nics *nics)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < nics->n; i++)
		json_array_append_new(list, to_json(&nics->at[i]));
	return list;
}

void order_nics_clear(struct order_nics *nics)
{
	for (unsigned i = 0; i < nics->n; i++) {
		struct order_nic *nic = &nics->at[i];

		json_decref(nic->devlink);
		json_decref(nic->config);
		json_decref(nic->versions);
		free(nic->flash_file);
		free(nic->flash_version);
	}
	free(nics->at);
	*nics = (struct order_nics){0};
}
