/* rooms: images/boot protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The site part: what is written is what the agent reads, and what is refused; and the whole of `remint boot build`. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "core/io.h"
#include "core/json.h"
#include "core/pki.h"
#include "images/boot/build.h"
#include "images/boot/uki.h"

static char folder[64];
static char *ca, *key;

static char *in_folder(const char *name)
{
	return path_join(folder, name);
}

static void put(const char *name, const void *data, size_t len)
{
	_cleanup_free_ char *path = in_folder(name);
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, data, len, 0644, &err), 0);
}

static int setup(void **state)
{
	const struct pki_request request = {.use = PKI_CA, .common_name = "test", .days = 1};
	_cleanup_free_ char *key_path = NULL, *ca_path = NULL;
	struct err err = {0};

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/site.XXXXXX");
	assert_non_null(mkdtemp(folder));
	key_path = in_folder("ca.key");
	ca_path = in_folder("ca.pem");
	assert_int_equal(pki_create(&request, key_path, ca_path, &err), 0);
	assert_int_equal(file_read(ca_path, 65536, &ca, NULL, &err), 0);
	return file_read(key_path, 65536, &key, NULL, &err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	free(ca);
	free(key);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct site_config site(void)
{
	return (struct site_config){.station_url = (char *)"https://10.0.2.2:8443",
				    .station_ca = ca,
				    .image_ca = ca,
				    .serial_floor = 7,
				    .built = 1700000000};
}

static void put_site(const char *json)
{
	put(SITE_JSON, json, strlen(json));
	put(SITE_STATION_CA, ca, strlen(ca));
	put(SITE_IMAGE_CA, ca, strlen(ca));
}

static void test_round_trip(void **state)
{
	_cleanup_(site_clear) struct site_config read = {0};
	struct site_config wrote = site();
	_cleanup_free_ char *json = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	json = site_json(&wrote, &len);
	assert_string_equal(json,
			    "{\"built\":\"2023-11-14T22:13:20Z\",\"serial_floor\":7,\"site\":1,\"station\":"
			    "\"https://10.0.2.2:8443\"}");
	put_site(json);
	assert_int_equal(site_read(folder, &read, &err), 0);
	assert_string_equal(read.station_url, wrote.station_url);
	assert_string_equal(read.station_ca, ca);
	assert_string_equal(read.image_ca, ca);
	assert_int_equal(read.serial_floor, 7);
	assert_int_equal(read.built, 1700000000);
}

static void test_bad_json(void **state)
{
	static const char *const bad[] = {
		"{}",
		"{\"built\":\"2023-11-14T22:13:20Z\",\"serial_floor\":7,\"site\":2,\"station\":\"https://"
		"a\"}",
		"{\"built\":\"2023-11-14T22:13:20Z\",\"serial_floor\":-1,\"site\":1,\"station\":\"https://"
		"a\"}",
		"{\"built\":\"yesterday\",\"serial_floor\":7,\"site\":1,\"station\":\"https://a\"}",
		"{\"built\":\"2023-11-14T22:13:20Z\",\"serial_floor\":7,\"site\":1,\"station\":\"http://a\"}",
		"{\"built\":\"2023-11-14T22:13:20Z\",\"serial_floor\":7,\"site\":1,\"station\":\"https://"
		"a\",\"insecure\":true}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct site_config read = {0};
		struct err err = {0};

		put_site(bad[i]);
		assert_int_equal(site_read(folder, &read, &err), -EBADMSG);
		assert_null(read.station_url);
	}
}

static void test_urls(void **state)
{
	static const char *const good[] = {"https://station", "https://station.example:8443",
					   "https://[2001:db8::1]:1"};
	static const char *const bad[] = {"",
					  "https://",
					  "https://a/",
					  "https://a:0",
					  "https://a:65536",
					  "https://a:",
					  "https://u:p@a",
					  "https://a?x",
					  "https://[::1",
					  "https://a b:1",
					  "https://[]:1",
					  "HTTPS://a"};
	struct site_config s = site();
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		s.station_url = (char *)good[i];
		assert_int_equal(site_check(&s, &err), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s.station_url = (char *)bad[i];
		assert_int_equal(site_check(&s, &err), -EINVAL);
	}
}

static void test_no_private_key(void **state)
{
	_cleanup_free_ char *both = str_printf("%s%s", ca, key);
	struct site_config s = site();
	struct err err = {0};

	(void)state;
	s.image_ca = both;
	assert_int_equal(site_check(&s, &err), -EINVAL);
	assert_non_null(strstr(err.text, "private key"));
	s.image_ca = (char *)"hello";
	assert_int_equal(site_check(&s, &err), -EINVAL);
}

/* ---- boot_build() ---- */

/* systemd's stub stands for the kernel: it is an EFI program as well, and small. */
static void make_generic(struct boot_build *build, char **generic, char **output)
{
	_cleanup_free_ char *kernel = NULL;
	size_t kernel_len;
	char packed[256];
	struct err err = {0};
	size_t len = ZSTD_compress(packed, sizeof(packed), "archive", 7, 1);

	*generic = in_folder("generic");
	*output = in_folder("out");
	assert_int_equal(make_dirs(*generic, 0755, &err), 0);
	assert_int_equal(file_read(UKI_STUB, UKI_STUB_MAX, &kernel, &kernel_len, &err), 0);
	put("generic/" BOOT_KERNEL, kernel, kernel_len);
	put("generic/" BOOT_GENERIC, packed, len);
	*build =
		(struct boot_build){.generic = *generic, .output = *output, .site = site(), .stub = UKI_STUB};
}

static char *output_file(const char *name, size_t *ret_len)
{
	_cleanup_free_ char *path = str_printf("%s/out/%s", folder, name);
	struct err err = {0};
	char *data = NULL;

	(void)!file_read(path, 16 << 20, &data, ret_len, &err);
	return data;
}

/* The generic part, zeros up to the next multiple of 4, and an uncompressed archive, as the kernel reads it. */
static void test_initrd(void **state)
{
	_cleanup_free_ char *generic = NULL, *output = NULL, *initrd = NULL;
	struct boot_build build;
	struct err err = {0};
	size_t len, frame, at;

	(void)state;
	make_generic(&build, &generic, &output);
	assert_int_equal(boot_build(&build, &err), 0);
	initrd = output_file(BOOT_INITRD, &len);
	frame = ZSTD_findFrameCompressedSize(initrd, len);
	assert_false(ZSTD_isError(frame));
	at = (frame + 3) / 4 * 4;
	for (size_t i = frame; i < at; i++)
		assert_int_equal(initrd[i], 0);
	assert_memory_equal(initrd + at, "070701", 6);
	assert_int_equal(len % 4, 0);
	assert_non_null(memmem(initrd + at, len - at, "etc/remint/site.json", 20));
	assert_non_null(memmem(initrd + at, len - at, ca, strlen(ca)));
}

static void test_same_input_same_bytes(void **state)
{
	_cleanup_free_ char *generic = NULL, *output = NULL;
	struct boot_build build;
	struct err err = {0};

	(void)state;
	make_generic(&build, &generic, &output);
	build.uki = true;
	build.cmdline = "console=ttyS0";
	for (int i = 0; i < 2; i++) {
		static const char *const files[] = {BOOT_KERNEL, BOOT_INITRD, BOOT_UKI, BOOT_JSON};
		static char *first[4];
		size_t len;

		assert_int_equal(boot_build(&build, &err), 0);
		for (int f = 0; f < 4; f++) {
			char *data = output_file(files[f], &len);

			assert_non_null(data);
			if (i == 0) {
				first[f] = data;
				continue;
			}
			assert_memory_equal(data, first[f], len);
			free(data);
			free(first[f]);
		}
		umask(i ? 022 : 077);
	}
}

/* A UKI of a build before must not stay beside another kernel. */
static void test_stale_uki(void **state)
{
	_cleanup_free_ char *generic = NULL, *output = NULL, *uki = NULL, *text = NULL;
	_cleanup_json_ json_t *json = NULL;
	struct boot_build build;
	struct err err = {0};
	size_t len;

	(void)state;
	make_generic(&build, &generic, &output);
	build.uki = true;
	assert_int_equal(boot_build(&build, &err), 0);
	build.uki = false;
	assert_int_equal(boot_build(&build, &err), 0);
	uki = output_file(BOOT_UKI, &len);
	assert_null(uki);
	text = output_file(BOOT_JSON, &len);
	assert_int_equal(json_parse(text, len, &json, &err), 0);
	assert_int_equal(json_object_size(json_object_get(json, "files")), 2);
	assert_true(json_is_false(json_object_get(json, "signed")));
}

/* What boot.json says that a TPM will hold is what its files say, and no longer when one of them is another. */
static void test_measured(void **state)
{
	_cleanup_free_ char *generic = NULL, *output = NULL, *uki = NULL,
			    *loader = in_folder("out/" BOOT_UKI);
	const char *loaders[] = {loader, NULL};
	struct boot_build build;
	struct measured written, computed;
	struct err err = {0};
	size_t len;

	(void)state;
	make_generic(&build, &generic, &output);
	build.uki = true;
	build.cmdline = "quiet";
	build.policy.loaders = loaders;
	build.policy.secure_boot = true;
	assert_int_equal(boot_build(&build, &err), 0);
	assert_int_equal(boot_measured_read(output, &written, &err), 0);
	assert_int_equal(boot_measure_folder(output, &computed, &err), 0);
	assert_memory_equal(&written, &computed, sizeof(written));
	assert_string_equal(written.cmdline, "lockdown=integrity module.sig_enforce=1 quiet");
	assert_true(written.secure_boot && !written.any_loader && written.has_uki);
	assert_int_equal(written.n_loaders, 1);
	assert_string_equal(written.loaders[0].name, BOOT_UKI);
	assert_memory_equal(written.loaders[0].sha256, written.uki, SHA256_SIZE);
	build.cmdline = "quiet ";
	assert_int_equal(boot_build(&build, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "ends with a space"));
	build.cmdline = "quiet";
	assert_int_equal(boot_build(&build, &err), 0);
	put("out/" BOOT_INITRD, "another", 7);
	assert_int_equal(boot_measure_folder(output, &computed, &err), -EBADMSG);
	assert_non_null(strstr(err.text, ".initrd is not the file beside it"));
	uki = output_file(BOOT_UKI, &len);
	put("out/" BOOT_UKI, uki, len / 2);
	assert_int_equal(boot_measure_folder(output, &computed, &err), -EBADMSG);
	put("out/" BOOT_JSON, "{}", 2);
	assert_int_equal(boot_measured_read(output, &written, &err), -ENODATA);
}

static void test_refused(void **state)
{
	_cleanup_free_ char *generic = NULL, *output = NULL, *initrd = NULL;
	struct boot_build build;
	struct err err = {0};
	size_t len;

	(void)state;
	make_generic(&build, &generic, &output);
	build.sign_key = "key.pem";
	assert_int_equal(boot_build(&build, &err), -EINVAL);
	build.sign_key = NULL;
	build.cmdline = "quiet";
	assert_int_equal(boot_build(&build, &err), -EINVAL);
	build.uki = true;
	build.cmdline = "a\nb";
	assert_int_equal(boot_build(&build, &err), -EINVAL);
	build.uki = false;
	build.cmdline = NULL;
	assert_int_equal(boot_build(&build, &err), 0);
	put("generic/" BOOT_KERNEL, "kernel", 6);
	assert_int_equal(boot_build(&build, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not an EFI program"));
	/* what has a site part already */
	initrd = output_file(BOOT_INITRD, &len);
	put("generic/" BOOT_GENERIC, initrd, len);
	assert_int_equal(boot_build(&build, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_bad_json),
		cmocka_unit_test(test_urls),       cmocka_unit_test(test_no_private_key),
		cmocka_unit_test(test_initrd),     cmocka_unit_test(test_same_input_same_bytes),
		cmocka_unit_test(test_stale_uki),  cmocka_unit_test(test_measured),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
