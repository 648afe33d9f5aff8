/* SPDX-License-Identifier: Apache-2.0 */
#include "core/secret.h"

#include <jansson.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* In front of each secret: how much was mapped. */
struct head {
	size_t mapped; /* bytes, this included */
	max_align_t secret[];
};

void *secret_new(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE),
	       mapped = (sizeof(struct head) + size + page - 1) / page * page;
	struct head *head;

	if (mapped < size)
		abort();
	head = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (head == MAP_FAILED)
		abort();
	/* Both make the memory better than it is, and neither is worth a failure. */
	(void)!mlock2(head, mapped, 0); /* the sanitizers make nothing of mlock() */
	(void)!madvise(head, mapped, MADV_DONTDUMP);
	head->mapped = mapped;
	return head->secret;
}

char *secret_dup(const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	return text ? memcpy(secret_new(size), text, size) : NULL;
}

void secret_free(void *secret)
{
	struct head *head = secret ? (struct head *)((char *)secret - offsetof(struct head, secret)) : NULL;
	size_t mapped = head ? head->mapped : 0;

	if (!head)
		return;
	explicit_bzero(head, mapped);
	munmap(head, mapped);
}

void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void *wiping_realloc(void *p, size_t size)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *grown = malloc(size);

	if (!grown)
		return NULL;
	if (p)
		memcpy(grown, p, old < size ? old : size);
	wiping_free(p);
	return grown;
}

void secret_process(void)
{
	const struct rlimit none = {0, 0};

	(void)!setrlimit(RLIMIT_CORE, &none);
	(void)!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	json_set_alloc_funcs(malloc, wiping_free);
}
