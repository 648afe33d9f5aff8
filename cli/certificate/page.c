/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/page.h"

#include "cli/certificate/words.h"
#include "cli/client.h"
#include "cli/html.h"
#include "core/io.h"
#include "core/json.h"

const char *page_claim_look(const json_t *drive)
{
	switch (*json_text(drive, "claim")) {
	case 'r':
		return "span class=\"claim read\"";
	case 'a':
		return "span class=\"claim asserted\"";
	}
	return "span class=\"claim not-erased\"";
}

static void drive_row(FILE *out, size_t number, const json_t *drive)
{
	_cleanup_free_ char *medium = words_medium(drive), *verified = words_verified(drive),
			    *compared = words_compared(drive), *basis = NULL;
	const char *serial = json_text(drive, "serial");

	fprintf(out, "<tr><td class=no>%zu<td>", number);
	html_element(out, "b", json_text(drive, "model"));
	fputs("<small>no. ", out);
	html_element(out, "b", *serial == '-' && !serial[1] ? json_text(drive, "name") : serial);
	fputs(", ", out);
	html_text(out, medium);
	fputs("</small><td>", out);
	html_text(out, json_text(drive, "technique"));
	html_element(out, "small", json_text(drive, "method"));
	fputs("<td>", out);
	html_text(out, verified);
	html_element(out, "small", compared);
	fputs("<td>", out);
	html_element(out, page_claim_look(drive), json_text(drive, "claim"));
	if (json_is_string(json_object_get(drive, "level_basis")))
		basis = str_printf("%s: %s", json_text(drive, "level"), json_text(drive, "level_basis"));
	html_element(out, "small", basis ?: "no level reached");
	fputs("</tr>\n", out);
}

void page_drives(FILE *out, const json_t *certificate)
{
	const json_t *drive;
	size_t i;

	fputs("<h2>Drives</h2>\n<table "
	      "class=drives><col><col><col><col><col><thead><tr><th><th>Drive<th>Method"
	      "<th>Verified by reading<th>Claim, and level</tr></thead>\n<tbody>",
	      out);
	json_array_foreach(json_object_get(certificate, "drives"), i, drive)
		drive_row(out, i + 1, drive);
	fputs("</tbody></table>\n", out);
}

/* The place of a drive in the table, from 1; 0 for what is not in it. */
static size_t number_of(const json_t *certificate, const json_t *name)
{
	const json_t *drives = json_object_get(certificate, "drives");

	for (size_t i = 0; i < json_array_size(drives); i++)
		if (json_equal(json_object_get(json_array_get(drives, i), "name"), name))
			return i + 1;
	return 0;
}

void page_places(FILE *out, const json_t *certificate, const json_t *where)
{
	size_t n = json_array_size(where), first = number_of(certificate, json_array_get(where, 0)), last;

	if (first)
		fputs(n > 1 ? "drives " : "drive ", out);
	for (size_t i = 0; i < n; i++) {
		first = last = number_of(certificate, json_array_get(where, i));
		if (i)
			fputs(", ", out);
		if (!first) {
			html_text(out, json_string_value(json_array_get(where, i)) ?: "-");
			continue;
		}
		while (i + 1 < n && number_of(certificate, json_array_get(where, i + 1)) == last + 1) {
			last++;
			i++;
		}
		fprintf(out, "%zu", first);
		if (last > first)
			fprintf(out, "%s%zu", last > first + 1 ? "&ndash;" : ", ", last);
	}
}

void page_not_done(FILE *out, const json_t *certificate)
{
	_cleanup_json_ json_t *list = words_not_done(certificate);
	const json_t *item;
	size_t i;

	fputs("<h2>Not done</h2>\n", out);
	if (!json_array_size(list)) {
		fputs("<p>Nothing that is known.</p>\n", out);
		return;
	}
	fputs("<table class=not><col><col><col><tbody>", out);
	json_array_foreach(list, i, item) {
		fputs("<tr>", out);
		html_element(out, "td", json_text(item, "what"));
		fputs("<td>", out);
		page_places(out, certificate, json_object_get(item, "where"));
		html_element(out, "td", json_text(item, "reason"));
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}
