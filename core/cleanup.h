/* SPDX-License-Identifier: Apache-2.0 */
/* Cleanup by attribute: a resource is named with its undoing where it is declared. */
#ifndef CORE_CLEANUP_H
#define CORE_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(fn)       __attribute__((cleanup(fn)))
#define _must_check_        __attribute__((warn_unused_result))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))

/* Defines fn##p, the attribute's form of a destructor that accepts NULL. */
#define DEFINE_CLEANUP(type, fn)          \
	static inline void fn##p(type *p) \
	{                                 \
		if (*p)                   \
			fn(*p);           \
	}                                 \
	struct cleanup_needs_a_semicolon

/* A closed descriptor is -EBADF, never 0. */
static inline void close_fdp(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;
		close(*fd);
		errno = saved;
	}
}

static inline void freep(void *p)
{
	free(*(void **)p);
}

DEFINE_CLEANUP(FILE *, fclose);

#define _cleanup_close_  _cleanup_(close_fdp)
#define _cleanup_free_   _cleanup_(freep)
#define _cleanup_fclose_ _cleanup_(fclosep)

#define TAKE_PTR(p)                               \
	({                                        \
		__typeof__(p) *take_from = &(p);  \
		__typeof__(p) taken = *take_from; \
		*take_from = NULL;                \
		taken;                            \
	})

#define TAKE_FD(fd)                     \
	({                              \
		int *take_from = &(fd); \
		int taken = *take_from; \
		*take_from = -EBADF;    \
		taken;                  \
	})

#endif
