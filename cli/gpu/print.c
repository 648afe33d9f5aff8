/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/gpu/gpu.h"
#include "cli/plain.h"
#include "core/cleanup.h"
#include "core/io.h"
#include "core/json.h"

static void print_text(const char *text)
{
	_cleanup_free_ char *copy = xstrdup(text);

	plain_text(copy);
	fputs(copy, stdout);
}

/* On one line: "up 18, down none, version 4". */
static void print_value(const json_t *value)
{
	const char *key, *between = "";
	json_t *member;
	size_t i;

	if (json_is_string(value))
		print_text(json_string_value(value));
	else if (json_is_integer(value))
		printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", stdout);
	else if (json_is_real(value))
		printf("%g", json_real_value(value));
	else if (!json_object_size(value) && !json_array_size(value))
		fputs("none", stdout);
	json_object_foreach((json_t *)value, key, member) {
		fputs(between, stdout);
		print_text(key);
		putchar(' ');
		print_value(member);
		between = ", ";
	}
	json_array_foreach(value, i, member) {
		fputs(between, stdout);
		print_value(member);
		between = ", ";
	}
}

static void print_part(const json_t *part, const char *head)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)part, key, value) {
		_cleanup_free_ char *clean = xstrdup(key);

		plain_text(clean);
		for (char *c = clean; *c; c++)
			if (*c == '_')
				*c = ' ';
		printf("  %-9s %-18s ", head, clean);
		print_value(value);
		putchar('\n');
		head = "";
	}
}

static void print_identity(const json_t *gpu)
{
	static const char *const keys[] = {"serial", "uuid", "driver", "vbios", "inforom"};
	json_t *memory = json_object_get(gpu, "memory");
	_cleanup_json_ json_t *part = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(gpu, keys[i]))
			json_object_set(part, keys[i], json_object_get(gpu, keys[i]));
	if (memory) {
		_cleanup_free_ char *text =
			str_printf("%.1f GiB", (double)json_integer_value(memory) / (1 << 30));

		json_object_set_new(part, "memory", json_string(text));
	}
	print_part(part, "card");
}

static void print_sentence(const char *head, const char *text)
{
	if (!text)
		return;
	printf("  %-9s ", head);
	print_text(text);
	putchar('\n');
}

void gpu_print(const json_t *gpu)
{
	const json_t *model = json_object_get(gpu, "model");
	json_t *item;
	size_t i;

	print_text(json_string_value(json_object_get(gpu, "pci")));
	fputs("  ", stdout);
	print_value(model ? model : json_object_get(gpu, "id"));
	putchar('\n');
	print_sentence("not read", json_string_value(json_object_get(gpu, "error")));
	print_identity(gpu);
	print_part(json_object_get(gpu, "settings"), "settings");
	print_part(json_object_get(gpu, "health"), "health");
	json_array_foreach(json_object_get(gpu, "unknown"), i, item)
		print_sentence("unknown", json_string_value(item));
	json_array_foreach(json_object_get(gpu, "faults"), i, item)
		print_sentence("FAULT", json_string_value(json_object_get(item, "text")));
}

bool gpu_is_faulty(const json_t *gpu)
{
	return json_object_get(gpu, "error") || json_array_size(json_object_get(gpu, "faults"));
}
