/* SPDX-License-Identifier: Apache-2.0 */
/* Placing: a frame is checked, decoded and written to where its chunk belongs; the first one stays in memory. */
#include <inttypes.h>
#include <string.h>

#include "agent/pipeline/stages.h"
#include "core/io.h"

static struct bench *take_bench(struct pipeline *p)
{
	struct bench *bench;

	pthread_mutex_lock(&p->crew.lock);
	bench = p->benches;
	p->benches = bench->next;
	pthread_mutex_unlock(&p->crew.lock);
	return bench;
}

static void give_bench(struct pipeline *p, struct bench *bench)
{
	pthread_mutex_lock(&p->crew.lock);
	bench->next = p->benches;
	p->benches = bench;
	pthread_mutex_unlock(&p->crew.lock);
}

void drop_load(void *item)
{
	struct load *load = item;
	struct pipeline *p = load->p;

	if (load->frame) {
		free(load->frame);
		pthread_mutex_lock(&p->crew.lock);
		p->frame_room += p->job->index->chunks[load->chunk].length;
		pthread_cond_broadcast(&p->crew.changed);
		pthread_mutex_unlock(&p->crew.lock);
	}
	crew_pending(&p->crew, -1);
	free(load);
}

/* What damaged the frame may have been a mirror's or cache's one bad moment; a second time it is the payload itself. */
static int decode(struct load *load, struct decoder *decoder, void *plain, struct err *err)
{
	struct pipeline *p = load->p;
	char text[512];
	int r = decoder_run(decoder, p->job->index, load->chunk, load->frame, plain, err);

	if (r != -EBADMSG)
		return r;
	snprintf(text, sizeof(text), "%.200s (%.200s); fetching it once more", err->text, p->job->url);
	crew_note(&p->crew, text);
	pthread_mutex_lock(&p->crew.lock);
	p->retries++;
	pthread_mutex_unlock(&p->crew.lock);
	*err = (struct err){0};
	if ((r = fetch_again(p, load->chunk, load->frame, err)) < 0)
		return r;
	r = decoder_run(decoder, p->job->index, load->chunk, load->frame, plain, err);
	if (r < 0) {
		snprintf(text, sizeof(text), "%.200s (%.256s)", err->text, p->job->url);
		return err_set(err, -r, "%s", text);
	}
	return 0;
}

static int place_first(struct load *load, struct bench *bench, struct err *err)
{
	struct pipeline *p = load->p;
	uint32_t len = index_chunk_len(p->job->index, 0);
	int r = 0;

	if (load->frame)
		r = decode(load, bench->decoder, p->first_chunk, err);
	if (r < 0 || p->job->medium_reads_zero)
		return r;
	/* what an earlier boot may have committed must not boot while the rest changes */
	memset(bench->plain, 0, len);
	return pwrite_full(p->job->fd, bench->plain, len, 0, err);
}

static int place(struct load *load, struct bench *bench, struct err *err)
{
	const struct index *index = load->p->job->index;
	uint32_t len = index_chunk_len(index, load->chunk);
	int r = 0;

	if (load->chunk == 0)
		return place_first(load, bench, err);
	if (load->frame)
		r = decode(load, bench->decoder, bench->plain, err);
	else
		memset(bench->plain, 0, len);
	if (r < 0)
		return r;
	r = pwrite_full(load->p->job->fd, bench->plain, len, (uint64_t)load->chunk * index->chunk_size, err);
	if (r < 0)
		return err_prepend(err, "chunk %" PRIu32, load->chunk);
	pthread_mutex_lock(&load->p->crew.lock);
	load->p->bytes += len;
	pthread_mutex_unlock(&load->p->crew.lock);
	return 0;
}

int place_load(void *item, struct err *err)
{
	struct load *load = item;
	struct pipeline *p = load->p;
	struct bench *bench = take_bench(p);
	int r = place(load, bench, err);

	give_bench(p, bench);
	if (r < 0)
		crew_fail(&p->crew, err);
	else
		crew_done(&p->crew, index_chunk_len(p->job->index, load->chunk));
	drop_load(load);
	return r;
}
