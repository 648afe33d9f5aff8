/* SPDX-License-Identifier: Apache-2.0 */
/* BIOS attributes against a profile. */
#include "redfish/answer.h"
#include "redfish/bios_read.h"

static const char *const states[] = {"equal", "differing", "pending", "not_readable"};
enum state { EQUAL, DIFFERING, PENDING, NOT_READABLE };

int rf_bios_profile(const json_t *profile, json_t **ret, struct err *err)
{
	json_t *attributes = json_object_get(profile, "attributes"), *value;
	const char *name;

	if (!json_is_object(attributes))
		return err_set(err, EBADMSG, "a BIOS profile must be {\"attributes\": {NAME: VALUE, ...}}");
	if (json_object_size(attributes) > RF_ATTRIBUTES_MAX)
		return err_set(err, EFBIG, "a BIOS profile has at most %d attributes", RF_ATTRIBUTES_MAX);
	json_object_foreach(attributes, name, value)
		if (json_is_object(value) || json_is_array(value)) {
			_cleanup_free_ char *shown = rf_plain(name);

			return err_set(err, EBADMSG, "the BIOS profile's %s must be a plain value", shown);
		}
	*ret = attributes;
	return 0;
}

static enum state judge(const json_t *want, const json_t *is, const json_t *pending)
{
	if (!is)
		return NOT_READABLE;
	if (rf_bios_same(want, pending ? pending : is))
		return pending ? PENDING : EQUAL;
	return DIFFERING;
}

json_t *rf_bios_compare(const json_t *bios, const json_t *wanted)
{
	const json_t *there = json_object_get(bios, "attributes"), *later = json_object_get(bios, "pending");
	json_t *list = json_array(), *made = json_pack("{s:o}", "attributes", list), *want;
	json_int_t n[] = {0, 0, 0, 0};
	const char *name;

	json_object_foreach((json_t *)wanted, name, want) {
		json_t *is = json_object_get(there, name), *pending = json_object_get(later, name);
		enum state state = judge(want, is, pending);

		n[state]++;
		json_array_append_new(list,
				      json_pack("{s:s, s:O, s:O?, s:O?, s:s}", "name", name, "want", want,
						"is", is, "pending", pending, "state",
						state == NOT_READABLE ? "not readable" : states[state]));
	}
	for (unsigned i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		json_object_set_new(made, states[i], json_integer(n[i]));
	return made;
}
