/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/order/efi.h"

#include "core/json.h"

static bool add_list(json_t *efi, const char *key, const struct arg_list *list)
{
	json_t *array = json_array();
	bool good = true;

	for (unsigned i = 0; i < list->n; i++)
		good &= json_array_append_new(array, json_string(list->items[i])) == 0;
	if (list->n)
		json_object_set(efi, key, array);
	json_decref(array);
	return good;
}

int order_efi_args_add(const struct order_efi_args *args, json_t *order, struct err *err)
{
	_cleanup_json_ json_t *efi = json_object();
	bool good = add_list(efi, "remove", &args->remove) && add_list(efi, "keep_uris", &args->keep_uris);

	if (args->foreign)
		good &= json_object_set_new(efi, "foreign", json_string(args->foreign)) == 0;
	if (args->keep_memory)
		json_object_set_new(efi, "clear_memory", json_false());
	if (args->verify_after_reset)
		json_object_set_new(efi, "verify_after_reset", json_true());
	if (!good)
		return err_set(err, EINVAL, "names must be UTF-8");
	if (json_object_size(efi))
		json_object_set(order, "efi", efi);
	return 0;
}
