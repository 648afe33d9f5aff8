/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/gpu/scrub_show.h"
#include "cli/plain.h"
#include "core/io.h"

static double number(const json_t *scrub, const char *key)
{
	return json_number_value(json_object_get(scrub, key));
}

static json_int_t bytes(const json_t *scrub, const char *key)
{
	return json_integer_value(json_object_get(scrub, key));
}

static void add(json_t *found, char *text)
{
	json_array_append_new(found, json_string(text));
	free(text);
}

static void judge_share(const json_t *scrub, unsigned share, json_t *found)
{
	if (!share)
		return;
	if (!json_is_number(json_object_get(scrub, "share")))
		add(found,
		    str_printf("how fast the memory could be is not known, so %u %% of it cannot be shown",
			       share));
	else if (100 * number(scrub, "share") < share)
		add(found, str_printf("the fill reached %.1f %% of what the memory can do; %u %% are wanted",
				      100 * number(scrub, "share"), share));
}

int gpu_scrub_judge(json_t *entry, unsigned share)
{
	const json_t *scrub = json_object_get(entry, "scrub"), *faults = json_object_get(scrub, "faults");
	json_t *found = json_array();
	int n;

	for (size_t i = 0; i < json_array_size(faults); i++)
		add(found, xstrdup(json_text(json_array_get(faults, i), "text")));
	if (!json_array_size(faults) && bytes(scrub, "verified") != bytes(scrub, "covered"))
		add(found, xstrdup("not all that was written has been read back"));
	judge_share(scrub, share, found);
	n = (int)json_array_size(found);
	if (n)
		json_object_set(entry, "found", found);
	json_decref(found);
	return n ? EXIT_FOUND : EXIT_SUCCESS;
}

static void show_rate(const json_t *scrub, const char *key, const char *label)
{
	if (json_object_get(scrub, key))
		printf("  %-14s %.1f GB/s\n", label, number(scrub, key) / 1e9);
	else
		printf("  %-14s not known\n", label);
}

static void show_scrub(const json_t *scrub)
{
	json_int_t total = bytes(scrub, "total"), covered = bytes(scrub, "covered");

	printf("  %-14s %" JSON_INTEGER_FORMAT " bytes\n", "memory", total);
	printf("  %-14s %" JSON_INTEGER_FORMAT " bytes, %.2f %%\n", "overwritten", covered,
	       total > 0 ? 100 * (double)covered / (double)total : 0);
	printf("  %-14s %" JSON_INTEGER_FORMAT " bytes\n", "read back", bytes(scrub, "verified"));
	show_rate(scrub, "rate", "fill");
	show_rate(scrub, "verify_rate", "verification");
	show_rate(scrub, "copy_rate", "copy");
	show_rate(scrub, "peak_rate", "memory can do");
	if (json_object_get(scrub, "share"))
		printf("  %-14s %.1f %%\n", "share", 100 * number(scrub, "share"));
}

void gpu_scrub_show(const json_t *entry)
{
	_cleanup_free_ char *model = xstrdup(json_text(entry, "model"));
	const json_t *found = json_object_get(entry, "found"), *scrub = json_object_get(entry, "scrub");

	plain_text(model);
	printf("%s  %s\n", json_text(entry, "pci"), model);
	if (scrub)
		show_scrub(scrub);
	else
		puts("  not scrubbed");
	for (size_t i = 0; i < json_array_size(found); i++) {
		_cleanup_free_ char *text = xstrdup(json_string_value(json_array_get(found, i)));

		plain_text(text);
		printf("  found: %s\n", text);
	}
}
