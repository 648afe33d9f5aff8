/* SPDX-License-Identifier: Apache-2.0 */
/* One anonymous mapping, huge pages where the kernel has them: a fault for 2 MiB instead of 512, and fewer pieces for the device. */
#include <sys/mman.h>

#include "agent/pipeline/pool.h"
#include "core/io.h"

#define HUGE_PAGE (2u << 20) /* bytes */
#define PAGE      4096u

struct pool {
	struct crew *crew;
	uint8_t *map, *arena;
	size_t map_len, size; /* bytes; of one buffer */
	unsigned n;
	unsigned waiting;   /* with crew.lock held, as the free ones */
	struct plain *free; /* the last given first */
	struct plain plains[];
};

int pool_new(struct crew *crew, unsigned n, size_t size, struct pool **ret, struct err *err)
{
	struct pool *pool = xcalloc(1, sizeof(*pool) + n * sizeof(struct plain));

	pool->crew = crew;
	pool->n = n;
	pool->size = (size + PAGE - 1) / PAGE * PAGE;
	pool->map_len = n * pool->size + HUGE_PAGE;
	pool->map = mmap(NULL, pool->map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pool->map == MAP_FAILED) {
		free(pool);
		return err_sys(err, ENOMEM, "%u buffers of %zu bytes", n, size);
	}
	pool->arena = (uint8_t *)(((uintptr_t)pool->map + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
	(void)madvise(pool->arena, n * pool->size, MADV_HUGEPAGE); /* a kernel without them is slower */
	for (unsigned i = n; i-- > 0;) {
		struct plain *plain = &pool->plains[i];

		*plain = (struct plain){.next = pool->free, .bytes = pool->arena + i * pool->size, .n = i};
		pool->free = plain;
	}
	*ret = pool;
	return 0;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	munmap(pool->map, pool->map_len);
	free(pool);
}

struct plain *pool_try(struct pool *pool)
{
	struct plain *plain = pool->free;

	if (plain)
		pool->free = plain->next;
	return plain;
}

struct plain *pool_take(struct pool *pool)
{
	struct plain *plain = NULL;

	pthread_mutex_lock(&pool->crew->lock);
	while (!pool->crew->stopped && !(plain = pool_try(pool))) {
		pool->waiting++;
		pthread_cond_wait(&pool->crew->changed, &pool->crew->lock);
		pool->waiting--;
	}
	pthread_mutex_unlock(&pool->crew->lock);
	return plain;
}

void pool_give(struct pool *pool, struct plain *plain)
{
	pthread_mutex_lock(&pool->crew->lock);
	plain->next = pool->free;
	pool->free = plain;
	if (pool->waiting || pool->crew->job->sink)
		pthread_cond_broadcast(&pool->crew->changed);
	pthread_mutex_unlock(&pool->crew->lock);
}

unsigned pool_count(const struct pool *pool)
{
	return pool->n;
}

size_t pool_size(const struct pool *pool)
{
	return pool->size;
}

uint8_t *pool_arena(const struct pool *pool)
{
	return pool->arena;
}
