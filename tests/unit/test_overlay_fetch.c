/* rooms: tests/fakes agent/steps agent/overlay agent/pipeline agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* An overlay from a server into memory: what arrives is what was packed; a damaged payload, a hostile archive and a cancelled order leave nothing mounted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "agent/overlay/unpack.h"
#include "agent/steps/overlay_fetch.h"
#include "core/io.h"
#include "tests/fakes/payload.h"
#include "tests/fakes/range_server.h"

enum { CHUNK = 64 << 10, LARGE = 700 << 10, TAR_MAX = 2 << 20 };

static struct {
	bool can_mount; /* else there is nothing to be tested here */
	struct archive *writer;
	uint8_t *tar;
	size_t len;
	struct payload payload;
	struct range_server *server;
	struct overlay overlay;
	struct manifest manifest;
	struct site site;
	unsigned cancel_in; /* asks; 0: never */
	struct err err;
	char *tree;
} t;

static bool cancelled(struct job *job)
{
	(void)job;
	return t.cancel_in && !--t.cancel_in;
}

static void progress(struct job *job, uint64_t done, uint64_t total)
{
	(void)job;
	(void)done;
	(void)total;
}

static void note(struct job *job, const char *text)
{
	(void)job;
	print_message("%s\n", text);
}

static const struct job_ops ops = {.cancelled = cancelled, .progress = progress, .note = note};

static int own_mounts(void **state)
{
	(void)state;
	t.can_mount = unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) == 0 &&
		      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		      mount("tmpfs", "/run", "tmpfs", 0, NULL) == 0;
	return 0;
}

static void put(const char *path, mode_t mode, const void *content, size_t len)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_copy_pathname(e, path);
	archive_entry_set_mode(e, mode);
	archive_entry_set_size(e, (int64_t)len);
	assert_int_equal(archive_write_header(t.writer, e), ARCHIVE_OK);
	if (len)
		assert_int_equal(archive_write_data(t.writer, content, len), len);
	archive_entry_free(e);
	t.overlay.files++;
}

static uint8_t large_byte(size_t i)
{
	return (uint8_t)(i * 2654435761u >> 13);
}

static int set_up(void **state)
{
	_cleanup_free_ uint8_t *large = xcalloc(1, LARGE);

	(void)state;
	t.cancel_in = 0;
	t.err = (struct err){0};
	t.tree = NULL;
	t.payload = (struct payload){0};
	t.overlay = (struct overlay){.size = LARGE + OVERLAY_BLOCK};
	t.manifest = (struct manifest){.kind = IMAGE_OVERLAY, .name = (char *)"tools", .overlay = &t.overlay};
	t.tar = xcalloc(1, TAR_MAX);
	t.writer = archive_write_new();
	archive_write_set_format_pax(t.writer);
	archive_write_set_bytes_per_block(t.writer, 0);
	archive_write_open_memory(t.writer, t.tar, TAR_MAX, &t.len);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = large_byte(i);
	put("./", S_IFDIR | 0755, NULL, 0);
	put("large", S_IFREG | 0644, large, LARGE);
	return 0;
}

static int tear_down(void **state)
{
	struct err err;

	(void)state;
	if (t.tree)
		assert_int_equal(overlay_drop(t.tree, &err), 0);
	free(t.tree);
	if (t.server)
		range_server_stop(t.server);
	t.server = NULL;
	payload_clear(&t.payload);
	archive_write_free(t.writer);
	free(t.tar);
	return 0;
}

/* `more`: bytes behind the archive, of this value. */
static int fetch_with(const struct range_server_faults *faults, size_t more, char value)
{
	const struct order order = {.id = (char *)"o-1"};
	struct job job = {.order = &order, .site = &t.site, .ops = &ops};
	struct signed_image image = {.manifest = &t.manifest, .index = &t.payload.index};

	assert_int_equal(archive_write_close(t.writer), ARCHIVE_OK);
	memset(t.tar + t.len, value, more);
	payload_make(&t.payload, memcpy(xcalloc(1, t.len + more), t.tar, t.len + more), t.len + more, CHUNK);
	t.server = range_server_start(t.payload.bytes, t.payload.len, faults);
	image.payload_url = (char *)range_server_url(t.server);
	return overlay_fetch(&job, &image, &t.tree, &t.err);
}

static void expect_nothing_mounted(void)
{
	_cleanup_free_ char *mounts = NULL;
	struct err err;

	assert_null(t.tree);
	assert_int_equal(file_read("/proc/self/mounts", 1 << 20, &mounts, NULL, &err), 0);
	assert_null(strstr(mounts, OVERLAY_FOLDER));
	assert_int_equal(access(OVERLAY_FOLDER "/tools", F_OK), -1);
}

static void test_what_was_packed_arrives(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	(void)state;
	if (!t.can_mount)
		skip();
	if (fetch_with(NULL, 9000, 0) < 0) /* an archive may be padded with zeros */
		fail_msg("%s", t.err.text);
	assert_string_equal(t.tree, OVERLAY_FOLDER "/tools");
	assert_int_equal(file_read(OVERLAY_FOLDER "/tools/large", LARGE, &text, &len, &t.err), 0);
	assert_int_equal(len, LARGE);
	for (size_t i = 0; i < LARGE; i++)
		if ((uint8_t)text[i] != large_byte(i))
			fail_msg("byte %zu", i);
}

static void test_a_damaged_payload(void **state)
{
	const struct range_server_faults faults = {.corrupt_step = 200000};

	(void)state;
	if (!t.can_mount)
		skip();
	assert_true(fetch_with(&faults, 0, 0) < 0);
	assert_non_null(strstr(t.err.text, "SHA-256"));
	expect_nothing_mounted();
}

static void test_a_hostile_archive(void **state)
{
	(void)state;
	if (!t.can_mount)
		skip();
	put("../evil", S_IFREG | 0644, "x", 1);
	put("more", S_IFREG | 0644, t.tar, 300000); /* still to come when it is refused */
	t.overlay.size += 400000;
	assert_int_equal(fetch_with(NULL, 0, 0), -EBADMSG);
	assert_non_null(strstr(t.err.text, "../evil: its path leads upwards"));
	expect_nothing_mounted();
}

static void test_more_than_is_declared(void **state)
{
	(void)state;
	if (!t.can_mount)
		skip();
	t.overlay.size = LARGE - 1;
	assert_int_equal(fetch_with(NULL, 0, 0), -EFBIG);
	expect_nothing_mounted();
}

static void test_something_behind_the_archive(void **state)
{
	(void)state;
	if (!t.can_mount)
		skip();
	assert_int_equal(fetch_with(NULL, 3 * CHUNK, 'x'), -EBADMSG);
	assert_non_null(strstr(t.err.text, "more behind the archive's end"));
	expect_nothing_mounted();
}

static void test_cancelling(void **state)
{
	const struct range_server_faults slow = {.drip = 20};

	(void)state;
	if (!t.can_mount)
		skip();
	t.cancel_in = 1;
	assert_int_equal(fetch_with(&slow, 0, 0), -ECANCELED);
	expect_nothing_mounted();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_was_packed_arrives),
		TEST(test_a_damaged_payload),
		TEST(test_a_hostile_archive),
		TEST(test_more_than_is_declared),
		TEST(test_something_behind_the_archive),
		TEST(test_cancelling),
	};

	return cmocka_run_group_tests(tests, own_mounts, NULL);
}
