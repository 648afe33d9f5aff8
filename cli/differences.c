/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/differences.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"

/* What a machine says of itself goes to a terminal. */
void differences_show(const json_t *found)
{
	for (size_t i = 0; i < json_array_size(found); i++) {
		const json_t *difference = json_array_get(found, i);
		_cleanup_free_ char *text = xstrdup(json_text(difference, "text"));

		plain_text(text);
		printf("%s  %s\n",
		       json_is_true(json_object_get(difference, "required")) ? "required" : "recorded", text);
	}
	if (!json_array_size(found))
		puts("no difference");
}

bool differences_hold(const json_t *found)
{
	for (size_t i = 0; i < json_array_size(found); i++)
		if (json_is_true(json_object_get(json_array_get(found, i), "required")))
			return true;
	return false;
}
