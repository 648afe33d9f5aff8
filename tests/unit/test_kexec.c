/* rooms: tests/fakes agent/steps agent/pipeline agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The step and what it loads with: what is fetched and checked, what the kernel gets, and what a person is told when it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/kexec.h>
#include <string.h>

#include "agent/hw/kexec.h"
#include "agent/hw/tpm/ppi.h"
#include "agent/hw/watchdog.h"
#include "agent/steps/kexec_files.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "tests/fakes/kexec.h"
#include "tests/fakes/machine_tree.h"
#include "tests/fakes/step_job.h"

#define BASE   "http://images.example/images/debian-12/"
#define KERNEL "the kernel"
#define INITRD "the initial RAM disk"

static struct step_job sj;
static struct job_ops ops;
static struct manifest_kexec kexec;
static char url[] = BASE "manifest.json", name[] = "debian-12", kernel_file[] = "vmlinuz",
	    initrd_file[] = "initrd.img", cmdline[] = "root=LABEL=root ro";

/* The server, whose texts a test may bend. */
static const char *kernel_text, *initrd_text;
static unsigned fetches;
static size_t limits[2];

static int fetch(struct job *job, const char *from, size_t limit, void **ret, size_t *ret_len,
		 struct err *err)
{
	const char *text = !strcmp(from, BASE "vmlinuz")      ? kernel_text
			   : !strcmp(from, BASE "initrd.img") ? initrd_text
							      : NULL;

	(void)job;
	if (!text)
		return err_set(err, ENOENT, "%s: 404", from);
	limits[fetches++ % 2] = limit;
	*ret = xstrdup(text);
	*ret_len = strlen(text);
	return 0;
}

static void name_file(struct manifest_file *file, char *as, const char *text)
{
	file->file = as;
	file->size = strlen(text);
	sha256(text, strlen(text), file->sha256);
}

static int begin(void **state)
{
	(void)state;
	step_job_init(&sj);
	ops = *sj.job.ops;
	ops.fetch = fetch;
	sj.job.ops = &ops;
	sj.order.manifest_url = url;
	sj.order.kexec = true;
	kexec = (struct manifest_kexec){.cmdline = cmdline};
	name_file(&kexec.kernel, kernel_file, KERNEL);
	name_file(&kexec.initrd, initrd_file, INITRD);
	sj.job.facts.manifest = xcalloc(1, sizeof(*sj.job.facts.manifest));
	sj.job.facts.manifest->name = name;
	sj.job.facts.manifest->kexec = &kexec;
	fake_kexec = (struct fake_kexec){0};
	kernel_text = KERNEL;
	initrd_text = INITRD;
	fetches = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(sj.job.facts.manifest);
	sj.job.facts.manifest = NULL;
	step_job_clear(&sj);
	return 0;
}

/* This host's own firmware and watchdogs are asked as well. */
static void only_here(void)
{
	if (ppi_pending("") || watchdog_stays(""))
		skip();
}

static void run(void)
{
	struct err err = {0};

	if (step_kexec.run(&sj.job, &err) != STEP_DONE)
		fail_msg("%s", err.text);
}

static void test_load(void **state)
{
	_cleanup_json_ json_t *expected = NULL;
	char kernel_sha[SHA256_HEX_SIZE], initrd_sha[SHA256_HEX_SIZE];
	struct err err = {0};

	(void)state;
	only_here();
	run();
	assert_int_equal(fetches, 2);
	assert_int_equal(limits[0], strlen(KERNEL));
	assert_int_equal(limits[1], strlen(INITRD));
	assert_string_equal(fake_kexec.kernel, KERNEL);
	assert_string_equal(fake_kexec.initrd, INITRD);
	assert_string_equal(fake_kexec.cmdline, cmdline);
	assert_int_equal(fake_kexec.flags, 0);
	assert_false(fake_kexec.writable);
	assert_int_equal(sj.done, sj.total);
	sha256_hex(KERNEL, strlen(KERNEL), kernel_sha);
	sha256_hex(INITRD, strlen(INITRD), initrd_sha);
	expected = json_pack("{ss s{si ss} s{si ss} ss}", "by", "kexec", "kernel", "size", 10, "sha256",
			     kernel_sha, "initrd", "size", 20, "sha256", initrd_sha, "cmdline", cmdline);
	assert_true(json_equal(sj.job.facts.handover, expected));
	assert_int_equal(step_kexec.verify(&sj.job, &err), 0);
	kexec_unload();
	assert_int_equal(step_kexec.verify(&sj.job, &err), -EIO);
	assert_non_null(strstr(err.text, "no longer"));
}

static void test_without_initrd(void **state)
{
	(void)state;
	only_here();
	kexec.initrd.file = NULL;
	run();
	assert_int_equal(fetches, 1);
	assert_string_equal(fake_kexec.initrd, "");
	assert_int_equal(fake_kexec.flags, KEXEC_FILE_NO_INITRAMFS);
	assert_true(json_is_null(json_object_get(sj.job.facts.handover, "initrd")));
}

static void test_not_ordered(void **state)
{
	struct err err = {0};

	(void)state;
	sj.order.kexec = false;
	assert_int_equal(step_kexec.run(&sj.job, &err), STEP_SKIPPED);
	assert_int_equal(fetches + fake_kexec.calls, 0);
	assert_string_equal(json_string_value(json_object_get(sj.job.facts.handover, "by")), "reset");
	assert_int_equal(step_kexec.verify(&sj.job, &err), 0);
}

static void refused(int code, const char *words)
{
	struct err err = {0};

	assert_int_equal(step_kexec.run(&sj.job, &err), -code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in: %s", words, err.text);
	assert_null(sj.job.facts.handover);
	assert_int_equal(fake_kexec.loaded, 0);
}

static void test_not_in_the_manifest(void **state)
{
	(void)state;
	sj.job.facts.manifest->kexec = NULL;
	refused(EINVAL, "debian-12 names no kernel");
}

/* What is not the manifest's is never given to the kernel. */
static void test_other_bytes(void **state)
{
	(void)state;
	only_here();
	kernel_text = "the Kernel";
	refused(EBADMSG, "image debian-12: vmlinuz: SHA-256 mismatch");
	kernel_text = "the kerne";
	refused(EBADMSG, "image debian-12: vmlinuz: 9 bytes, the manifest says 10");
	kernel_text = NULL;
	refused(ENOENT, "vmlinuz of debian-12: ");
	kernel_text = KERNEL;
	initrd_text = "another initial disk";
	refused(EBADMSG, "initrd.img: SHA-256");
	assert_int_equal(fake_kexec.calls, 0);
}

static void test_what_the_kernel_says(void **state)
{
	static const struct {
		int code;
		const char *words;
	} answers[] = {
		{ENOEXEC, "no kernel that the running one can start"},
		{EPERM, "locked down"},
		{EKEYREJECTED, "does not match"},
		{ENOKEY, "db"},
		{ENODATA, "it has no signature"},
		{EBADMSG, "cannot be read"},
		{ELIBBAD, "damaged"},
		{ENOPKG, "algorithm"},
		{EBUSY, "loading one already"},
		{ENOMEM, "memory"},
		{EADDRNOTAVAIL, "no room"},
		{ENOSYS, "no kexec_file_load"},
		{EIO, "Input/output error"},
	};

	(void)state;
	only_here();
	for (unsigned i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		fake_kexec.answer = -answers[i].code;
		refused(answers[i].code, answers[i].words);
	}
}

static void test_memory(void **state)
{
	struct err err = {0};

	(void)state;
	kexec.kernel.size = 8ull << 20;
	kexec.initrd.size = 40ull << 20;
	assert_int_equal(kexec_files_fit(&kexec, (3 * 48ull + 64) << 20, &err), 0);
	assert_int_equal(kexec_files_fit(&kexec, ((3 * 48ull + 64) << 20) - 1, &err), -ENOMEM);
	assert_non_null(strstr(err.text, "48 MiB, takes 208 MiB of memory, and this machine has 207 MiB"));
	kexec.initrd.file = NULL;
	assert_int_equal(kexec_files_fit(&kexec, 88ull << 20, &err), 0);
	kexec.initrd.file = initrd_file;
	kexec.kernel.size = MANIFEST_KERNEL_MAX;
	kexec.initrd.size = MANIFEST_INITRD_MAX;
	assert_int_equal(kexec_files_fit(&kexec, 1ull << 30, &err), -ENOMEM);
}

static void test_watchdogs(void **state)
{
	char *root = machine_tree_new();

	(void)state;
	assert_false(watchdog_stays(root));
	assert_false(watchdog_runs(root));
	machine_tree_add(root, "/sys/class/watchdog/watchdog0/nowayout = 0\n"
			       "/sys/class/watchdog/watchdog0/state = active\n"
			       "/sys/class/watchdog/watchdog1/nowayout = 0\n"
			       "/sys/class/watchdog/watchdog1/state = inactive\n");
	assert_false(watchdog_stays(root));
	assert_true(watchdog_runs(root));
	machine_tree_add(root, "/sys/class/watchdog/watchdog1/nowayout = 1\n"
			       "/sys/class/watchdog/watchdog0/state = inactive\n");
	assert_true(watchdog_stays(root));
	assert_false(watchdog_runs(root));
	machine_tree_free(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_load, begin, end),
		cmocka_unit_test_setup_teardown(test_without_initrd, begin, end),
		cmocka_unit_test_setup_teardown(test_not_ordered, begin, end),
		cmocka_unit_test_setup_teardown(test_not_in_the_manifest, begin, end),
		cmocka_unit_test_setup_teardown(test_other_bytes, begin, end),
		cmocka_unit_test_setup_teardown(test_what_the_kernel_says, begin, end),
		cmocka_unit_test_setup_teardown(test_memory, begin, end),
		cmocka_unit_test(test_watchdogs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
