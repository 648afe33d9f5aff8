/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/certificate/words.h"

#include <inttypes.h>
#include <string.h>

#include "cli/client.h"
#include "core/io.h"

#define NBSP "\xc2\xa0" /* keeps a figure with its word */

const struct words_claim words_claims[] = {
	{"read back",
	 "What was there before was looked for, by reading, and is gone: every marker that had been written, "
	 "and every place that had held data. The last reading, of the whole drive or of the stated places, "
	 "found nothing but zeros.",
	 "anything of cells that the drive's interface does not reach, such as spare and retired blocks. For "
	 "those, a level that is asserted by the device rests on the device's word."},
	{"asserted by the device",
	 "The drive has reported that it forgot the key of its contents, and everything that was looked at "
	 "reads differently than before.",
	 "that the key is gone, or that it was the only one. Nobody can see that by reading the drive; it is "
	 "the drive's own word, also where zeros were written afterwards."},
	{"not erased", "Nothing. Take the drive to hold its former contents.",
	 "that they can still be read; only that nothing shows that they cannot."},
	{},
};

char *words_count(json_int_t n)
{
	char digits[32], text[48];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)n), at = 0;

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0 && digits[i - 1] != '-')
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return xstrdup(text);
}

char *words_size(json_int_t bytes)
{
	static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
	double n = (double)bytes;
	unsigned unit = 0;

	while (n >= 999.5 && unit < 6) {
		n /= 1000;
		unit++;
	}
	return str_printf("%.*f %s", unit && n < 99.5 ? n < 9.95 ? 2 : 1 : 0, n, units[unit]);
}

char *words_time(const char *time)
{
	char *text = str_printf("%s", time);
	char *t = strchr(text, 'T'), *z = strchr(text, 'Z');

	if (!t || !z)
		return text;
	*t = ' ';
	*z = '\0';
	t = str_printf("%s UTC", text);
	free(text);
	return t;
}

char *words_span(const json_t *certificate)
{
	const json_t *drives = json_object_get(certificate, "drives");
	const char *first = NULL, *last = NULL;

	for (size_t i = 0; i < json_array_size(drives); i++) {
		const char *begun = json_text(json_array_get(drives, i), "begun"),
			   *ended = json_text(json_array_get(drives, i), "ended");

		if (!first || strcmp(begun, first) < 0)
			first = begun;
		if (!last || strcmp(ended, last) > 0)
			last = ended;
	}
	if (!first)
		return xstrdup("-");
	_cleanup_free_ char *from = words_time(first), *to = words_time(last);
	bool one_day = strlen(to) > 11 && !strncmp(from, to, 11);
	return str_printf("%.*s to %s", (int)strcspn(from, "U") - 1, from, one_day ? to + 11 : to);
}

static json_int_t number(const json_t *obj, const char *key)
{
	return json_integer_value(json_object_get(obj, key));
}

static bool is(const json_t *obj, const char *key, const char *word)
{
	return !strcmp(json_text(obj, key), word);
}

static size_t count(const json_t *certificate, const char *claim)
{
	const json_t *drives = json_object_get(certificate, "drives");
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(drives); i++)
		n += is(json_array_get(drives, i), "claim", claim);
	return n;
}

bool words_claimed(const json_t *certificate, const char *claim)
{
	return count(certificate, claim) > 0;
}

char *words_verdict(const json_t *certificate, enum words_verdict *ret)
{
	size_t n = json_array_size(json_object_get(certificate, "drives"));
	size_t bad = count(certificate, "not erased"),
	       asserted = count(certificate, "asserted by the device");

	if (ret)
		*ret = bad == n ? VERDICT_NONE : bad ? VERDICT_SOME : VERDICT_ALL;
	if (!n)
		return xstrdup("No drive was to be erased.");
	if (bad == n)
		return xstrdup("None of the drives that were to be erased is erased.");
	if (bad)
		return str_printf("%zu of the %zu drives that were to be erased %s not erased.", bad, n,
				  bad == 1 ? "is" : "are");
	if (n == 1)
		return str_printf("The drive that was to be erased is erased%s.",
				  asserted ? ", by the device's own word alone" : "");
	if (asserted)
		return str_printf("All %zu drives that were to be erased are erased, %zu of them by the "
				  "device's own word alone.",
				  n, asserted);
	return str_printf("All %zu drives that were to be erased are erased.", n);
}

char *words_tally(const json_t *certificate)
{
	size_t others = json_array_size(json_object_get(certificate, "drives_not_touched"));
	char *text = NULL;

	for (const struct words_claim *c = words_claims; c->claim; c++) {
		_cleanup_free_ char *before = text;
		size_t n = count(certificate, c->claim);

		if (n)
			text = str_printf("%s%s%zu %s", before ?: "", before ? " · " : "", n, c->claim);
		else
			(void)TAKE_PTR(before);
	}
	if (others) {
		_cleanup_free_ char *before = text;

		text = str_printf("%s%s%zu further %s not touched", before ?: "", before ? " · " : "", others,
				  others == 1 ? "drive" : "drives");
	}
	return text ?: xstrdup("");
}

/* Adds a piece to *text, with a separator when there is one before. */
static void add(char **text, const char *separator, char *piece)
{
	_cleanup_free_ char *before = *text, *taken = piece;

	*text = str_printf("%s%s%s", before ?: "", before ? separator : "", taken);
}

/* "read in full: all zeros", or "3,001 places read: all zeros; a residue of 0.1 % is found with a probability of 95 %" */
char *words_verified(const json_t *drive)
{
	const json_t *proof = json_object_get(drive, "proof"), *detects = json_object_get(proof, "detects");
	const char *seen = is(proof, "reads", "zero") ? "all zeros" : "not all zeros";
	_cleanup_free_ char *samples = words_count(number(proof, "samples"));

	if (!number(proof, "bytes_read"))
		return xstrdup("not read");
	if (is(proof, "read_back", "full") && number(proof, "bytes_read") < number(drive, "size_after")) {
		_cleanup_free_ char *read = words_size(number(proof, "bytes_read"));

		return str_printf("read up to %s: %s", read, seen);
	}
	if (is(proof, "read_back", "full"))
		return str_printf("read in full: %s%s",
				  json_is_object(json_object_get(proof, "stream")) ? "a keyed stream, then "
										   : "",
				  seen);
	return str_printf("%s places read: %s; a residue of %g %% is found with a probability of %g %%",
			  samples, seen, 100 * json_number_value(json_object_get(detects, "residue")),
			  100 * json_number_value(json_object_get(detects, "probability")));
}

static char *after_method(const json_t *proof)
{
	const json_t *reads = json_object_get(proof, "method_reads");
	json_int_t all = number(reads, "bytes_read"), nothing = number(reads, "zero_bytes"),
		   noise = number(reads, "random_bytes");

	if (nothing + number(reads, "constant_bytes") == all)
		return xstrdup("the method itself left nothing to read");
	return str_printf("read as %s after its method, then zeros were written",
			  noise > all / 2 ? "noise" : "something else");
}

char *words_compared(const json_t *drive)
{
	const json_t *proof = json_object_get(drive, "proof");
	_cleanup_free_ char *gone = words_count(number(proof, "markers_gone")),
			    *written = words_count(number(proof, "markers_written")),
			    *changed =
				    words_count(number(proof, "before_nonzero") - number(proof, "unchanged")),
			    *before = words_count(number(proof, "before_nonzero"));
	char *text = str_printf("markers" NBSP "gone" NBSP "%s/%s", gone, written);

	if (number(proof, "before_nonzero"))
		add(&text, ", ", str_printf("places" NBSP "changed" NBSP "%s/%s", changed, before));
	if (json_is_true(json_object_get(proof, "overwritten_after")))
		add(&text, "; ", after_method(proof));
	return text;
}

/* As the field writes them. */
static const char *transport(const json_t *drive)
{
	static const char *const names[][2] = {{"nvme", "NVMe"},
					       {"ata", "ATA"},
					       {"scsi", "SCSI"},
					       {"mmc", "eMMC"},
					       {"pmem", "persistent memory"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(drive, "transport", names[i][0]))
			return names[i][1];
	return json_text(drive, "transport");
}

char *words_medium(const json_t *drive)
{
	json_int_t before = number(drive, "size_before"), after = number(drive, "size_after");
	_cleanup_free_ char *size = words_size(after), *was = words_size(before);
	const char *medium = is(drive, "medium", "unknown") ? "medium unknown" : json_text(drive, "medium");

	if (before != after && before)
		return str_printf("%s, %s, %s (it showed %s before)", medium, transport(drive), size, was);
	return str_printf("%s, %s, %s", medium, transport(drive), size);
}

json_t *words_image_disks(const json_t *certificate)
{
	const json_t *disk;
	json_t *names = json_array();
	size_t i;

	json_array_foreach(json_object_get(certificate, "root_disks"), i, disk)
		if (!json_is_string(json_object_get(disk, "lost")))
			json_array_append_new(names, json_string(json_text(disk, "name")));
	return names;
}
