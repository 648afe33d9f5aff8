/* SPDX-License-Identifier: Apache-2.0 */
/* A rendezvous: the decoder's buffer is the unpacker's until that asks for the next one. */
#include "agent/steps/tree/feed.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "core/io.h"

struct tree_feed {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	const void *data; /* on offer, or in use */
	size_t len;
	bool offered, taken; /* data is there; the reader uses it */
	bool ended, whole;   /* by the writer */
	bool left;           /* by the reader */
	struct err why;      /* the reader's */
};

struct tree_feed *tree_feed_new(void)
{
	struct tree_feed *feed = xcalloc(1, sizeof(*feed));

	pthread_mutex_init(&feed->lock, NULL);
	pthread_cond_init(&feed->changed, NULL);
	return feed;
}

void tree_feed_free(struct tree_feed *feed)
{
	if (!feed)
		return;
	pthread_cond_destroy(&feed->changed);
	pthread_mutex_destroy(&feed->lock);
	free(feed);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	return len == 0 || (!*p && !memcmp(p, p + 1, len - 1));
}

int tree_feed_put(struct tree_feed *feed, const void *data, size_t len, struct err *err)
{
	int r = 0;

	if (len == 0)
		return 0;
	pthread_mutex_lock(&feed->lock);
	feed->data = data;
	feed->len = len;
	feed->offered = true;
	pthread_cond_broadcast(&feed->changed);
	while ((feed->offered || feed->taken) && !feed->left && !(feed->ended && !feed->taken))
		pthread_cond_wait(&feed->changed, &feed->lock);
	if (feed->left && feed->why.code) {
		*err = feed->why;
		r = -err->code;
	} else if (feed->left && feed->offered && !all_zero(data, len)) {
		r = err_set(err, EBADMSG, "there is more behind the archive's end");
	} else if (feed->ended) {
		r = err_set(err, ECANCELED, "cancelled");
	}
	feed->offered = false;
	pthread_mutex_unlock(&feed->lock);
	return r;
}

void tree_feed_end(struct tree_feed *feed, bool whole)
{
	pthread_mutex_lock(&feed->lock);
	if (!feed->ended)
		feed->whole = whole;
	feed->ended = true;
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

ssize_t tree_feed_get(struct tree_feed *feed, const void **ret)
{
	ssize_t len;

	pthread_mutex_lock(&feed->lock);
	feed->taken = false;
	pthread_cond_broadcast(&feed->changed);
	while (!feed->offered && !feed->ended)
		pthread_cond_wait(&feed->changed, &feed->lock);
	if (feed->ended && !feed->whole) {
		len = -ECANCELED;
	} else if (feed->offered) {
		*ret = feed->data;
		len = (ssize_t)feed->len;
		feed->offered = false;
		feed->taken = true;
	} else {
		len = 0;
	}
	pthread_mutex_unlock(&feed->lock);
	return len;
}

void tree_feed_leave(struct tree_feed *feed, const struct err *err)
{
	pthread_mutex_lock(&feed->lock);
	feed->taken = false;
	feed->left = true;
	feed->why = *err;
	pthread_cond_broadcast(&feed->changed);
	pthread_mutex_unlock(&feed->lock);
}

bool tree_feed_is_cut(struct tree_feed *feed)
{
	bool cut;

	pthread_mutex_lock(&feed->lock);
	cut = feed->ended && !feed->whole;
	pthread_mutex_unlock(&feed->lock);
	return cut;
}
