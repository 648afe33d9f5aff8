/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline decodes in its own threads; one more unpacks, and the calling one keeps asking whether to go on. */
#include "agent/steps/overlay_fetch.h"

#include <pthread.h>

#include "agent/overlay/unpack.h"
#include "agent/pipeline/memory.h"
#include "agent/pipeline/pipeline.h"
#include "agent/steps/tree/feed.h"

struct carrying {
	struct job *job;
	const struct signed_image *image;
	struct tree_feed *feed;
	/* the unpacking thread's until it is joined */
	char *tree;
	struct err err;
};

static ssize_t read_feed(void *data, const void **ret)
{
	struct carrying *c = data;

	return tree_feed_get(c->feed, ret);
}

static bool is_cut(void *data)
{
	struct carrying *c = data;

	return tree_feed_is_cut(c->feed);
}

static void *unpack_thread(void *data)
{
	struct carrying *c = data;
	const struct manifest *m = c->image->manifest;
	const struct overlay_input input = {
		.source = {.read = read_feed, .data = c}, .cancelled = is_cut, .data = c};

	if (overlay_unpack(m->name, m->overlay, memory_available() / 2, &input, &c->tree, &c->err) == 0)
		c->err.code = 0;
	tree_feed_leave(c->feed, &c->err);
	return NULL;
}

static int sink(void *data, const void *plain, size_t len, struct err *err)
{
	struct carrying *c = data;

	return tree_feed_put(c->feed, plain, len, err);
}

/* Cutting the feed wakes the pipeline's thread that waits in it. */
static bool cancelled(void *data)
{
	struct carrying *c = data;

	if (!c->job->ops->cancelled(c->job))
		return false;
	tree_feed_end(c->feed, false);
	return true;
}

static void progress(void *data, uint64_t done, uint64_t total)
{
	struct carrying *c = data;

	c->job->ops->progress(c->job, done, total);
}

static void note(void *data, const char *text)
{
	struct carrying *c = data;

	c->job->ops->note(c->job, text);
}

/* The first cause is the unpacker's when it has one of its own; a tree whose archive did not come whole, or had more behind it, goes. */
static int settle(struct carrying *c, int r, char **ret_tree, struct err *err)
{
	struct err also;

	if (c->err.code && (r == 0 || c->err.code != ECANCELED)) {
		*err = c->err;
		r = -err->code;
	}
	if (r == 0)
		*ret_tree = TAKE_PTR(c->tree);
	else if (c->tree && overlay_drop(c->tree, &also) < 0)
		c->job->ops->note(c->job, also.text);
	free(c->tree);
	return r;
}

int overlay_fetch(struct job *job, const struct signed_image *image, char **ret_tree, struct err *err)
{
	_cleanup_(tree_feed_freep) struct tree_feed *feed = tree_feed_new();
	_cleanup_(pipeline_result_clear) struct pipeline_result result = {0};
	struct carrying c = {.job = job, .image = image, .feed = feed};
	const struct pipeline_source source = {image->payload_url, job->site->station_ca};
	const struct pipeline_job p = {.index = image->index,
				       .sources = &source,
				       .n_sources = 1,
				       .sink = sink,
				       .verify = PIPELINE_VERIFY_NONE,
				       .cancelled = cancelled,
				       .progress = progress,
				       .note = note,
				       .data = &c};
	pthread_t thread;
	int r = pthread_create(&thread, NULL, unpack_thread, &c);

	if (r)
		return err_sys(err, r, "a thread that unpacks");
	r = pipeline_run(&p, &result, err);
	tree_feed_end(feed, r == 0);
	pthread_join(thread, NULL);
	return settle(&c, r, ret_tree, err);
}
