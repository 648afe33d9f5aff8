/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/overlays.h"

#include "cli/client.h"
#include "core/io.h"

static void say_services(json_t *list, const json_t *services)
{
	const json_t *service;
	size_t i;

	json_array_foreach(services, i, service) {
		const char *ended = json_string_value(json_object_get(service, "ended")),
			   *stopped = json_string_value(json_object_get(service, "stopped"));
		_cleanup_free_ char *text = str_printf(
			"Its service %s was ready after %lld ms; %s%s.", json_text(service, "name"),
			(long long)json_integer_value(json_object_get(service, "ready_after")),
			stopped ? "stopped by "
			: ended ? "ended with "
				: "how it ended is not recorded",
			stopped ? stopped
			: ended ? ended
				: "");

		json_array_append_new(list, json_string(text));
	}
}

json_t *words_overlays(const json_t *certificate)
{
	const json_t *overlay;
	json_t *list = json_array();
	size_t i;

	json_array_foreach(json_object_get(certificate, "overlays"), i, overlay) {
		_cleanup_free_ char *text =
			str_printf("%s %s, serial %lld, signed by %s (SHA-256 of its manifest %s).",
				   json_text(overlay, "name"), json_text(overlay, "version"),
				   (long long)json_integer_value(json_object_get(overlay, "serial")),
				   json_text(overlay, "signer"), json_text(overlay, "manifest_sha256"));

		json_array_append_new(list, json_string(text));
		say_services(list, json_object_get(overlay, "services"));
	}
	return list;
}
