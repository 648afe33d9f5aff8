/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/overlay/room.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent/hw/block/mount.h"
#include "agent/hw/net/netif.h"
#include "core/io.h"

#define LOOPBACK 1 /* its index in a network namespace that is new */

/* For all services of an overlay together; a full one fails them, and not the agent. */
static const struct {
	const char *folder, *options;
} shared[] = {
	{"run", "mode=0755,size=32m,nr_inodes=8k"},
	{"tmp", "mode=1777,size=64m,nr_inodes=8k"},
	{"var", "mode=0755,size=64m,nr_inodes=8k"},
};
#define N_SHARED (sizeof(shared) / sizeof(shared[0]))

/* What programs expect to be there. */
static const struct {
	const char *path;
	mode_t mode;
} var_folders[] = {{"var/log", 0755}, {"var/lib", 0755}, {"var/cache", 0755}, {"var/tmp", 01777}};

/* ---- mount points ---- */

/* A path to a folder of the tree itself that no symbolic link leads away from; good while *ret_fd is open. */
static int find_point(const char *tree, const char *folder, int *ret_fd, char ret_path[40], struct err *err)
{
	_cleanup_close_ int root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = root < 0 ? -1 : openat(root, folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, errno, "the folder %s of its tree", folder);
	snprintf(ret_path, 40, "/proc/self/fd/%d", fd);
	*ret_fd = fd;
	return 0;
}

static int mount_at(const char *tree, const char *folder, const char *source, const char *type,
		    unsigned long flags, const char *options, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char path[40];
	int r = find_point(tree, folder, &fd, path, err);

	if (r < 0)
		return r;
	return mount(source, path, type, flags, options) < 0 ? err_sys(err, errno, "mounting its /%s", folder)
							     : 0;
}

/* ---- the network ---- */

struct network {
	int fd;
	struct err err;
};

/* A thread of its own, because a network namespace is a thread's, and the worker keeps its own. */
static void *make_network(void *data)
{
	struct network *n = data;

	if (unshare(CLONE_NEWNET) < 0) {
		err_sys(&n->err, errno, "a network namespace");
	} else if (netif_set_up(LOOPBACK, true, &n->err) == 0) {
		n->fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
		if (n->fd < 0)
			err_sys(&n->err, errno, "its network namespace");
	}
	return NULL;
}

static int open_network(int *ret, struct err *err)
{
	struct network n = {.fd = -EBADF};
	pthread_t thread;
	int r = pthread_create(&thread, NULL, make_network, &n);

	if (r)
		return err_sys(err, r, "a thread");
	pthread_join(thread, NULL);
	if (n.fd < 0) {
		*err = n.err;
		return -err->code;
	}
	*ret = n.fd;
	return 0;
}

/* ---- the worker's side ---- */

static int make_shared(const struct room *room, struct err *err)
{
	for (size_t i = 0; i < N_SHARED; i++) {
		int r = mount_at(room->tree, shared[i].folder, "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV,
				 shared[i].options, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < sizeof(var_folders) / sizeof(var_folders[0]); i++) {
		_cleanup_free_ char *path = path_join(room->tree, var_folders[i].path);

		if (mkdir(path, 0700) < 0 || chmod(path, var_folders[i].mode) < 0)
			return err_sys(err, errno, "%s", path);
	}
	_cleanup_free_ char *run = path_join(room->tree, "var/run");
	return symlink("../run", run) < 0 ? err_sys(err, errno, "%s", run) : 0;
}

int room_make(const char *name, const char *tree, struct room **ret, struct err *err)
{
	struct room *room = xcalloc(1, sizeof(*room));
	struct err none;
	int r;

	*room = (struct room){.name = xstrdup(name), .tree = xstrdup(tree), .net = -EBADF};
	r = open_network(&room->net, err);
	if (r == 0)
		r = make_shared(room, err);
	if (r < 0) {
		(void)!room_leave(room, &none);
		return r;
	}
	*ret = room;
	return 0;
}

int room_leave(struct room *room, struct err *err)
{
	struct err again;
	int r = 0;

	if (!room)
		return 0;
	for (size_t i = N_SHARED; i-- > 0;) {
		_cleanup_free_ char *path = path_join(room->tree, shared[i].folder);

		if (mount_drop(path, r < 0 ? &again : err) < 0 && r == 0)
			r = err_prepend(err, "overlay %s", room->name);
	}
	close_fdp(&room->net);
	free(room->name);
	free(room->tree);
	free(room);
	return r;
}

/* ---- the service's side ---- */

/* What is above it belongs to the boot image's root, which cannot be left by pivot_root(2): it is the kernel's first. The tree covers it instead. */
static int become_root(const char *tree, struct err *err)
{
	if (chdir(tree) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0)
		return err_sys(err, errno, "making its tree the root");
	return 0;
}

/* /sys without what is mounted below it: firmware variables and the kernel's security are not for services. */
int room_enter(const char *tree, int net, struct err *err)
{
	int r;

	if (setns(net, CLONE_NEWNET) < 0)
		return err_sys(err, errno, "its network namespace");
	if (mkdir("/dev/shm", 01777) < 0 && errno != EEXIST)
		return err_sys(err, errno, "/dev/shm");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(tree, tree, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, tree, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0)
		return err_sys(err, errno, "mounting its tree %s", tree);
	if ((r = mount_at(tree, "dev", "/dev", NULL, MS_BIND, NULL, err)) < 0 ||
	    (r = mount_at(tree, "dev/shm", "tmpfs", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=64m",
			  err)) < 0 ||
	    (r = mount_at(tree, "sys", "/sys", NULL, MS_BIND, NULL, err)) < 0 ||
	    (r = mount_at(tree, "proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, err)) < 0)
		return r;
	return become_root(tree, err);
}
