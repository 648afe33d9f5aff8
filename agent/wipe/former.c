/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/former.h"

#include <inttypes.h>
#include <string.h>

#include "agent/hw/block/block.h"
#include "core/hash.h"
#include "core/io.h"
#include "images/zeros.h"

enum { SECTIONS = FORMER_SAMPLES / 2, TRIES = 4 };

struct sample {
	uint64_t lba;
	uint8_t bytes[FORMER_BYTES];
};

struct former {
	unsigned n, n_read; /* samples that are kept (they are not zero); that could be read */
	struct sample samples[FORMER_SAMPLES];
};

/* A block of [from, to) that no marker lies on; UINT64_MAX when chance finds none. */
static uint64_t choose(uint64_t from, uint64_t to, const struct markers *markers)
{
	uint64_t random;

	for (unsigned i = 0; from < to && i < TRIES; i++) {
		random_bytes(&random, sizeof(random));
		random = from + random % (to - from);
		if (!markers_have(markers, random))
			return random;
	}
	return UINT64_MAX;
}

static void keep(struct former *f, const struct medium *medium, uint64_t lba, void *buf, struct err *err)
{
	struct sample *s = &f->samples[f->n];

	if (pread_full(medium->fd, buf, medium->block, lba * medium->block, err) < 0)
		return;
	f->n_read++;
	if (zeros_only(buf, FORMER_BYTES))
		return;
	s->lba = lba;
	memcpy(s->bytes, buf, FORMER_BYTES);
	f->n++;
}

int former_remember(const struct medium *medium, const struct markers *markers, void (*beat)(void *),
		    void *data, struct former **ret, struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(medium->block);
	struct former *f = xcalloc(1, sizeof(*f));
	uint64_t blocks = medium->size / medium->block, last = UINT64_MAX;
	struct err failed = {0};
	unsigned asked = 0;

	for (unsigned i = 0; i < FORMER_SAMPLES; i++) {
		uint64_t from = (uint64_t)((unsigned __int128)blocks * i / (2 * SECTIONS));
		uint64_t to = (uint64_t)((unsigned __int128)blocks * (i + 1) / (2 * SECTIONS));
		uint64_t lba = choose(from, to, markers);

		if (lba == UINT64_MAX || lba == last)
			continue;
		if (beat)
			beat(data);
		asked++;
		keep(f, medium, lba, buf, &failed);
		last = lba;
	}
	if (asked && !f->n_read) {
		former_free(f);
		*err = failed;
		return err_prepend(err, "reading what is there before the erasure");
	}
	*ret = f;
	return 0;
}

void former_free(struct former *former)
{
	if (!former)
		return;
	explicit_bzero(former, sizeof(*former));
	free(former);
}

unsigned former_samples(const struct former *former)
{
	return former->n_read;
}

unsigned former_nonzero(const struct former *former)
{
	return former->n;
}

int former_unchanged(const struct former *former, const struct medium *medium, void (*beat)(void *),
		     void *data, unsigned *ret_n, uint64_t *ret_at, struct err *err)
{
	_cleanup_free_ void *buf = block_buffer(medium->block);
	unsigned n = 0;

	for (unsigned i = 0; i < former->n; i++) {
		const struct sample *s = &former->samples[i];
		int r;

		if (beat)
			beat(data);
		r = pread_full(medium->fd, buf, medium->block, s->lba * medium->block, err);
		if (r < 0)
			return err_prepend(err, "comparing block %" PRIu64 " with what was there before",
					   s->lba);
		if (memcmp(buf, s->bytes, FORMER_BYTES) == 0 && n++ == 0)
			*ret_at = s->lba * medium->block;
	}
	*ret_n = n;
	return 0;
}
