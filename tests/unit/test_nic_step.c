/* rooms: agent/steps agent/pipeline agent/wipe efi images agent/hw tests/fakes protocol core */
/* wraps: devlink_flash genl_open genl_join genl_exchange netlink_hear nic_work_open firmware_is_uefi efi_boot_read efi_come_back */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Step nic over a card that is made up: devlink by tests/fakes/devlink.h, mstconfig by tests/fakes/mst_tool.h, sysfs as a tree.
 * usage: test_nic_step PCI VFS    runs the step on this machine, for tests/qemu/test_sriov.py, and prints the record
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "agent/hw/machine.h"
#include "agent/hw/net/devlink_flash.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"
#include "efi/boot_next.h"
#include "protocol/evidence/nic.h"
#include "tests/fakes/devlink.h"
#include "tests/fakes/machine_tree.h"
#include "tests/fakes/mst_tool.h"
#include "tests/fakes/step_job.h"

#define PCI "0000:3b:00.0"

static struct devlink_fake *card;
static char *root, *tools;
static const char *folders[2];
static struct step_job sj;
static struct err err;
static bool real;        /* nothing is made up */
static unsigned limit_s; /* that a driver has */

int __real_genl_open(const char *name, struct genl *ret, struct err *e);
int __real_genl_join(struct genl *genl, const char *group, struct err *e);
int __real_genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data,
			 struct err *e);
int __real_netlink_hear(int fd, const char *name, unsigned ms, netlink_fn each, void *data, struct err *e);
void __real_nic_work_open(struct nic_work *work, struct job *job, enum nic_mode mode);
int __wrap_genl_open(const char *name, struct genl *ret, struct err *e);
int __wrap_genl_join(struct genl *genl, const char *group, struct err *e);
int __wrap_genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data,
			 struct err *e);
int __wrap_netlink_hear(int fd, const char *name, unsigned ms, netlink_fn each, void *data, struct err *e);
void __wrap_nic_work_open(struct nic_work *work, struct job *job, enum nic_mode mode);

/* A descriptor that is none of netlink's, so that it can be closed. */
int __wrap_genl_open(const char *name, struct genl *ret, struct err *e)
{
	if (real)
		return __real_genl_open(name, ret, e);
	if (card->none)
		return err_set(e, ENOENT, "this kernel has no %s", name);
	*ret = (struct genl){.fd = dup(0), .family = 0x20, .version = 1};
	return 0;
}

int __wrap_genl_join(struct genl *genl, const char *group, struct err *e)
{
	return real ? __real_genl_join(genl, group, e) : 0;
}

int __wrap_genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data,
			 struct err *e)
{
	return real ? __real_genl_exchange(genl, request, each, data, e)
		    : devlink_fake_exchange(request, each, data, e);
}

int __wrap_netlink_hear(int fd, const char *name, unsigned ms, netlink_fn each, void *data, struct err *e)
{
	return real ? __real_netlink_hear(fd, name, ms, each, data, e) : devlink_fake_hear(ms, each, data, e);
}

void __wrap_nic_work_open(struct nic_work *work, struct job *job, enum nic_mode mode)
{
	__real_nic_work_open(work, job, mode);
	if (real)
		return;
	work->root = root;
	work->mst.folders = folders;
	work->mst.limit_s = 10;
	work->limit_s = limit_s;
}

static bool late; /* the driver does not say that it has written the firmware */

int __real_devlink_flash(const struct devlink_flash *flash, struct err *e);
int __wrap_devlink_flash(const struct devlink_flash *flash, struct err *e);

int __wrap_devlink_flash(const struct devlink_flash *flash, struct err *e)
{
	return late ? err_set(e, ETIMEDOUT, "it may still be writing") : __real_devlink_flash(flash, e);
}

static bool uefi;
static unsigned came_back; /* how often BootNext was set */

bool __wrap_firmware_is_uefi(const char *at);
int __wrap_efi_boot_read(struct efi_boot **ret, struct err *e);
int __wrap_efi_come_back(const struct efi_boot *boot, int *ret, struct err *e);

bool __wrap_firmware_is_uefi(const char *at)
{
	(void)at;
	return uefi;
}

int __wrap_efi_boot_read(struct efi_boot **ret, struct err *e)
{
	(void)e;
	*ret = NULL;
	return 0;
}

int __wrap_efi_come_back(const struct efi_boot *boot, int *ret, struct err *e)
{
	(void)boot;
	(void)ret;
	came_back++;
	return err_set(e, ENOSPC, "there is no room for BootNext");
}

static json_t *parsed(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	if (!json)
		fail_msg("%s", text);
	return json;
}

#define INVENTORY                                                                                           \
	"{\"pci\": [{\"address\": \"0000:01:00.0\", \"class\": \"010802\", \"vendor\": \"144d\"}, "         \
	"{\"address\": \"" PCI "\", \"class\": \"020000\", \"vendor\": \"15b3\", \"driver\": "              \
	"\"mlx5_core\"}, {\"address\": \"0000:3b:00.2\", "                                                  \
	"\"class\": \"020000\", \"vendor\": \"15b3\", \"driver\": \"mlx5_core\", \"virtual_function_of\": " \
	"\"" PCI "\"}], \"nics\": [{\"name\": \"eth0\", \"pci\": \"" PCI                                    \
	"\", \"mac\": \"B8:CE:F6:00:00:01\"}], \"infiniband\": []}"
#define SYSFS "/sys/bus/pci/devices/" PCI

static int setup(void **state)
{
	(void)state;
	card = devlink_fake_reset();
	tools = mst_tool_new();
	folders[0] = tools;
	root = machine_tree_new();
	machine_tree_add(root, SYSFS "/sriov_totalvfs = 8\n" SYSFS "/sriov_numvfs = 0\n" SYSFS
				     "/sriov_drivers_autoprobe = 1\n" SYSFS "/virtfn3 -> ../0000:3b:00.5\n"
				     "/sys/bus/pci/devices/0000:3b:00.5/class = 0x020000\n"
				     "/lib/firmware/mellanox/fw.bin = x\n");
	step_job_init(&sj);
	sj.job.facts.inventory = parsed(INVENTORY);
	err = (struct err){0};
	limit_s = 60;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	order_nics_clear(&sj.order.nics);
	step_job_clear(&sj);
	mst_tool_free(tools);
	machine_tree_free(root);
	return 0;
}

static void use(const char *entries)
{
	_cleanup_free_ char *text = str_printf("{\"nic\": [%s]}", entries);
	_cleanup_json_ json_t *order = parsed(text);

	order_nics_clear(&sj.order.nics);
	if (order_nics_read(order, &sj.order.nics, &err) < 0)
		fail_msg("%s", err.text);
}

static void good(int r, int expected)
{
	if (r != expected)
		fail_msg("%d: %s", r, err.text);
}

static void bad(int r, const char *says)
{
	assert_true(r < 0);
	if (!strstr(err.text, says))
		fail_msg("%s", err.text);
}

static const json_t *record(void)
{
	return json_array_get(sj.job.facts.nics, 0);
}

static const char *said(const json_t *json, const char *a, const char *b)
{
	const char *text = json_string_value(json_object_get(json_object_get(json, a), b));

	return text ? text : "(none)";
}

static const char *not_done(void)
{
	const char *text = json_string_value(
		json_object_get(json_array_get(json_object_get(record(), "not_done"), 0), "why"));

	return text ? text : "(nothing)";
}

/* The evidence's own check must take what the step writes. */
static void is_evidence(void)
{
	_cleanup_json_ json_t *evidence = json_pack("{sO}", "nics", sj.job.facts.nics);

	if (evidence_nics_check(evidence, &err) < 0 ||
	    evidence_nics_are_as_ordered(evidence, &sj.order.nics, &err) < 0)
		fail_msg("%s", err.text);
}

/* The next boot of the order: what was journalled, and the runner's own entry. */
static void next_boot(bool power_cycle)
{
	struct journal_entry *reset = &sj.entries[sj.n_entries++];

	*reset = (struct journal_entry){.step = JOB_RESET, .method = "nic", .state = JOURNAL_BEGUN};
	snprintf(reset->drive, sizeof(reset->drive), "%s1",
		 power_cycle ? JOURNAL_POWER_CYCLE : "machine:reset-");
	sj.job.journal = sj.entries;
	sj.job.n_journal = sj.n_entries;
}

static void an_order_without_cards(void **state)
{
	(void)state;
	good(step_nic.check(&sj.job, &err), 0);
	good(step_nic.run(&sj.job, &err), STEP_SKIPPED);
	good(step_nic.verify(&sj.job, &err), 0);
	assert_null(sj.job.facts.nics);
}

#define ALL                                                                                          \
	"{\"match\": {\"driver\": \"mlx5_core\", \"mac\": \"b8:ce:f6:00:00:01\", \"psid\": "         \
	"\"MT_0000000359\"}, \"devlink\": "                                                          \
	"{\"enable_sriov\": true}, \"config\": {\"SRIOV_EN\": \"True(1)\", \"NUM_OF_VFS\": \"4\"}, " \
	"\"sriov\": 4, \"firmware\": "                                                               \
	"{\"versions\": [\"22.35.1012\"], \"flash\": {\"file\": \"mellanox/fw.bin\", \"version\": "  \
	"\"22.35.1012\"}}}"

static void all_of_it_over_a_reset(void **state)
{
	const json_t *setting;

	(void)state;
	use(ALL);
	good(step_nic.check(&sj.job, &err), 0);
	assert_int_equal(card->sets + card->flashes, 0);
	uefi = true;
	good(step_nic.run(&sj.job, &err), STEP_NEEDS_RESET);
	uefi = false;
	assert_int_equal(came_back, 1);
	assert_int_equal(card->flashes, 1);
	assert_int_equal(sj.n_entries, 1);
	assert_string_equal(sj.entries[0].drive, "machine:nic-" PCI);
	next_boot(false);
	mst_tool_reset(tools);
	memcpy(card->running, card->stored, sizeof(card->running));
	good(step_nic.check(&sj.job, &err), 0);
	good(step_nic.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(card->flashes, 1);
	good(step_nic.verify(&sj.job, &err), 0);
	is_evidence();
	assert_string_equal(said(record(), "firmware", "found"), "22.31.1014");
	assert_string_equal(said(record(), "firmware", "running"), "22.35.1012");
	assert_true(json_is_object(json_object_get(json_object_get(record(), "firmware"), "flashed")));
	setting = json_array_get(json_object_get(record(), "settings"), 0);
	assert_string_equal(json_string_value(json_object_get(setting, "name")), "SRIOV_EN");
	assert_string_equal(json_string_value(json_object_get(setting, "before")), "False(0)");
	assert_string_equal(json_string_value(json_object_get(setting, "after")), "True(1)");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(record(), "sriov"), "made")), 4);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(record(), "sriov"), "left")), 0);
	assert_true(json_is_true(json_object_get(record(), "after_reset")));
	assert_string_equal(not_done(), "(nothing)");
	card->params[0].number = 0; /* somebody changes it behind our back */
	bad(step_nic.verify(&sj.job, &err), "enable_sriov is not what it was set to any more");
}

static void what_is_so_already_needs_no_reset(void **state)
{
	(void)state;
	card->params[0].number = 1;
	use("{\"match\": {\"pci\": \"" PCI
	    "\"}, \"devlink\": {\"enable_sriov\": true}, \"config\": {\"LINK_TYPE_P1\": "
	    "\"ETH\"}, \"firmware\": {\"versions\": [\"22.31.1014\"]}}");
	good(step_nic.run(&sj.job, &err), STEP_DONE);
	assert_int_equal(card->sets, 0);
	is_evidence();
	good(step_nic.verify(&sj.job, &err), 0);
}

static void no_such_card(void **state)
{
	(void)state;
	use("{\"match\": {\"driver\": \"ice\"}}");
	bad(step_nic.check(&sj.job, &err), "order.nic[0]: this machine has no network card of driver ice");
	use("{\"match\": {\"driver\": \"ice\"}, \"required\": false}, {\"match\": {\"pci\": \"" PCI "\"}}");
	good(step_nic.check(&sj.job, &err), 0);
	good(step_nic.run(&sj.job, &err), STEP_DONE);
	assert_string_equal(sj.note, "recorded: this machine has no network card of driver ice");
	is_evidence();
	good(step_nic.verify(&sj.job, &err), 0);
	use("{\"match\": {\"driver\": \"mlx5_core\"}}, {\"match\": {\"pci\": \"" PCI "\"}}");
	bad(step_nic.check(&sj.job, &err), "both speak of " PCI);
}

/* Each of them holds before anything is destroyed, where it is required; else it is in the record. */
static void what_can_be_seen_before(void **state)
{
	static const struct {
		const char *part, *says;
	} cases[] = {
		{"\"devlink\": {\"enable_roce\": true}", "does not keep devlink parameter enable_roce"},
		{"\"devlink\": {\"msix\": true}", "takes a number"},
		{"\"config\": {\"NOT_THERE\": \"1\"}", "lists no parameter NOT_THERE"},
		{"\"sriov\": 9", "9 virtual functions are wanted, and it has 8 at most"},
		{"\"firmware\": {\"versions\": [\"1.1\", \"1.2\"]}",
		 "firmware 22.31.1014 runs, expected 1.1 or another that the order names"},
		{"\"firmware\": {\"flash\": {\"file\": \"none.bin\", \"version\": \"2\"}}",
		 "firmware file none.bin is not where the kernel looks"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (unsigned required = 0; required < 2; required++) {
			_cleanup_free_ char *entry =
				str_printf("{\"match\": {\"pci\": \"" PCI "\"}, \"required\": %s, %s}",
					   required ? "true" : "false", cases[i].part);

			use(entry);
			if (required) {
				bad(step_nic.check(&sj.job, &err), cases[i].says);
				continue;
			}
			good(step_nic.check(&sj.job, &err), 0);
			if (i == 5)
				snprintf(card->refuses, sizeof(card->refuses), "File not found");
			good(step_nic.run(&sj.job, &err), STEP_DONE);
			is_evidence();
			if (i != 5 && !strstr(not_done(), cases[i].says))
				fail_msg("%s", not_done());
			good(step_nic.verify(&sj.job, &err), 0);
		}
	}
	assert_string_equal(not_done(),
			    PCI ": its driver did not take the firmware none.bin: devlink: File not found");
}

static void a_tool_that_lies_or_refuses(void **state)
{
	(void)state;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"config\": {\"SRIOV_EN\": \"1\"}}");
	mst_tool_mode(tools, "lies");
	bad(step_nic.run(&sj.job, &err), "SRIOV_EN was set to 1, and the card says False(0)");
	mst_tool_mode(tools, "refuses");
	bad(step_nic.run(&sj.job, &err),
	    "SRIOV_EN=1: mstconfig: Failed to set configuration: SRIOV_EN is out of range");
	mst_tool_mode(tools, "garbage");
	bad(step_nic.check(&sj.job, &err), "its output is not as it is known");
	machine_tree_add(root, "/sys/kernel/security/lockdown = none [integrity] confidentiality\n");
	bad(step_nic.check(&sj.job, &err), "this kernel is locked down");
	folders[0] = "/nonexistent";
	bad(step_nic.check(&sj.job, &err), "no program mstconfig here");
}

static void a_driver_that_lies(void **state)
{
	(void)state;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"devlink\": {\"msix\": 16}}");
	card->params[1].lies = true;
	bad(step_nic.run(&sj.job, &err), "devlink parameter msix was set, and reads 8");
	use("{\"match\": {\"pci\": \"" PCI
	    "\"}, \"firmware\": {\"flash\": {\"file\": \"mellanox/fw.bin\", \"version\": "
	    "\"22.40.1000\"}}}");
	bad(step_nic.run(&sj.job, &err), "firmware 22.40.1000 was written, and 22.35.1012 lies in the card");
	assert_int_equal(sj.n_entries, 0);
}

/* The reset of the handover must not come upon a card that is half written. */
static void a_card_that_may_still_be_written_is_held(void **state)
{
	(void)state;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"required\": false, \"firmware\": {\"flash\": {\"file\": "
	    "\"mellanox/fw.bin\", \"version\": \"22.35.1012\"}}}");
	late = true;
	bad(step_nic.run(&sj.job, &err), "it may still be writing");
	late = false;
	good(step_nic.run(&sj.job, &err), STEP_NEEDS_RESET);
}

/* It holds the machine, and not the agent, whether the entry is required or not. */
static void a_driver_that_hangs(void **state)
{
	_cleanup_free_ char *switch_path = str_printf("%s" SYSFS "/sriov_drivers_autoprobe", root);

	(void)state;
	limit_s = 1;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"required\": false, \"devlink\": {\"msix\": 16}}");
	good(step_nic.check(&sj.job, &err), 0);
	card->params[1].hangs = true;
	bad(step_nic.run(&sj.job, &err),
	    PCI ": devlink msix: its driver has not come back within 1 s: its process was stopped");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"required\": false, \"sriov\": 4}");
	assert_int_equal(unlink(switch_path), 0);
	assert_int_equal(mkfifo(switch_path, 0600), 0); /* which nobody else opens */
	bad(step_nic.run(&sj.job, &err), PCI ": SR-IOV: its driver has not come back within 1 s");
}

/* A card that takes a setting when its power comes back. */
static void a_reset_is_not_enough(void **state)
{
	(void)state;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"config\": {\"NUM_OF_VFS\": \"4\"}}");
	sj.job.power_cycle = true;
	good(step_nic.run(&sj.job, &err), STEP_NEEDS_RESET);
	next_boot(false);
	good(step_nic.run(&sj.job, &err), STEP_NEEDS_POWER_CYCLE);
	next_boot(true);
	bad(step_nic.run(&sj.job, &err), "is not in force after a reset");
	sj.job.power_cycle = false;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"required\": false, \"config\": {\"NUM_OF_VFS\": \"4\"}}");
	good(step_nic.run(&sj.job, &err), STEP_DONE);
	assert_non_null(strstr(not_done(), "is not in force after a reset"));
	is_evidence();
	good(step_nic.verify(&sj.job, &err), 0);
}

static void virtual_functions_that_are_not_made(void **state)
{
	(void)state;
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"sriov\": 8}");
	bad(step_nic.run(&sj.job, &err),
	    "the kernel counts 8 virtual functions, and the last of them is not there");
	use("{\"match\": {\"pci\": \"" PCI "\"}, \"sriov\": 4}");
	good(step_nic.run(&sj.job, &err), STEP_DONE);
	is_evidence();
	machine_tree_add(root, SYSFS "/sriov_numvfs = 2\n");
	bad(step_nic.verify(&sj.job, &err), "2 virtual functions are there that should be gone");
}

static void cancelled_in_between(void **state)
{
	(void)state;
	use("{\"match\": {\"pci\": \"" PCI "\"}}");
	sj.cancel_after = 1;
	assert_int_equal(step_nic.run(&sj.job, &err), -ECANCELED);
}

static void fail_here(void)
{
	fprintf(stderr, "%s\n", err.text);
	exit(1);
}

/* The step itself, on this machine. */
static int run_here(const char *pci, int vfs)
{
	json_t *entry = json_pack("{s[{s{ss} si}]}", "nic", "match", "pci", pci, "sriov", vfs),
	       *parts[2] = {NULL};
	_cleanup_free_ char *text = NULL;

	real = true;
	step_job_init(&sj);
	if (order_nics_read(entry, &sj.order.nics, &err) < 0 || pci_inventory("", &parts[0], &err) < 0 ||
	    netif_inventory("", &parts[1], &err) < 0)
		fail_here();
	sj.job.facts.inventory = json_pack("{so so}", "pci", parts[0], "nics", parts[1]);
	if (step_nic.check(&sj.job, &err) < 0 || step_nic.run(&sj.job, &err) != STEP_DONE ||
	    step_nic.verify(&sj.job, &err) < 0)
		fail_here();
	text = json_dumps(json_array_get(sj.job.facts.nics, 0), JSON_COMPACT);
	puts(text);
	json_decref(entry);
	order_nics_clear(&sj.order.nics);
	step_job_clear(&sj);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_order_without_cards, setup, teardown),
		cmocka_unit_test_setup_teardown(all_of_it_over_a_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_so_already_needs_no_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(no_such_card, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_be_seen_before, setup, teardown),
		cmocka_unit_test_setup_teardown(a_tool_that_lies_or_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(a_driver_that_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(a_card_that_may_still_be_written_is_held, setup, teardown),
		cmocka_unit_test_setup_teardown(a_driver_that_hangs, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_is_not_enough, setup, teardown),
		cmocka_unit_test_setup_teardown(virtual_functions_that_are_not_made, setup, teardown),
		cmocka_unit_test_setup_teardown(cancelled_in_between, setup, teardown),
	};

	return argc == 3 ? run_here(argv[1], atoi(argv[2])) : cmocka_run_group_tests(tests, NULL, NULL);
}
