/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An S3-compatible store, addressed by path (ENDPOINT/BUCKET/KEY). Amazon S3 API reference: PutObject, HeadObject, GetObject,
 * DeleteObject, CreateMultipartUpload, UploadPart, CompleteMultipartUpload, AbortMultipartUpload.
 */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "core/hash.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "images/store/dest_kind.h"
#include "images/store/s3_credentials.h"
#include "images/store/s3_xml.h"

#define ANSWER_MAX    (64u << 10)
#define PART_SIZE     (64ull << 20)
#define PARTS_MAX     10000
#define OBJECT_MAX    (5ull << 40) /* bytes */
#define HASH_PIECE    (1u << 20)
#define META          "x-amz-meta-remint-sha256" /* dest_file.sha256 of what was uploaded */
#define UPLOAD_ID_MAX 2048

struct s3 {
	struct http *http;
	struct http *closing; /* takes up what was begun, cancelled or not */
	struct dest_note note;
	char *base; /* ENDPOINT/BUCKET/PREFIX/ */
	char *region;
	struct s3_credentials credentials;
	struct http_sigv4 sign;
	uint64_t part_size;
};

static void s3_free(void *self)
{
	struct s3 *s = self;

	http_free(s->http);
	http_free(s->closing);
	s3_credentials_clear(&s->credentials);
	free(s->base);
	free(s->region);
	free(s);
}

/* What needs no encoding, neither in the URL nor in its canonical form, which differ between stores. */
static bool path_valid(const char *path)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/-";

	return strspn(path, allowed) == strlen(path) && !strstr(path, "//") && !strstr(path, "..") &&
	       !strstr(path, "/./") && path[0] != '/' && path[0] != '.';
}

static int make_base(struct s3 *s, const struct dest_options *o, struct err *err)
{
	const char *path = o->where + strlen("s3://");
	_cleanup_free_ char *amazon = str_printf("https://s3.%s.amazonaws.com", s->region);
	const char *endpoint = o->endpoint ? o->endpoint : amazon;
	size_t n = strlen(endpoint);

	if (!path_valid(path) || strcspn(path, "/") < 3)
		return err_set(err, EINVAL,
			       "%s: not of the form s3://BUCKET/PREFIX with letters, digits and ._-/",
			       o->where);
	if (strncasecmp(endpoint, "http://", 7) != 0 && strncasecmp(endpoint, "https://", 8) != 0)
		return err_set(err, EINVAL, "--endpoint is an http or https URL, not '%s'", endpoint);
	while (n && endpoint[n - 1] == '/')
		n--;
	s->base = str_printf("%.*s/%s%s", (int)n, endpoint, path, path[strlen(path) - 1] == '/' ? "" : "/");
	return 0;
}

static int make_clients(struct s3 *s, const struct dest_options *o, struct err *err)
{
	struct http_options options = {
		.ca_file = o->tls_ca, .cancelled = o->cancelled, .cancelled_data = o->data};
	int r = http_new(&options, &s->http, err);

	options.cancelled = NULL;
	return r < 0 ? r : http_new(&options, &s->closing, err);
}

int dest_s3_open(const struct dest_options *o, void **ret, struct err *err)
{
	struct s3 *s;
	int r;

	if (o->token_file)
		return err_set(err, EINVAL, "--token-file is for https:// alone; s3:// takes credentials");
	s = xcalloc(1, sizeof(*s));
	s->region = xstrdup(o->region ? o->region : "us-east-1");
	s->note = (struct dest_note){o->note, o->data};
	s->part_size = o->part_size ? o->part_size : PART_SIZE;
	if (strspn(s->region, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(s->region))
		r = err_set(err, EINVAL, "--region '%s' is not the name of a region", s->region);
	else if ((r = make_base(s, o, err)) == 0 &&
		 (r = s3_credentials_read(o->credentials_file, &s->credentials, err)) == 0)
		r = make_clients(s, o, err);
	if (r < 0) {
		s3_free(s);
		return r;
	}
	s->sign = (struct http_sigv4){.region = s->region,
				      .key_id = s->credentials.key_id,
				      .secret = s->credentials.secret,
				      .session = s->credentials.session};
	*ret = s;
	return 0;
}

static void hash_body(const struct http_send *send, char hex[SHA256_HEX_SIZE], int *ret_failed,
		      struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *stream = sha256_stream_new();
	_cleanup_free_ char *buf = xcalloc(1, HASH_PIECE);
	uint8_t digest[SHA256_SIZE];

	*ret_failed = 0;
	if (send->body || !send->len) {
		sha256_hex(send->body ? send->body : "", send->len, hex);
		return;
	}
	for (uint64_t at = 0; at < send->len && *ret_failed == 0; at += HASH_PIECE) {
		size_t n = send->len - at < HASH_PIECE ? (size_t)(send->len - at) : HASH_PIECE;

		*ret_failed = pread_full(send->fd, buf, n, send->offset + at, err);
		if (*ret_failed == 0)
			sha256_stream_add(stream, buf, n);
	}
	sha256_stream_end(stream, digest);
	hex_encode(digest, SHA256_SIZE, hex);
}

/* One signed exchange on KEY?query; what is not 2xx is an error. */
static int exchange(struct s3 *s, struct http *http, struct http_send *send, const char *name,
		    const char *query, struct http_answer *ret, struct err *err)
{
	_cleanup_free_ char *url =
		str_printf("%s%s%s%s", s->base, name, query ? "?" : "", query ? query : "");
	char hex[SHA256_HEX_SIZE];
	int r;

	hash_body(send, hex, &r, err);
	if (r < 0)
		return err_prepend(err, "%s", name);
	send->url = url;
	send->sign = &s->sign;
	send->sha256 = hex;
	if (!send->limit)
		send->limit = ANSWER_MAX;
	r = dest_send(http, send, &s->note, ret, err);
	if (r < 0 || (ret->status >= 200 && ret->status < 300))
		return r;
	r = dest_refused(send, ret, err);
	http_answer_clear(ret);
	return r;
}

static int s3_read(void *self, const char *name, size_t limit, char **ret, size_t *ret_len, struct err *err)
{
	struct s3 *s = self;
	struct http_send send = {.method = "GET", .limit = limit};
	struct http_answer answer = {0};
	int r = exchange(s, s->http, &send, name, NULL, &answer, err);

	if (r < 0)
		return r;
	*ret = answer.body;
	*ret_len = answer.len;
	return 0;
}

static int head(struct s3 *s, const char *name, struct http_answer *ret, struct err *err)
{
	struct http_send send = {.method = "HEAD", .meta = META};

	return exchange(s, s->http, &send, name, NULL, ret, err);
}

static int s3_size(void *self, const char *name, uint64_t *ret, struct err *err)
{
	_cleanup_(http_answer_clear) struct http_answer answer = {0};
	int r = head(self, name, &answer, err);

	if (r == 0)
		*ret = answer.content_length;
	return r;
}

/* An ETag is no digest of the content where parts or encryption are in play: what was said at the upload is. */
static int s3_has(void *self, const struct dest_file *file, bool *ret, struct err *err)
{
	_cleanup_(http_answer_clear) struct http_answer answer = {0};
	int r = head(self, file->name, &answer, err);

	*ret = r == 0 && answer.content_length == file->size && !strcmp(answer.meta, file->sha256);
	return r == -ENOENT ? 0 : r;
}

static int s3_begin(void *self, const char *manifest, struct err *err)
{
	struct s3 *s = self;
	struct http_send send = {.method = "DELETE"};
	struct http_answer answer = {0};
	int r;

	if (!manifest)
		return 0;
	r = exchange(s, s->http, &send, manifest, NULL, &answer, err);
	http_answer_clear(&answer);
	return r == -ENOENT ? 0 : r;
}

/* ---- in parts ----------------------------------------------------------------------------------- */

struct multipart {
	struct s3 *s;
	const struct dest_file *file;
	char *id;  /* of the upload, encoded for a query */
	char *xml; /* what CompleteMultipartUpload wants, as far as it is known */
};

static int multipart_create(struct multipart *m, const char *const *headers, struct err *err)
{
	_cleanup_(http_answer_clear) struct http_answer answer = {0};
	struct http_send send = {.method = "POST", .headers = headers};
	char id[UPLOAD_ID_MAX];
	int r = exchange(m->s, m->s->http, &send, m->file->name, "uploads=", &answer, err);

	if (r < 0)
		return r;
	if (s3_xml_text(answer.body, "UploadId", id, sizeof(id)) < 0)
		return err_set(err, EPROTO, "%s: the store begins no upload in parts (no UploadId)",
			       m->file->name);
	m->id = s3_uri_encode(id);
	m->xml = xstrdup("");
	return 0;
}

static int multipart_part(struct multipart *m, unsigned number, uint64_t offset, uint64_t len,
			  struct dest_progress *progress, struct err *err)
{
	_cleanup_(http_answer_clear) struct http_answer answer = {0};
	_cleanup_free_ char *query = str_printf("partNumber=%u&uploadId=%s", number, m->id), *etag = NULL;
	struct http_send send = {.method = "PUT"};
	char *longer;

	dest_body(&send, m->file, offset, len, progress);
	if (exchange(m->s, m->s->http, &send, m->file->name, query, &answer, err) < 0)
		return err_prepend(err, "part %u", number);
	if (!answer.etag[0])
		return err_set(err, EPROTO, "%s: the store gives no ETag for part %u", m->file->name, number);
	etag = s3_xml_escape(answer.etag);
	longer =
		str_printf("%s<Part><PartNumber>%u</PartNumber><ETag>%s</ETag></Part>", m->xml, number, etag);
	free(m->xml);
	m->xml = longer;
	return 0;
}

/* Status 200 may hold an error all the same: the store answers before it knows. */
static int multipart_complete(struct multipart *m, struct err *err)
{
	static const char *const headers[] = {"Content-Type: application/xml", NULL};
	_cleanup_(http_answer_clear) struct http_answer answer = {0};
	_cleanup_free_ char *query = str_printf("uploadId=%s", m->id);
	_cleanup_free_ char *body = str_printf("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/"
					       "2006-03-01/\">%s</CompleteMultipartUpload>",
					       m->xml);
	struct http_send send = {.method = "POST", .headers = headers, .body = body, .len = strlen(body)};
	int r = exchange(m->s, m->s->http, &send, m->file->name, query, &answer, err);

	if (r < 0 || !answer.body || !strstr(answer.body, "<Error>"))
		return r;
	send.url = m->s->base;
	r = dest_refused(&send, &answer, err);
	return r < 0 ? err_prepend(err, "%s: the store did not put the parts together", m->file->name) : r;
}

/* The cause stays the error; that parts are left at the store is added to it. */
static void multipart_abort(struct multipart *m, struct err *err)
{
	_cleanup_free_ char *query = str_printf("uploadId=%s", m->id);
	struct http_send send = {.method = "DELETE"};
	struct http_answer answer = {0};
	struct err second = {0};

	if (exchange(m->s, m->s->closing, &send, m->file->name, query, &answer, &second) < 0 &&
	    second.code != ENOENT)
		err_prepend(err,
			    "parts of %s are left at the store, because taking them back failed (%.200s)",
			    m->file->name, second.text);
	http_answer_clear(&answer);
}

static uint64_t part_size_for(const struct s3 *s, uint64_t size)
{
	uint64_t part = s->part_size;

	while (size > part * PARTS_MAX)
		part *= 2;
	return part;
}

static int put_in_parts(struct s3 *s, const struct dest_file *file, const char *const *headers,
			struct dest_progress *progress, struct err *err)
{
	struct multipart m = {.s = s, .file = file};
	uint64_t part = part_size_for(s, file->size);
	unsigned number = 1;
	int r = multipart_create(&m, headers, err);

	for (uint64_t at = 0; r == 0 && at < file->size; at += part)
		r = multipart_part(&m, number++, at, file->size - at < part ? file->size - at : part,
				   progress, err);
	if (r == 0)
		r = multipart_complete(&m, err);
	if (r < 0 && m.id)
		multipart_abort(&m, err);
	free(m.id);
	free(m.xml);
	return r;
}

static int s3_put(void *self, const struct dest_file *file, struct dest_progress *progress, struct err *err)
{
	struct s3 *s = self;
	_cleanup_free_ char *meta = str_printf(META ": %s", file->sha256);
	const char *const headers[] = {"Content-Type: application/octet-stream", meta, NULL};
	struct http_send send = {.method = "PUT", .headers = headers};
	struct http_answer answer = {0};
	int r;

	if (file->size > OBJECT_MAX)
		return err_set(err, EFBIG, "%s: %" PRIu64 " bytes, and S3 takes 5 TiB at most", file->name,
			       file->size);
	if (file->size > s->part_size)
		return put_in_parts(s, file, headers, progress, err);
	dest_body(&send, file, 0, file->size, progress);
	r = exchange(s, s->http, &send, file->name, NULL, &answer, err);
	http_answer_clear(&answer);
	return r;
}

const struct dest_kind dest_s3 = {
	.single_files = true,
	.free = s3_free,
	.read = s3_read,
	.has = s3_has,
	.size = s3_size,
	.begin = s3_begin,
	.put = s3_put,
};
