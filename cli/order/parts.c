/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/order/parts.h"

#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"

/* "overlays:      nvidia"; takes the text. */
static void line(const char *heading, char *text)
{
	plain_text(text);
	if (*text)
		printf("%-14s %s\n", heading, text);
	free(text);
}

static char *joined(char *list, const char *item)
{
	char *more = str_printf("%s%s%s", list, *list ? ", " : "", item);

	free(list);
	return more;
}

static char *names(const json_t *list)
{
	char *text = xstrdup("");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		text = joined(text, json_string_value(item) ?: "?");
	return text;
}

/* What has no shorter word for a person is told as it stands in the order. */
static char *as_json(const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	char *copy = xstrdup(text ?: "?");

	free(text);
	return copy;
}

static void word(const char *heading, const json_t *value)
{
	if (json_is_string(value))
		line(heading, xstrdup(json_string_value(value)));
}

static void words(const char *heading, const json_t *part)
{
	char *text = xstrdup("");
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)part, key, value) {
		_cleanup_free_ char *shown = NULL, *item = NULL;

		if (json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
			continue;
		shown = json_is_string(value) ? xstrdup(json_string_value(value)) : as_json(value);
		item = str_printf("%s %s", key, shown);
		text = joined(text, item);
	}
	line(heading, text);
}

/* An overlay's name is its folder's: .../NAME/manifest.json. */
static char *overlay_name(const char *url)
{
	const char *end = strrchr(url, '/'), *start = end;

	while (start && start > url && start[-1] != '/')
		start--;
	return end ? str_printf("%.*s", (int)(end - start), start) : xstrdup(url);
}

static void show_overlays(const json_t *overlays)
{
	const json_t *overlay;
	size_t i;

	json_array_foreach(overlays, i, overlay) {
		_cleanup_free_ char *name = overlay_name(json_text(overlay, "manifest_url"));

		line(i ? "" : "overlays:",
		     str_printf("%s, serial %lld or later, manifest %s", name,
				(long long)json_integer_value(json_object_get(overlay, "min_serial")),
				json_text(overlay, "manifest_sha256")));
	}
}

static void show_image(const json_t *image)
{
	if (!json_is_object(image))
		return;
	line("manifest:", str_printf("%s, serial %lld or later", json_text(image, "manifest_url"),
				     (long long)json_integer_value(json_object_get(image, "min_serial"))));
	line("mirrors:", names(json_object_get(image, "mirrors")));
	line("verify:", xstrdup(json_text(image, "verify")));
}

static void show_nics(const json_t *nics)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(nics, i, entry)
		line(i ? "" : "nic:", as_json(entry));
}

/* "rail0 52:54:00:00:00:01", "bond0 of rail0, rail1", "storage VLAN 100 on bond0". */
static char *interface_name(const char *kind, const json_t *interface)
{
	const char *name = json_text(interface, "name");
	_cleanup_free_ char *members = NULL;

	if (!strcmp(kind, "ethernets"))
		return str_printf("%s %s", name, json_text(interface, "mac"));
	if (!strcmp(kind, "vlans"))
		return str_printf("%s VLAN %lld on %s", name,
				  (long long)json_integer_value(json_object_get(interface, "id")),
				  json_text(interface, "link"));
	members = names(json_object_get(interface, "interfaces"));
	return str_printf("%s of %s", name, members);
}

static void show_network(const json_t *network)
{
	static const char *const kinds[] = {"ethernets", "bonds", "vlans", NULL};
	bool told = false;

	for (const char *const *kind = kinds; *kind; kind++) {
		const json_t *interface;
		size_t i;

		json_array_foreach(json_object_get(network, *kind), i, interface) {
			line(told ? "" : "network:", interface_name(*kind, interface));
			told = true;
		}
	}
}

void order_parts_print(const json_t *document)
{
	const json_t *memory = json_object_get(document, "memory");

	show_image(json_object_get(document, "image"));
	if (json_is_integer(memory))
		line("memory:", str_printf("%lld bytes", (long long)json_integer_value(memory)));
	words("root:", json_object_get(document, "root"));
	words("wipe:", json_object_get(document, "wipe"));
	words("firmware:", json_object_get(document, "efi"));
	words("secure boot:", json_object_get(document, "secure_boot"));
	word("TPM:", json_object_get(document, "tpm"));
	word("handover:", json_object_get(document, "handover"));
	show_overlays(json_object_get(document, "overlays"));
	words("GPUs:", json_object_get(document, "gpu"));
	show_nics(json_object_get(document, "nic"));
	show_network(json_object_get(document, "network"));
}
