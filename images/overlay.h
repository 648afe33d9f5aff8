/* SPDX-License-Identifier: Apache-2.0 */
/* What an image of kind overlay declares of itself, in its manifest. docs/overlays.md, docs/image-format.md, "Manifest". */
#ifndef IMAGES_OVERLAY_H
#define IMAGES_OVERLAY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/cleanup.h"
#include "core/err.h"

#define OVERLAY_SIZE_MAX      (8ull << 30)  /* bytes that it takes unpacked */
#define OVERLAY_BLOCK         4096          /* bytes: a file takes whole ones, a symbolic link one */
#define OVERLAY_ARCHIVE_MAX   (16ull << 30) /* bytes of its archive */
#define OVERLAY_FILES_MAX     65536
#define OVERLAY_MODULES_MAX   64
#define OVERLAY_SERVICES_MAX  16
#define OVERLAY_ARGUMENTS_MAX 32
#define OVERLAY_TEXT_MAX      256 /* bytes of a name, a path, an argument */
#define OVERLAY_WAIT_MAX_S    600

/* How a service is known to be ready. */
enum overlay_ready {
	OVERLAY_RUNS,   /* it still runs when wait_s have gone by: for what gives no other sign */
	OVERLAY_EXITS,  /* it ends with exit status 0 within wait_s: a tool that is run once */
	OVERLAY_PATH,   /* `path` (a file, a socket) has come to be within wait_s */
	OVERLAY_NOTIFY, /* it sends READY=1 to $NOTIFY_SOCKET within wait_s, as sd_notify(3) describes */
};

struct overlay_service {
	char *name;       /* [a-z0-9][a-z0-9-]{0,31} */
	char **arguments; /* the first is an absolute path within the overlay; NULL-terminated */
	enum overlay_ready ready;
	char *path;      /* OVERLAY_PATH: absolute, within the overlay's root */
	unsigned wait_s; /* 1 to OVERLAY_WAIT_MAX_S */
	unsigned stop_s; /* after SIGTERM, before SIGKILL; 1 to OVERLAY_WAIT_MAX_S */
};

struct overlay {
	char *kernel; /* the release that its modules are for, as uname(2) tells it; NULL: it has none, and fits any */
	uint64_t size;  /* bytes that its files take unpacked, at most OVERLAY_SIZE_MAX */
	uint64_t files; /* entries of the archive, at most OVERLAY_FILES_MAX */
	char **modules; /* n_modules names, loaded in this order, what they depend on before them */
	unsigned n_modules;
	struct overlay_service *services; /* n_services, started in this order, stopped in the reverse one */
	unsigned n_services;
};

/* The manifest's "overlay": {"kernel": text|null, "size", "files", "modules": [...], "services": [{"name", "arguments": [...], "ready": "runs"|"exits"|"path"|"notify", "path"?,
 * "wait", "stop"}]}. Unknown keys are errors. *ret: overlay_free(). -EBADMSG names the field. */
int overlay_from_json(const json_t *json, struct overlay **ret, struct err *err) _must_check_;
json_t *overlay_to_json(const struct overlay *overlay) _must_check_;
/* What people write: the same without size and files, which packing fills in; kernel, modules and services may be missing. */
int overlay_from_declaration(const json_t *json, struct overlay **ret, struct err *err) _must_check_;
struct overlay *overlay_copy(const struct overlay *overlay) _must_check_;
void overlay_free(struct overlay *overlay);
DEFINE_CLEANUP(struct overlay *, overlay_free);

/* Absolute, of plain names with single slashes between them, at most OVERLAY_TEXT_MAX bytes. */
bool overlay_path_valid(const char *path);
/*
 * May a symbolic link at this path of the tree ("usr/lib/libx.so") point there? Relative, with ".." at its beginning alone and not more of
 * them than folders above it: then, whatever other such links are on its way, it stays in the tree.
 */
bool overlay_link_valid(const char *path, const char *target);
/* What services find there is not the tree's: dev, proc, run, sys, tmp and var; NULL-terminated. */
extern const char *const overlay_mount_points[];
/* May something lie at this path of the tree? In those folders nothing may, and they are nothing else. */
bool overlay_place_valid(const char *path, bool is_folder);
/* Bytes that a file of this size takes unpacked. */
static inline uint64_t overlay_takes(uint64_t size)
{
	return (size + OVERLAY_BLOCK - 1) / OVERLAY_BLOCK * OVERLAY_BLOCK;
}

#endif
