/* rooms: agent/steps agent/pipeline agent/hw images protocol efi tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Root images onto loop devices, with the kernel's own file systems; root alone can. The pipeline is a fake that hands over an archive. Where
 * the kernel has no vfat, the boot partition is ext4: nothing here boots.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "agent/hw/block/md.h"
#include "agent/hw/block/partition.h"
#include "agent/pipeline/pipeline.h"
#include "agent/steps/tree/plan.h"
#include "agent/steps/tree/tree.h"
#include "core/io.h"
#include "efi/gpt.h"
#include "images/layout_check.h"
#include "tests/fakes/step_job.h"

#define MIB       (UINT64_C(1) << 20)
#define DISK_SIZE (512 * MIB)
#define TAR_MAX   (8u << 20)
#define STEP      (64u * 1024)

static char *tar;
static size_t tar_len;
static bool fail_fetch; /* the pipeline ends in the middle */

/* ---- the pipeline's place ---- */

int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret, struct err *err)
{
	*ret = (struct pipeline_result){.fetched_bytes = tar_len};
	for (size_t at = 0; at < tar_len; at += STEP) {
		size_t n = tar_len - at < STEP ? tar_len - at : STEP;
		int r;

		if (fail_fetch && at > tar_len / 2)
			return err_set(err, ENETUNREACH, "no source is left");
		if (job->cancelled(job->data))
			return err_set(err, ECANCELED, "cancelled");
		if ((r = job->sink(job->data, tar + at, n, err)) < 0)
			return r;
	}
	return 0;
}

void pipeline_result_clear(struct pipeline_result *result)
{
	*result = (struct pipeline_result){0};
}

/* ---- an image ---- */

static bool kernel_has(const char *fs)
{
	_cleanup_free_ char *text = NULL, *line = str_printf("\t%s\n", fs);
	struct err err;

	return file_read("/proc/filesystems", 65536, &text, NULL, &err) == 0 && strstr(text, line);
}

static void put(struct archive *a, const char *path, mode_t mode, const void *content, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_copy_pathname(e, path);
	archive_entry_set_mode(e, mode);
	archive_entry_set_uid(e, 7);
	archive_entry_set_gid(e, 8);
	archive_entry_set_mtime(e, 1700000000, 0);
	archive_entry_set_size(e, (int64_t)len);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	if (len)
		assert_int_equal(archive_write_data(a, content, len), len);
	archive_entry_free(e);
}

static void make_tar(void)
{
	struct archive *a = archive_write_new();
	_cleanup_free_ char *noise = xcalloc(1, 3 << 20);

	for (size_t i = 0; i < 3 << 20; i++)
		noise[i] = (char)(i * 2654435761u >> 13);
	tar = xcalloc(1, TAR_MAX);
	archive_write_set_format_pax(a);
	assert_int_equal(archive_write_open_memory(a, tar, TAR_MAX, &tar_len), ARCHIVE_OK);
	put(a, "./", S_IFDIR | 0755, NULL, 0);
	put(a, "./boot/", S_IFDIR | 0750, NULL, 0);
	put(a, "./boot/vmlinuz", S_IFREG | 0600, noise, 3 << 20);
	put(a, "./boot/efi/EFI/tenant/readme", S_IFREG | 0644, "hello\n", 6);
	put(a, "./usr/lib/loader.efi", S_IFREG | 0644, "MZ\x90", 3);
	put(a, "./etc/shadow", S_IFREG | 0640, "secret", 6);
	put(a, "./var/log/", S_IFDIR | 0755, NULL, 0);
	put(a, "./var/log/x", S_IFREG | 0640, noise + 9, 100001);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

static char type_linux[] = "0fc63daf-8483-4772-8e79-3d69d8477de4";
static struct layout layout;

static void add(const char *name, const char *type, uint64_t mib, enum layout_fs fs, const char *mount)
{
	struct layout_partition *p = &layout.partitions[layout.n_partitions++];

	*p = (struct layout_partition){.size = mib * MIB, .fs = fs};
	p->name = (char *)name;
	p->mount = (char *)mount;
	strcpy(p->type_guid, type);
}

static void make_layout(void)
{
	static char from[] = "/usr/lib/loader.efi", to[] = "\\EFI\\BOOT\\BOOTX64.EFI", label[] = "TENANT",
		    uuid[] = "6d0f9c7e-1111-4222-8333-0123456789ab",
		    guid[] = "11111111-2222-4333-8444-555555555555";

	layout = (struct layout){.n_copies = 1, .copies = {{from, to}}};
	add("esp", LAYOUT_TYPE_ESP, 64, kernel_has("vfat") ? LAYOUT_VFAT : LAYOUT_EXT4, "/boot/efi");
	add("boot", type_linux, 64, LAYOUT_EXT4, "/boot");
	add("swap", LAYOUT_TYPE_SWAP, 16, LAYOUT_SWAP, NULL);
	add("log", type_linux, 128, kernel_has("btrfs") ? LAYOUT_BTRFS : LAYOUT_EXT4, "/var/log");
	add("root", type_linux, 0, LAYOUT_EXT4, "/");
	layout.partitions[4].label = label;
	layout.partitions[4].fs_uuid = uuid;
	strcpy(layout.partitions[4].guid, guid);
}

/* ---- disks ---- */

struct disk {
	struct block block;
	char file[64];
	int fd;
};

struct world {
	struct step_job sj;
	struct manifest manifest;
	struct index index;
	struct disk disks[2];
	struct err err;
};

static void attach(struct disk *d)
{
	struct loop_config config = {.info = {.lo_flags = LO_FLAGS_PARTSCAN}};
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number;

	strcpy(d->file, "/tmp/remint-disk-XXXXXX");
	config.fd = (uint32_t)mkstemp(d->file);
	assert_int_equal(ftruncate((int)config.fd, (off_t)DISK_SIZE), 0);
	assert_true(control >= 0);
	for (unsigned tries = 0;; tries++) {
		number = ioctl(control, LOOP_CTL_GET_FREE);
		assert_true(number >= 0 && tries < 20);
		snprintf(d->block.dev, sizeof(d->block.dev), "loop%d", number);
		snprintf(d->block.path, sizeof(d->block.path), "/dev/loop%d", number);
		d->fd = open(d->block.path, O_RDWR | O_CLOEXEC);
		assert_true(d->fd >= 0);
		if (ioctl(d->fd, LOOP_CONFIGURE, &config) == 0)
			break;
		close(d->fd); /* somebody else was faster */
	}
	close(control);
	close((int)config.fd);
	close(d->fd);
	d->fd = open(d->block.path, O_RDONLY | O_CLOEXEC);
	snprintf(d->block.name, sizeof(d->block.name), "serial:%s", d->block.dev);
	d->block.size = DISK_SIZE;
	d->block.logical_block_size = d->block.physical_block_size = 512;
}

static void detach(struct disk *d)
{
	assert_int_equal(ioctl(d->fd, LOOP_CLR_FD, 0), 0);
	close(d->fd);
	unlink(d->file);
}

static int set_up(void **state)
{
	static char name[] = "tenant", url[] = "http://image/";
	struct world *w = xcalloc(1, sizeof(*w));

	*state = w;
	if (geteuid() != 0)
		return 0;
	step_job_init(&w->sj);
	for (unsigned i = 0; i < 2; i++) {
		attach(&w->disks[i]);
		w->sj.job.facts.roots[i].block = &w->disks[i].block;
		w->sj.job.facts.roots[i].size = DISK_SIZE;
	}
	w->manifest = (struct manifest){.kind = IMAGE_ROOT, .name = name, .layout = &layout};
	w->index = (struct index){.size = tar_len, .n_chunks = 1, .data_chunks = 1};
	w->sj.job.facts.manifest = &w->manifest;
	w->sj.job.facts.index = &w->index;
	w->sj.job.facts.payload_url = url;
	w->sj.job.facts.n_roots = 1;
	fail_fetch = false;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	for (unsigned i = 0; geteuid() == 0 && i < 2; i++) {
		detach(&w->disks[i]);
		free(w->sj.job.facts.roots[i].first_chunk);
	}
	json_decref(w->sj.job.facts.written);
	free(w);
	return 0;
}

/* Nothing is mounted, and the kernel knows of no partition. */
static void assert_all_down(struct world *w)
{
	_cleanup_free_ char *mounts = NULL;

	assert_int_equal(file_read("/proc/thread-self/mounts", 1 << 20, &mounts, NULL, &w->err), 0);
	assert_null(strstr(mounts, "/run/remint"));
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_free_ char *one = partition_name(w->disks[i].block.dev, 1),
				    *path = str_printf("/sys/class/block/%s", one);

		assert_int_equal(access(path, F_OK), -1);
	}
}

static void written(struct world *w)
{
	if (root_tree_write(&w->sj.job, &w->err) < 0)
		fail_msg("%s", w->err.text);
	assert_all_down(w);
}

static void assert_table(struct world *w, unsigned disk, const char *root_guid)
{
	const struct root *root = &w->sj.job.facts.roots[disk];
	_cleanup_free_ char *on_disk = xcalloc(1, MIB);
	struct gpt *gpt = NULL;

	assert_int_equal(root->first_chunk_len, MIB);
	assert_int_equal(gpt_read(root->first_chunk, root->first_chunk_len, 512, &gpt, &w->err), 0);
	gpt_free(gpt);
	/* Until the commit the disk's beginning is untouched. */
	assert_int_equal(pread(w->disks[disk].fd, on_disk, MIB, 0), MIB);
	for (size_t i = 0; i < MIB; i++)
		assert_int_equal(on_disk[i], 0);
	const json_t *target = json_array_get(json_object_get(w->sj.job.facts.written, "targets"), disk);
	const json_t *partition = json_array_get(json_object_get(target, "partitions"), 4);
	const char *guid = json_string_value(json_object_get(partition, "guid"));

	assert_string_equal(json_string_value(json_object_get(partition, "uuid")),
			    "6d0f9c7e-1111-4222-8333-0123456789ab");
	assert_int_equal(strcmp(guid, root_guid) == 0, disk == 0);
}

static void test_one_disk(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	written(w);
	assert_table(w, 0, "11111111-2222-4333-8444-555555555555");
	if (root_tree_verify(&w->sj.job, &w->err) < 0)
		fail_msg("%s", w->err.text);
	assert_all_down(w);
	json_t *target = json_array_get(json_object_get(w->sj.job.facts.written, "targets"), 0);
	assert_int_equal(json_integer_value(json_object_get(target, "files_read")), 6);
	assert_int_equal(json_integer_value(json_object_get(w->sj.job.facts.written, "files")), 6);
}

/* As after a power cut: everything is made anew over what is there. */
static void test_again(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	written(w);
	json_decref(w->sj.job.facts.written);
	w->sj.job.facts.written = NULL;
	free(w->sj.job.facts.roots[0].first_chunk);
	w->sj.job.facts.roots[0].first_chunk = NULL;
	written(w);
	assert_int_equal(root_tree_verify(&w->sj.job, &w->err), 0);
}

/* A file's bytes on the medium. */
static uint64_t find_on_disk(struct world *w, unsigned disk, const char *what, size_t len)
{
	_cleanup_free_ char *buf = xcalloc(1, MIB);

	for (uint64_t at = 0; at < DISK_SIZE; at += MIB) {
		assert_int_equal(pread(w->disks[disk].fd, buf, MIB, (off_t)at), MIB);
		char *found = memmem(buf, MIB, what, len);

		if (found)
			return at + (uint64_t)(found - buf);
	}
	return 0;
}

static void test_copies(void **state)
{
	struct world *w = *state;
	struct stat st;
	uint64_t at;
	int fd;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	w->sj.order.redundancy = ORDER_COPIES;
	w->sj.job.facts.n_roots = 2;
	written(w);
	assert_table(w, 1, "11111111-2222-4333-8444-555555555555");
	assert_int_equal(stat(w->disks[1].file, &st), 0);
	assert_true(st.st_blocks * 512 < 200 << 20); /* zeros were not written */
	/* One byte of the kernel on the second disk. */
	at = find_on_disk(w, 1, tar + tar_len / 2, 64);
	assert_true(at > MIB);
	fd = open(w->disks[1].file, O_RDWR);
	assert_int_equal(pwrite(fd, "!?!?", 4, (off_t)at), 4);
	fsync(fd);
	close(fd);
	assert_int_equal(ioctl(w->disks[1].fd, BLKFLSBUF, 0), 0);
	assert_int_equal(root_tree_verify(&w->sj.job, &w->err), -EIO);
	assert_non_null(strstr(w->err.text, w->disks[1].block.name));
	assert_non_null(strstr(w->err.text, "boot/vmlinuz: its content"));
	assert_all_down(w);
}

/* Each member is a file system by itself, and is read back so; the boot partition is a copy. */
static void test_mirror(void **state)
{
	struct world *w = *state;
	struct err none;

	if (geteuid() != 0 || md_ready(&none) < 0)
		skip(); /* the kernel has no RAID 1 */
	layout.partitions[1].mirrored = layout.partitions[2].mirrored = layout.partitions[4].mirrored = true;
	w->sj.order.redundancy = ORDER_MIRROR;
	w->sj.job.facts.n_roots = 2;
	written(w);
	assert_int_equal(json_array_size(json_object_get(w->sj.job.facts.written, "arrays")), 3);
	if (root_tree_verify(&w->sj.job, &w->err) < 0)
		fail_msg("%s", w->err.text);
	assert_all_down(w);
	assert_int_equal(access("/sys/block/md127", F_OK), -1);
	w->sj.order.go_on_without_disk = true;
	(void)err_set(&w->sj.job.facts.roots[0].lost, EIO, "it broke");
	json_decref(w->sj.job.facts.written);
	w->sj.job.facts.written = NULL;
	free(w->sj.job.facts.roots[1].first_chunk);
	written(w);
	assert_int_equal(root_tree_verify(&w->sj.job, &w->err), 0);
	layout.partitions[1].mirrored = layout.partitions[2].mirrored = layout.partitions[4].mirrored = false;
}

/* The first disk is not there. The other goes on. */
static void test_lost_disk(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	w->sj.order.redundancy = ORDER_COPIES;
	w->sj.order.go_on_without_disk = true;
	w->sj.job.facts.n_roots = 2;
	strcpy(w->disks[0].block.path, "/dev/remint-no-such-disk");
	written(w);
	assert_int_not_equal(w->sj.job.facts.roots[0].lost.code, 0);
	assert_int_equal(w->sj.job.facts.roots[1].lost.code, 0);
	assert_int_equal(w->sj.notes, 1);
	assert_null(w->sj.job.facts.roots[0].first_chunk);
	assert_int_equal(root_tree_verify(&w->sj.job, &w->err), 0);
}

static void test_fetch_fails(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	fail_fetch = true;
	assert_int_equal(root_tree_write(&w->sj.job, &w->err), -ENETUNREACH);
	assert_string_equal(w->err.text, "no source is left");
	assert_all_down(w);
}

static void test_cancel(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	w->sj.cancel_after = 3;
	assert_int_equal(root_tree_write(&w->sj.job, &w->err), -ECANCELED);
	assert_all_down(w);
	w->sj.asked = 0;
	w->sj.cancel_after = 25;
	assert_int_equal(root_tree_write(&w->sj.job, &w->err), -ECANCELED);
	assert_all_down(w);
}

static void test_does_not_fit(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		skip(); /* loop devices and mounts are root's */
	layout.partitions[3].size = 1024 * MIB;
	assert_int_equal(root_tree_write(&w->sj.job, &w->err), -ENOSPC);
	layout.partitions[3].size = 128 * MIB;
	assert_all_down(w);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_one_disk),  WITH(test_again),       WITH(test_copies),       WITH(test_mirror),
		WITH(test_lost_disk), WITH(test_fetch_fails), WITH(test_does_not_fit), WITH(test_cancel),
	};
	int r;

	make_tar();
	make_layout();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	free(tar);
	return r;
}
