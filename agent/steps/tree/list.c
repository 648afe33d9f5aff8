/* SPDX-License-Identifier: Apache-2.0 */
/* Three arrays that grow: files, their names one after the other, and the buckets of a hash over folder and name. */
#include "agent/steps/tree/list.h"

#include <ctype.h>
#include <string.h>

#include "core/io.h"

#define FILES_FIRST 1024u
#define NAMES_FIRST 16384u

struct tree_list {
	size_t limit; /* bytes */
	struct tree_file *files;
	uint32_t n, room;
	char *names;
	size_t names_len, names_room;
	uint32_t *buckets;
	uint32_t n_buckets; /* a power of two */
};

/* The names of a file system without case are folded as ASCII: what else it takes for equal, it refuses to make twice. */
static int fold(int c, bool folded)
{
	return folded ? tolower((unsigned char)c) : (unsigned char)c;
}

static bool is_folded(const struct tree_list *list, uint32_t parent)
{
	return parent != TREE_NONE && list->files[parent].flags & TREE_BARE;
}

/* FNV-1a. */
static uint32_t hash(uint32_t parent, const char *name, bool folded)
{
	uint32_t h = 2166136261u ^ parent;

	h *= 16777619u;
	for (; *name; name++)
		h = (h ^ (uint32_t)fold(*name, folded)) * 16777619u;
	return h ^ h >> 15;
}

static bool same_name(const char *a, const char *b, bool folded)
{
	while (*a && fold(*a, folded) == fold(*b, folded))
		a++, b++;
	return !*a && !*b;
}

static size_t bytes(uint32_t files, size_t names, uint32_t buckets)
{
	return files * sizeof(struct tree_file) + names + buckets * sizeof(uint32_t);
}

static void rehash(struct tree_list *list, uint32_t n_buckets)
{
	free(list->buckets);
	list->buckets = xcalloc(n_buckets, sizeof(uint32_t));
	memset(list->buckets, 0xff, n_buckets * sizeof(uint32_t)); /* TREE_NONE */
	list->n_buckets = n_buckets;
	for (uint32_t i = 0; i < list->n; i++) {
		struct tree_file *f = &list->files[i];
		uint32_t *bucket =
			&list->buckets[hash(f->parent, list->names + f->name, is_folded(list, f->parent)) &
				       (n_buckets - 1)];

		f->next = *bucket;
		*bucket = i;
	}
}

/* A quarter more at a time: memory is scarce while an image is written. */
static int grow(struct tree_list *list, size_t name_len, struct err *err)
{
	uint32_t room = list->room, n_buckets = list->n_buckets;
	size_t names_room = list->names_room;

	if (list->n == room)
		room += room / 4;
	while (list->names_len + name_len > names_room)
		names_room += names_room / 4;
	if (list->n >= n_buckets)
		n_buckets *= 2;
	if (bytes(room, names_room, n_buckets) > list->limit)
		return err_set(err, ENOSPC,
			       "the archive holds too many files: their list takes more than %zu MiB",
			       list->limit >> 20);
	if (room != list->room) {
		list->files = reallocarray(list->files, room, sizeof(*list->files));
		list->room = room;
	}
	if (names_room != list->names_room) {
		list->names = realloc(list->names, names_room);
		list->names_room = names_room;
	}
	if (!list->files || !list->names)
		abort();
	if (n_buckets != list->n_buckets)
		rehash(list, n_buckets);
	return 0;
}

struct tree_list *tree_list_new(size_t limit)
{
	struct tree_list *list = xcalloc(1, sizeof(*list));
	struct err none;
	uint32_t root = 0;

	list->limit = limit;
	list->room = FILES_FIRST;
	list->files = xcalloc(list->room, sizeof(*list->files));
	list->names_room = NAMES_FIRST;
	list->names = xcalloc(1, list->names_room);
	rehash(list, FILES_FIRST);
	if (tree_list_add(list, TREE_NONE, ".", &root, &none) < 0)
		abort(); /* there is room for it */
	return list;
}

void tree_list_free(struct tree_list *list)
{
	if (!list)
		return;
	free(list->files);
	free(list->names);
	free(list->buckets);
	free(list);
}

uint32_t tree_list_count(const struct tree_list *list)
{
	return list->n;
}

struct tree_file *tree_list_at(struct tree_list *list, uint32_t number)
{
	return &list->files[number];
}

const char *tree_list_name(const struct tree_list *list, uint32_t number)
{
	return list->names + list->files[number].name;
}

uint32_t tree_list_find(const struct tree_list *list, uint32_t parent, const char *name)
{
	bool folded = is_folded(list, parent);
	uint32_t i = list->buckets[hash(parent, name, folded) & (list->n_buckets - 1)];

	while (i != TREE_NONE && (list->files[i].parent != parent ||
				  !same_name(list->names + list->files[i].name, name, folded)))
		i = list->files[i].next;
	return i;
}

int tree_list_add(struct tree_list *list, uint32_t parent, const char *name, uint32_t *ret, struct err *err)
{
	size_t len = strlen(name) + 1;
	uint32_t *bucket;
	int r;

	if ((r = grow(list, len, err)) < 0)
		return r;
	bucket = &list->buckets[hash(parent, name, is_folded(list, parent)) & (list->n_buckets - 1)];
	list->files[list->n] =
		(struct tree_file){.parent = parent, .name = (uint32_t)list->names_len, .next = *bucket};
	memcpy(list->names + list->names_len, name, len);
	list->names_len += len;
	*bucket = list->n;
	*ret = list->n++;
	return 0;
}

const char *tree_list_path(const struct tree_list *list, uint32_t number, char buf[PATH_MAX])
{
	size_t at = PATH_MAX - 1;

	if (number == TREE_ROOT)
		return ".";
	buf[at] = '\0';
	for (; number != TREE_ROOT; number = list->files[number].parent) {
		const char *name = tree_list_name(list, number);
		size_t len = strlen(name);

		if (len + 1 > at)
			break;
		if (at != PATH_MAX - 1)
			buf[--at] = '/';
		at -= len;
		memcpy(buf + at, name, len);
	}
	return buf + at;
}
