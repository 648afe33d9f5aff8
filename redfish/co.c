/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/co.h"

#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "core/io.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#define LEAVE(fake, bottom, size)   __sanitizer_start_switch_fiber(fake, bottom, size)
#define ARRIVED(fake, bottom, size) __sanitizer_finish_switch_fiber(fake, bottom, size)
#else
#define LEAVE(fake, bottom, size)   ((void)(bottom), (void)(size))
#define ARRIVED(fake, bottom, size) ((void)(fake))
#endif

#define STACK_SIZE (512 * 1024) /* bytes of address space; what is not touched costs nothing */

struct rf_co {
	ucontext_t inside, outside;
	char *stack;
	size_t mapped; /* bytes, with the guard page below the stack */
	void (*run)(void *data);
	void *data;
	bool ended;
	/* what the address sanitizer wants to know of both stacks */
	void *fake_inside, *fake_outside;
	const void *outside_bottom;
	size_t outside_size;
};

/* makecontext() passes nothing but int. */
static void enter(unsigned high, unsigned low)
{
	struct rf_co *co = (struct rf_co *)(((uintptr_t)high << 32) | (uintptr_t)low); /* NOLINT */

	ARRIVED(NULL, &co->outside_bottom, &co->outside_size);
	co->run(co->data);
	co->ended = true;
	LEAVE(NULL, co->outside_bottom, co->outside_size);
	setcontext(&co->outside);
	abort();
}

int rf_co_new(void (*run)(void *data), void *data, struct rf_co **ret, struct err *err)
{
	_cleanup_(rf_co_freep) struct rf_co *co = xcalloc(1, sizeof(*co));
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t self = (uintptr_t)co;
	void *mapped = mmap(NULL, page + STACK_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (mapped == MAP_FAILED)
		return err_sys(err, errno, "memory for one more BMC");
	co->stack = mapped;
	co->mapped = page + STACK_SIZE;
	if (mprotect(co->stack, page, PROT_NONE) < 0 || getcontext(&co->inside) < 0)
		return err_sys(err, errno, "a stack for one more BMC");
	co->run = run;
	co->data = data;
	co->inside.uc_stack.ss_sp = co->stack + page;
	co->inside.uc_stack.ss_size = STACK_SIZE;
	co->inside.uc_link = NULL;
	makecontext(&co->inside, (void (*)(void))enter, 2, (unsigned)(self >> 32), (unsigned)self);
	*ret = TAKE_PTR(co);
	return 0;
}

void rf_co_free(struct rf_co *co)
{
	if (!co)
		return;
	if (co->stack)
		munmap(co->stack, co->mapped);
	free(co);
}

bool rf_co_resume(struct rf_co *co)
{
	LEAVE(&co->fake_outside, co->inside.uc_stack.ss_sp, co->inside.uc_stack.ss_size);
	if (swapcontext(&co->outside, &co->inside) < 0)
		abort();
	ARRIVED(co->fake_outside, NULL, NULL);
	return co->ended;
}

void rf_co_yield(struct rf_co *co)
{
	LEAVE(&co->fake_inside, co->outside_bottom, co->outside_size);
	if (swapcontext(&co->inside, &co->outside) < 0)
		abort();
	ARRIVED(co->fake_inside, &co->outside_bottom, &co->outside_size);
}
