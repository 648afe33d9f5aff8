/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1. Nothing here may fail for good: what cannot be done is logged, and the machine reboots in the end. */
#include "agent/init.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "agent/hw/kexec.h"
#include "agent/hw/machine.h"
#include "agent/hw/watchdog.h"
#include "agent/supervise.h"
#include "core/log.h"
#include "core/secret.h"

#define WATCHDOG "/dev/watchdog"

static const struct supervise_limits limits = {
	.tick_ms = 1000,
	.silence_ms = 600 * 1000,
	.kill_ms = 30 * 1000,
};

static const struct {
	const char *type, *where, *options;
	unsigned long flags;
} mounts[] = {
	{"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"securityfs", "/sys/kernel/security", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"devtmpfs", "/dev", "mode=0755", MS_NOSUID},
	{"tmpfs", "/run", "mode=0755,size=16m", MS_NOSUID | MS_NODEV},
	{"tmpfs", "/tmp", "mode=1777,size=64m", MS_NOSUID | MS_NODEV},
};

bool init_is_boot_image(void)
{
	struct statfs fs;
	return !statfs("/", &fs) &&
	       (fs.f_type == (__fsword_t)RAMFS_MAGIC || fs.f_type == (__fsword_t)TMPFS_MAGIC);
}

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].type, mounts[i].where, mounts[i].type, mounts[i].flags,
			  mounts[i].options) &&
		    errno != EBUSY)
			log_error("mounting %s: %s", mounts[i].where, strerrordesc_np(errno));
	}
}

/* The kernel gives us /dev/console where it could open one; devtmpfs has it in any case. */
static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);
	if (fd < 0)
		fd = open("/dev/null", O_RDWR);
	for (int i = 0; i < 3 && fd >= 0; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* A kernel that panics, or whose init dies, boots again rather than standing there. */
static void set_panic(void)
{
	_cleanup_close_ int fd = open("/proc/sys/kernel/panic", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "30", 2) != 2)
		log_warn("/proc/sys/kernel/panic: %s", strerrordesc_np(errno));
}

/* The watchdog's driver is loaded by the worker, so it may appear late; without one this does nothing. */
static void feed_watchdog(void *data)
{
	int *fd = data;
	if (*fd < 0)
		*fd = open(WATCHDOG, O_WRONLY | O_CLOEXEC);
	if (*fd >= 0 && write(*fd, "", 1) != 1)
		log_debug("feeding the watchdog: %s", strerrordesc_np(errno));
}

/* 'V' stops it (Documentation/watchdog/watchdog-api.rst): armed, it would reset the tenant's system while that boots. */
static void stop_watchdog(int fd)
{
	if (fd >= 0 && (write(fd, "V", 1) != 1 || close(fd)))
		log_warn("the watchdog could not be stopped: %s", strerrordesc_np(errno));
}

static void exec_worker(int beat_fd)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (beat_fd == INIT_BEAT_FD)
		fcntl(beat_fd, F_SETFD, 0);
	else
		dup2(beat_fd, INIT_BEAT_FD);
	/* libefivar chooses its interface in a constructor, before the worker has loaded and mounted efivarfs. */
	setenv("LIBEFIVAR_OPS", "efivarfs", 1);
	setenv("TSS2_LOG", "all+none",
	       1); /* the TPM's library would write to the console; its errors are told in words */
	execl("/proc/self/exe", "remint-agent", "--worker", NULL);
	log_error("starting the worker: %s", strerrordesc_np(errno));
	_exit(127);
}

static void run_worker(int *watchdog, struct worker_state *state)
{
	int beats[2];
	if (pipe2(beats, O_CLOEXEC | O_NONBLOCK)) {
		log_error("pipe: %s", strerrordesc_np(errno));
		state->failures++;
		return;
	}
	pid_t pid = fork();
	if (!pid)
		exec_worker(beats[1]);
	close(beats[1]);
	if (pid > 0) {
		supervise(pid, beats[0], &limits, feed_watchdog, watchdog, state);
	} else {
		log_error("fork: %s", strerrordesc_np(errno));
		state->failures++;
	}
	close(beats[0]);
}

static void wait_fed(unsigned seconds, int *watchdog)
{
	while (seconds--) {
		feed_watchdog(watchdog);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep(1);
	}
}

/* Returns only where that cannot be. A watchdog that was not stopped would reset the tenant's system, whose kernel may not know of it. */
static void start_loaded(void)
{
	if (!kexec_is_loaded()) {
		log_error("kexec: no kernel is loaded");
	} else if (watchdog_runs("")) {
		log_error("kexec: a watchdog still runs");
	} else {
		reboot(RB_KEXEC);
		log_error("kexec: %s", strerrordesc_np(errno));
	}
	log_warn("the tenant's kernel is not started by kexec; rebooting through the firmware instead");
}

static void __attribute__((noreturn)) leave(enum next_kind kind, bool hung, int watchdog)
{
	int how = kind == NEXT_POWER_OFF ? RB_POWER_OFF : RB_AUTOBOOT;

	if (!hung) { /* else sync(2) could hang as well */
		sync();
		umount2("/sys/firmware/efi/efivars", MNT_DETACH);
		stop_watchdog(watchdog);
	}
	if (kind == NEXT_KEXEC)
		start_loaded();
	else if (!hung)
		kexec_unload(); /* whatever an order that did not come to its end had loaded */
	reboot(how);
	log_error("%s: %s", how == RB_POWER_OFF ? "power off" : "reboot", strerrordesc_np(errno));
	_exit(1); /* the kernel panics, and that reboots too */
}

void init_run(void)
{
	struct worker_state state = {0};
	struct next next;
	int watchdog = -EBADF;

	umask(022);
	secret_process();
	mount_all();
	open_console();
	set_panic();
	kernel_close("");
	signal(SIGPIPE, SIG_IGN);
	log_info("remint-agent %s", REMINT_VERSION);
	do {
		state.exited = false;
		run_worker(&watchdog, &state);
		next = supervise_next(&state);
		log_info("%s", next.why);
		wait_fed(next.delay_s, &watchdog);
	} while (next.kind == NEXT_RESTART);
	leave(next.kind, state.unkillable, watchdog);
}
