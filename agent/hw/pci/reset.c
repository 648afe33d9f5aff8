/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/pci/reset.h"

#include <stdbool.h>
#include <string.h>

#include "agent/hw/pci/driver.h"
#include "agent/hw/sysfs.h"
#include "agent/hw/transport.h"
#include "core/io.h"

#define DEVICES   "/sys/bus/pci/devices"
#define ANSWER_MS 10000 /* the kernel itself waits up to a minute for a function before its reset returns */
#define POLL_MS   50
#define LISTED    8 /* methods that Linux knows */

/*
 * In this order. Function-level reset before the bus's: it takes no other function with it. A reset of the device's own kind only where it is the only one:
 * it is what the kernel does for a device whose standard resets are broken, and what it leaves untouched is not known. Power management
 * and ACPI are not here: a return from D3hot need not reset anything, and what a firmware's _RST does is its maker's secret.
 */
static const struct {
	const char *name;
	bool slot;  /* takes the other functions of the slot with it */
	bool alone; /* only where the kernel lists no other */
} methods[] = {
	{"flr", false, false},
	{"af_flr", false, false},
	{"bus", true, false},
	{"device_specific", true, true},
};

/* First four bytes of the configuration space: vendor and device. All ones: nobody answers. Other attributes are the kernel's memory. */
static uint32_t identity(const char *root, const char *address)
{
	uint8_t bytes[4];

	if (sysfs_bytes(bytes, sizeof(bytes), "%s" DEVICES "/%s/config", root, address) != sizeof(bytes))
		return UINT32_MAX;
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* Words of "flr bus"; returns how many. */
static unsigned split(char *list, char *words[LISTED])
{
	unsigned n = 0;
	char *save = NULL;

	for (char *word = strtok_r(list, " ", &save); word && n < LISTED; word = strtok_r(NULL, " ", &save))
		words[n++] = word;
	return n;
}

/* Index in methods[], or -1. */
static int choose(const char *list)
{
	_cleanup_free_ char *copy = xstrdup(list);
	char *words[LISTED];
	unsigned n = split(copy, words);

	for (unsigned m = 0; m < sizeof(methods) / sizeof(*methods); m++)
		for (unsigned i = 0; i < n; i++)
			if (!strcmp(words[i], methods[m].name) && (!methods[m].alone || n == 1))
				return (int)m;
	return -1;
}

static int refuse(const char *address, const char *list, struct err *err)
{
	return err_set(err, ENOTSUP,
		       "%s: the kernel offers no reset of this function alone%s%s%s. It has no "
		       "function-level reset, "
		       "and a reset of its bus is not offered where the bridge above it has other functions "
		       "below it, "
		       "or where the kernel knows that the device does not bear it: switch the machine's "
		       "power off and on",
		       address, *list ? " (only \"" : "", list, *list ? "\")" : "");
}

static int wait_for_answer(const char *root, const char *address, uint32_t before, uint64_t begun,
			   struct err *err)
{
	uint32_t now = identity(root, address);

	while (now != before && device_transport()->now_ns() - begun < ANSWER_MS * 1000000ull) {
		device_transport()->pause(POLL_MS);
		now = identity(root, address);
	}
	if (now == before)
		return 0;
	if (now == UINT32_MAX)
		return err_set(err, ETIMEDOUT,
			       "%s: does not answer %d s after its reset: it has fallen off the bus", address,
			       ANSWER_MS / 1000);
	return err_set(err, EIO, "%s: answers as %04x:%04x after its reset, and was %04x:%04x", address,
		       now & 0xffff, now >> 16, before & 0xffff, before >> 16);
}

/* The one method, then "1"; the list as it was again whatever came of it. */
static int do_reset(const char *root, const char *address, const char *method, const char *list,
		    struct err *err)
{
	struct err restored;
	int r = sysfs_write(method, err, "%s" DEVICES "/%s/reset_method", root, address);

	if (r < 0)
		return err_prepend(err, "%s: choose the reset \"%s\"", address, method);
	r = sysfs_write("1", err, "%s" DEVICES "/%s/reset", root, address);
	if (r < 0)
		r = err_prepend(err, "%s: reset by \"%s\"", address, method);
	if (sysfs_write(list, &restored, "%s" DEVICES "/%s/reset_method", root, address) < 0 && !r)
		r = err_set(err, restored.code, "%s: methods of reset: %s", address, restored.text);
	return r;
}

static int reset_taken(const char *root, const char *address, const char *list, struct pci_reset *done,
		       struct err *err)
{
	uint32_t before = identity(root, address);
	uint64_t begun;
	int r;

	if (before == UINT32_MAX)
		return err_set(err, ENODEV, "%s: does not answer: it has fallen off the bus", address);
	begun = device_transport()->now_ns();
	r = do_reset(root, address, done->method, list, err);
	if (!r)
		r = wait_for_answer(root, address, before, device_transport()->now_ns(), err);
	done->seconds = (double)(device_transport()->now_ns() - begun) / 1e9;
	return r;
}

static void describe(const struct pci_taken *taken, const char *address, struct pci_reset *done)
{
	for (unsigned i = 0; i < taken->n; i++) {
		if (!strcmp(taken->at[i].address, address))
			snprintf(done->driver, sizeof(done->driver), "%s", taken->at[i].driver);
		else
			done->others++;
	}
}

static int copy_to(struct err *err, const struct err *from)
{
	*err = *from;
	return -from->code;
}

/* Both are told: a machine whose reset failed and whose driver is gone besides is in two troubles. */
static int add_to(struct err *err, const struct err *second)
{
	struct err first = *err;

	return err_set(err, first.code, "%s; and %s", first.text, second->text);
}

int pci_reset(const char *root, const char *address, struct pci_reset *ret, struct err *err)
{
	struct pci_reset done = {0};
	struct pci_taken taken;
	struct err back;
	char list[128];
	int method, r;

	if (!pci_exists(root, address))
		return err_set(err, ENODEV, "%s: no such PCI function", address);
	sysfs_text(list, sizeof(list), "%s" DEVICES "/%s/reset_method", root, address);
	method = choose(list);
	if (method < 0)
		return refuse(address, list, err);
	snprintf(done.method, sizeof(done.method), "%s", methods[method].name);
	r = pci_take(root, address, methods[method].slot, &taken, err);
	if (!r)
		r = reset_taken(root, address, list, &done, err);
	if (pci_give_back(root, &taken, &back) < 0)
		r = r ? add_to(err, &back) : copy_to(err, &back);
	if (r < 0)
		return r;
	describe(&taken, address, &done);
	*ret = done;
	return 0;
}
