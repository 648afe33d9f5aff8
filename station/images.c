/* SPDX-License-Identifier: Apache-2.0 */
#include "station/images.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/log.h"
#include "core/time.h"
#include "images/boot/build.h"
#include "images/manifest.h"
#include "protocol/node.h"
#include "station/calls.h"

#define IMAGES_LISTED 1000

static const char *const image_files[] = {"manifest.json", "manifest.json.p7s", "index.bin", "payload.zst",
					  "vmlinuz",       "initrd.img",        NULL};
static const char *const boot_files[] = {BOOT_KERNEL, BOOT_INITRD, BOOT_UKI, NULL};

/* O_NONBLOCK: a pipe that somebody put there must not stop a thread. */
int folder_file_open(int dir, const char *const *known, const char *file, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct stat st;

	while (*known && strcmp(*known, file) != 0)
		known++;
	if (!*known)
		return err_set(err, ENOENT, "there is nothing here");
	fd = openat(dir, *known, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ENOENT, "there is no %s here", *known);
	return TAKE_FD(fd);
}

int image_folder_open(const struct station *station, const char *name, const char *file, struct err *err)
{
	_cleanup_close_ int dir = -EBADF;

	if (!name_valid(name))
		return err_set(err, ENOENT, "there is nothing here");
	dir = openat(station->images_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_set(err, ENOENT, "there is no image %s", name);
	return folder_file_open(dir, image_files, file, err);
}

int boot_file_open(const struct station *station, const char *file, struct err *err)
{
	return folder_file_open(station->boot_fd, boot_files, file, err);
}

json_t *image_own_mirror(const struct station *station, const char *name)
{
	_cleanup_free_ char *url = str_printf("%s/images/%s/", station->http_url, name);

	return station->images_elsewhere ? json_pack("[s]", url) : json_array();
}

int image_folder_read(const struct station *station, const char *name, struct image_info *ret,
		      struct err *err)
{
	_cleanup_close_ int fd = image_folder_open(station, name, "manifest.json", err);
	_cleanup_(manifest_freep) struct manifest *manifest = NULL;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	int r;

	if (fd == -ENOENT)
		return err_set(err, ENOENT,
			       "there is no image %.64s: no folder of that name with a manifest.json", name);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || st.st_size > MANIFEST_MAX)
		return err_set(err, EBADMSG, "image %s: manifest.json is too large", name);
	text = xcalloc(1, (size_t)st.st_size + 1);
	r = pread_full(fd, text, (size_t)st.st_size, 0, err);
	if (r == 0)
		r = manifest_parse(text, (size_t)st.st_size, &manifest, err);
	if (r != 0) {
		err_prepend(err, "image %s", name);
		return -(err->code = EBADMSG);
	}
	*ret = (struct image_info){.serial = manifest->serial,
				   .kind = manifest->kind,
				   .size = manifest->size,
				   .kexec = manifest->kexec,
				   .not_after = manifest->not_after};
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	snprintf(ret->version, sizeof(ret->version), "%s", manifest->version);
	hex_encode(manifest->sha256, SHA256_SIZE, ret->manifest_sha256);
	return 0;
}

int image_still_valid(const struct image_info *image, struct err *err)
{
	char until[TIME_TEXT_SIZE];

	if (time(NULL) <= image->not_after)
		return 0;
	time_format(image->not_after, until);
	return err_set(err, ESTALE, "image %s was valid until %s: pack and sign it again", image->name,
		       until);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_image(const struct dirent *entry)
{
	return name_valid(entry->d_name);
}

static json_t *list(const struct station *station, struct dirent **entries, int n)
{
	json_t *images = json_array();

	for (int i = 0; i < n && json_array_size(images) < IMAGES_LISTED; i++) {
		_cleanup_free_ char *url =
			str_printf("%s/%s/manifest.json", station->images_url, entries[i]->d_name);
		struct image_info image;
		struct err err = {0};

		if (image_folder_read(station, entries[i]->d_name, &image, &err) < 0) {
			log_warn("not listed: %s", err.text);
			continue;
		}
		json_array_append_new(
			images, json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s}", "name", image.name, "kind",
					  image_kind_name(image.kind), "version", image.version, "serial",
					  (json_int_t)image.serial, "size", (json_int_t)image.size,
					  "manifest_sha256", image.manifest_sha256, "manifest_url", url));
	}
	return images;
}

int call_images(struct request *req, struct err *err)
{
	struct dirent **entries = NULL;
	json_t *images;
	int n = scandirat(req->station->images_fd, ".", &entries, is_image, by_name);

	if (n < 0)
		return err_sys(err, EIO, "cannot read the images folder");
	images = list(req->station, entries, n);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	return reply_json(req, 200, json_pack("{s:o}", "images", images), err);
}
