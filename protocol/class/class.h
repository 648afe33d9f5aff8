/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine class: what every machine of a kind has, and how a machine differs from it. docs/class.md describes the document. Pure.
 */
#ifndef PROTOCOL_CLASS_H
#define PROTOCOL_CLASS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define CLASS_VERSION        1
#define CLASS_FILE_MAX       (256 * 1024) /* bytes */
#define CLASS_NAME_MAX       64           /* bytes */
#define CLASS_TEXT_MAX       128          /* bytes of a text */
#define CLASS_LIST_MAX       256          /* entries of one part */
#define CLASS_WORDS_MAX      32           /* firmware versions or slots of one entry */
#define CLASS_DIFFERENCE_MAX 480          /* bytes of a difference in words; longer ones are cut */

/* Texts that the class's document owns. n 0: any will do. */
struct class_words {
	const char *at[CLASS_WORDS_MAX];
	unsigned n;
};

/* In each part: NULL and 0 are not asked for; `required`: a difference holds the machine, else it is recorded. */
struct class_system {
	bool required;
	const char *manufacturer, *product;
	struct class_words bios; /* versions */
};

struct class_cpus {
	bool required;
	const char *model;
	uint64_t sockets, cores, threads;
};

struct class_module {
	bool required;
	const char *locator;
	uint64_t size; /* bytes */
};

/* PCI functions of one kind. */
struct class_device {
	bool required;
	const char *what;            /* what people call it */
	const char *vendor, *device; /* four hexadecimal digits */
	const char *subsystem_vendor, *subsystem_device;
	uint64_t count;
	uint64_t speed, width; /* of every link up to the root port: MT/s, lanes, at least */
	struct class_words firmware, slots;
};

struct class_drive {
	bool required;
	const char *model;
	uint64_t count, size; /* bytes */
	struct class_words firmware;
};

struct class_nic {
	bool required;
	const char *driver;
	uint64_t count, speed; /* Mbit/s */
	const char *fec;       /* the active one */
	struct class_words firmware;
};

/* What a card must hear from the other end of its cable; '*' stands for any text. */
struct class_rail {
	bool required;
	const char *pci; /* address */
	const char *system, *port;
};

struct class_gpu {
	bool required;
	const char *what;            /* what people call it */
	const char *vendor, *device; /* four hexadecimal digits */
	double share; /* of the rate that its memory can take: what filling it must reach; above 0, at most 1 */
};

struct class_errors {
	bool required;
	uint64_t correctable, nonfatal,
		fatal; /* at most, of one PCI function since boot; UINT64_MAX: not asked for */
};

struct class
{
	json_t *json; /* owns the texts */
	const char *name;
	struct class_system *system; /* each NULL, or one */
	struct class_cpus *cpus;
	struct class_errors *errors;
	struct class_module *modules;
	struct class_device *devices;
	struct class_drive *drives;
	struct class_nic *nics;
	struct class_rail *rails;
	struct class_gpu *gpus;
	unsigned n_modules, n_devices, n_drives, n_nics, n_rails, n_gpus;
	bool has_modules, has_drives; /* what is not listed is a difference then */
};

/* Reads strictly: what is not understood is -EBADMSG. *ret: class_free(). */
int class_from_json(json_t *json, struct class **ret, struct err *err) _must_check_;
void class_free(struct class *c);
DEFINE_CLEANUP(struct class *, class_free);

/*
 * Every difference of a machine's inventory from the class, as an array of {"required", "part", "where"?, "text"}: the text is a sentence for
 * who stands before the machine, of one line and at most CLASS_DIFFERENCE_MAX bytes. Empty: it is as it should be. The inventory is believed in nothing: what is not in it or of
 * another type counts as missing.
 */
json_t *class_compare(const struct class *c, const json_t *inventory);

/* What the class asks of a GPU of these identifiers; NULL: nothing. The step gpu measures, and compares itself: no inventory tells of rates. */
const struct class_gpu *class_gpu_find(const struct class *c, unsigned vendor, unsigned device);

/* Does the class ask for the neighbour of a port that listens, and has heard nobody yet? Then the comparison says more a little later. */
bool class_awaits_neighbours(const struct class *c, const json_t *inventory);

/* The class of a machine that is as it should be. A new reference, which class_from_json() takes; -ENODATA for what is no inventory. */
int class_capture(const json_t *inventory, const char *name, json_t **ret, struct err *err) _must_check_;

#endif
