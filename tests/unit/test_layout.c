/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The layout of a root file system: what is read is written again, and what each field may not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/json.h"
#include "images/layout_check.h"

#define MIB (UINT64_C(1) << 20)

/* canonical */
static const char good[] =
	"{\"copies\":[{\"from\":\"/usr/lib/"
	"a.efi\",\"to\":\"\\\\EFI\\\\BOOT\\\\BOOTX64.EFI\"}],\"partitions\":["
	"{\"fs\":\"vfat\",\"label\":\"EFI SYS\",\"mount\":\"/boot/efi\",\"name\":\"esp\",\"size\":268435456,"
	"\"type\":\"esp\",\"uuid\":\"12AB-34CD\"},"
	"{\"fs\":\"ext4\",\"mount\":\"/boot\",\"name\":\"boot\",\"size\":536870912,\"type\":\"linux\"},"
	"{\"fs\":\"swap\",\"label\":\"swap\",\"name\":\"swap\",\"size\":1073741824,\"type\":\"swap\"},"
	"{\"fs\":\"none\",\"name\":\"spare\",\"size\":1048576,\"type\":\"aaaaaaaa-0000-4000-8000-"
	"000000000001\"},"
	"{\"fs\":\"xfs\",\"guid\":\"aaaaaaaa-0000-4000-8000-000000000002\",\"label\":\"root\",\"mirrored\":"
	"true,"
	"\"mount\":\"/"
	"\",\"name\":\"root\",\"type\":\"linux\",\"uuid\":\"aaaaaaaa-0000-4000-8000-000000000003\"}]}";

static int parse(const char *text, struct layout **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), &json, err), 0);
	return layout_from_json(json, ret, err);
}

static void test_round_trip(void **state)
{
	_cleanup_(layout_freep) struct layout *layout = NULL;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};

	(void)state;
	if (parse(good, &layout, &err) < 0)
		fail_msg("%s", err.text);
	json = layout_to_json(layout);
	text = json_canonical(json, NULL);
	assert_string_equal(text, good);
	assert_int_equal(layout->n_partitions, 5);
	assert_string_equal(layout->partitions[0].type_guid, LAYOUT_TYPE_ESP);
	assert_string_equal(layout->partitions[0].guid, "");
	assert_true(layout->partitions[4].mirrored && !layout->partitions[1].mirrored);
	assert_int_equal(layout->partitions[4].size, 0);
	assert_int_equal(layout_min_size(layout), (256 + 512 + 1024 + 1 + 300 + 2) * MIB);
}

static void test_find(void **state)
{
	_cleanup_(layout_freep) struct layout *layout = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(parse(good, &layout, &err), 0);
	assert_string_equal(layout_find(layout, "/")->name, "root");
	assert_string_equal(layout_find(layout, "/bootx")->name, "root");
	assert_string_equal(layout_find(layout, "/boot")->name, "boot");
	assert_string_equal(layout_find(layout, "/boot/vmlinuz")->name, "boot");
	assert_string_equal(layout_find(layout, "/boot/efi/EFI")->name, "esp");
	assert_ptr_equal(layout_esp(layout), &layout->partitions[0]);
}

static const struct {
	const char *from, *to; /* the first place in `good` is changed so */
	const char *says;
} refused[] = {
	{"\"name\":\"esp\"", "\"name\":\"e s\"", "partitions[0].name"},
	{"\"name\":\"esp\"", "\"name\":\"0123456789012345678901234567890123456\"", "partitions[0]"},
	{"\"name\":\"esp\"", "\"name\":\"boot\"", "the same name"},
	{"\"name\":\"esp\"", "\"nome\":\"esp\"", "nome"},
	{"\"name\":\"esp\"", "\"name\":7", "name"},
	{"268435456", "268435457", "multiple of 1 MiB"},
	{"268435456", "1024", "size"},
	{"268435456", "-1", "size"},
	{"268435456", "17592187092992", "size"},
	{",\"size\":268435456", "", "only the last"},
	{"\"size\":536870912", "\"size\":1048576", "less than the file system needs"},
	{"\"type\":\"esp\"", "\"type\":\"linux\"", "0 are of type esp"},
	{"\"type\":\"esp\"", "\"type\":\"ESP\"", "type"},
	{"\"type\":\"linux\"", "\"type\":\"esp\"", "not vfat"},
	{"aaaaaaaa-0000-4000-8000-000000000001", "AAAAAAAA-0000-4000-8000-000000000001",
	 "partitions[3].type"},
	{"aaaaaaaa-0000-4000-8000-000000000001", "00000000-0000-0000-0000-000000000000",
	 "partitions[3].type"},
	{"aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-00000000000g",
	 "partitions[4].guid"},
	{"aaaaaaaa-0000-4000-8000-000000000003", "12AB-34CD", "partitions[4].uuid"},
	{"12AB-34CD", "12ab-34cd", "partitions[0].uuid"},
	{"12AB-34CD", "0000-0000", "partitions[0].uuid"},
	{"\"fs\":\"vfat\"", "\"fs\":\"ntfs\"", "partitions[0].fs"},
	{"\"fs\":\"swap\"", "\"fs\":\"ext4\"", "both are swap"},
	{"\"fs\":\"none\"", "\"fs\":\"swap\"", "both are swap"},
	{"\"fs\":\"none\"", "\"fs\":\"none\",\"label\":\"x\"", "partitions[3].label"},
	{"\"fs\":\"none\"", "\"fs\":\"none\",\"mount\":\"/srv\"", "needs a file system"},
	{"EFI SYS", "EFI SYSTEM X", "partitions[0].label"},
	{"EFI SYS", "EFI:SYS", "partitions[0].label"},
	{"EFI SYS", " EFI", "partitions[0].label"},
	{"\"label\":\"root\"", "\"label\":\"thirteen-byte\"", "partitions[4].label"},
	{"\"label\":\"root\"", "\"label\":\"r\xc3\xb6\xc3\xb6t\"", "partitions[4].label"},
	{"\"label\":\"root\"", "\"label\":\"SWAP\"", "the same label"},
	{"/boot/efi", "boot/efi", "partitions[0].mount"},
	{"/boot/efi", "/boot/../efi", "partitions[0].mount"},
	{"/boot/efi", "/boot/./efi", "partitions[0].mount"},
	{"/boot/efi", "/boot//efi", "partitions[0].mount"},
	{"/boot/efi", "/boot/efi/", "partitions[0].mount"},
	{"/boot/efi", "/dev/efi", "partitions[0].mount"},
	{"/boot/efi", "/proc", "partitions[0].mount"},
	{"/boot/efi", "/", "partitions[0].mount"},
	{"/boot/efi", "/boot", "the same mount"},
	{"\"mount\":\"/\"", "\"mount\":\"/srv\"", "0 have the mount \"/\""},
	{"\"label\":\"EFI SYS\"", "\"mirrored\":true", "mirrored"},
	{"\"mirrored\":true", "\"mirrored\":1", "mirrored"},
	{"/usr/lib/a.efi", "usr/lib/a.efi", "copies[0].from"},
	{"/usr/lib/a.efi", "/usr/../a.efi", "copies[0].from"},
	{"/usr/lib/a.efi", "/", "copies[0].from"},
	{"\\\\EFI\\\\BOOT\\\\BOOTX64.EFI", "/EFI/BOOT/BOOTX64.EFI", "copies[0].to"},
	{"\\\\EFI\\\\BOOT\\\\BOOTX64.EFI", "\\\\..\\\\x", "copies[0].to"},
	{"{\"from\"", "{\"from\":\"/x\",\"to\":\"\\\\efi\\\\boot\\\\bootx64.efi\"},{\"from\"",
	 "copies[1].to"},
	{"\"copies\":[{", "\"copies\":[1,{", "copies[0]"},
	{"\"copies\":[", "\"copies\":7,\"x\":[", "layout"},
	{"\"partitions\":[", "\"partitions\":[null,", "partitions[0]"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *at = strstr(good, refused[i].from);
		_cleanup_free_ char *text = NULL;
		struct layout *layout = NULL;
		struct err err = {0};

		assert_non_null(at);
		text = str_printf("%.*s%s%s", (int)(at - good), good, refused[i].to,
				  at + strlen(refused[i].from));
		if (parse(text, &layout, &err) != -EBADMSG)
			fail_msg("%s -> %s was not refused", refused[i].from, refused[i].to);
		assert_null(layout);
		if (!strstr(err.text, refused[i].says))
			fail_msg("%s -> %s: \"%s\"", refused[i].from, refused[i].to, err.text);
	}
}

/* One partition too many. */
static void test_many(void **state)
{
	_cleanup_free_ char *text = xstrdup("{\"partitions\":[");
	struct layout *layout = NULL;
	struct err err = {0};

	(void)state;
	for (unsigned i = 0; i <= LAYOUT_PARTITIONS_MAX; i++) {
		char *longer = str_printf(
			"%s%s{\"name\":\"p%u\",\"fs\":\"none\",\"type\":\"linux\",\"size\":1048576}", text,
			i ? "," : "", i);

		free(text);
		text = longer;
	}
	text = realloc(text, strlen(text) + 3);
	strcat(text, "]}");
	assert_int_equal(parse(text, &layout, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "partitions"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
