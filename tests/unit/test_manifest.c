/* rooms: images core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest: what is read is what was written, and every field has its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/pki.h"
#include "images/manifest.h"

/* 9 MiB: 3 chunks */
static const char good[] =
	"{\"architecture\":\"x86_64\",\"boot\":{\"firmware\":[\"uefi\",\"bios\"],\"loader\":"
	"\"\\\\EFI\\\\BOOT\\\\BOOTX64.EFI\",\"partition\":\"0f3c1a52-90ab-4cde-8f01-23456789abcd\"},"
	"\"chunk_size\":4194304,\"index\":{\"file\":\"index.bin\",\"sha256\":"
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"size\":304},\"kind\":"
	"\"disk\","
	"\"logical_block_size\":512,\"name\":\"debian-12\",\"payload\":{\"file\":\"payload.zst\",\"size\":"
	"5000},"
	"\"remint_image\":1,\"serial\":7,\"size\":9437184,\"validity\":{\"not_after\":\"2027-01-01T00:00:"
	"00Z\","
	"\"not_before\":\"2026-01-01T00:00:00Z\"},\"version\":\"12.8 (a)\"}";

static void test_round_trip(void **state)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	_cleanup_free_ char *text = NULL;
	uint8_t digest[SHA256_SIZE];
	struct err err = {0};
	size_t len;

	(void)state;
	assert_int_equal(manifest_parse(good, strlen(good), &m, &err), 0);
	assert_string_equal(m->name, "debian-12");
	assert_string_equal(m->efi_loader, "\\EFI\\BOOT\\BOOTX64.EFI");
	assert_true(m->boots_uefi && m->boots_bios);
	assert_int_equal(m->serial, 7);
	assert_int_equal(m->index_size, 64 + 3 * 80);
	assert_int_equal(m->index_sha256[1], 0x11);
	assert_int_equal(m->not_before, 1767225600);
	sha256(good, strlen(good), digest);
	assert_memory_equal(m->sha256, digest, SHA256_SIZE);
	text = manifest_text(m, &len);
	assert_int_equal(len, strlen(good));
	assert_string_equal(text, good);
}

/* One change to the good text, and a word of the sentence that refuses it. */
static const struct {
	const char *from, *to, *says;
} refused[] = {
	{"\"remint_image\":1", "\"remint_image\":2", "remint_image"},
	{"\"remint_image\":1", "\"remint_image\":\"1\"", "remint_image"},
	{"\"kind\":\"disk\"", "\"kind\":\"tree\"", "kind"},
	{"\"debian-12\"", "\"Debian\"", "name"},
	{"\"debian-12\"", "\"a..b\"", "name"},
	{"\"debian-12\"", "\"../etc\"", "name"},
	{"\"debian-12\"", "\"\"", "name"},
	{"\"debian-12\"", "\"a234567890123456789012345678901234567890123456789012345678901234\"", "name"},
	{"12.8 (a)", "12.8\\u001b[2J", "version"},
	{"12.8 (a)", "12.8 \\u00e9", "version"},
	{"\"serial\":7", "\"serial\":0", "serial"},
	{"\"serial\":7", "\"serial\":-1", "serial"},
	{"\"serial\":7", "\"serial\":7.0", "serial"},
	{"\"serial\":7", "\"serial\":9007199254740992", "serial"},
	{"\"serial\":7,", "", "serial"},
	{"x86_64", "m68k", "architecture"},
	{"_size\":512", "_size\":1024", "logical_block_size"},
	{"4194304", "4194305", "chunk_size"},
	{"9437184", "9437185", "size"},
	{"9437184", "512", "size"},
	{"9437184", "17592186044928", "size"},
	{"9437184", "18446744073709551616", "manifest"},
	{"[\"uefi\",\"bios\"]", "[]", "firmware"},
	{"[\"uefi\",\"bios\"]", "[\"uefi\",\"uefi\"]", "firmware"},
	{"[\"uefi\",\"bios\"]", "[\"coreboot\"]", "firmware"},
	{"[\"uefi\",\"bios\"]", "[1]", "firmware"},
	{"[\"uefi\",\"bios\"]", "[\"bios\"]", "boot"}, /* then loader and partition are too many */
	{"\\\\EFI\\\\BOOT\\\\", "\\\\EFI\\\\..\\\\", "loader"},
	{"\\\\EFI\\\\BOOT\\\\", "/EFI/BOOT/", "loader"},
	{"\\\\EFI\\\\BOOT\\\\", "EFI\\\\BOOT\\\\", "loader"},
	{"0f3c1a52-", "0F3C1A52-", "partition"},
	{"0f3c1a52-", "0f3c1a52", "partition"},
	{"\"size\":304", "\"size\":303", "index"},
	{"\"size\":304", "\"size\":384", "index"},
	{"index.bin", "../index.bin", "index.file"},
	{"index.bin", ".index", "index.file"},
	{"index.bin", "manifest.json", "index.file"},
	{"\"0011", "\"00zz", "index.sha256"},
	{"\"0011", "\"00", "index.sha256"},
	{"payload.zst", "index.bin", "payload.file"},
	{"\"size\":5000", "\"size\":2", "payload"},
	{"\"size\":5000", "\"size\":5000000000", "payload"},
	{"2027-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "validity"},
	{"2027-01-01T00:00:00Z", "2027-02-30T00:00:00Z", "not_after"},
	{"2026-01-01T00:00:00Z", "yesterday", "not_before"},
	{"\"kind\"", "\"colour\":1,\"kind\"", "colour"},
	{"\"file\":\"payload.zst\"", "\"url\":\"x\",\"file\":\"payload.zst\"", "url"},
	{"\"serial\":7", "\"serial\":7,\"serial\":8", "manifest"},
	{"12.8 (a)\"}", "12.8\"}{}", "manifest"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const char *at = strstr(good, refused[i].from);
		_cleanup_free_ char *text = NULL;
		struct manifest *m = NULL;
		struct err err = {0};

		assert_non_null(at);
		text = str_printf("%.*s%s%s", (int)(at - good), good, refused[i].to,
				  at + strlen(refused[i].from));
		if (manifest_parse(text, strlen(text), &m, &err) != -EBADMSG)
			fail_msg("%s -> %s was not refused", refused[i].from, refused[i].to);
		assert_null(m);
		if (!strstr(err.text, refused[i].says))
			fail_msg("%s -> %s: \"%s\"", refused[i].from, refused[i].to, err.text);
	}
}

/* ---- block sizes ------------------------------------------------------------------------------- */

static void change(const char *text, const char *from, const char *to, char **ret)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	*ret = str_printf("%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void test_block_sizes(void **state)
{
	static const struct {
		const char *sizes;
		bool good, any;
	} cases[] = {
		{"[512]", true, false},           {"[512,4096]", true, true},
		{"[4096]", false, false},         {"[]", false, false},
		{"[4096,512]", false, false},     {"[512,512]", false, false},
		{"[512,4096,512]", false, false}, {"512", false, false},
		{"[\"512\"]", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_free_ char *key = str_printf("\"block_sizes\":%s,\"chunk_size\"", cases[i].sizes);
		_cleanup_(manifest_freep) struct manifest *m = NULL, *again = NULL;
		_cleanup_free_ char *text = NULL, *written = NULL;
		struct err err = {0};
		size_t len;

		change(good, "\"chunk_size\"", key, &text);
		assert_int_equal(manifest_parse(text, strlen(text), &m, &err), cases[i].good ? 0 : -EBADMSG);
		if (!cases[i].good)
			continue;
		assert_int_equal(m->any_block_size, cases[i].any);
		written = manifest_text(m, &len);
		assert_int_equal(strstr(written, "block_sizes") != NULL, cases[i].any);
		assert_int_equal(manifest_parse(written, len, &again, &err), 0);
		assert_int_equal(again->any_block_size, cases[i].any);
	}
}

/* ---- kind root ----------------------------------------------------------------------------------- */

/* one chunk, of a size that no disk has */
static const char root[] =
	"{\"architecture\":\"aarch64\",\"boot\":{\"firmware\":[\"uefi\"],\"loader\":"
	"\"\\\\EFI\\\\BOOT\\\\BOOTAA64.EFI\"},"
	"\"chunk_size\":4194304,\"index\":{\"file\":\"index.bin\",\"sha256\":"
	"\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"size\":144},\"kind\":"
	"\"root\","
	"\"layout\":{\"copies\":[{\"from\":\"/boot/"
	"a.efi\",\"to\":\"\\\\EFI\\\\BOOT\\\\BOOTAA64.EFI\"}],\"partitions\":["
	"{\"fs\":\"vfat\",\"name\":\"esp\",\"size\":268435456,\"type\":\"esp\"},"
	"{\"fs\":\"ext4\",\"mount\":\"/\",\"name\":\"root\",\"type\":\"linux\"}]},"
	"\"name\":\"r\",\"payload\":{\"file\":\"payload.zst\",\"size\":500},\"remint_image\":1,\"serial\":7,"
	"\"size\":1234567,\"validity\":{\"not_after\":\"2027-01-01T00:00:00Z\",\"not_before\":\"2026-01-"
	"01T00:00:00Z\"},"
	"\"version\":\"1\"}";

static void test_root(void **state)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	if (manifest_parse(root, strlen(root), &m, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(m->kind, IMAGE_ROOT);
	assert_int_equal(m->logical_block_size, 0);
	assert_true(m->any_block_size);
	assert_null(m->efi_partition);
	assert_int_equal(m->layout->n_partitions, 2);
	text = manifest_text(m, &len);
	assert_string_equal(text, root);
}

static const struct {
	const char *from, *to, *says;
} root_refused[] = {
	{"\"kind\":\"root\"", "\"kind\":\"disk\"", "logical_block_size"},
	{"\"kind\":\"root\"", "\"kind\":\"tree\"", "kind"},
	{"\"chunk_size\"", "\"logical_block_size\":512,\"chunk_size\"", "logical_block_size"},
	{"\"chunk_size\"", "\"block_sizes\":[512,4096],\"chunk_size\"", "block_sizes"},
	{"[\"uefi\"]", "[\"uefi\",\"bios\"]", "boot.firmware"},
	{"\"firmware\":[\"uefi\"],\"loader\":\"\\\\EFI\\\\BOOT\\\\BOOTAA64.EFI\"", "\"firmware\":[\"bios\"]",
	 "boot.firmware"},
	{"\"loader\":", "\"partition\":\"0f3c1a52-90ab-4cde-8f01-23456789abcd\",\"loader\":", "partition"},
	{"\"to\":\"\\\\EFI\\\\BOOT\\\\BOOTAA64.EFI\"", "\"to\":\"\\\\x.efi\"", "boot.loader"},
	{"\"layout\"", "\"lay_out\"", "layout"},
	{"\"type\":\"esp\"", "\"type\":\"linux\"", "manifest: layout: partitions"},
	{"\"size\":1234567", "\"size\":0", "size"},
	{"\"size\":1234567", "\"size\":4194305", "index.size"},
};

static void test_root_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(root_refused) / sizeof(root_refused[0]); i++) {
		_cleanup_free_ char *text = NULL;
		struct manifest *m = NULL;
		struct err err = {0};

		change(root, root_refused[i].from, root_refused[i].to, &text);
		if (manifest_parse(text, strlen(text), &m, &err) != -EBADMSG)
			fail_msg("%s -> %s was not refused", root_refused[i].from, root_refused[i].to);
		if (!strstr(err.text, root_refused[i].says))
			fail_msg("%s -> %s: \"%s\"", root_refused[i].from, root_refused[i].to, err.text);
	}
}

/* ---- kexec --------------------------------------------------------------------------------------- */

#define KERNEL                              \
	"{\"file\":\"vmlinuz\",\"sha256\":" \
	"\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\"size\":3}"
#define INITRD                                 \
	"{\"file\":\"initrd.img\",\"sha256\":" \
	"\"cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34\",\"size\":536870912}"

static char *with_kexec(const char *text, const char *kexec)
{
	const char *at = strstr(text, "\"kind\"");

	assert_non_null(at);
	return str_printf("%.*s\"kexec\":%s,%s", (int)(at - text), text, kexec, at);
}

static const char kexec_whole[] =
	"{\"cmdline\":\"root=LABEL=a  quiet ~\",\"initrd\":" INITRD ",\"kernel\":" KERNEL "}";

static void test_kexec(void **state)
{
	static const char *const kinds[] = {good, root};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(manifest_freep) struct manifest *m = NULL;
		_cleanup_free_ char *text = with_kexec(kinds[i], kexec_whole), *written = NULL;
		struct err err = {0};

		if (manifest_parse(text, strlen(text), &m, &err) < 0)
			fail_msg("%s", err.text);
		assert_non_null(m->kexec);
		assert_string_equal(m->kexec->kernel.file, "vmlinuz");
		assert_int_equal(m->kexec->kernel.size, 3);
		assert_int_equal(m->kexec->kernel.sha256[0], 0xba);
		assert_string_equal(m->kexec->initrd.file, "initrd.img");
		assert_int_equal(m->kexec->initrd.size, MANIFEST_INITRD_MAX);
		assert_string_equal(m->kexec->cmdline, "root=LABEL=a  quiet ~");
		written = manifest_text(m, NULL);
		assert_string_equal(written, text);
	}
}

static void test_kexec_kernel_alone(void **state)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL, *none = NULL;
	_cleanup_free_ char *text = with_kexec(good, "{\"cmdline\":\"q\",\"kernel\":" KERNEL "}");
	_cleanup_free_ char *written = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(manifest_parse(good, strlen(good), &none, &err), 0);
	assert_null(none->kexec);
	assert_int_equal(manifest_parse(text, strlen(text), &m, &err), 0);
	assert_null(m->kexec->initrd.file);
	written = manifest_text(m, NULL);
	assert_string_equal(written, text);
}

static const struct {
	const char *from, *to, *says;
} kexec_refused[] = {
	{"\"cmdline\":\"root=LABEL=a  quiet ~\",", "", "kexec.cmdline"},
	{"root=LABEL=a  quiet ~", "", "kexec.cmdline"},
	{"quiet", "quiet\\n", "kexec.cmdline"},
	{"quiet", "\\u00e9", "kexec.cmdline"},
	{"quiet", "\\u007f", "kexec.cmdline"},
	{"\"root=LABEL=a  quiet ~\"", "7", "kexec.cmdline"},
	{"\"kernel\":" KERNEL, "\"kernels\":1", "kexec"},
	{",\"kernel\":" KERNEL, "", "kernel"},
	{"\"kernel\":" KERNEL, "\"kernel\":null", "kernel"},
	{"\"initrd\":" INITRD, "\"initrd\":null", "initrd"},
	{"\"initrd\":" INITRD, "\"initrd\":{}", "initrd.file"},
	{"\"kernel\":" KERNEL, "\"kernel\":" KERNEL ",\"kernel\":" KERNEL, "manifest"},
	{"\"kernel\":" KERNEL, "\"kernel\":" KERNEL ",\"dtb\":" KERNEL, "dtb"},
	{"\"file\":\"vmlinuz\"", "\"url\":\"x\",\"file\":\"vmlinuz\"", "url"},
	{"vmlinuz", "../vmlinuz", "kernel.file"},
	{"vmlinuz", ".vmlinuz", "kernel.file"},
	{"vmlinuz", "manifest.json", "kernel.file"},
	{"vmlinuz", "index.bin", "kernel.file"},
	{"vmlinuz", "payload.zst", "kernel.file"},
	{"vmlinuz", "initrd.img", "initrd.file"},
	{"initrd.img", "manifest.json.p7s", "initrd.file"},
	{"initrd.img", "payload.zst", "initrd.file"},
	{"\"size\":3}", "\"size\":0}", "kernel.size"},
	{"\"size\":3}", "\"size\":67108865}", "kernel.size"},
	{"536870912", "536870913", "initrd.size"},
	{"536870912", "-1", "initrd.size"},
	{"\"ba78", "\"zz78", "kernel.sha256"},
	{"\"cb83", "\"cb8", "initrd.sha256"},
};

static void test_kexec_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kexec_refused) / sizeof(kexec_refused[0]); i++) {
		_cleanup_free_ char *kexec = NULL, *text = NULL;
		struct manifest *m = NULL;
		struct err err = {0};

		change(kexec_whole, kexec_refused[i].from, kexec_refused[i].to, &kexec);
		text = with_kexec(good, kexec);
		if (manifest_parse(text, strlen(text), &m, &err) != -EBADMSG)
			fail_msg("%s -> %s was not refused", kexec_refused[i].from, kexec_refused[i].to);
		if (!strstr(err.text, kexec_refused[i].says))
			fail_msg("%s -> %s: \"%s\"", kexec_refused[i].from, kexec_refused[i].to, err.text);
	}
}

static void test_kexec_cmdline_bound(void **state)
{
	(void)state;
	for (unsigned extra = 0; extra < 2; extra++) {
		char cmdline[MANIFEST_CMDLINE_MAX + 2] = "";
		_cleanup_free_ char *kexec = NULL, *text = NULL;
		_cleanup_(manifest_freep) struct manifest *m = NULL;
		struct err err = {0};

		memset(cmdline, 'a', MANIFEST_CMDLINE_MAX + extra);
		kexec = str_printf("{\"cmdline\":\"%s\",\"kernel\":" KERNEL "}", cmdline);
		text = with_kexec(good, kexec);
		assert_int_equal(manifest_parse(text, strlen(text), &m, &err), extra ? -EBADMSG : 0);
	}
}

static void test_file_check(void **state)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	_cleanup_free_ char *text = with_kexec(good, kexec_whole);
	struct err err = {0};

	(void)state;
	assert_int_equal(manifest_parse(text, strlen(text), &m, &err), 0);
	assert_int_equal(manifest_file_check(&m->kexec->kernel, "abc", 3, &err), 0);
	assert_int_equal(manifest_file_check(&m->kexec->kernel, "abd", 3, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "vmlinuz: SHA-256"));
	assert_int_equal(manifest_file_check(&m->kexec->kernel, "ab", 2, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "vmlinuz: 2 bytes, the manifest says 3"));
	assert_int_equal(manifest_file_check(&m->kexec->kernel, "abcd", 4, &err), -EBADMSG);
}

static void test_too_long(void **state)
{
	_cleanup_free_ char *text = malloc(MANIFEST_MAX + 1);
	struct manifest *m = NULL;
	struct err err = {0};

	(void)state;
	memset(text, ' ', MANIFEST_MAX + 1);
	memcpy(text, good, strlen(good));
	assert_int_equal(manifest_parse(text, MANIFEST_MAX, &m, &err), 0);
	manifest_free(m);
	assert_int_equal(manifest_parse(text, MANIFEST_MAX + 1, &m, &err), -EBADMSG);
}

/* ---- with a signature -------------------------------------------------------------------------- */

struct signed_manifest {
	char *text; /* valid from now + 600 to now + 1200 */
	uint8_t *sig;
	size_t sig_len;
	struct trust *trust;
	time_t now;
};

static void sign_with_new_keys(struct signed_manifest *s, const char *dir)
{
	_cleanup_free_ char *ca_key = path_join(dir, "ca.key"), *ca = path_join(dir, "ca.pem");
	_cleanup_free_ char *key = path_join(dir, "sign.key"), *cert = path_join(dir, "sign.pem");
	struct pki_request request = {.use = PKI_CA, .common_name = "CA", .days = 10};
	struct err err = {0};

	assert_int_equal(pki_create(&request, ca_key, ca, &err), 0);
	request = (struct pki_request){.use = PKI_CODE_SIGNING,
				       .common_name = "signer",
				       .days = 10,
				       .ca_key = ca_key,
				       .ca_cert = ca};
	assert_int_equal(pki_create(&request, key, cert, &err), 0);
	assert_int_equal(trust_from_file(ca, &s->trust, &err), 0);
	assert_int_equal(cms_sign(s->text, strlen(s->text), key, cert, &s->sig, &s->sig_len, &err), 0);
	unlink(ca_key);
	unlink(ca);
	unlink(key);
	unlink(cert);
}

static int make_signed(void **state)
{
	struct signed_manifest *s = xcalloc(1, sizeof(*s));
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	char dir[] = "/tmp/remint-manifest-XXXXXX";
	struct err err = {0};
	size_t len;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(manifest_parse(good, strlen(good), &m, &err), 0);
	s->now = time(NULL);
	m->not_before = s->now + 600;
	m->not_after = s->now + 1200;
	s->text = manifest_text(m, &len);
	sign_with_new_keys(s, dir);
	rmdir(dir);
	*state = s;
	return 0;
}

static int free_signed(void **state)
{
	struct signed_manifest *s = *state;

	trust_free(s->trust);
	free(s->sig);
	free(s->text);
	free(s);
	return 0;
}

/* at: seconds from now */
static int verify(const struct signed_manifest *s, const char *text, int at, uint64_t min_serial,
		  const char *architecture, struct err *err)
{
	_cleanup_(manifest_freep) struct manifest *m = NULL;
	struct manifest_policy policy = {.trust = s->trust,
					 .now = s->now + at,
					 .min_serial = min_serial,
					 .architecture = architecture};
	struct cms_signer signer = {0};
	int r = manifest_verify(text, strlen(text), s->sig, s->sig_len, &policy, &m, &signer, err);

	assert_true((r == 0) == (m != NULL));
	assert_true((r == 0) == (strstr(signer.subject, "signer") != NULL));
	return r;
}

static void test_policy(void **state)
{
	const struct signed_manifest *s = *state;
	struct err err = {0};

	assert_int_equal(verify(s, s->text, 700, 0, NULL, &err), 0);
	assert_int_equal(verify(s, s->text, 700, 7, "x86_64", &err), 0);
	assert_int_equal(verify(s, s->text, 700, 8, "x86_64", &err), -ESTALE);
	assert_non_null(strstr(err.text, "serial 7"));
	assert_int_equal(verify(s, s->text, 700, 7, "aarch64", &err), -ENOEXEC);
	assert_int_equal(verify(s, s->text, 599, 7, NULL, &err), -EKEYEXPIRED);
	assert_int_equal(verify(s, s->text, 600, 7, NULL, &err), 0);
	assert_int_equal(verify(s, s->text, 1200, 7, NULL, &err), 0);
	assert_int_equal(verify(s, s->text, 1201, 7, NULL, &err), -EKEYEXPIRED);
}

static void test_tampered(void **state)
{
	const struct signed_manifest *s = *state;
	_cleanup_free_ char *other = xstrdup(s->text), *longer = str_printf("%s ", s->text);
	struct err err = {0};

	*strstr(other, "12.8") = '2';
	assert_int_equal(verify(s, other, 700, 0, NULL, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, "signature"));
	assert_int_equal(verify(s, longer, 700, 0, NULL, &err), -EKEYREJECTED);
	/* not even JSON, and that is not found out: nothing unsigned is parsed */
	assert_int_equal(verify(s, "{", 700, 0, NULL, &err), -EKEYREJECTED);
	assert_int_equal(verify(s, "", 700, 0, NULL, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_block_sizes),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_root_refused),
		cmocka_unit_test(test_kexec),
		cmocka_unit_test(test_kexec_kernel_alone),
		cmocka_unit_test(test_kexec_refused),
		cmocka_unit_test(test_kexec_cmdline_bound),
		cmocka_unit_test(test_file_check),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test_setup_teardown(test_policy, make_signed, free_signed),
		cmocka_unit_test_setup_teardown(test_tampered, make_signed, free_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
