/* rooms: agent core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "agent/supervise.h"

static void tick(void *data)
{
	++*(unsigned *)data;
}

/* Runs `child` as the worker; silence is what makes it stuck, and 60 s never pass in a test that succeeds. */
static struct worker_state watch(void (*child)(int fd), unsigned silence_ms, unsigned *ret_ticks)
{
	const struct supervise_limits limits = {.tick_ms = 10, .silence_ms = silence_ms, .kill_ms = 60000};
	struct worker_state state = {0};
	unsigned ticks = 0;
	int beats[2];

	assert_int_equal(pipe2(beats, O_NONBLOCK | O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		child(beats[1]);
		_exit(99);
	}
	close(beats[1]);
	supervise(pid, beats[0], &limits, tick, &ticks, &state);
	close(beats[0]);
	*ret_ticks = ticks;
	return state;
}

static void held(int fd)
{
	if (write(fd, "aha", 3) == 3)
		_exit(WORKER_HELD);
}

static void crash(int fd)
{
	(void)fd;
	signal(SIGKILL, SIG_DFL);
	raise(SIGKILL);
}

static void hang(int fd)
{
	(void)fd;
	for (;;)
		pause();
}

static void leave_an_orphan(int fd)
{
	(void)fd;
	if (!fork()) {
		usleep(1000);
		_exit(0);
	}
	_exit(WORKER_IDLE);
}

static void the_exit_status_is_the_outcome(void **data)
{
	unsigned ticks;
	(void)data;
	struct worker_state state = watch(held, 60000, &ticks);
	assert_true(state.exited);
	assert_int_equal(WEXITSTATUS(state.status), WORKER_HELD);
	assert_true(state.hint_spent);
	assert_int_equal(state.failures, 0);
	assert_true(ticks > 0);
	state = watch(leave_an_orphan, 60000, &ticks);
	assert_int_equal(WEXITSTATUS(state.status), WORKER_IDLE);
	assert_false(state.hint_spent);
}

static void a_crash_is_a_failure(void **data)
{
	unsigned ticks;
	(void)data;
	struct worker_state state = watch(crash, 60000, &ticks);
	assert_true(state.exited);
	assert_int_equal(state.failures, 1);
	assert_false(state.stuck);
}

static void a_silent_worker_is_killed(void **data)
{
	unsigned ticks;
	(void)data;
	struct worker_state state = watch(hang, 50, &ticks);
	assert_true(state.exited);
	assert_true(state.stuck);
	assert_true(WIFSIGNALED(state.status));
	assert_int_equal(state.failures, 1);
}

static struct next after(int status, bool hint_spent, unsigned failures)
{
	const struct worker_state state = {
		.exited = true, .status = status, .hint_spent = hint_spent, .failures = failures};
	return supervise_next(&state);
}

#define EXIT_STATUS(code) ((code) << 8) /* as waitpid(2) gives it */

static void what_follows(void **data)
{
	(void)data;
	assert_int_equal(after(EXIT_STATUS(WORKER_HANDED_OVER), true, 0).kind, NEXT_REBOOT);
	assert_int_equal(after(EXIT_STATUS(WORKER_HANDED_OVER), true, 0).delay_s, 0);
	assert_int_equal(after(EXIT_STATUS(WORKER_KEXEC), true, 0).kind, NEXT_KEXEC);
	assert_int_equal(after(EXIT_STATUS(WORKER_KEXEC), true, 0).delay_s, 0);
	assert_int_equal(after(EXIT_STATUS(WORKER_RESET), true, 0).kind, NEXT_REBOOT);
	assert_int_equal(after(EXIT_STATUS(WORKER_RESET), true, 0).delay_s, 0);
	assert_int_equal(after(EXIT_STATUS(WORKER_HELD), true, 0).kind, NEXT_REBOOT);
	assert_int_equal(after(EXIT_STATUS(WORKER_HELD), true, 0).delay_s, HELD_S);
	assert_int_equal(after(EXIT_STATUS(WORKER_IDLE), true, 0).delay_s, HELD_S);
	assert_int_equal(after(EXIT_STATUS(WORKER_LOCAL), false, 0).kind, NEXT_REBOOT);
	assert_int_equal(after(EXIT_STATUS(WORKER_LOCAL), false, 0).delay_s, 0);
	assert_int_equal(after(EXIT_STATUS(WORKER_ERASED), true, 0).kind, NEXT_POWER_OFF);
	assert_int_equal(after(EXIT_STATUS(WORKER_ERASED), true, 0).delay_s, 0);
	assert_int_equal(after(EXIT_STATUS(WORKER_STOPPED), false, 0).kind, NEXT_POWER_OFF);
	assert_int_equal(after(EXIT_STATUS(WORKER_STOPPED), false, 0).delay_s, HELD_S);
}

static void a_failure_restarts_only_before_the_check_in(void **data)
{
	(void)data;
	assert_int_equal(after(SIGSEGV, false, 1).kind, NEXT_RESTART);
	assert_int_equal(after(EXIT_STATUS(1), false, 2).kind, NEXT_RESTART);
	assert_int_equal(after(SIGSEGV, false, WORKER_FAILURES_MAX).kind, NEXT_REBOOT);
	assert_int_equal(after(SIGSEGV, true, 1).kind, NEXT_REBOOT);

	const struct worker_state hung = {.unkillable = true, .stuck = true, .failures = 1};
	assert_int_equal(supervise_next(&hung).kind, NEXT_REBOOT);
	assert_int_equal(supervise_next(&hung).delay_s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_exit_status_is_the_outcome),
		cmocka_unit_test(a_crash_is_a_failure),
		cmocka_unit_test(a_silent_worker_is_killed),
		cmocka_unit_test(what_follows),
		cmocka_unit_test(a_failure_restarts_only_before_the_check_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
