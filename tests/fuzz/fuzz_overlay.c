/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay's declaration: what is accepted is written and read again as the same, and each path in it stays in the tree. */
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "images/overlay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_service(const struct overlay_service *s)
{
	if (!overlay_path_valid(s->arguments[0]) || strstr(s->arguments[0], "/../") ||
	    (s->path && !overlay_path_valid(s->path)) || (s->ready == OVERLAY_PATH) != (s->path != NULL) ||
	    s->wait_s < 1 || s->wait_s > OVERLAY_WAIT_MAX_S || s->stop_s < 1 ||
	    s->stop_s > OVERLAY_WAIT_MAX_S)
		abort();
}

/* A link whose target is a text of the declaration: walked by hand, it does not leave the tree. */
static void check_link(const char *target)
{
	int depth = 2; /* of "a/b/link" */

	if (!overlay_link_valid("a/b/link", target))
		return;
	for (const char *p = target; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");

		if (len == 2 && p[0] == '.' && p[1] == '.')
			depth--;
		else if (!(len == 1 && p[0] == '.'))
			depth++;
		if (depth < 0)
			abort();
		p += len;
	}
	if (*target == '/')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(overlay_freep) struct overlay *overlay = NULL, *again = NULL, *declared = NULL;
	_cleanup_json_ json_t *json = NULL, *written = NULL, *rewritten = NULL;
	struct err err;

	if (json_parse(data, size, &json, &err) < 0)
		return 0;
	if (overlay_from_declaration(json, &declared, &err) == 0 && declared->n_services > 0)
		check_link(declared->services[0].arguments[1] ? declared->services[0].arguments[1] : "");
	if (overlay_from_json(json, &overlay, &err) < 0)
		return 0;
	for (unsigned i = 0; i < overlay->n_services; i++)
		check_service(&overlay->services[i]);
	written = overlay_to_json(overlay);
	if (overlay_from_json(written, &again, &err) < 0)
		abort();
	rewritten = overlay_to_json(again);
	if (!json_equal(written, rewritten))
		abort();
	return 0;
}
