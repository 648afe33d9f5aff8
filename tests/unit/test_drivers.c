/* rooms: agent/overlay agent/hw images core */
/* wraps: kmod_module_insert_module kmod_module_remove_module firmware_folder_set module_is_loaded */
/* SPDX-License-Identifier: Apache-2.0 */
/* Modules out of a tree by the real libkmod; the kernel behind it is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <libkmod.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "agent/overlay/drivers.h"
#include "core/io.h"

/* ---- the kernel ---- */

static struct {
	char story[512]; /* what was asked of it: "+name(options) ", "-name " */
	const char *refuses;
	int code;
	unsigned busy; /* times that a module is in use */
	const char *stays;
	char firmware[256];
} kernel;

/* Has it come in, and not gone? */
static bool has(const char *name)
{
	bool in = false;

	for (const char *at = kernel.story; *at; at += strcspn(at, " ") + 1)
		if (!strncmp(at + 1, name, strlen(name)) && strchr(" (", at[1 + strlen(name)]))
			in = *at == '+';
	return in;
}

static void tell(const char *fmt, const char *a, const char *b)
{
	size_t len = strlen(kernel.story);

	snprintf(kernel.story + len, sizeof(kernel.story) - len, fmt, a, b);
}

int __wrap_kmod_module_insert_module(struct kmod_module *module, unsigned flags, const char *options);
int __wrap_kmod_module_remove_module(struct kmod_module *module, unsigned flags);
int __wrap_firmware_folder_set(const char *folder, struct err *err);
bool __wrap_module_is_loaded(const char *name);

int __wrap_kmod_module_insert_module(struct kmod_module *module, unsigned flags, const char *options)
{
	const char *name = kmod_module_get_name(module);

	assert_int_equal(flags, 0);
	if (kernel.refuses && !strcmp(name, kernel.refuses))
		return -kernel.code;
	if (has(name))
		return -EEXIST;
	tell(options && *options ? "+%s(%s) " : "+%s ", name, options);
	return 0;
}

int __wrap_kmod_module_remove_module(struct kmod_module *module, unsigned flags)
{
	assert_int_equal(flags, 0);
	if (kernel.busy && kernel.busy--)
		return -EAGAIN;
	tell("-%s%s ", kmod_module_get_name(module), "");
	return 0;
}

int __wrap_firmware_folder_set(const char *folder, struct err *err)
{
	(void)err;
	snprintf(kernel.firmware, sizeof(kernel.firmware), "%s", folder);
	return 0;
}

bool __wrap_module_is_loaded(const char *name)
{
	return kernel.stays && !strcmp(kernel.stays, name);
}

/* ---- the tree ---- */

static char tree[] = "/tmp/test-drivers-XXXXXX";
static char release[65];

static char *path_of(const char *name)
{
	_cleanup_free_ char *modules = str_printf("%s/lib/modules/%s", tree, release);

	return path_join(*name == '/' ? tree : modules, name + (*name == '/'));
}

/* As little of a module as libkmod asks for: an ELF file with .modinfo. */
static void write_module(const char *file, const char *depends)
{
	_cleanup_free_ char *path = path_of(file);
	static const char names[] = "\0.modinfo\0.shstrtab";
	struct {
		Elf64_Ehdr head;
		Elf64_Shdr sections[3];
		char info[128];
		char names[sizeof(names)];
	} module = {
		.head = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
			 .e_type = ET_REL,
			 .e_machine = EM_X86_64,
			 .e_version = EV_CURRENT,
			 .e_shoff = sizeof(Elf64_Ehdr),
			 .e_ehsize = sizeof(Elf64_Ehdr),
			 .e_shentsize = sizeof(Elf64_Shdr),
			 .e_shnum = 3,
			 .e_shstrndx = 2},
	};
	struct err err = {0};
	int len = snprintf(module.info, sizeof(module.info), "license=GPL%cdepends=%s", 0, depends) + 1;

	module.sections[1] = (Elf64_Shdr){.sh_name = 1,
					  .sh_type = SHT_PROGBITS,
					  .sh_offset = offsetof(__typeof__(module), info),
					  .sh_size = (Elf64_Xword)len,
					  .sh_addralign = 1};
	module.sections[2] = (Elf64_Shdr){.sh_name = 10,
					  .sh_type = SHT_STRTAB,
					  .sh_offset = offsetof(__typeof__(module), names),
					  .sh_size = sizeof(names),
					  .sh_addralign = 1};
	memcpy(module.names, names, sizeof(names));
	assert_int_equal(file_write_atomic(path, &module, sizeof(module), 0644, &err), 0);
}

static void write_text(const char *file, const char *text)
{
	_cleanup_free_ char *path = path_of(file);
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, &err), 0);
}

static int make_tree(void **data)
{
	static const char *const folders[] = {"kernel/deep/er", "updates", "/etc/modprobe.d",
					      "/lib/firmware"};
	struct utsname name;
	struct err err = {0};

	(void)data;
	assert_int_equal(uname(&name), 0);
	snprintf(release, sizeof(release), "%s", name.release);
	assert_non_null(mkdtemp(tree));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		_cleanup_free_ char *path = path_of(folders[i]);
		assert_int_equal(make_dirs(path, 0755, &err), 0);
	}
	write_module("kernel/deep/er/zz-card-net.ko", "zz_card,zz_bus");
	write_module("updates/zz_card.ko", "zz_bus");
	write_module("updates/zz_bus.ko", "");
	write_module("kernel/zz_a.ko", "zz_b");
	write_module("kernel/zz_b.ko", "zz_a");
	write_module("kernel/zz_open.ko", "zz_nowhere");
	write_text("kernel/zz_text.ko", "no module at all");
	write_text("/etc/modprobe.d/card.conf",
		   "options zz_card lanes=16 quiet=1\ninstall zz_bus /bin/false\n");
	return 0;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st, (void)flag, (void)at;
	return remove(path);
}

static int drop_tree(void **data)
{
	(void)data;
	return nftw(tree, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static struct overlay_drivers *drivers;

static int begin(void **data)
{
	(void)data;
	memset(&kernel, 0, sizeof(kernel));
	drivers = overlay_drivers_new();
	return 0;
}

static int end(void **data)
{
	(void)data;
	overlay_drivers_free(drivers);
	return 0;
}

static int load(const char *one, const char *two, struct err *err)
{
	char *modules[] = {(char *)one, (char *)two, NULL};
	const struct overlay overlay = {.kernel = release, .modules = modules, .n_modules = two ? 2 : 1};

	return overlay_drivers_load(tree, &overlay, drivers, err);
}

static void fails(const char *one, int code, const char *words)
{
	struct err err = {0};

	assert_int_equal(load(one, NULL, &err), -code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

/* ---- the tests ---- */

static void they_come_in_order_and_go_in_the_reverse_one(void **data)
{
	struct err err = {0};

	(void)data;
	assert_int_equal(load("zz_card_net", NULL, &err), 0);
	assert_string_equal(kernel.story, "+zz_bus +zz_card(lanes=16 quiet=1) +zz_card_net ");
	assert_true(strstr(kernel.firmware, "/lib/firmware") &&
		    !strncmp(kernel.firmware, tree, strlen(tree)));
	*kernel.story = '\0';
	kernel.busy = 2;
	assert_int_equal(overlay_drivers_unload(drivers, &err), 0);
	assert_string_equal(kernel.story, "-zz_card_net -zz_card -zz_bus ");
	assert_int_equal(overlay_drivers_gone(drivers, &err), 0);
	kernel.stays = "zz_card";
	assert_int_equal(overlay_drivers_gone(drivers, &err), -EBUSY);
	assert_string_equal(err.text, "module zz_card is still in the kernel");
	assert_int_equal(overlay_drivers_unload(drivers, &err), 0);
}

static void one_that_is_used_stays_and_is_named(void **data)
{
	struct err err = {0};

	(void)data;
	assert_int_equal(load("zz_bus", NULL, &err), 0);
	kernel.busy = 1000;
	assert_int_equal(overlay_drivers_unload(drivers, &err), -EBUSY);
	assert_string_equal(err.text, "module zz_bus cannot be unloaded: something still uses it");
}

static void what_the_kernel_refuses_is_told_in_words(void **data)
{
	static const struct {
		int code;
		const char *words;
	} rows[] = {
		{EKEYREJECTED,
		 "module zz_card: it is not signed, or not by a key that the running kernel trusts"},
		{EPERM, "Secure Boot db holds"},
		{ENOEXEC, "it was built for another kernel than the boot image's"},
		{ENODEV, "module zz_card: it finds no device that it drives"},
		{ENOMEM, "Cannot allocate memory"},
	};
	struct err err = {0};

	(void)data;
	kernel.refuses = "zz_card";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		kernel.code = rows[i].code;
		fails("zz-card", rows[i].code, rows[i].words);
	}
	/* What came in before it is known, and goes. */
	assert_int_equal(overlay_drivers_unload(drivers, &err), 0);
	assert_string_equal(kernel.story, "+zz_bus -zz_bus ");
}

static void what_is_no_module_is_refused(void **data)
{
	(void)data;
	fails("zz_text", ENOEXEC, "is no module");
	fails("zz_open", ENOENT, "module zz_nowhere is not in the overlay's ");
	fails("zz_none", ENOENT, "module zz_none is not in the overlay's ");
	fails("zz_a", ELOOP, "a chain of more than 16 modules");
	assert_string_equal(kernel.story, "");
}

static void another_kernel_is_refused(void **data)
{
	char other[] = "6.1.0-0-other", *modules[] = {(char *)"zz_bus", NULL};
	struct overlay overlay = {.kernel = other, .modules = modules, .n_modules = 1};
	struct err err = {0};

	(void)data;
	assert_int_equal(overlay_drivers_load(tree, &overlay, drivers, &err), -ENOEXEC);
	_cleanup_free_ char *words =
		str_printf("it is for the kernel 6.1.0-0-other, and this boot image runs %s: ", release);
	assert_int_equal(strncmp(err.text, words, strlen(words)), 0);
	overlay.kernel = NULL;
	assert_int_equal(overlay_drivers_fit(&overlay, &err), -ENOEXEC);
	overlay.n_modules = 0;
	assert_int_equal(overlay_drivers_fit(&overlay, &err), 0);
	assert_string_equal(kernel.story, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(they_come_in_order_and_go_in_the_reverse_one, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_used_stays_and_is_named, begin, end),
		cmocka_unit_test_setup_teardown(what_the_kernel_refuses_is_told_in_words, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_module_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(another_kernel_is_refused, begin, end),
	};

	return cmocka_run_group_tests(tests, make_tree, drop_tree);
}
