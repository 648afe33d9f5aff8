/* rooms: images core */
/* wraps: sync_file_range */
/* SPDX-License-Identifier: Apache-2.0 */
/* Packing a disk and checking what came of it. Partition tables and qcow2 are tests/images' part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <zstd.h>

#include "core/io.h"
#include "core/json.h"
#include "core/pki.h"
#include "images/image.h"
#include "images/pack.h"

#define CHUNKS 12u
#define SIZE   ((uint64_t)(CHUNKS - 1) * IMAGE_CHUNK_SIZE + 3 * 512) /* the last chunk is a short one */

/* The kernel tells a descriptor of a failed write once: here, and then fsync() is content. */
static bool broken_medium, broken_disk;

int __wrap_sync_file_range(int fd, off_t offset, off_t len, unsigned flags);
int __wrap_sync_file_range(int fd, off_t offset, off_t len, unsigned flags)
{
	(void)fd;
	(void)offset;
	(void)len;
	if (!(broken_medium && flags & SYNC_FILE_RANGE_WAIT_AFTER) &&
	    !(broken_disk && flags == SYNC_FILE_RANGE_WAIT_BEFORE))
		return 0;
	errno = EIO;
	return -1;
}

struct site {
	char dir[32], ca_key[64], ca[64], key[64], cert[64], disk[64], out[64], partial[64];
	struct trust *trust;
	struct pack_options options;
};

static void put(int fd, uint64_t offset, const void *buf, size_t len)
{
	struct err err;

	assert_int_equal(pwrite_full(fd, buf, len, offset, &err), 0);
}

/* Chunks 0 and 5 hold data, 2 has zeros that are written, 8 a byte at its end, 11 (short) a byte; the rest are holes. */
static void make_disk(const char *path)
{
	_cleanup_free_ uint8_t *buf = malloc(IMAGE_CHUNK_SIZE);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint32_t x = 1;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)SIZE), 0);
	for (uint32_t i = 0; i < IMAGE_CHUNK_SIZE; i++)
		buf[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	put(fd, 0, buf, IMAGE_CHUNK_SIZE);
	put(fd, 5ull * IMAGE_CHUNK_SIZE + 4096, buf, 100000);
	memset(buf, 0, IMAGE_CHUNK_SIZE);
	put(fd, 2ull * IMAGE_CHUNK_SIZE, buf, IMAGE_CHUNK_SIZE);
	put(fd, 9ull * IMAGE_CHUNK_SIZE - 1, "x", 1);
	put(fd, SIZE - 1, "y", 1);
}

static void name_files(struct site *s)
{
	snprintf(s->ca_key, sizeof(s->ca_key), "%s/ca.key", s->dir);
	snprintf(s->ca, sizeof(s->ca), "%s/ca.pem", s->dir);
	snprintf(s->key, sizeof(s->key), "%s/sign.key", s->dir);
	snprintf(s->cert, sizeof(s->cert), "%s/sign.pem", s->dir);
	snprintf(s->disk, sizeof(s->disk), "%s/disk", s->dir);
	snprintf(s->out, sizeof(s->out), "%s/image", s->dir);
	snprintf(s->partial, sizeof(s->partial), "%s/image.partial", s->dir);
}

static int make(void **state)
{
	struct site *s = xcalloc(1, sizeof(*s));
	struct pki_request request = {.use = PKI_CA, .common_name = "CA", .days = 10};
	struct err err = {0};

	strcpy(s->dir, "/tmp/remint-pack-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	name_files(s);
	assert_int_equal(pki_create(&request, s->ca_key, s->ca, &err), 0);
	request = (struct pki_request){.use = PKI_CODE_SIGNING,
				       .common_name = "signer",
				       .days = 10,
				       .ca_key = s->ca_key,
				       .ca_cert = s->ca};
	assert_int_equal(pki_create(&request, s->key, s->cert, &err), 0);
	assert_int_equal(trust_from_file(s->ca, &s->trust, &err), 0);
	make_disk(s->disk);
	s->options = (struct pack_options){.disk = s->disk,
					   .dir = s->out,
					   .name = "test",
					   .version = "1",
					   .architecture = "x86_64",
					   .serial = 1,
					   .logical_block_size = 512,
					   .boots_bios = true,
					   .not_before = 1000000000,
					   .not_after = 4000000000,
					   .key = s->key,
					   .cert = s->cert,
					   .level = 1,
					   .threads = 3};
	*state = s;
	return 0;
}

static void remove_image(const char *dir)
{
	static const char *const files[] = {"manifest.json", "manifest.json.p7s", "index.bin",
					    "payload.zst",   "vmlinuz",           "initrd.img"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_free_ char *path = path_join(dir, files[i]);

		unlink(path);
	}
	rmdir(dir);
}

static int clear(void **state)
{
	struct site *s = *state;

	remove_image(s->out);
	unlink(s->ca_key);
	unlink(s->ca);
	unlink(s->key);
	unlink(s->cert);
	unlink(s->disk);
	assert_int_equal(rmdir(s->dir), 0); /* nothing else was left behind */
	trust_free(s->trust);
	free(s);
	return 0;
}

static void pack(const struct site *s)
{
	struct pack_result result = {0};
	struct err err = {0};

	if (image_pack(&s->options, &result, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(result.index->n_chunks, CHUNKS);
	assert_int_equal(result.index->data_chunks, 4); /* 0, 5, 8, 11 */
	pack_result_clear(&result);
}

static void assert_pack_fails(const struct site *s, int code, const char *says)
{
	struct pack_result result = {0};
	struct err err = {0};

	assert_int_equal(image_pack(&s->options, &result, &err), -code);
	if (!strstr(err.text, says))
		fail_msg("\"%s\" does not say \"%s\"", err.text, says);
	assert_int_equal(access(s->partial, F_OK), -1);
}

static char *read_part(const struct site *s, const char *name, size_t *ret_len)
{
	_cleanup_free_ char *path = path_join(s->out, name);
	struct err err = {0};
	char *buf;

	assert_int_equal(file_read(path, 1 << 30, &buf, ret_len, &err), 0);
	return buf;
}

static int check(const struct site *s, struct err *err)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	struct manifest_policy policy = {.trust = s->trust, .now = time(NULL)};
	int r = image_open(s->out, &policy, &image, err);

	if (r == 0)
		r = image_check_files(&image, err);
	return r < 0 ? r : image_check_payload(&image, 2, NULL, NULL, err);
}

static void count_progress(void *data, uint64_t done, uint64_t total)
{
	uint64_t *last = data;

	assert_true(done > *last && done <= total);
	*last = done;
}

static void test_pack_and_check(void **state)
{
	struct site *s = *state;
	struct err err = {0};
	uint64_t last = 0;

	s->options.progress = count_progress;
	s->options.data = &last;
	pack(s);
	assert_int_equal(last, SIZE);
	if (check(s, &err) < 0)
		fail_msg("%s", err.text);
}

/* All frames, one after another, are the disk: what `zstd -dc` does. */
static void test_payload_is_the_disk(void **state)
{
	struct site *s = *state;
	_cleanup_free_ char *disk = NULL, *payload = NULL, *plain = malloc(SIZE + 1);
	size_t disk_len, len;
	struct err err;

	pack(s);
	payload = read_part(s, "payload.zst", &len);
	assert_int_equal(ZSTD_decompress(plain, SIZE + 1, payload, len), SIZE);
	assert_int_equal(file_read(s->disk, SIZE, &disk, &disk_len, &err), 0);
	assert_memory_equal(plain, disk, SIZE);
}

static void test_threads_do_not_matter(void **state)
{
	struct site *s = *state;
	_cleanup_free_ char *one = NULL, *many = NULL, *index_one = NULL, *index_many = NULL;
	size_t one_len, many_len, index_one_len, index_many_len;

	s->options.threads = 1;
	pack(s);
	one = read_part(s, "payload.zst", &one_len);
	index_one = read_part(s, "index.bin", &index_one_len);
	remove_image(s->out);
	s->options.threads = 8;
	pack(s);
	many = read_part(s, "payload.zst", &many_len);
	index_many = read_part(s, "index.bin", &index_many_len);
	assert_int_equal(one_len, many_len);
	assert_memory_equal(one, many, one_len);
	assert_int_equal(index_one_len, index_many_len);
	assert_memory_equal(index_one, index_many, index_one_len);
}

static void test_force(void **state)
{
	struct site *s = *state;
	_cleanup_free_ char *stray = path_join(s->out, "stray"), *text = NULL;
	struct err err;
	size_t len;

	pack(s);
	assert_pack_fails(s, EEXIST, "--force");
	s->options.force = true;
	s->options.serial = 2;
	pack(s);
	text = read_part(s, "manifest.json", &len);
	assert_non_null(strstr(text, "\"serial\":2"));
	assert_int_equal(file_write_atomic(stray, "", 0, 0600, &err), 0);
	assert_pack_fails(s, ENOTEMPTY, "stray");
	unlink(stray);
	assert_int_equal(check(s, &err), 0);
}

/* What an interrupted process left is no obstacle, and a running one is. */
static void test_partial(void **state)
{
	struct site *s = *state;
	_cleanup_free_ char *left = path_join(s->partial, "payload.zst");
	_cleanup_close_ int other = -EBADF;
	struct pack_result result = {0};
	struct err err = {0};

	assert_int_equal(mkdir(s->partial, 0700), 0);
	assert_int_equal(file_write_atomic(left, "left", 4, 0600, &err), 0);
	other = open(s->partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX), 0);
	assert_int_equal(image_pack(&s->options, &result, &err), -EBUSY);
	assert_int_equal(access(left, F_OK), 0); /* the other's files are left alone */
	assert_int_equal(flock(other, LOCK_UN), 0);
	pack(s);
	assert_int_equal(check(s, &err), 0);
}

static void test_refused(void **state)
{
	struct site *s = *state;
	struct pack_options good = s->options;

	s->options.name = "Test";
	assert_pack_fails(s, EINVAL, "name");
	s->options = good;
	s->options.boots_uefi = true;
	assert_pack_fails(s, EINVAL, "no GPT");
	s->options = good;
	s->options.boots_bios = false;
	assert_pack_fails(s, EINVAL, "boots");
	s->options = good;
	s->options.logical_block_size = 4096;
	assert_pack_fails(s, EINVAL, "4096");
	s->options = good;
	s->options.cert = s->ca;
	assert_pack_fails(s, EINVAL, "trial signature");
	s->options = good;
	s->options.level = 20;
	assert_pack_fails(s, EINVAL, "level");
	s->options = good;
	s->options.disk = s->dir;
	assert_pack_fails(s, EINVAL, "neither a file");
	s->options = good;
}

static void test_payload_that_does_not_reach_the_medium(void **state)
{
	_cleanup_free_ uint8_t *buf = malloc(IMAGE_CHUNK_SIZE);
	struct site *s = *state;
	_cleanup_close_ int fd = open(s->disk, O_RDWR | O_CLOEXEC);
	struct err err;

	assert_int_equal(pread_full(fd, buf, IMAGE_CHUNK_SIZE, 0, &err), 0);
	for (uint32_t i = 0; i < 17; i++) /* enough of it for pages to be given back meanwhile */
		put(fd, (uint64_t)i * IMAGE_CHUNK_SIZE, buf, IMAGE_CHUNK_SIZE);
	broken_medium = true;
	assert_pack_fails(s, EIO, "flush");
	broken_medium = false;
}

static void test_disk_that_has_not_reached_the_medium(void **state)
{
	broken_disk = true;
	assert_pack_fails(*state, EIO, "make it anew");
	broken_disk = false;
}

static void write_to_disk(void *data, uint64_t done, uint64_t total)
{
	const struct site *s = data;
	_cleanup_close_ int fd = open(s->disk, O_WRONLY | O_CLOEXEC);

	(void)total;
	put(fd, 0, &done, sizeof(done));
}

/* A disk that is in use gives an image of no moment in particular. */
static void test_changing_disk(void **state)
{
	struct site *s = *state;

	s->options.progress = write_to_disk;
	s->options.data = s;
	assert_pack_fails(s, EBUSY, "was written to");
	assert_int_equal(access(s->out, F_OK), -1);
}

/* ---- kind root: what tests/images/test_pack_root.py does, under the sanitizers and cut short --------- */

static struct layout *a_layout(void)
{
	static const char text[] =
		"{\"partitions\":[{\"name\":\"esp\",\"type\":\"esp\",\"fs\":\"vfat\",\"size\":268435456},"
		"{\"name\":\"root\",\"type\":\"linux\",\"fs\":\"ext4\",\"mount\":\"/\"}],"
		"\"copies\":[{\"from\":\"/disk\",\"to\":\"\\\\EFI\\\\BOOT\\\\BOOTX64.EFI\"}]}";
	_cleanup_json_ json_t *json = NULL;
	struct layout *layout;
	struct err err = {0};

	assert_int_equal(json_parse(text, strlen(text), &json, &err), 0);
	if (layout_from_json(json, &layout, &err) < 0)
		fail_msg("%s", err.text);
	return layout;
}

static void set_root(struct site *s, const struct layout *layout, const char *tree)
{
	s->options.kind = IMAGE_ROOT;
	s->options.disk = NULL;
	s->options.layout = layout;
	s->options.tree = tree;
	s->options.boots_bios = false;
	s->options.boots_uefi = true;
}

static void test_root(void **state)
{
	struct site *s = *state;
	_cleanup_(layout_freep) struct layout *layout = a_layout();
	_cleanup_free_ char *payload = NULL, *plain = malloc(SIZE);
	_cleanup_free_ char *tree = path_join(s->dir, "tree"), *disk = path_join(tree, "disk");
	struct pack_result result = {0};
	struct err err = {0};
	size_t len;

	assert_int_equal(mkdir(tree, 0755), 0);
	assert_int_equal(link(s->disk, disk), 0);
	set_root(s, layout, tree);
	if (image_pack(&s->options, &result, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(check(s, &err), 0);
	/* the holes are left out, and the stream ends with two blocks of zeros */
	assert_int_equal(result.manifest->kind, IMAGE_ROOT);
	assert_true(result.manifest->size > IMAGE_CHUNK_SIZE && result.manifest->size < 2 * IMAGE_CHUNK_SIZE);
	payload = read_part(s, "payload.zst", &len);
	assert_int_equal(ZSTD_decompress(plain, SIZE, payload, len), result.manifest->size);
	assert_memory_equal(plain + 257, "ustar", 6); /* magic, POSIX.1-1988 */
	pack_result_clear(&result);
	unlink(disk);
	rmdir(tree);
}

/* The disk is written to while it is a file of the tree: found out, and everything is given back. */
static void test_changing_tree(void **state)
{
	struct site *s = *state;
	_cleanup_(layout_freep) struct layout *layout = a_layout();
	_cleanup_free_ char *tree = path_join(s->dir, "tree"), *disk = path_join(tree, "disk");
	_cleanup_free_ char *other = path_join(tree, "zero");

	assert_int_equal(mkdir(tree, 0755), 0);
	assert_int_equal(link(s->disk, disk), 0);
	make_disk(other);
	set_root(s, layout, tree);
	s->options.threads = 1;
	s->options.progress = write_to_disk;
	s->options.data = s;
	assert_pack_fails(s, EBUSY, "while it was packed");
	unlink(other);
	unlink(disk);
	rmdir(tree);
}

static void flip(const struct site *s, const char *name, off_t at)
{
	_cleanup_free_ char *path = path_join(s->out, name);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void test_tampered(void **state)
{
	static const struct {
		const char *file;
		off_t at;
		const char *says;
	} cases[] = {
		{"manifest.json", 20, "signature"},
		{"manifest.json.p7s", 300, "signature"},
		{"index.bin", 70, "index.bin"},
		{"payload.zst", 1000, "payload.zst: chunk 0: SHA-256 mismatch"},
		{"payload.zst", IMAGE_CHUNK_SIZE + 500, "payload.zst: chunk"},
	};
	struct site *s = *state;

	pack(s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};

		flip(s, cases[i].file, cases[i].at);
		assert_true(check(s, &err) < 0);
		if (!strstr(err.text, cases[i].says))
			fail_msg("%s: \"%s\"", cases[i].file, err.text);
		flip(s, cases[i].file, cases[i].at);
		assert_int_equal(check(s, &err), 0);
	}
}

/* ---- kexec --------------------------------------------------------------------------------------- */

static void make_file(const char *path, const void *buf, size_t len)
{
	struct err err;

	assert_int_equal(file_write_atomic(path, buf, len, 0600, &err), 0);
}

/* A kernel that is a header alone, and an initramfs of more than one piece. */
static void make_kexec(struct site *s, char **kernel, char **initrd)
{
	_cleanup_free_ char *head = xcalloc(1, 4096), *ramdisk = xcalloc(1, (1 << 20) + 7);

	memcpy(head + 0x1fe, "\x55\xaa", 2);
	memcpy(head + 0x202, "HdrS\x0f\x02", 6);
	head[0x211] = 1;
	memcpy(head + 0x236, "\x03\0\xff\x07\0\0", 6);
	*kernel = path_join(s->dir, "k");
	*initrd = path_join(s->dir, "i");
	make_file(*kernel, head, 4096);
	memset(ramdisk, 'i', (1 << 20) + 7);
	make_file(*initrd, ramdisk, (1 << 20) + 7);
	s->options.kexec_kernel = *kernel;
	s->options.kexec_initrd = *initrd;
	s->options.kexec_cmdline = "root=LABEL=a quiet";
}

static void remove_kexec(const char *kernel, const char *initrd)
{
	unlink(kernel);
	unlink(initrd);
}

static void test_kexec(void **state)
{
	static const char *const files[] = {"vmlinuz", "initrd.img"};
	struct site *s = *state;
	_cleanup_free_ char *kernel = NULL, *initrd = NULL, *copy = NULL;
	size_t len;
	struct err err = {0};

	make_kexec(s, &kernel, &initrd);
	pack(s);
	if (check(s, &err) < 0)
		fail_msg("%s", err.text);
	copy = read_part(s, "initrd.img", &len);
	assert_int_equal(len, (1 << 20) + 7);
	assert_true(copy[0] == 'i' && copy[len - 1] == 'i');
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *path = path_join(s->out, files[i]);

		flip(s, files[i], 4000);
		assert_int_equal(check(s, &err), -EBADMSG);
		assert_non_null(strstr(err.text, files[i]));
		assert_non_null(strstr(err.text, "SHA-256 mismatch"));
		flip(s, files[i], 4000);
		assert_int_equal(check(s, &err), 0);
		assert_int_equal(truncate(path, 4095), 0);
		assert_int_equal(check(s, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "4095 bytes, the manifest says"));
		unlink(path);
		assert_int_equal(check(s, &err), -ENOENT);
		s->options.force = true;
		pack(s);
	}
	remove_kexec(kernel, initrd);
}

static void test_kexec_refused(void **state)
{
	struct site *s = *state;
	_cleanup_free_ char *kernel = NULL, *initrd = NULL;
	struct pack_options good;

	make_kexec(s, &kernel, &initrd);
	good = s->options;
	s->options.kexec_cmdline = NULL;
	assert_pack_fails(s, EINVAL, "needs --kexec-cmdline");
	s->options.kexec_cmdline = "a\nb";
	assert_pack_fails(s, EINVAL, "printable");
	s->options.kexec_cmdline = "";
	assert_pack_fails(s, EINVAL, "printable");
	s->options = good;
	s->options.kexec_kernel = NULL;
	assert_pack_fails(s, EINVAL, "belong to --kexec-kernel");
	s->options.kexec_initrd = NULL;
	assert_pack_fails(s, EINVAL, "belong to --kexec-kernel");
	s->options = good;
	s->options.kexec_kernel = initrd;
	assert_pack_fails(s, EINVAL, "bzImage");
	s->options.kexec_kernel = s->dir;
	assert_pack_fails(s, EINVAL, "not a file");
	s->options = good;
	assert_int_equal(truncate(initrd, 0), 0);
	assert_pack_fails(s, EINVAL, "0 bytes; it must have 1 to 536870912");
	assert_int_equal(truncate(initrd, (off_t)MANIFEST_INITRD_MAX + 1), 0);
	assert_pack_fails(s, EINVAL, "536870913 bytes");
	assert_int_equal(truncate(kernel, (off_t)MANIFEST_KERNEL_MAX + 1), 0);
	assert_pack_fails(s, EINVAL, "67108865 bytes; it must have 1 to 67108864");
	remove_kexec(kernel, initrd);
}

/* A folder with a kernel alone is somebody's boot folder. */
static void test_force_and_a_boot_folder(void **state)
{
	struct site *s = *state;
	_cleanup_free_ char *kernel = path_join(s->out, "vmlinuz"), *index = path_join(s->out, "index.bin");

	s->options.force = true;
	assert_int_equal(mkdir(s->out, 0700), 0);
	make_file(kernel, "k", 1);
	assert_pack_fails(s, ENOTEMPTY, "holds a kernel, and no image");
	make_file(index, "i", 1);
	pack(s);
	assert_int_equal(access(kernel, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pack_and_check, make, clear),
		cmocka_unit_test_setup_teardown(test_payload_is_the_disk, make, clear),
		cmocka_unit_test_setup_teardown(test_threads_do_not_matter, make, clear),
		cmocka_unit_test_setup_teardown(test_force, make, clear),
		cmocka_unit_test_setup_teardown(test_partial, make, clear),
		cmocka_unit_test_setup_teardown(test_refused, make, clear),
		cmocka_unit_test_setup_teardown(test_payload_that_does_not_reach_the_medium, make, clear),
		cmocka_unit_test_setup_teardown(test_disk_that_has_not_reached_the_medium, make, clear),
		cmocka_unit_test_setup_teardown(test_changing_disk, make, clear),
		cmocka_unit_test_setup_teardown(test_root, make, clear),
		cmocka_unit_test_setup_teardown(test_changing_tree, make, clear),
		cmocka_unit_test_setup_teardown(test_tampered, make, clear),
		cmocka_unit_test_setup_teardown(test_kexec, make, clear),
		cmocka_unit_test_setup_teardown(test_kexec_refused, make, clear),
		cmocka_unit_test_setup_teardown(test_force_and_a_boot_folder, make, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
