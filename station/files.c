/* SPDX-License-Identifier: Apache-2.0 */
/* Boot files and images: whole or by one range, sent by the kernel straight from the file. docs/scaling.md */
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "station/calls.h"
#include "station/files.h"
#include "station/images.h"
#include "station/secure_boot.h"

static int content_range(struct request *req, const char *what, uint64_t size, struct err *err)
{
	_cleanup_free_ char *value = str_printf("bytes %s/%llu", what, (unsigned long long)size);

	return reply_header(req, MHD_HTTP_HEADER_CONTENT_RANGE, value, err);
}

static int unsatisfiable(struct request *req, uint64_t size, struct err *err)
{
	int r = reply_error(req, MHD_HTTP_RANGE_NOT_SATISFIABLE, "the file has no such range", err);

	return r < 0 ? r : content_range(req, "*", size, err);
}

/* An entity tag (RFC 9110 section 8.8.3) that changes with the file, so that a cache sees that it did. */
static void make_tag(const struct stat *st, char tag[64])
{
	snprintf(tag, 64, "\"%llx-%llx-%llx%08lx\"", (unsigned long long)st->st_ino,
		 (unsigned long long)st->st_size, (unsigned long long)st->st_mtim.tv_sec,
		 (unsigned long)st->st_mtim.tv_nsec);
}

static const char *header(const struct request *req, const char *name)
{
	return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

/* Does the client have this very file (RFC 9110 section 13.1.2)? Weak tags count as well. */
static bool has_it(const struct request *req, const char *tag)
{
	const char *tags = header(req, MHD_HTTP_HEADER_IF_NONE_MATCH);

	return tags && (strcmp(tags, "*") == 0 || strstr(tags, tag));
}

/* The range asked for, unless it is of another file (If-Range, RFC 9110 section 13.1.5). */
static const char *range_asked(const struct request *req, const char *tag)
{
	const char *only = header(req, MHD_HTTP_HEADER_IF_RANGE);

	return only && strcmp(only, tag) != 0 ? NULL : header(req, MHD_HTTP_HEADER_RANGE);
}

static int file_headers(struct request *req, const char *tag, struct err *err)
{
	int r = reply_header(req, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes", err);

	if (r == 0)
		r = reply_header(req, MHD_HTTP_HEADER_ETAG, tag, err);
	if (r == 0)
		r = reply_header(req, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream", err);
	return r;
}

static int not_modified(struct request *req, const char *tag, struct err *err)
{
	int r = reply_set(req, MHD_HTTP_NOT_MODIFIED,
			  MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT), err);

	return r < 0 ? r : reply_header(req, MHD_HTTP_HEADER_ETAG, tag, err);
}

/* Takes fd. */
static int send_file(struct request *req, int fd, struct err *err)
{
	_cleanup_close_ int file = fd;
	uint64_t first = 0, len;
	enum range range;
	struct stat st;
	char what[64], tag[64];
	int r;

	if (fstat(file, &st) < 0)
		return err_sys(err, EIO, "cannot read a file");
	len = (uint64_t)st.st_size;
	make_tag(&st, tag);
	if (has_it(req, tag))
		return not_modified(req, tag, err);
	range = range_parse(range_asked(req, tag), len, &first, &len);
	if (range == RANGE_UNSATISFIABLE)
		return unsatisfiable(req, (uint64_t)st.st_size, err);
	r = reply_set(req, range == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK,
		      MHD_create_response_from_fd_at_offset64(len, file, first), err);
	if (r < 0)
		return r;
	(void)TAKE_FD(file);
	if (range == RANGE_PART) {
		snprintf(what, sizeof(what), "%llu-%llu", (unsigned long long)first,
			 (unsigned long long)(first + len - 1));
		r = content_range(req, what, (uint64_t)st.st_size, err);
	}
	return r < 0 ? r : file_headers(req, tag, err);
}

int reply_boot_file(struct request *req, const char *file, struct err *err)
{
	int fd = boot_file_open(req->station, file, err);

	return fd < 0 ? fd : send_file(req, fd, err);
}

int call_boot_file(struct request *req, struct err *err)
{
	return reply_boot_file(req, req->param[0], err);
}

int call_secure_boot_file(struct request *req, struct err *err)
{
	int fd = secure_boot_file_open(req->station, req->param[0], err);

	return fd < 0 ? fd : send_file(req, fd, err);
}

int call_image_file(struct request *req, struct err *err)
{
	int fd = image_folder_open(req->station, req->param[0], req->param[1], err);

	return fd < 0 ? fd : send_file(req, fd, err);
}
