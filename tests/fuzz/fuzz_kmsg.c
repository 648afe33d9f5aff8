/* rooms: agent/hw core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Records of /dev/kmsg: what drivers, and whoever may write there, have said. */
#include <string.h>

#include "agent/hw/kmsg.h"
#include "core/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ struct kmsg_xids *xids = xcalloc(1, sizeof(*xids));
	_cleanup_free_ char *exact = xcalloc(1, size + !size); /* so that a read past the end is seen */

	if (size)
		memcpy(exact, data, size);
	kmsg_take(xids, exact, size);
	if (xids->n > KMSG_XIDS_MAX)
		__builtin_trap();
	for (unsigned i = 0; i < xids->n; i++) {
		const struct kmsg_xid *x = &xids->at[i];

		if (!x->number || x->number > 65535 || !x->count || strlen(x->pci) < 10)
			__builtin_trap();
		for (const char *c = x->text; *c; c++)
			if (*c < 0x20 || *c > 0x7e)
				__builtin_trap();
	}
	return 0;
}
