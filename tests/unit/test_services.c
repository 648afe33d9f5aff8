/* rooms: agent/overlay agent/hw images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Real processes in real namespaces: the tree has the machine's own programs in it, and this one. Needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "agent/hw/block/mount.h"
#include "agent/overlay/inside.h"
#include "agent/overlay/inside_private.h"
#include "agent/overlay/services.h"
#include "core/io.h"
#include "core/log.h"
#include "core/time.h"

#define SELF "/test/test_services"

/* ---- programs that the tests start as services, by their first argument ---- */

static void notify(const char *path, const char *text)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	(void)!sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&at, sizeof(at));
	close(fd);
}

static void sleep_on(void)
{
	for (;;)
		pause();
}

/* Its descendant says it, and has ended by the time that anybody looks. */
static void tell_by_a_grandchild(void)
{
	if (fork())
		return;
	notify(getenv("NOTIFY_SOCKET"), "STATUS=warming up\nREADY=1\nMAINPID=1");
	_exit(0);
}

static int program(const char *what)
{
	if (!strcmp(what, "notifies")) {
		tell_by_a_grandchild();
		sleep_on();
	} else if (!strcmp(what, "deaf")) {
		signal(SIGTERM, SIG_IGN);
		notify(getenv("NOTIFY_SOCKET"), "READY=1");
		sleep_on();
	} else if (!strcmp(what, "background")) {
		if (fork())
			_exit(0);
		setsid();
		close(open("/run/background", O_CREAT | O_WRONLY, 0600));
		sleep_on();
	}
	_exit(3);
}

/* ---- the tree ---- */

static char tree[] = "/tmp/test-services-XXXXXX";
static struct overlay_services *all;

static void namespaces_need_root(void **data)
{
	(void)data;
	skip();
}

static void make_folder(const char *name)
{
	_cleanup_free_ char *path = path_join(tree, name);

	assert_int_equal(mkdir(path, 0755), 0);
}

static void bring_in(const char *from, const char *name)
{
	_cleanup_free_ char *path = path_join(tree, name);

	make_folder(name);
	assert_int_equal(mount(from, path, NULL, MS_BIND, NULL), 0);
}

static void link_to(const char *target, const char *name)
{
	_cleanup_free_ char *path = path_join(tree, name);

	assert_int_equal(symlink(target, path), 0);
}

static int make_tree(void **data)
{
	static const char *const points[] = {"dev", "proc", "sys", "run", "tmp", "var"};
	char here[PATH_MAX] = {0};
	struct err err;

	(void)data;
	assert_int_equal(mount_unshare(&err), 0);
	assert_non_null(mkdtemp(tree));
	assert_int_equal(mount("tmpfs", tree, "tmpfs", 0, "mode=0755,size=1m"), 0);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		make_folder(points[i]);
	bring_in("/usr", "usr");
	link_to("usr/bin", "bin");
	link_to("usr/lib", "lib");
	link_to("usr/lib64", "lib64");
	assert_true(readlink("/proc/self/exe", here, sizeof(here) - 1) > 0);
	*strrchr(here, '/') = '\0';
	bring_in(here, "test");
	assert_int_equal(mount(NULL, tree, NULL, MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
	return log_ring_enable(256 * 1024);
}

static int drop_tree(void **data)
{
	(void)data;
	umount2(tree, MNT_DETACH);
	rmdir(tree);
	return log_ring_enable(0);
}

static int begin(void **data)
{
	(void)data;
	all = overlay_services_new();
	return log_ring_enable(256 * 1024);
}

static int end(void **data)
{
	(void)data;
	overlay_services_free(all);
	return 0;
}

/* ---- starting ---- */

/* `what`: a line for the shell, or a program of ours. */
static struct overlay_service service(const char *name, enum overlay_ready ready, const char *line)
{
	static char *arguments[8][4];
	static unsigned n;
	char **a = arguments[n++ % 8];

	a[0] = (char *)"/bin/sh";
	a[1] = (char *)"-c";
	a[2] = (char *)line;
	return (struct overlay_service){
		.name = (char *)name, .arguments = a, .ready = ready, .wait_s = 10, .stop_s = 5};
}

static struct overlay_service own(const char *name, enum overlay_ready ready, const char *what)
{
	struct overlay_service s = service(name, ready, what);

	s.arguments[0] = (char *)SELF;
	s.arguments[1] = (char *)what;
	s.arguments[2] = NULL;
	return s;
}

static int start(struct overlay_service *list, unsigned n, struct err *err)
{
	const struct overlay overlay = {.services = list, .n_services = n};

	return overlay_services_start(all, "tools", tree, &overlay, NULL, err);
}

static void start_well(struct overlay_service *list, unsigned n)
{
	struct err err = {0};

	if (start(list, n, &err) != 0)
		fail_msg("%s", err.text);
}

static void fails(struct overlay_service s, int code, const char *words)
{
	struct err err = {0};

	assert_int_equal(start(&s, 1, &err), -code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static void stop_well(void)
{
	struct err err = {0};

	if (overlay_services_stop(all, NULL, &err) != 0 || overlay_services_gone(all, &err) != 0)
		fail_msg("%s", err.text);
}

/* The log's lines of a service, one after another. */
static char *said(const char *prefix)
{
	size_t len, n = 0;
	_cleanup_free_ char *log = log_ring_copy(&len);
	char *text = xcalloc(1, len + 1), *rest = NULL;

	for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *at = strstr(line, prefix);

		if (at)
			n += (size_t)sprintf(text + n, "%s\n", at + strlen(prefix));
	}
	return text;
}

/* Processes of the machine that have this among their arguments; a service's program cannot hide from here. */
static unsigned processes_with(const char *token)
{
	DIR *proc = opendir("/proc");
	unsigned n = 0;

	for (struct dirent *entry; (entry = readdir(proc));) {
		_cleanup_free_ char *path = str_printf("/proc/%s/cmdline", entry->d_name);
		_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
		char text[512];
		ssize_t len = fd < 0 ? 0 : read(fd, text, sizeof(text));

		n += len > 0 && memmem(text, (size_t)len, token, strlen(token));
	}
	closedir(proc);
	return n;
}

/* ---- the tests ---- */

/* Each way once, in order, and what a service sees. */
static void each_is_ready_in_its_way(void **data)
{
	(void)data;
	struct overlay_service list[] = {
		service("once", OVERLAY_EXITS,
			"echo made >/run/shared; echo env $(env | sort); echo fds $(ls /proc/self/fd); echo "
			"net $(grep -c : /proc/net/dev);"
			"echo pids $(ls -d /proc/[0-9]* | wc -l); touch /x 2>/dev/null || echo read-only; "
			"grep -q nosuid /proc/mounts && echo $$;"
			"grep CapBnd /proc/self/status; ls /sys/firmware/efi/efivars 2>/dev/null; ls -d "
			"/dev/null /var/log /var/run/shared"),
		service("file", OVERLAY_PATH,
			"sleep 0.2; read a </run/shared; echo $a >/tmp/there; exec sleep 60"),
		own("speaks", OVERLAY_NOTIFY, "notifies"),
		service("runs", OVERLAY_RUNS, "exec sleep 60"),
	};
	struct err err = {0};

	list[1].path = (char *)"/tmp/there";
	list[3].wait_s = 1;
	start_well(list, 4);
	assert_int_equal(overlay_services_check(all, &err), 0);
	assert_int_equal(overlay_services_gone(all, &err), -EBUSY);
	_cleanup_free_ char *once = said("tools/once: ");
	assert_non_null(strstr(once,
			       "env HOME=/ LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
			       "/sbin:/bin PWD=/"));
	assert_non_null(strstr(once, "fds 0 1 2 3\n"));
	assert_non_null(strstr(once, "net 1\n"));
	assert_non_null(strstr(once, "read-only\n2\n"));
	assert_non_null(strstr(once, "/dev/null\n/var/log\n/var/run/shared\n"));
	assert_null(strstr(once, "-0000-"));
	stop_well();
	json_t *json = overlay_services_json(all, "tools");
	assert_int_equal(json_array_size(json), 4);
	_cleanup_free_ char *text = json_dumps(json_array_get(json, 0), JSON_SORT_KEYS);
	assert_non_null(
		strstr(text, "\"ended\": \"exit status 0\", \"name\": \"once\", \"ready\": \"exits\""));
	assert_non_null(strstr(text, "\"stopped\": null"));
	_cleanup_free_ char *last = json_dumps(json_array_get(json, 3), JSON_SORT_KEYS);
	assert_non_null(strstr(last, "\"ended\": \"signal 15\""));
	assert_non_null(strstr(last, "\"stopped\": \"SIGTERM\""));
	json_decref(json);
	/* Nothing is mounted in the tree any more. */
	_cleanup_free_ char *mounts = NULL;
	assert_int_equal(file_read("/proc/self/mounts", 1 << 20, &mounts, NULL, &err), 0);
	_cleanup_free_ char *run = path_join(tree, "run ");
	assert_null(strstr(mounts, run));
	stop_well();
}

static void what_ends_too_early_says_why(void **data)
{
	(void)data;
	fails(service("brief", OVERLAY_NOTIFY, "echo one; echo 'no \033[1mdevice' >&2; exit 7"), EIO,
	      "service brief of overlay tools is not ready: it ended (exit status 7): no ?[1mdevice");
	fails(service("shot", OVERLAY_RUNS, "kill -SEGV $$"), EIO, "it ended (signal 11)");
	fails(service("failing", OVERLAY_EXITS, "exit 1"), EIO, "it ended (exit status 1)");
	struct overlay_service missing = service("missing", OVERLAY_RUNS, "");
	missing.arguments[0] = (char *)"/usr/bin/no-such-program";
	fails(missing, EIO, "it cannot be started: /usr/bin/no-such-program, or the loader");
}

static void one_that_dies_later_is_told(void **data)
{
	(void)data;
	struct overlay_service s =
		service("later", OVERLAY_PATH, "touch /run/there; sleep 0.1; echo lost the switch; exit 9");
	struct err err = {0};
	uint64_t until = monotonic_ns() + 5000000000ull;

	s.path = (char *)"/run/there";
	start_well(&s, 1);
	while (overlay_services_check(all, &err) == 0 && monotonic_ns() < until)
		usleep(10000);
	assert_string_equal(err.text,
			    "service later of overlay tools does not run any more: it ended (exit status "
			    "9): lost the switch");
	stop_well();
}

static void what_is_never_ready_is_not_waited_for(void **data)
{
	(void)data;
	struct overlay_service s = service("slow", OVERLAY_PATH, "echo waiting for hardware; exec sleep 60");

	s.path = (char *)"/run/never";
	s.wait_s = 1;
	fails(s, ETIME,
	      "service slow of overlay tools is not ready: /run/never has not come within 1 s: waiting");
	stop_well();
}

static void a_stranger_cannot_say_that_it_is_ready(void **data)
{
	(void)data;
	struct overlay_service s = service("silent", OVERLAY_NOTIFY, "exec sleep 60");
	_cleanup_free_ char *socket = path_join(tree, "run/notify-silent");
	uint64_t until = monotonic_ns() + 5000000000ull;
	pid_t stranger = fork();

	if (stranger == 0) {
		while (access(socket, F_OK) != 0 && monotonic_ns() < until)
			usleep(10000);
		notify(socket, "READY=1");
		_exit(access(socket, F_OK) != 0);
	}
	s.wait_s = 1;
	fails(s, ETIME, "it has not sent READY=1 within 1 s");
	int status;
	assert_int_equal(waitpid(stranger, &status, 0), stranger);
	assert_int_equal(status, 0);
}

static void they_end_in_the_reverse_order(void **data)
{
	(void)data;
	struct overlay_service list[] = {
		service("first", OVERLAY_PATH,
			"trap 'echo ends; exit 0' TERM; touch /run/1; while :; do sleep 0.05; done"),
		own("deaf", OVERLAY_NOTIFY, "deaf"),
		service("third", OVERLAY_PATH,
			"trap 'echo ends; exit 0' TERM; touch /run/3; while :; do sleep 0.05; done"),
	};
	list[0].path = (char *)"/run/1";
	list[2].path = (char *)"/run/3";
	list[1].stop_s = 1;
	start_well(list, 3);
	stop_well();
	_cleanup_free_ char *text = said("t");
	const char *third = strstr(text, "ools/third: ends"), *first = strstr(text, "ools/first: ends");
	assert_true(third && first && third < first);
	json_t *json = overlay_services_json(all, "tools");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json, 1), "stopped")),
			    "SIGKILL");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json, 2), "ended")),
			    "exit status 0");
	json_decref(json);
}

static void what_it_has_forked_ends_with_it(void **data)
{
	(void)data;
	struct overlay_service s = service("parent", OVERLAY_PATH,
					   "for i in 1 2 3; do setsid nohup sh -c 'trap : TERM HUP; while :; "
					   "do sleep 0.05; done' token-forked & done;"
					   "sleep 0.2; touch /run/there; exec sleep 60");
	s.path = (char *)"/run/there";
	s.stop_s = 1;
	start_well(&s, 1);
	/* and the first process, which has the whole line, and whoever has forked and is about to become sleep */
	assert_true(processes_with("token-forked") >= 4);
	stop_well();
	assert_int_equal(processes_with("token-forked"), 0);
}

static void one_that_goes_into_the_background_runs_on(void **data)
{
	(void)data;
	struct overlay_service s = own("daemon", OVERLAY_PATH, "background");
	struct err err = {0};

	s.path = (char *)"/run/background";
	start_well(&s, 1);
	usleep(100000);
	assert_int_equal(overlay_services_check(all, &err), 0);
	assert_int_equal(overlay_services_gone(all, &err), -EBUSY);
	stop_well();
}

static void a_flood_fills_no_log(void **data)
{
	(void)data;
	struct overlay_service s = service("flood", OVERLAY_EXITS, "seq 1 100000; echo; echo the last");

	start_well(&s, 1);
	_cleanup_free_ char *text = said("tools/flood: ");
	assert_true(strlen(text) < 10000);
	assert_non_null(strstr(text, "\n200\n... and "));
	struct overlay_service long_line =
		service("long", OVERLAY_EXITS, "head -c 100000 /dev/zero | tr '\\0' x");
	start_well(&long_line, 1);
	_cleanup_free_ char *line = said("tools/long: ");
	assert_int_equal(strlen(line), 401);
}

static bool impatient(void *data)
{
	return ++*(unsigned *)data > 1;
}

static void waiting_can_be_cancelled(void **data)
{
	unsigned asked = 0;
	const struct overlay_patience patience = {impatient, &asked};
	struct overlay_service s = service("slow", OVERLAY_NOTIFY, "exec sleep 60");
	const struct overlay overlay = {.services = &s, .n_services = 1};
	struct err err = {0};

	(void)data;
	assert_int_equal(overlay_services_start(all, "tools", tree, &overlay, &patience, &err), -ECANCELED);
	assert_int_equal(asked, 2);
}

static void with_the_worker_they_end(void **data)
{
	(void)data;
	struct overlay_service s =
		service("orphan", OVERLAY_PATH,
			"touch /run/there; : token-orphan; trap : TERM; while :; do sleep 0.05; done");
	struct err err = {0};
	uint64_t until = monotonic_ns() + 5000000000ull;

	s.path = (char *)"/run/there";
	pid_t worker = fork();
	if (worker == 0) {
		start_well(&s, 1);
		if (processes_with("token-orphan") == 2) /* it, and its first process */
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	int status;
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	while (processes_with("token-orphan") && monotonic_ns() < until)
		usleep(10000);
	assert_int_equal(processes_with("token-orphan"), 0);
	for (unsigned i = 0; i < 3;
	     i++) { /* the worker's mounts, which a boot image would lose by its reset */
		static const char *const left[] = {"run", "tmp", "var"};
		_cleanup_free_ char *path = path_join(tree, left[i]);
		assert_int_equal(mount_drop(path, &err), 0);
	}
}

static void a_tree_without_mount_points_is_refused(void **data)
{
	(void)data;
	struct overlay_service s = service("any", OVERLAY_EXITS, "true");
	const struct overlay overlay = {.services = &s, .n_services = 1};
	struct err err = {0};
	char bare[] = "/tmp/test-services-bare-XXXXXX";

	assert_non_null(mkdtemp(bare));
	_cleanup_free_ char *run = path_join(bare, "run");
	assert_int_equal(symlink("/etc", run), 0);
	assert_int_equal(overlay_services_start(all, "bare", bare, &overlay, NULL, &err), -ENOTDIR);
	assert_string_equal(err.text, "overlay bare: the folder run of its tree: Not a directory");
	unlink(run);
	rmdir(bare);
}

static void ready_is_a_whole_line(void **data)
{
	static const struct {
		const char *text;
		bool ready;
	} rows[] = {{"READY=1", true},         {"READY=1\n", true},     {"STATUS=x\nREADY=1\nFOO=2", true},
		    {"READY=10", false},       {"XREADY=1", false},     {"READY=0\n", false},
		    {"STATUS=READY=1", false}, {"\n\n\nREADY=1", true}, {"", false},
		    {"READY=1\r\n", false}};

	(void)data;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(notify_says_ready(rows[i].text, strlen(rows[i].text)), rows[i].ready);
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(int argc, char **argv)
{
	const struct CMUnitTest plain[] = {cmocka_unit_test(ready_is_a_whole_line)};
	const struct CMUnitTest skipped[] = {cmocka_unit_test(namespaces_need_root)};
	const struct CMUnitTest tests[] = {
		ALONE(each_is_ready_in_its_way),
		ALONE(what_ends_too_early_says_why),
		ALONE(one_that_dies_later_is_told),
		ALONE(what_is_never_ready_is_not_waited_for),
		ALONE(a_stranger_cannot_say_that_it_is_ready),
		ALONE(they_end_in_the_reverse_order),
		ALONE(what_it_has_forked_ends_with_it),
		ALONE(one_that_goes_into_the_background_runs_on),
		ALONE(a_flood_fills_no_log),
		ALONE(waiting_can_be_cancelled),
		ALONE(with_the_worker_they_end),
		ALONE(a_tree_without_mount_points_is_refused),
	};
	int failed;

	if (!strcmp(argv[0], INSIDE_NAME))
		return service_inside(argc, argv);
	if (argc == 2 && !strcmp(argv[0], SELF))
		return program(argv[1]);
	failed = cmocka_run_group_tests(plain, NULL, NULL);
	if (geteuid() != 0)
		return failed + cmocka_run_group_tests(skipped, NULL, NULL);
	return failed + cmocka_run_group_tests(tests, make_tree, drop_tree);
}
