/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/pci_kernel.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/hw/transport.h"
#include "core/io.h"
#include "tests/fakes/machine_tree.h"

#define IDENTITY    "de103023"
#define ALL_ONES    "ffffffff"
#define OTHER       "86803412"
#define SLOW_NS     3000000000ull
#define DEVICE_PATH "%s/sys/bus/pci/devices/%s/%s"

static struct {
	const char *root, *of;
	enum pci_fault fault;
	char log[2048];
	uint64_t ns, reset_ns; /* reset_ns: when the slow function was reset; 0: it was not */
} kernel;

static void put(const char *address, const char *attribute, const char *line)
{
	_cleanup_free_ char *path = str_printf(DEVICE_PATH, kernel.root, address, attribute);
	_cleanup_free_ char *text = str_printf("/sys/bus/pci/devices/%s/%s %s\n", address, attribute, line);

	(void)unlink(path);
	machine_tree_add(kernel.root, text);
}

static void on_pause(unsigned ms)
{
	kernel.ns += ms * 1000000ull;
	if (kernel.reset_ns && kernel.ns - kernel.reset_ns >= SLOW_NS)
		put(kernel.of, "config", ": " IDENTITY);
}

static uint64_t now_ns(void)
{
	return kernel.ns;
}

void pci_kernel_start(const char *root, enum pci_fault fault, const char *of)
{
	static const struct device_transport transport = {.pause = on_pause, .now_ns = now_ns};

	kernel.root = root;
	kernel.fault = fault;
	kernel.of = of;
	*kernel.log = '\0';
	kernel.ns = 1;
	kernel.reset_ns = 0;
	device_transport_replace(&transport);
}

void pci_kernel_stop(void)
{
	device_transport_replace(NULL);
}

static void set_driver(const char *address, const char *driver)
{
	_cleanup_free_ char *target = str_printf("-> ../../drivers/%s", driver);

	put(address, "driver", target);
}

void pci_kernel_add(const char *root, const char *address, const char *driver, const char *methods)
{
	_cleanup_free_ char *line = methods ? str_printf("= %s", methods) : NULL;

	kernel.root = root;
	put(address, "vendor", "= 0x10de");
	put(address, "config", ": " IDENTITY);
	if (line)
		put(address, "reset_method", line);
	if (*driver)
		set_driver(address, driver);
}

static void note(const char *what, const char *address, const char *of)
{
	size_t n = strlen(kernel.log);

	snprintf(kernel.log + n, sizeof(kernel.log) - n, "%s %s %s\n", what, address, of);
}

const char *pci_kernel_log(void)
{
	return kernel.log;
}

static bool has(enum pci_fault fault, const char *address)
{
	return kernel.fault == fault && !strcmp(kernel.of, address);
}

static int unbind(const char *address, struct err *err)
{
	_cleanup_free_ char *path = str_printf(DEVICE_PATH, kernel.root, address, "driver");
	char target[256] = "";

	if (has(PCI_DRIVER_KEEPS, address))
		return err_sys(err, EBUSY, "unbind");
	if (has(PCI_DRIVER_LINGERS, address))
		return 0;
	if (readlink(path, target, sizeof(target) - 1) < 0 || unlink(path) < 0)
		return err_sys(err, ENODEV, "unbind");
	note("unbind", address, strrchr(target, '/') + 1);
	return 0;
}

static int bind(const char *address, const char *driver, struct err *err)
{
	if (has(PCI_DRIVER_IS_GONE, address))
		return err_sys(err, ENODEV, "bind");
	if (has(PCI_DRIVER_IDLE, address))
		return 0;
	set_driver(address, driver);
	note("bind", address, driver);
	return 0;
}

static int reset(const char *address, struct err *err)
{
	_cleanup_free_ char *path = str_printf(DEVICE_PATH, kernel.root, address, "reset_method");
	_cleanup_free_ char *method = NULL;
	int r = file_read(path, 128, &method, NULL, err);

	if (r < 0)
		return r;
	if (has(PCI_RESET_REFUSED, address))
		return err_sys(err, ENOTTY, "reset");
	method[strcspn(method, "\n")] = '\0';
	note("reset", address, method);
	kernel.ns += 100000000;
	if (has(PCI_DEAD_AFTER, address) || has(PCI_SLOW_AFTER, address))
		put(address, "config", ": " ALL_ONES);
	if (has(PCI_OTHER_AFTER, address))
		put(address, "config", ": " OTHER);
	kernel.reset_ns = has(PCI_SLOW_AFTER, address) ? kernel.ns : 0;
	return 0;
}

static int set_methods(const char *address, const char *text, struct err *err)
{
	_cleanup_free_ char *line = str_printf("= %s", text);

	if (has(PCI_METHODS_STICK, address) && strchr(text, ' '))
		return err_sys(err, EINVAL, "methods");
	put(address, "reset_method", line);
	return 0;
}

/* The part of path between prefix and suffix; NULL: it is another path. */
static char *between(const char *path, const char *prefix, const char *suffix)
{
	size_t head = strlen(prefix), tail = strlen(suffix), len = strlen(path);

	if (len <= head + tail || strncmp(path, prefix, head) != 0 || strcmp(path + len - tail, suffix) != 0)
		return NULL;
	return strndup(path + head, len - head - tail);
}

static int write_attribute(const char *text, struct err *err, const char *fmt, va_list args)
{
	static const char devices[] = "/sys/bus/pci/devices/", drivers[] = "/sys/bus/pci/drivers/";
	_cleanup_free_ char *path = NULL, *a = NULL, *b = NULL, *c = NULL, *d = NULL, *e = NULL;
	const char *rest;

	if (vasprintf(&path, fmt, args) < 0)
		abort();
	rest = path + strlen(kernel.root);
	if ((a = between(rest, devices, "/driver/unbind")))
		return unbind(text, err);
	if ((b = between(rest, drivers, "/bind")))
		return bind(text, b, err);
	if ((c = between(rest, devices, "/reset_method")))
		return set_methods(c, text, err);
	if ((d = between(rest, devices, "/reset")))
		return reset(d, err);
	if ((e = between(rest, devices, "/driver_override"))) {
		note("override", e, *text == '\n' ? "none" : text);
		return 0;
	}
	return err_sys(err, ENOENT, "%s", path);
}

int __wrap_sysfs_write(const char *text, struct err *err, const char *fmt, ...) _printf_(3, 4);

int __wrap_sysfs_write(const char *text, struct err *err, const char *fmt, ...)
{
	va_list args;
	int r;

	va_start(args, fmt);
	r = write_attribute(text, err, fmt, args);
	va_end(args);
	return r;
}
