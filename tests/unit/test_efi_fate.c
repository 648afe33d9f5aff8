/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which boot entries stay between tenants, by entries of every form that a former tenant could have written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/io.h"
#include "efi/fate.h"

/* ---- device paths by hand: UEFI 2.10, 10.3 ---- */

#define ACPI_ROOT "\2\1\14\0\xd0\x41\x03\x0a\0\0\0\0"
#define PCI       "\1\1\6\0\0\3"
#define ZERO8     "\0\0\0\0\0\0\0\0"
#define MAC       "\3\13\45\0\x52\x54\0\x12\x34\x56\0\0" ZERO8 ZERO8 ZERO8 "\1"
#define IPV4      "\3\14\33\0" ZERO8 ZERO8 "\0\0\0\0\0\0\0"
#define URI_NONE  "\3\30\4\0"
#define URI_OURS  "\3\30\27\0http://10.0.0.1:8/x"
#define URI_HIS   "\3\30\24\0http://evil/boot"
#define ISCSI     "\3\23\24\0\0\0\0\0" ZERO8 "\1\0t\0"
#define NVME_OF   "\3\42\25\0\1" ZERO8 ZERO8
#define SATA      "\3\22\12\0\0\0\xff\xff\0\0"
#define PART      "\4\1\52\0\1\0\0\0\0\10\0\0\0\0\0\0\0\20\0\0\0\0\0\0" ZERO8 ZERO8 "\2\2"
#define FILE_A    "\4\4\12\0\\\0a\0\0\0"
#define VENDOR_M  "\4\3\24\0" ZERO8 ZERO8
#define FV        "\4\7\24\0" ZERO8 ZERO8
#define FV_FILE   "\4\6\24\0" ZERO8 ZERO8
#define BBS       "\5\1\12\0\6\0\0\0x\0"
#define END       "\x7f\xff\4\0"
#define EDK2      "\x4e\xac\x08\x81\x11\x9f\x59\x4d\x85\x0e\xe2\x1a\x52\x2c\x59\xb2"
#define COMMAND   "f\0s\0000\0:\0x\0\0\0"

struct form {
	const char *path;
	size_t path_len;
	const char *data;
	size_t data_len;
	enum efi_entry_kind kind;
	enum efi_fate_kind fate;
};

#define FORM(path, data, kind, fate)                                       \
	{                                                                  \
		path, sizeof(path) - 1, data, sizeof(data) - 1, kind, fate \
	}

static const struct form forms[] = {
	FORM(ACPI_ROOT PCI MAC END, "", EFI_ENTRY_NETWORK, EFI_STAYS),
	FORM(ACPI_ROOT PCI MAC IPV4 END, EDK2, EFI_ENTRY_NETWORK, EFI_STAYS),
	FORM(ACPI_ROOT PCI MAC IPV4 END, "\0\0BO", EFI_ENTRY_NETWORK, EFI_STAYS),
	FORM(ACPI_ROOT PCI MAC IPV4 URI_NONE END, EDK2, EFI_ENTRY_NETWORK, EFI_STAYS),
	FORM(ACPI_ROOT PCI MAC IPV4 URI_OURS END, "", EFI_ENTRY_NETWORK, EFI_STAYS),
	FORM(ACPI_ROOT PCI MAC IPV4 URI_HIS END, "", EFI_ENTRY_NETWORK, EFI_GOES),
	FORM(ACPI_ROOT PCI MAC IPV4 URI_OURS URI_HIS END, "", EFI_ENTRY_NETWORK, EFI_GOES),
	FORM(ACPI_ROOT PCI MAC IPV4 URI_HIS URI_OURS END, "", EFI_ENTRY_NETWORK, EFI_GOES),
	FORM(URI_HIS END, "", EFI_ENTRY_NETWORK, EFI_GOES),
	FORM(ACPI_ROOT PCI MAC END, COMMAND, EFI_ENTRY_NETWORK, EFI_CLEANED),
	FORM(ACPI_ROOT PCI MAC END, COMMAND "\xff\xff\xff\xff", EFI_ENTRY_NETWORK, EFI_CLEANED),
	FORM(ACPI_ROOT PCI MAC END, EDK2 "x", EFI_ENTRY_NETWORK, EFI_CLEANED),
	FORM(ACPI_ROOT PCI MAC IPV4 ISCSI END, "", EFI_ENTRY_REMOTE, EFI_GOES),
	FORM(ACPI_ROOT PCI MAC IPV4 NVME_OF END, "", EFI_ENTRY_REMOTE, EFI_GOES),
	FORM(ACPI_ROOT PCI SATA END, EDK2, EFI_ENTRY_DEVICE, EFI_STAYS),
	FORM(ACPI_ROOT PCI SATA PART FILE_A END, "", EFI_ENTRY_DISK_FILE, EFI_GOES),
	FORM(PART FILE_A END, EDK2, EFI_ENTRY_DISK_FILE, EFI_GOES),
	FORM(PART END, "", EFI_ENTRY_DISK_FILE, EFI_GOES),
	FORM(FILE_A END, "", EFI_ENTRY_DISK_FILE, EFI_GOES),
	FORM(MAC PART FILE_A END, "", EFI_ENTRY_UNKNOWN, EFI_GOES),   /* a card that vouches for a file */
	FORM(FV FV_FILE FILE_A END, "", EFI_ENTRY_UNKNOWN, EFI_GOES), /* the firmware that does */
	FORM(PCI FV FV_FILE END, "", EFI_ENTRY_UNKNOWN, EFI_GOES),
	FORM(VENDOR_M END, "", EFI_ENTRY_UNKNOWN, EFI_GOES),
	FORM(END, "", EFI_ENTRY_UNKNOWN, EFI_GOES),
	FORM(FV FV_FILE END, "", EFI_ENTRY_FIRMWARE, EFI_STAYS),
	FORM(FV_FILE END, EDK2, EFI_ENTRY_FIRMWARE, EFI_STAYS),
	FORM(FV FV_FILE END, COMMAND, EFI_ENTRY_FIRMWARE,
	     EFI_CLEANED), /* a command for the firmware's shell */
	FORM(BBS END, "\1\2\3", EFI_ENTRY_NETWORK, EFI_STAYS),
	FORM(BBS FILE_A END, "", EFI_ENTRY_UNKNOWN, EFI_GOES),
};
#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static struct efi_entry made[N_FORMS];

/* Attributes, length of the paths, an empty description, the paths, the data. */
static void make(struct efi_entry *entry, uint16_t number, const struct form *form, uint8_t active)
{
	size_t len = 8 + form->path_len + form->data_len;
	_cleanup_free_ uint8_t *option = xcalloc(1, len);
	struct err err = {0};

	option[0] = active;
	option[4] = (uint8_t)form->path_len;
	option[5] = (uint8_t)(form->path_len >> 8);
	memcpy(option + 8, form->path, form->path_len);
	memcpy(option + 8 + form->path_len, form->data, form->data_len);
	if (efi_entry_parse(number, option, len, entry, &err) < 0)
		fail_msg("form %u: %s", number, err.text);
}

static void free_made(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		efi_entry_clear(&made[i]);
}

static void test_forms(void **state)
{
	const struct efi_policy policy = {.host = "10.0.0.1"};

	(void)state;
	for (unsigned i = 0; i < N_FORMS; i++) {
		const struct efi_boot boot = {.entries = &made[0], .n_entries = 1};
		struct efi_fate fate;

		make(&made[0], (uint16_t)i, &forms[i], 1);
		efi_fates(&boot, &policy, &fate);
		if (made[0].kind != forms[i].kind || fate.kind != forms[i].fate)
			fail_msg("form %u: kind %u, fate %u", i, made[0].kind, fate.kind);
		assert_true((fate.kind == EFI_STAYS) == !fate.why);
		efi_entry_clear(&made[0]);
	}
}

static void expect_uri(const char *text, const struct efi_policy *policy, bool known)
{
	struct efi_entry entry = {.uri_is_whole = true};

	snprintf(entry.uri, sizeof(entry.uri), "%s", text);
	if (efi_uri_is_known(policy, &entry) != known)
		fail_msg("%s", text);
}

static void test_uris(void **state)
{
	char *uris[] = {(char *)"http://boot.example/a.efi"};
	const struct efi_policy policy = {.host = "station", .uris = uris, .n_uris = 1};

	(void)state;
	expect_uri("http://station/x", &policy, true);
	expect_uri("HTTPS://STATION:8443/x", &policy, true);
	expect_uri("http://station", &policy, true);
	expect_uri("http://boot.example/a.efi", &policy, true);
	expect_uri("http://boot.example/a.efi?", &policy, false);
	expect_uri("http://station.evil/x", &policy, false);
	expect_uri("http://stationevil/x", &policy, false);
	expect_uri("http://station@evil/x", &policy, false);
	expect_uri("http://station:80@evil/x", &policy, false);
	expect_uri("http://station:80x/x", &policy, false);
	expect_uri("http://evil/station", &policy, false);
	expect_uri("tftp://station/x", &policy, false);
	expect_uri("http://station/x", NULL, false);
}

static void expect_doubles(const struct form *form, unsigned n, const uint8_t *active, const uint16_t *order,
			   unsigned n_order, unsigned stays)
{
	const struct efi_boot boot = {
		.entries = made, .n_entries = n, .order = (uint16_t *)order, .n_order = n_order};
	struct efi_fate fates[4];

	for (unsigned i = 0; i < n; i++)
		make(&made[i], (uint16_t)i, &form[i], active[i]);
	efi_fates(&boot, NULL, fates);
	for (unsigned i = 0; i < n; i++)
		if ((fates[i].kind == EFI_GOES) != (i != stays))
			fail_msg("entry %u", i);
	free_made(n);
}

static void test_doubles(void **state)
{
	static const struct form plain = FORM(ACPI_ROOT PCI MAC END, "", EFI_ENTRY_NETWORK, 0),
				 marked = FORM(ACPI_ROOT PCI MAC END, EDK2, EFI_ENTRY_NETWORK, 0),
				 spoilt = FORM(ACPI_ROOT PCI MAC END, COMMAND, EFI_ENTRY_NETWORK, 0);
	static const uint16_t order[] = {2, 1, 0};
	static const uint8_t all[] = {1, 1, 1}, one[] = {0, 1, 0};

	(void)state;
	/* the first of the order, else the lowest number */
	expect_doubles((const struct form[]){plain, plain, plain}, 3, all, order, 3, 2);
	expect_doubles((const struct form[]){plain, plain, plain}, 3, all, order, 0, 0);
	/* one that is active */
	expect_doubles((const struct form[]){plain, plain, marked}, 3, one, order, 3, 1);
	/* the one that the firmware would make anew */
	expect_doubles((const struct form[]){plain, marked, spoilt}, 3, all, order, 3, 1);
}

/* Programs of the firmware may stand there several times. */
static void test_firmware_is_not_doubled(void **state)
{
	static const struct form fv = FORM(FV FV_FILE END, "", EFI_ENTRY_FIRMWARE, EFI_STAYS);
	const struct efi_boot boot = {.entries = made, .n_entries = 2};
	struct efi_fate fates[2];

	(void)state;
	make(&made[0], 0, &fv, 1);
	make(&made[1], 1, &fv, 1);
	efi_fates(&boot, NULL, fates);
	assert_true(fates[0].kind == EFI_STAYS && fates[1].kind == EFI_STAYS);
	free_made(2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_uris),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_firmware_is_not_doubled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
