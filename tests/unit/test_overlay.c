/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* What an overlay declares: every field has its bound; which links and places stay in the tree; and the manifest around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "images/manifest.h"

#define SERVICE                                                                  \
	"{\"arguments\":[\"/usr/bin/x\",\"-f\"],\"name\":\"x\",\"path\":\"/run/" \
	"x\",\"ready\":\"path\",\"stop\":5,"                                     \
	"\"wait\":10}"

static const char good[] =
	"{\"files\":12,\"kernel\":\"6.1.0-56-amd64\",\"modules\":[\"nvidia\",\"nvidia_uvm\"],"
	"\"services\":[" SERVICE ",{\"arguments\":[\"/y\"],\"name\":\"y\",\"ready\":\"notify\","
	"\"stop\":600,\"wait\":1}],\"size\":40960}";

static int parse(const char *text, struct overlay **ret, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), &json, err), 0);
	return overlay_from_json(json, ret, err);
}

static void test_round_trip(void **state)
{
	_cleanup_(overlay_freep) struct overlay *o = NULL, *copy = NULL;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};

	(void)state;
	if (parse(good, &o, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(o->kernel, "6.1.0-56-amd64");
	assert_int_equal(o->n_modules, 2);
	assert_string_equal(o->modules[1], "nvidia_uvm");
	assert_int_equal(o->n_services, 2);
	assert_string_equal(o->services[0].arguments[1], "-f");
	assert_null(o->services[0].arguments[2]);
	assert_int_equal(o->services[0].ready, OVERLAY_PATH);
	assert_int_equal(o->services[1].ready, OVERLAY_NOTIFY);
	assert_null(o->services[1].path);
	assert_int_equal(o->services[1].stop_s, 600);
	copy = overlay_copy(o);
	json = overlay_to_json(copy);
	text = json_canonical(json, NULL);
	assert_string_equal(text, good);
}

/* One change to the good text, and a word of the sentence that refuses it. */
static const struct {
	const char *from, *to, *says;
} refused[] = {
	{"\"size\":40960", "\"size\":-1", "size"},
	{"\"size\":40960", "\"size\":8589934593", "size"},
	{"\"files\":12", "\"files\":0", "files"},
	{"\"files\":12", "\"files\":65537", "files"},
	{"\"files\":12,", "", "files"},
	{"\"files\":12", "\"files\":12,\"owner\":0", "owner"},
	{"\"kernel\":\"6.1.0-56-amd64\",", "", "kernel"},
	{"\"6.1.0-56-amd64\"", "null", "kernel"}, /* with modules */
	{"6.1.0-56-amd64", "../../etc", "kernel"},
	{"6.1.0-56-amd64", "..", "kernel"},
	{"6.1.0-56-amd64", "a/b", "kernel"},
	{"\"nvidia_uvm\"", "\"nvidia\"", "twice"},
	{"\"nvidia_uvm\"", "\"a b\"", "modules"},
	{"\"nvidia_uvm\"", "\"../a\"", "modules"},
	{"\"nvidia_uvm\"", "\"a.ko\"", "modules"},
	{"\"nvidia_uvm\"", "\"\"", "modules"},
	{"\"nvidia_uvm\"", "7", "modules"},
	{"\"name\":\"x\"", "\"name\":\"y\"", "two services y"},
	{"\"name\":\"x\"", "\"name\":\"-x\"", "name"},
	{"\"name\":\"x\"", "\"name\":\"x/y\"", "name"},
	{"\"name\":\"x\"", "\"name\":\"a23456789012345678901234567890123\"", "name"},
	{"\"/usr/bin/x\"", "\"usr/bin/x\"", "arguments[0]"},
	{"\"/usr/bin/x\"", "\"/usr/../x\"", "arguments[0]"},
	{"\"/usr/bin/x\"", "\"/usr//x\"", "arguments[0]"},
	{"\"/usr/bin/x\"", "\"/usr/./x\"", "arguments[0]"},
	{"\"/usr/bin/x\"", "\"/usr/\"", "arguments[0]"},
	{"\"/usr/bin/x\"", "\"/\"", "arguments[0]"},
	{"\"/usr/bin/x\",\"-f\"", "", "arguments[0]"},
	{"\"-f\"", "\"a\\nb\"", "control"},
	{"\"-f\"", "\"\"", "arguments"},
	{"\"-f\"", "1", "arguments"},
	{"\"ready\":\"path\"", "\"ready\":\"maybe\"", "ready"},
	{"\"ready\":\"path\"", "\"ready\":\"runs\"", "path"},
	{"\"path\":\"/run/x\",", "", "path"},
	{"\"path\":\"/run/x\"", "\"path\":\"run/x\"", "path"},
	{"\"path\":\"/run/x\"", "\"path\":\"/run/../x\"", "path"},
	{"\"wait\":10", "\"wait\":0", "wait"},
	{"\"wait\":10", "\"wait\":601", "wait"},
	{"\"stop\":5", "\"stop\":0", "stop"},
	{"\"stop\":5,", "", "stop"},
	{"\"stop\":5", "\"user\":\"root\",\"stop\":5", "user"},
	{SERVICE, "1", "services[0]"},
};

static char *change(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return str_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		_cleanup_free_ char *text = change(good, refused[i].from, refused[i].to);
		struct overlay *o = NULL;
		struct err err = {0};

		if (parse(text, &o, &err) != -EBADMSG)
			fail_msg("%s -> %s was not refused", refused[i].from, refused[i].to);
		assert_null(o);
		if (!strstr(err.text, refused[i].says))
			fail_msg("%s -> %s: \"%s\"", refused[i].from, refused[i].to, err.text);
	}
}

static void test_declaration(void **state)
{
	_cleanup_json_ json_t *empty = json_object(), *bad = json_pack("{s:i}", "size", 1);
	_cleanup_(overlay_freep) struct overlay *o = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(overlay_from_declaration(empty, &o, &err), 0);
	assert_null(o->kernel);
	assert_int_equal(o->n_modules + o->n_services, 0);
	assert_int_equal(overlay_from_declaration(bad, &o, &err), -EBADMSG);
}

static void test_links(void **state)
{
	static const struct {
		const char *path, *target;
		bool good;
	} cases[] = {
		{"a", "b", true},
		{"a", "b/c", true},
		{"a", "./b", true},
		{"usr/lib/a", "../../b", true},
		{"usr/lib/a", ".././../b", true},
		{"usr/lib/a", "../..", true},
		{"a", "..", false},
		{"a", "../b", false},
		{"usr/lib/a", "../../../b", false},
		{"usr/lib/a", "b/../../..", false}, /* b may be a link, and then ".." is not what it seems */
		{"usr/lib/a", "b/..", false},
		{"usr/lib/a", "/etc/passwd", false},
		{"usr/lib/a", "", false},
		{"usr/lib/a", "..b/...", true},
		{"usr/lib/a", "..//..//..//b", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (overlay_link_valid(cases[i].path, cases[i].target) != cases[i].good)
			fail_msg("%s -> %s", cases[i].path, cases[i].target);
}

static void test_places(void **state)
{
	(void)state;
	assert_true(overlay_place_valid("var", true));
	assert_true(overlay_place_valid("variable/x", false));
	assert_true(overlay_place_valid("usr/var/x", false));
	assert_false(overlay_place_valid("var", false));
	assert_false(overlay_place_valid("var/lib", true));
	assert_false(overlay_place_valid("dev/null", false));
}

/* ---- the manifest ---- */

static const char manifest[] =
	"{\"architecture\":\"x86_64\",\"chunk_size\":4194304,\"index\":{\"file\":\"index.bin\",\"sha256\":"
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"size\":144},\"kind\":"
	"\"overlay\","
	"\"name\":\"nvidia\",\"overlay\":{\"files\":1,\"kernel\":null,\"modules\":[],\"services\":[],"
	"\"size\":0},"
	"\"payload\":{\"file\":\"payload.zst\",\"size\":500},\"remint_image\":1,\"serial\":7,\"size\":1536,"
	"\"validity\":{\"not_after\":\"2027-01-01T00:00:00Z\",\"not_before\":\"2026-01-01T00:00:00Z\"},"
	"\"version\":\"535\"}";

static void test_manifest(void **state)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};

	(void)state;
	if (manifest_parse(manifest, strlen(manifest), &m, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(m->kind, IMAGE_OVERLAY);
	assert_int_equal(m->overlay->files, 1);
	assert_false(m->boots_uefi || m->boots_bios);
	assert_null(m->layout);
	text = manifest_text(m, NULL);
	assert_string_equal(text, manifest);
}

static const struct {
	const char *from, *to, *says;
} manifest_refused[] = {
	{"\"kind\":\"overlay\"", "\"kind\":\"root\"", "layout"},
	{"\"kind\":\"overlay\"", "\"kind\":\"disk\"", "logical_block_size"},
	{"\"kind\":\"overlay\"", "\"kind\":\"overlays\"", "kind"},
	{"\"overlay\":{", "\"over_lay\":{", "overlay"},
	{"\"files\":1", "\"files\":-1", "manifest: overlay.files"},
	{"\"chunk_size\"", "\"boot\":{\"firmware\":[\"uefi\"]},\"chunk_size\"", "boot"},
	{"\"chunk_size\"", "\"logical_block_size\":512,\"chunk_size\"", "logical_block_size"},
	{"\"chunk_size\"", "\"layout\":{},\"chunk_size\"", "layout"},
	{"\"size\":1536", "\"size\":17179869185", "16 GiB"},
};

static void test_manifest_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(manifest_refused) / sizeof(manifest_refused[0]); i++) {
		_cleanup_free_ char *text =
			change(manifest, manifest_refused[i].from, manifest_refused[i].to);
		struct manifest *m = NULL;
		struct err err = {0};

		if (manifest_parse(text, strlen(text), &m, &err) != -EBADMSG)
			fail_msg("%s -> %s was not refused", manifest_refused[i].from,
				 manifest_refused[i].to);
		if (!strstr(err.text, manifest_refused[i].says))
			fail_msg("%s -> %s: \"%s\"", manifest_refused[i].from, manifest_refused[i].to,
				 err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_declaration),      cmocka_unit_test(test_links),
		cmocka_unit_test(test_places),           cmocka_unit_test(test_manifest),
		cmocka_unit_test(test_manifest_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
