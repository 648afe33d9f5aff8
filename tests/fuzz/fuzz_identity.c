/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <string.h>

#include "core/json.h"
#include "protocol/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ json_t *json = NULL;
	struct err err = {0};
	_cleanup_json_ json_t *back = NULL;
	struct node_identity identity, again;

	if (json_parse(data, size, &json, &err) < 0 || node_identity_from_json(json, &identity, &err) < 0)
		return 0;
	back = node_identity_to_json(&identity);
	if (!back || node_identity_from_json(back, &again, &err) < 0 || again.n_macs != identity.n_macs)
		__builtin_trap();
	if ((*identity.uuid || *identity.serial || identity.n_macs) &&
	    !node_identity_matches(&identity, &again, NULL))
		__builtin_trap();
	return 0;
}
