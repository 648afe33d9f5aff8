/* SPDX-License-Identifier: Apache-2.0 */
/* Boot files and images: whole or by one range, sent by the kernel straight from the file. */
#include <microhttpd.h>
#include <stdio.h>
#include <sys/stat.h>

#include "core/io.h"
#include "station/calls.h"
#include "station/images.h"

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

/* Takes fd. */
static int send_file(struct request *req, int fd, struct err *err)
{
	_cleanup_close_ int file = fd;
	uint64_t first = 0, len;
	enum range range;
	struct stat st;
	char what[64];
	int r = 0;

	if (fstat(file, &st) < 0)
		return err_sys(err, EIO, "cannot read a file");
	len = (uint64_t)st.st_size;
	range = range_parse(
		MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_RANGE), len,
		&first, &len);
	if (range == RANGE_UNSATISFIABLE)
		return unsatisfiable(req, (uint64_t)st.st_size, err);
	if (req->reply)
		MHD_destroy_response(req->reply);
	req->reply = MHD_create_response_from_fd_at_offset64(len, file, first);
	if (!req->reply)
		return err_set(err, ENOMEM, "out of memory");
	(void)TAKE_FD(file);
	req->status = range == RANGE_PART ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK;
	if (range == RANGE_PART) {
		snprintf(what, sizeof(what), "%llu-%llu", (unsigned long long)first,
			 (unsigned long long)(first + len - 1));
		r = content_range(req, what, (uint64_t)st.st_size, err);
	}
	if (r == 0)
		r = reply_header(req, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes", err);
	if (r == 0)
		r = reply_header(req, MHD_HTTP_HEADER_CONTENT_TYPE, "application/octet-stream", err);
	return r;
}

int call_boot_file(struct request *req, struct err *err)
{
	int fd = boot_file_open(req->station, req->param[0], err);

	return fd < 0 ? fd : send_file(req, fd, err);
}

int call_image_file(struct request *req, struct err *err)
{
	int fd = image_folder_open(req->station, req->param[0], req->param[1], err);

	return fd < 0 ? fd : send_file(req, fd, err);
}
