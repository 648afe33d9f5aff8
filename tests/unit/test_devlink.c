/* rooms: agent/hw tests/fakes core */
/* wraps: genl_open genl_join genl_exchange netlink_hear */
/* SPDX-License-Identifier: Apache-2.0 */
/* devlink's parameters and the flash, against a card that is made up: refusals, lies, a driver that says nothing any more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/devlink.h>

#include "agent/hw/net/devlink_flash.h"
#include "agent/hw/net/devlink_param.h"
#include "core/json.h"
#include "tests/fakes/devlink.h"
#include "tests/fakes/machine_tree.h"

#define PCI "0000:3b:00.0"

static struct devlink_fake *card;
static struct genl devlink = {.fd = -EBADF, .family = 0x20, .version = 1};
static struct err err;

int __wrap_genl_open(const char *name, struct genl *ret, struct err *e);
int __wrap_genl_join(struct genl *genl, const char *group, struct err *e);
int __wrap_genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data,
			 struct err *e);
int __wrap_netlink_hear(int fd, const char *name, unsigned ms, netlink_fn each, void *data, struct err *e);

int __wrap_genl_open(const char *name, struct genl *ret, struct err *e)
{
	if (card->none)
		return err_set(e, ENOENT, "this kernel has no %s", name);
	*ret = devlink;
	return 0;
}

int __wrap_genl_join(struct genl *genl, const char *group, struct err *e)
{
	(void)genl;
	(void)e;
	assert_string_equal(group, "config");
	return 0;
}

int __wrap_genl_exchange(struct genl *genl, struct nlmsghdr *request, netlink_fn each, void *data,
			 struct err *e)
{
	(void)genl;
	return devlink_fake_exchange(request, each, data, e);
}

int __wrap_netlink_hear(int fd, const char *name, unsigned ms, netlink_fn each, void *data, struct err *e)
{
	(void)fd;
	(void)name;
	return devlink_fake_hear(ms, each, data, e);
}

static int setup(void **state)
{
	(void)state;
	card = devlink_fake_reset();
	err = (struct err){0};
	return 0;
}

static struct devlink_param got(const char *name)
{
	struct devlink_param param;

	if (devlink_param_get(&devlink, PCI, name, &param, &err) < 0)
		fail_msg("%s", err.text);
	return param;
}

static void set(const char *name, json_t *value, int code)
{
	struct devlink_param param = got(name);

	assert_int_equal(devlink_param_set(&devlink, &param, value, &err), code);
	devlink_param_clear(&param);
	json_decref(value);
}

static void values_are_set_and_read_back(void **state)
{
	struct devlink_param param = got("enable_sriov");

	(void)state;
	assert_true(json_is_false(param.permanent));
	devlink_param_clear(&param);
	set("enable_sriov", json_true(), 0);
	set("msix", json_integer(4000000000), 0);
	snprintf(card->params[3].name, 32, "mode");
	card->params[3].type = DEVLINK_PARAM_TEXT;
	card->params[3].permanent = true;
	card->n_params = 4;
	set("mode", json_string("smfs"), 0);
	param = got("enable_sriov");
	assert_true(json_is_true(param.permanent));
	devlink_param_clear(&param);
	param = got("msix");
	assert_int_equal(json_integer_value(param.permanent), 4000000000);
	devlink_param_clear(&param);
	param = got("mode");
	assert_string_equal(json_string_value(param.permanent), "smfs");
	devlink_param_clear(&param);
}

static void what_cannot_be_kept_is_said_in_words(void **state)
{
	struct devlink_param param;

	(void)state;
	set("enable_roce", json_true(), -EOPNOTSUPP);
	assert_string_equal(
		err.text,
		PCI ": the card does not keep devlink parameter enable_roce (no permanent mode): its driver "
		    "takes "
		    "it when it starts (driverinit), and it belongs into the tenant's own configuration");
	set("msix", json_string("8"), -EINVAL);
	assert_string_equal(err.text, PCI ": devlink parameter msix takes a number from 0 to 4294967295");
	set("enable_sriov", json_integer(1), -EINVAL);
	assert_string_equal(err.text, PCI ": devlink parameter enable_sriov takes true or false");
	assert_int_equal(card->sets, 0);
	snprintf(card->params[1].refuses, 64, "more vectors than the device has");
	set("msix", json_integer(9), -EINVAL);
	assert_string_equal(err.text,
			    PCI ": devlink parameter msix: devlink: more vectors than the device has");
	assert_int_equal(devlink_param_get(&devlink, PCI, "nothing", &param, &err), -ENOENT);
	assert_string_equal(err.text, PCI " has no devlink parameter nothing");
	assert_int_equal(devlink_param_get(&devlink, "0000:01:00.0", "msix", &param, &err), -ENOENT);
	assert_string_equal(err.text, "0000:01:00.0: its driver has no devlink");
}

struct seen {
	unsigned calls;
	uint64_t done, total;
	char message[160];
};

static void progress(void *data, const struct devlink_flash_status *status)
{
	struct seen *seen = data;

	seen->calls++;
	seen->done = status->done;
	seen->total = status->total;
	snprintf(seen->message, sizeof(seen->message), "%s/%s", status->message, status->component);
}

static int flash(struct seen *seen, unsigned quiet_s, unsigned limit_s)
{
	const struct devlink_flash what = {.pci = PCI,
					   .file = "mellanox/fw.bin",
					   .quiet_s = quiet_s,
					   .limit_s = limit_s,
					   .progress = progress,
					   .data = seen};

	return devlink_flash(&what, &err);
}

static void a_flash_tells_how_far_it_is(void **state)
{
	struct seen seen = {0};

	(void)state;
	card->flash_ms = 100;
	card->status[0] = (struct devlink_fake_status){"Preparing", "", 0, 0, 0};
	card->status[1] = (struct devlink_fake_status){"Flashing", "fw", 512, 1024, 0};
	card->n_status = 2;
	if (flash(&seen, 10, 10) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(card->file, "mellanox/fw.bin");
	assert_string_equal(card->stored, "22.35.1012");
	assert_int_equal(seen.calls, 2);
	assert_int_equal(seen.done, 512);
	assert_string_equal(seen.message, "Flashing/fw");
}

static void a_flash_that_fails(void **state)
{
	struct seen seen = {0};

	(void)state;
	snprintf(card->refuses, 64, "signature check failed");
	assert_int_equal(flash(&seen, 10, 10), -EIO);
	assert_string_equal(
		err.text, PCI
		": its driver did not take the firmware mellanox/fw.bin: devlink: signature check failed");
	*card->refuses = '\0';
	card->dies = true;
	assert_int_equal(flash(&seen, 10, 10), -EIO);
	assert_non_null(strstr(err.text, "ended without a word"));
}

static void a_driver_that_says_nothing_any_more(void **state)
{
	struct seen seen = {0};

	(void)state;
	card->flash_ms = 3000;
	card->status[0] = (struct devlink_fake_status){"Erasing", "", 0, 0, 0};
	card->n_status = 1;
	assert_int_equal(flash(&seen, 1, 10), -ETIMEDOUT);
	assert_string_equal(err.text, PCI ": its driver has said nothing for too long, after \"Erasing\": it "
					  "may still be writing; do not cut "
					  "its power before it has been looked at");
}

static void nor_beyond_the_limit_with_a_timeout_of_its_own(void **state)
{
	struct seen seen = {0};

	(void)state;
	card->flash_ms = 3000;
	card->status[0] = (struct devlink_fake_status){"Erasing", "", 9, 3, UINT64_MAX};
	card->n_status = 1;
	assert_int_equal(flash(&seen, 60, 1), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "has not ended within the limit"));
	assert_int_equal(seen.done, 3); /* no more than all of it */
}

static void no_devlink_no_flash(void **state)
{
	struct seen seen = {0};

	(void)state;
	card->none = true;
	assert_int_equal(flash(&seen, 1, 1), -ENOENT);
}

static void files_where_the_kernel_looks(void **state)
{
	char *root = machine_tree_new();

	(void)state;
	assert_int_equal(devlink_flash_find(root, "mellanox/fw.bin", &err), -ENOENT);
	machine_tree_add(root,
			 "/sys/module/firmware_class/parameters/path = /run/overlays/nic/lib/firmware\n");
	assert_int_equal(devlink_flash_find(root, "mellanox/fw.bin", &err), -ENOENT);
	machine_tree_add(root,
			 "/run/overlays/nic/lib/firmware/mellanox/fw.bin = x\n/lib/firmware/other.bin = y\n");
	assert_int_equal(devlink_flash_find(root, "mellanox/fw.bin", &err), 0);
	assert_int_equal(devlink_flash_find(root, "other.bin", &err), 0);
	machine_tree_free(root);
}

static void messages_that_are_not_meant(void **state)
{
	char buf[512] __attribute__((aligned(8))) = {0};
	struct devlink_flash_status status = {.pci = PCI};
	struct devlink_param param = {.pci = PCI, .name = "msix"};
	struct nlmsghdr *m = genl_request(&devlink, buf, DEVLINK_CMD_FLASH_UPDATE_END, 0);

	(void)state;
	assert_false(devlink_flash_take(m, &status));
	mnl_attr_put_strz(m, DEVLINK_ATTR_BUS_NAME, "pci");
	mnl_attr_put_strz(m, DEVLINK_ATTR_DEV_NAME, "0000:3b:00.1");
	assert_false(devlink_flash_take(m, &status));
	assert_false(devlink_param_take(m, &param));
	mnl_attr_put_strz(m, DEVLINK_ATTR_DEV_NAME, PCI); /* the last of a type counts */
	assert_true(devlink_flash_take(m, &status));
	assert_true(status.ended);
	m = genl_request(&devlink, buf, DEVLINK_CMD_PARAM_GET, 0);
	mnl_attr_put_strz(m, DEVLINK_ATTR_BUS_NAME, "pci");
	mnl_attr_put_strz(m, DEVLINK_ATTR_DEV_NAME, PCI);
	mnl_attr_put(m, DEVLINK_ATTR_PARAM, 3, "abc");
	assert_false(devlink_param_take(m, &param));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(values_are_set_and_read_back, setup),
		cmocka_unit_test_setup(what_cannot_be_kept_is_said_in_words, setup),
		cmocka_unit_test_setup(a_flash_tells_how_far_it_is, setup),
		cmocka_unit_test_setup(a_flash_that_fails, setup),
		cmocka_unit_test_setup(a_driver_that_says_nothing_any_more, setup),
		cmocka_unit_test_setup(nor_beyond_the_limit_with_a_timeout_of_its_own, setup),
		cmocka_unit_test_setup(no_devlink_no_flash, setup),
		cmocka_unit_test_setup(files_where_the_kernel_looks, setup),
		cmocka_unit_test_setup(messages_that_are_not_meant, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
