/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/order/efi.h"

#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/order/wipe.h"

#define WHAT        "order.efi"
#define GUID_LEN    36
#define GLOBAL_GUID "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define IMAGE_GUID  "d719b2cb-3d3a-4596-a3bc-dad00e67656f" /* db, dbx, dbt, dbr */

/* "0f3c1a52-90ab-4cde-8f01-23456789abcd" */
static bool is_guid(const char *text)
{
	for (unsigned i = 0; i < GUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !text[i] || !strchr("0123456789abcdef", text[i]))
			return false;
	}
	return !text[GUID_LEN];
}

/* Secure Boot's databases are signed; to delete one by an order of this kind could leave a machine that starts anything, or nothing. */
static bool is_key_database(const char *name, size_t name_len, const char *guid)
{
	if (!strcmp(guid, IMAGE_GUID))
		return true;
	return !strcmp(guid, GLOBAL_GUID) &&
	       ((name_len == 2 && !memcmp(name, "PK", 2)) || (name_len == 3 && !memcmp(name, "KEK", 3)));
}

static int check_variable(const char *text, struct err *err)
{
	size_t len = strlen(text), name_len = len > GUID_LEN ? len - GUID_LEN - 1 : 0;
	bool good = name_len && text[name_len] == '-' && is_guid(text + name_len + 1);

	for (const char *c = text; *c; c++)
		good &= *c > 0x20 && *c < 0x7f;
	if (!good)
		return err_set(err, EBADMSG,
			       WHAT ".remove: \"%s\" is not a variable's name with its GUID in lower case",
			       text);
	if (is_key_database(text, name_len, text + name_len + 1))
		return err_set(err, EBADMSG, WHAT ".remove: %s is one of Secure Boot's key databases", text);
	return 0;
}

static int check_uri(const char *text, struct err *err)
{
	bool good = !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);

	for (const char *c = text; *c; c++)
		good &= *c > 0x20 && *c < 0x7f;
	return good ? 0 : err_set(err, EBADMSG, WHAT ".keep_uris: \"%s\" is not an http or https URI", text);
}

static int read_names(const json_t *efi, const char *key, unsigned max, size_t max_len, char ***ret,
		      unsigned *ret_n, int (*check)(const char *text, struct err *err), struct err *err)
{
	const json_t *list = json_object_get(efi, key);
	char what[48];
	int r;

	if (!list || json_is_null(list))
		return 0;
	snprintf(what, sizeof(what), WHAT ".%s", key);
	if (!json_is_array(list))
		return err_set(err, EBADMSG, "%s must be an array", what);
	r = order_read_list(list, what, max, max_len, ret, ret_n, err);
	for (unsigned i = 0; r == 0 && i < *ret_n; i++)
		r = check((*ret)[i], err);
	return r;
}

/* One of two words; *ret_second as it was where it is missing and may be. */
static int read_word(const json_t *efi, const char *key, bool needed, const char *first, const char *second,
		     bool *ret_second, struct err *err)
{
	const char *text = NULL;
	int r = needed ? json_get_str(efi, WHAT, key, 32, &text, err)
		       : json_opt_str(efi, WHAT, key, 32, &text, err);

	if (r < 0 || !text)
		return r;
	*ret_second = !strcmp(text, second);
	if (!*ret_second && strcmp(text, first) != 0)
		return err_set(err, EBADMSG, WHAT ".%s must be \"%s\" or \"%s\"", key, first, second);
	return 0;
}

static int read_boot(const json_t *json, bool has_image, struct order_efi *efi, struct err *err)
{
	bool network_first = false;
	int r = 0;

	if (has_image)
		r = read_word(json, "boot", true, "disk-first", "network-first", &network_first, err);
	else if (json_object_get(json, "boot"))
		r = err_set(err, EBADMSG, WHAT ".boot has no place in an order without image");
	efi->boot = network_first ? ORDER_BOOT_NETWORK_FIRST : ORDER_BOOT_DISK_FIRST;
	return r;
}

int order_efi_read(const json_t *order, bool has_image, struct order_efi *efi, struct err *err)
{
	static const char *const keys[] = {
		"boot", "foreign", "remove", "keep_uris", "clear_memory", "verify_after_reset", NULL};
	const json_t *there = json_object_get(order, "efi");
	bool clear_memory = true;
	json_t *json;
	int r;

	if (!has_image && (!there || json_is_null(there)))
		return 0;
	r = json_get_object(order, "order", "efi", &json, err);
	if (!r)
		r = json_only_keys(json, WHAT, keys, err);
	if (!r)
		r = read_boot(json, has_image, efi, err);
	if (!r)
		r = read_word(json, "foreign", false, "report", "remove", &efi->remove_foreign, err);
	if (!r)
		r = read_names(json, "remove", ORDER_VARIABLES_MAX, ORDER_VARIABLE_MAX, &efi->remove,
			       &efi->n_remove, check_variable, err);
	if (!r)
		r = read_names(json, "keep_uris", ORDER_URIS_MAX, ORDER_URI_MAX, &efi->keep_uris,
			       &efi->n_keep_uris, check_uri, err);
	if (!r)
		r = json_opt_bool(json, WHAT, "clear_memory", &clear_memory, err);
	if (!r)
		r = json_opt_bool(json, WHAT, "verify_after_reset", &efi->verify_after_reset, err);
	efi->keep_memory = !clear_memory;
	return r;
}

static bool is_plain(const struct order_efi *efi)
{
	return !efi->remove_foreign && !efi->n_remove && !efi->n_keep_uris && !efi->keep_memory &&
	       !efi->verify_after_reset;
}

json_t *order_efi_to_json(const struct order_efi *efi, bool has_image)
{
	json_t *json;

	if (!has_image && is_plain(efi))
		return json_null();
	json = json_pack("{ss so so sb sb}", "foreign", efi->remove_foreign ? "remove" : "report", "remove",
			 order_list_to_json(efi->remove, efi->n_remove), "keep_uris",
			 order_list_to_json(efi->keep_uris, efi->n_keep_uris), "clear_memory",
			 !efi->keep_memory, "verify_after_reset", efi->verify_after_reset);

	if (has_image)
		json_object_set_new(
			json, "boot",
			json_string(efi->boot == ORDER_BOOT_DISK_FIRST ? "disk-first" : "network-first"));
	return json;
}

static void free_list(char **list, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(list[i]);
	free(list);
}

void order_efi_clear(struct order_efi *efi)
{
	free_list(efi->remove, efi->n_remove);
	free_list(efi->keep_uris, efi->n_keep_uris);
	*efi = (struct order_efi){0};
}
