/* SPDX-License-Identifier: Apache-2.0 */
/* Watching the worker, and the policy for its end. */
#include "agent/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/log.h"
#include "core/time.h"

/* Reads all beats; false once the other end is closed. */
static bool take_beats(int fd, struct worker_state *state, bool *ret_alive)
{
	char beats[256];
	ssize_t n = read(fd, beats, sizeof(beats));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	for (ssize_t i = 0; i < n; i++)
		state->hint_spent |= beats[i] == BEAT_HINT;
	*ret_alive |= n > 0;
	return n > 0;
}

/* PID 1 inherits every orphan; only the worker's end counts. */
static void reap(pid_t pid, struct worker_state *state)
{
	int status;
	pid_t gone;
	while ((gone = waitpid(-1, &status, WNOHANG)) > 0) {
		if (gone == pid) {
			state->exited = true;
			state->status = status;
		}
	}
}

static uint64_t ms(unsigned n)
{
	return n * 1000000ull;
}

void supervise(pid_t pid, int beat_fd, const struct supervise_limits *limits, void (*tick)(void *data),
	       void *data, struct worker_state *state)
{
	struct pollfd poll_fd = {.fd = beat_fd, .events = POLLIN};
	uint64_t last_beat = monotonic_ns(), killed_at = 0;

	state->exited = state->stuck = state->unkillable = false;
	while (!state->exited && !state->unkillable) {
		bool beat = false;
		int n = poll(&poll_fd, 1, (int)limits->tick_ms);
		if (n > 0 && !take_beats(beat_fd, state, &beat)) {
			poll_fd.fd = -1; /* poll() then only waits */
		} else if (beat) {
			last_beat = monotonic_ns();
		}
		tick(data);
		reap(pid, state);
		if (!state->exited && !killed_at && monotonic_ns() - last_beat > ms(limits->silence_ms)) {
			log_error("the worker shows no progress for %u s: killing it",
				  limits->silence_ms / 1000);
			kill(pid, SIGKILL);
			state->stuck = true;
			killed_at = monotonic_ns();
		}
		if (killed_at && monotonic_ns() - killed_at > ms(limits->kill_ms))
			state->unkillable = !state->exited;
	}
	state->failures +=
		state->unkillable || !WIFEXITED(state->status) ||
		(WEXITSTATUS(state->status) != WORKER_HANDED_OVER &&
		 (WEXITSTATUS(state->status) < WORKER_RESET || WEXITSTATUS(state->status) > WORKER_LAST));
}

static struct next after_failure(const struct worker_state *state)
{
	if (state->unkillable)
		return (struct next){NEXT_REBOOT, 0, "the worker hangs in the kernel; rebooting"};
	if (state->hint_spent)
		return (struct next){NEXT_REBOOT, 30,
				     "the worker failed after its check-in; rebooting for a new boot script"};
	if (state->failures < WORKER_FAILURES_MAX)
		return (struct next){NEXT_RESTART, 5,
				     "the worker failed before its check-in; starting it again"};
	return (struct next){NEXT_REBOOT, HELD_S, "the worker fails again and again; rebooting in 5 minutes"};
}

struct next supervise_next(const struct worker_state *state)
{
	if (!state->exited || !WIFEXITED(state->status))
		return after_failure(state);
	switch (WEXITSTATUS(state->status)) {
	case WORKER_HANDED_OVER:
		return (struct next){NEXT_REBOOT, 0, "handed over; rebooting"};
	case WORKER_KEXEC:
		return (struct next){NEXT_KEXEC, 0, "handed over; starting the tenant's kernel"};
	case WORKER_RESET:
		return (struct next){NEXT_REBOOT, 0, "a step wants a reset; rebooting"};
	case WORKER_LEFT:
		return (struct next){NEXT_REBOOT, 30, "nothing more to do in this boot; rebooting"};
	case WORKER_HELD:
		return (struct next){NEXT_REBOOT, HELD_S,
				     "held; rebooting in 5 minutes to ask for a new order"};
	case WORKER_IDLE:
		return (struct next){NEXT_REBOOT, HELD_S, "no order; rebooting in 5 minutes to ask again"};
	case WORKER_LOCAL:
		return (struct next){NEXT_REBOOT, 0, "nothing to do here; rebooting into the disk"};
	case WORKER_ERASED:
		return (struct next){NEXT_POWER_OFF, 0, "erased; switching off"};
	case WORKER_STOPPED:
		return (struct next){NEXT_POWER_OFF, HELD_S,
				     "not erased, or not all; switching off in 5 minutes"};
	default:
		return after_failure(state);
	}
}
