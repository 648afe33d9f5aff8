/* SPDX-License-Identifier: Apache-2.0 */
/* An entry's settings and firmware. Names and values reach a tool's arguments, a request to the kernel and a path: nothing but what such names are made of. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/order/nic_part.h"

bool order_nic_consists_of(const char *text, const char *characters)
{
	return *text && !text[strspn(text, characters)];
}

/* As the kernel's drivers name them: "enable_roce". */
static bool is_devlink_name(const char *text)
{
	return strlen(text) <= ORDER_NIC_NAME_MAX &&
	       order_nic_consists_of(text, NIC_LOWER NIC_UPPER NIC_DIGITS "_-");
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
	return strlen(text) <= ORDER_NIC_NAME_MAX && strchr(NIC_UPPER, *text) &&
	       order_nic_consists_of(text, NIC_UPPER NIC_DIGITS "_");
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
		return order_nic_consists_of(text, NIC_UPPER NIC_LOWER NIC_DIGITS "_");
	return open > text && strspn(text, NIC_UPPER NIC_LOWER NIC_DIGITS "_") == (size_t)(open - text) &&
	       strspn(open + 1, NIC_DIGITS) && !strcmp(open + 1 + strspn(open + 1, NIC_DIGITS), ")");
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

int order_nic_devlink(const json_t *entry, const char *what, json_t **ret, struct err *err)
{
	return read_settings(entry, what, "devlink", is_devlink_name, is_devlink_value, ret, err);
}

int order_nic_config(const json_t *entry, const char *what, json_t **ret, struct err *err)
{
	return read_settings(entry, what, "config", is_config_name, is_config_value, ret, err);
}

/* Below a folder of firmware: no way out of it, and nothing that a request could take for something else. */
static bool is_file(const char *text)
{
	if (!order_nic_consists_of(text, NIC_UPPER NIC_LOWER NIC_DIGITS "._+-/") || *text == '/' ||
	    *text == '-' || *text == '.')
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

int order_nic_firmware(const json_t *entry, const char *of, struct order_nic *nic, struct err *err)
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
