/* SPDX-License-Identifier: Apache-2.0 */
/* What was read of a drive before, during and after its erasure: figures that must go together. */
#include <inttypes.h>
#include <string.h>

#include "core/json.h"
#include "protocol/evidence/drive.h"
#include "protocol/evidence/fields.h"

#define BYTES_MAX EVIDENCE_BYTES_MAX
#define ROUNDING  0.0051 /* a probability may be rounded to two places */

static int take_numbers(const json_t *obj, const char *what, const char *const *keys, uint64_t *to,
			struct err *err)
{
	int r = 0;

	for (unsigned i = 0; !r && keys[i]; i++)
		r = json_get_u64(obj, what, keys[i], 0, BYTES_MAX, &to[i], err);
	return r;
}

/* obj.read_back, samples and bytes_read. `samples` counts the places that were read, each a block at least; none where all is read. */
static int check_reading(const json_t *drive, const json_t *obj, const char *what, uint64_t *ret_samples,
			 struct err *err)
{
	static const char *const ways[] = {"full", "sampled", NULL};
	json_int_t size = json_integer_value(json_object_get(drive, "size_after"));
	json_int_t block = json_integer_value(json_object_get(drive, "logical_block_size"));
	uint64_t samples = 0, bytes;
	int r = evidence_word_check(obj, what, "read_back", ways, err);

	if (!r)
		r = json_opt_u64(obj, what, "samples", 0, BYTES_MAX, &samples, err);
	if (!r)
		r = json_get_u64(obj, what, "bytes_read", 0, BYTES_MAX, &bytes, err);
	if (r)
		return r;
	if (bytes > (uint64_t)size)
		return err_set(err, EBADMSG, "%s.bytes_read is more than the drive has", what);
	if (!strcmp(evidence_word(obj, "read_back"), "full")) {
		if (samples)
			return err_set(err, EBADMSG, "%s is full, and has samples", what);
	} else if (!samples != !bytes || samples > bytes / (uint64_t)(block ?: 1)) {
		return err_set(err, EBADMSG, "%s: %" PRIu64 " samples are not in %" PRIu64 " bytes", what,
			       samples, bytes);
	}
	*ret_samples = samples;
	return 0;
}

/* 1 - (1 - f)^n: how likely n random places meet one of a fraction f. */
static double chance(double fraction, uint64_t n)
{
	double missed = 1, power = 1 - fraction;

	for (; n; n >>= 1, power *= power)
		if (n & 1)
			missed *= power;
	return 1 - missed;
}

/* The power that is claimed for sampling is one that so many samples have. */
static int check_detects(const json_t *proof, const char *what, uint64_t samples, struct err *err)
{
	static const char *const keys[] = {"residue", "probability", NULL};
	const json_t *detects = json_object_get(proof, "detects");
	const json_t *residue = json_object_get(detects, "residue"),
		     *probability = json_object_get(detects, "probability");
	double f = json_number_value(residue), p = json_number_value(probability);

	if (!samples)
		return json_is_null(detects) ? 0 : err_set(err, EBADMSG, "%s.detects must be null", what);
	if (!json_is_object(detects))
		return err_set(err, EBADMSG, "%s.detects must be an object, as there are samples", what);
	if (!json_is_number(residue) || !json_is_number(probability) || !(f > 0 && f < 1) ||
	    !(p > 0 && p <= 1))
		return err_set(err, EBADMSG, "%s.detects: residue and probability must lie within 0 and 1",
			       what);
	if (p > chance(f, samples) + ROUNDING)
		return err_set(err, EBADMSG,
			       "%s.detects: %" PRIu64 " samples find a residue of %g with a probability of "
			       "%.3f, not of %g",
			       what, samples, f, chance(f, samples), p);
	return json_only_keys(detects, "detects", keys, err);
}

/* Why the drive took no markers; null or missing where it has taken them. */
static int check_unmarked(const json_t *proof, const char *what, struct err *err)
{
	const char *why = NULL;
	int r = json_opt_str(proof, what, "unmarked", EVIDENCE_REASON_MAX, &why, err);

	if (r == 0 && why && json_integer_value(json_object_get(proof, "markers_written")))
		r = err_set(err, EBADMSG, "%s has markers, and a reason why it has none", what);
	return r;
}

/* What was there before: places remembered, markers written. */
static int check_before(const json_t *proof, const char *what, struct err *err)
{
	static const char *const keys[] = {"before_samples",  "before_nonzero", "unchanged",
					   "markers_written", "markers_gone",   NULL};
	uint64_t n[5];
	int r = take_numbers(proof, what, keys, n, err);

	if (r)
		return r;
	for (unsigned i = 1; i < 5; i++)
		if (i != 3 && n[i] > n[i - 1]) /* keys[3] begins a row of its own */
			return err_set(err, EBADMSG, "%s.%s is more than %s", what, keys[i], keys[i - 1]);
	return 0;
}

/* What the device's own method left behind. */
static int check_method_reads(const json_t *drive, const json_t *proof, const char *what, struct err *err)
{
	static const char *const keys[] = {"read_back",      "samples",      "bytes_read",  "zero_bytes",
					   "constant_bytes", "random_bytes", "other_bytes", NULL};
	const json_t *reads = json_object_get(proof, "method_reads");
	uint64_t n[5], samples;
	char inner[80];
	int r;

	if (json_is_null(reads))
		return 0;
	snprintf(inner, sizeof(inner), "%s.method_reads", what);
	if (!json_is_object(reads))
		return err_set(err, EBADMSG, "%s must be an object or null", inner);
	r = json_only_keys(reads, inner, keys, err);
	if (!r)
		r = check_reading(drive, reads, inner, &samples, err);
	if (!r)
		r = take_numbers(reads, inner, keys + 2, n, err);
	if (r)
		return r;
	if (n[1] + n[2] + n[3] + n[4] != n[0])
		return err_set(err, EBADMSG, "%s: its kinds of bytes do not sum up to bytes_read", inner);
	if (n[1] != n[0] && !strcmp(evidence_word(proof, "reads"), "zero") &&
	    !json_is_true(json_object_get(proof, "overwritten_after")))
		return err_set(err, EBADMSG,
			       "%s is not all zeros, the last reading is, and nothing was written between",
			       inner);
	return 0;
}

static int check_stream(const json_t *drive, const json_t *proof, const char *what, struct err *err)
{
	static const char *const keys[] = {"bytes_written", "read_back", "samples", "bytes_read", NULL};
	const json_t *stream = json_object_get(proof, "stream");
	uint64_t written, samples;
	char inner[80];
	int r;

	if (json_is_null(stream))
		return 0;
	snprintf(inner, sizeof(inner), "%s.stream", what);
	if (!json_is_object(stream))
		return err_set(err, EBADMSG, "%s must be an object or null", inner);
	r = json_only_keys(stream, inner, keys, err);
	if (!r)
		r = json_get_u64(stream, inner, "bytes_written", 0, BYTES_MAX, &written, err);
	if (!r)
		r = check_reading(drive, stream, inner, &samples, err);
	if (r)
		return r;
	if ((json_int_t)written > json_integer_value(json_object_get(drive, "size_after")))
		return err_set(err, EBADMSG, "%s.bytes_written is more than the drive has", inner);
	if (json_integer_value(json_object_get(stream, "bytes_read")) > (json_int_t)written)
		return err_set(err, EBADMSG, "%s: more was read back than was written", inner);
	return 0;
}

/* Only what the host writes has a stream, and only what the device does is read before anything else is written. */
static int check_by_whom(const json_t *drive, const json_t *proof, const char *what, struct err *err)
{
	const struct erasure *erasure = erasure_find(evidence_word(drive, "method"));
	bool by_host = erasure && erasure->by_host, by_device = erasure && !erasure->by_host;
	bool after;
	int r = json_get_bool(proof, what, "overwritten_after", &after, err);

	if (r)
		return r;
	if (!by_host && !json_is_null(json_object_get(proof, "stream")))
		return err_set(err, EBADMSG, "%s.stream goes with overwriting by the host alone", what);
	if (!by_device && !json_is_null(json_object_get(proof, "method_reads")))
		return err_set(err, EBADMSG, "%s.method_reads goes with a method of the device alone", what);
	if (!by_device && after)
		return err_set(err, EBADMSG, "%s.overwritten_after goes with a method of the device alone",
			       what);
	return 0;
}

static int check_signatures(const json_t *proof, const char *what, struct err *err)
{
	static const char *const keys[] = {"type", "usage", "label", "uuid", "offset", NULL};
	bool reread;
	json_t *list;
	int r = json_get_bool(proof, what, "partitions_reread", &reread, err);

	if (!r)
		r = evidence_list_check(proof, what, "signatures", EVIDENCE_LIST_MAX, keys, &list, err);
	return r ? r : evidence_free_check(list, "signatures", EVIDENCE_FREE_MAX, err);
}

/* The last reading. */
static int check_last(const json_t *drive, const json_t *proof, const char *what, struct err *err)
{
	static const char *const kinds[] = {"zero", "mixed", NULL};
	uint64_t samples;
	int r = check_reading(drive, proof, what, &samples, err);

	if (!r)
		r = evidence_word_check(proof, what, "reads", kinds, err);
	if (r)
		return r;
	if (!json_integer_value(json_object_get(proof, "bytes_read")) &&
	    !strcmp(evidence_word(proof, "reads"), "zero"))
		return err_set(err, EBADMSG, "%s: nothing was read, and that was zeros", what);
	return check_detects(proof, what, samples, err);
}

int evidence_proof_check(const json_t *drive, const char *drive_name, struct err *err)
{
	static const char *const keys[] = {"before_samples",
					   "before_nonzero",
					   "unchanged",
					   "markers_written",
					   "markers_gone",
					   "method_reads",
					   "stream",
					   "read_back",
					   "samples",
					   "detects",
					   "bytes_read",
					   "reads",
					   "signatures",
					   "partitions_reread",
					   "overwritten_after",
					   "unmarked",
					   NULL};
	char what[64];
	json_t *proof;
	int r = json_get_object(drive, drive_name, "proof", &proof, err);

	snprintf(what, sizeof(what), "%s.proof", drive_name);
	if (!r)
		r = json_only_keys(proof, what, keys, err);
	if (!r)
		r = check_before(proof, what, err);
	if (!r)
		r = check_unmarked(proof, what, err);
	if (!r)
		r = check_last(drive, proof, what, err);
	if (!r)
		r = check_by_whom(drive, proof, what, err);
	if (!r)
		r = check_method_reads(drive, proof, what, err);
	if (!r)
		r = check_stream(drive, proof, what, err);
	return r ? r : check_signatures(proof, what, err);
}
