/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order_nic.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/node.h"

#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static bool consists_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

/* "0000:3b:00.0", as the kernel writes it. */
static bool is_pci(const char *text)
{
	static const char form[] = "xxxx:xx:xx.7";

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'x'   ? !strchr(DIGITS "abcdef", text[i])
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
	if ((*driver && !consists_of(driver, UPPER LOWER DIGITS "_-")) ||
	    (*psid && !consists_of(psid, UPPER LOWER DIGITS "_-")))
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

/* As the kernel's drivers name them: "enable_roce". */
static bool is_devlink_name(const char *text)
{
	return strlen(text) <= ORDER_NIC_NAME_MAX && consists_of(text, LOWER UPPER DIGITS "_-");
}

static bool is_devlink_value(const json_t *value)
{
	if (json_is_string(value)) {
		const char *text = json_string_value(value);

		for (const char *c = text; *c; c++)
			if (*c < 0x20 || *c > 0x7e)
				return false;
		return *text && strlen(text) == json_string_length(value) &&
		       strlen(text) <= ORDER_NIC_TEXT_MAX;
	}
	return json_is_boolean(value) || (json_is_integer(value) && json_integer_value(value) >= 0 &&
					  json_integer_value(value) <= (json_int_t)UINT32_MAX);
}

/* As mstconfig names them: "SRIOV_EN". */
static bool is_config_name(const char *text)
{
	return strlen(text) <= ORDER_NIC_NAME_MAX && strchr(UPPER, *text) &&
	       consists_of(text, UPPER DIGITS "_");
}

/* "True(1)", "True", "16", "0x10" */
static bool is_config_value(const json_t *value)
{
	const char *text = json_string_value(value), *open;
	size_t len = text ? strlen(text) : 0;

	if (!len || len > ORDER_NIC_VALUE_MAX)
		return false;
	open = strchr(text, '(');
	if (!open)
		return consists_of(text, UPPER LOWER DIGITS "_");
	return open > text && strspn(text, UPPER LOWER DIGITS "_") == (size_t)(open - text) &&
	       strspn(open + 1, DIGITS) && !strcmp(open + 1 + strspn(open + 1, DIGITS), ")");
}

/* An object of settings; *ret is an empty one where it is missing or null. */
static int read_settings(const json_t *entry, const char *what, const char *key,
			 bool (*is_name)(const char *text), bool (*is_value)(const json_t *value),
			 json_t **ret, struct err *err)
{
	json_t *there = json_object_get(entry, key), *value;
	const char *name;

	*ret = json_object();
	if (!there || json_is_null(there))
		return 0;
	if (!json_is_object(there) || json_object_size(there) > ORDER_NIC_SETTINGS_MAX)
		return err_set(err, EBADMSG, "%s.%s must be an object of at most %d settings", what, key,
			       ORDER_NIC_SETTINGS_MAX);
	json_object_foreach(there, name, value) {
		if (!is_name(name))
			return err_set(err, EBADMSG, "%s.%s: \"%.80s\" is no name of a parameter", what, key,
				       name);
		if (!is_value(value))
			return err_set(err, EBADMSG, "%s.%s.%s: not a value that such a parameter can have",
				       what, key, name);
		json_object_set(*ret, name, value);
	}
	return 0;
}

static int read_sriov(const json_t *entry, const char *what, int *ret, struct err *err)
{
	uint64_t n = UINT64_MAX;
	int r = json_opt_u64(entry, what, "sriov", 0, ORDER_NIC_VFS_MAX, &n, err);

	*ret = n == UINT64_MAX ? ORDER_NIC_LEAVE : (int)n;
	return r;
}

/* Below a folder of firmware: no way out of it, and nothing that a request could take for something else. */
static bool is_file(const char *text)
{
	if (!consists_of(text, UPPER LOWER DIGITS "._+-/") || *text == '/' || *text == '-' || *text == '.')
		return false;
	return !strstr(text, "..") && !strstr(text, "//") && !strstr(text, "/.") &&
	       text[strlen(text) - 1] != '/';
}

static bool among(const json_t *versions, const char *version)
{
	for (size_t i = 0; i < json_array_size(versions); i++)
		if (!strcmp(json_string_value(json_array_get(versions, i)), version))
			return true;
	return false;
}

static int read_flash(const json_t *firmware, const char *what, struct order_nic *nic, struct err *err)
{
	static const char *const keys[] = {"file", "version", NULL};
	const json_t *there = json_object_get(firmware, "flash");
	const char *file, *version;
	json_t *flash;
	int r;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_object(firmware, what, "flash", &flash, err);
	if (!r)
		r = json_only_keys(flash, what, keys, err);
	if (!r)
		r = json_get_str(flash, what, "file", ORDER_NIC_FILE_MAX, &file, err);
	if (!r)
		r = json_get_str(flash, what, "version", ORDER_NIC_VERSION_MAX, &version, err);
	if (r)
		return r;
	if (!is_file(file))
		return err_set(err, EBADMSG,
			       "%s.flash.file: \"%s\" is no name of a file below the folder of firmware",
			       what, file);
	if (json_array_size(nic->versions) && !among(nic->versions, version))
		return err_set(err, EBADMSG,
			       "%s.flash.version: \"%s\" is not among the versions that will do", what,
			       version);
	nic->flash_file = xstrdup(file);
	nic->flash_version = xstrdup(version);
	return 0;
}

static int read_versions(const json_t *firmware, const char *what, json_t *to, struct err *err)
{
	const json_t *there = json_object_get(firmware, "versions");
	json_t *list;
	int r = 0;

	if (!there || json_is_null(there))
		return 0;
	r = json_get_array(firmware, what, "versions", ORDER_NIC_VERSIONS_MAX, &list, err);
	for (size_t i = 0; !r && i < json_array_size(list); i++) {
		_cleanup_json_ json_t *holder = json_pack("{sO}", "[]", json_array_get(list, i));
		const char *version;

		r = json_get_str(holder, what, "[]", ORDER_NIC_VERSION_MAX, &version, err);
		if (!r)
			json_array_append(to, json_array_get(list, i));
	}
	return r;
}

static int read_firmware(const json_t *entry, const char *of, struct order_nic *nic, struct err *err)
{
	static const char *const keys[] = {"versions", "flash", NULL};
	const json_t *there = json_object_get(entry, "firmware");
	json_t *firmware;
	char what[64];
	int r;

	nic->versions = json_array();
	if (!there || json_is_null(there))
		return 0;
	snprintf(what, sizeof(what), "%s.firmware", of);
	r = json_get_object(entry, of, "firmware", &firmware, err);
	if (!r)
		r = json_only_keys(firmware, what, keys, err);
	if (!r)
		r = read_versions(firmware, what, nic->versions, err);
	return r ? r : read_flash(firmware, what, nic, err);
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
		r = read_settings(entry, what, "devlink", is_devlink_name, is_devlink_value, &nic->devlink,
				  err);
	if (!r)
		r = read_settings(entry, what, "config", is_config_name, is_config_value, &nic->config, err);
	if (!r)
		r = read_sriov(entry, what, &nic->sriov, err);
	return r ? r : read_firmware(entry, what, nic, err);
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
