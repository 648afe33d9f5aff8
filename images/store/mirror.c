/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "core/http.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/time.h"
#include "images/image.h"
#include "images/outdir.h"
#include "images/store/fetch_file.h"
#include "images/store/mirror.h"
#include "images/store/partial.h"

#define TRIES_BAD 2                /* of one frame whose hash is wrong */
#define SLICE_NS  (200 * 1000000l) /* how long a slowed-down transfer sleeps at once */

struct mirror {
	const struct mirror_options *o;
	struct mirror_result *result;
	struct http *http;
	char *base;  /* ends in a slash */
	char *shown; /* the same for messages */
	char *text, *sig;
	size_t text_len, sig_len;
	char *index_buf;
	size_t index_len;
	struct index *index;
	struct outdir *out;
	struct partial *frames;
	uint64_t begun, received; /* monotonic ns; bytes since then */
};

void mirror_result_clear(struct mirror_result *result)
{
	free(result->dir);
	manifest_free(result->manifest);
	*result = (struct mirror_result){0};
}

static char *base_of(const char *source)
{
	size_t n = strlen(source), m = strlen("/" MANIFEST_FILE);

	if (n > m && !strcmp(source + n - m, "/" MANIFEST_FILE))
		n -= m - 1;
	return str_printf("%.*s%s", (int)n, source, n && source[n - 1] == '/' ? "" : "/");
}

static int get_once(struct mirror *m, const char *url, size_t limit, char **ret, size_t *ret_len,
		    struct err *err)
{
	_cleanup_(http_response_clear) struct http_response response = {0};
	_cleanup_free_ char *shown = http_shown_url(url);
	int r = http_request(m->http, "GET", url, NULL, NULL, 0, limit, &response, err);

	if (r < 0)
		return r;
	if (response.status == 429 || response.status >= 500)
		return err_set(err, EAGAIN, "%s: HTTP status %ld", shown, response.status);
	if (response.status != 200)
		return err_set(err, response.status == 404 ? ENOENT : EPROTO, "%s: HTTP status %ld", shown,
			       response.status);
	*ret = TAKE_PTR(response.body);
	*ret_len = response.len;
	return 0;
}

static int get(struct mirror *m, const char *name, size_t limit, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s%s", m->base, name);
	struct fetch_patience patience = {.note = m->o->note, .data = m->o->data};
	int r;

	do
		r = get_once(m, url, limit, ret, ret_len, err);
	while (r < 0 && fetch_again(&patience, r, err));
	return r;
}

/* name NULL: there is no such file. */
static int check_name(const struct mirror *m, const char *name, const char *served, struct err *err)
{
	if (!name || !strcmp(name, served))
		return 0;
	return err_set(err, EINVAL, "%s: has a file %s; stations serve it as %s alone", m->shown, name,
		       served);
}

static int check_names(const struct mirror *m, const struct manifest *manifest, struct err *err)
{
	const struct manifest_kexec *k = manifest->kexec;
	int r;

	if ((r = check_name(m, manifest->index_file, OUTDIR_INDEX, err)) < 0 ||
	    (r = check_name(m, manifest->payload_file, OUTDIR_PAYLOAD, err)) < 0)
		return r;
	if (!k)
		return 0;
	r = check_name(m, k->kernel.file, OUTDIR_KERNEL, err);
	return r < 0 ? r : check_name(m, k->initrd.file, OUTDIR_INITRD, err);
}

static int fetch_manifest(struct mirror *m, struct err *err)
{
	struct mirror_result *result = m->result;
	int r;

	if ((r = get(m, MANIFEST_FILE, MANIFEST_MAX, &m->text, &m->text_len, err)) < 0 ||
	    (r = get(m, MANIFEST_SIG_FILE, CMS_MAX, &m->sig, &m->sig_len, err)) < 0)
		return r;
	if (manifest_verify(m->text, m->text_len, m->sig, m->sig_len, m->o->policy, &result->manifest,
			    &result->signer, err) < 0)
		return err_prepend(err, "%s", m->shown);
	if ((r = check_names(m, result->manifest, err)) < 0)
		return r;
	result->dir = path_join(m->o->dest, m->o->name ? m->o->name : result->manifest->name);
	return 0;
}

static int fetch_index(struct mirror *m, struct err *err)
{
	const struct manifest *manifest = m->result->manifest;
	int r = get(m, OUTDIR_INDEX, manifest->index_size, &m->index_buf, &m->index_len, err);

	if (r < 0)
		return r;
	if (index_parse(m->index_buf, m->index_len, manifest, &m->index, err) < 0)
		return err_prepend(err, "%s%s", m->shown, OUTDIR_INDEX);
	return 0;
}

static void note(const struct mirror *m, const char *text)
{
	if (m->o->note)
		m->o->note(m->o->data, text);
}

/* What stands under the final name: is there anything to do? One that does not verify is as good as none. */
static bool is_done(struct mirror *m)
{
	struct mirror_result *result = m->result;
	struct manifest_policy any_time = *m->o->policy;
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	_cleanup_free_ char *text = NULL;
	struct err err;

	any_time.min_serial = 0;
	if (access(result->dir, F_OK) < 0)
		return false;
	if (image_open(result->dir, &any_time, &image, &err) < 0) {
		text = str_printf("the image that is there is not good, and will be replaced: %s", err.text);
		note(m, text);
		return false;
	}
	if (!memcmp(image.manifest->sha256, result->manifest->sha256, SHA256_SIZE)) {
		if (m->o->keep_newer ||
		    (image_check_files(&image, &err) == 0 &&
		     image_check_payload(&image, 0, m->o->progress, m->o->data, &err) == 0)) {
			result->outcome = m->o->keep_newer ? MIRROR_KEPT : MIRROR_UNCHANGED;
			return true;
		}
		text = str_printf("the copy that is there is damaged, and will be replaced: %s", err.text);
		note(m, text);
		return false;
	}
	if (!m->o->keep_newer || image.manifest->serial < result->manifest->serial)
		return false;
	result->outcome = MIRROR_KEPT;
	return true;
}

/* Sleeps until no more than the rate's share of bytes has come; false when it was cancelled. */
static bool slow_down(struct mirror *m)
{
	const struct mirror_options *o = m->o;

	while (o->limit_rate) {
		uint64_t passed = monotonic_ns() - m->begun;
		double due = (double)m->received / (double)o->limit_rate * 1e9 - (double)passed;
		struct timespec t = {.tv_nsec = due < SLICE_NS ? (long)due : SLICE_NS};

		if (due <= 0)
			break;
		if (o->cancelled && o->cancelled(o->data))
			return false;
		nanosleep(&t, NULL);
	}
	return true;
}

static int count_bytes(void *data, size_t len, struct err *err)
{
	struct mirror *m = data;

	m->result->fetched += len;
	m->received += len;
	return slow_down(m) ? 0 : err_set(err, ECANCELED, "cancelled");
}

static int on_bytes(void *data, const void *buf, size_t len, struct err *err)
{
	struct mirror *m = data;
	int r = partial_take(m->frames, buf, len, err);

	if (r == -EBADMSG || r == -EPROTO)
		return r;
	if (r < 0) /* of this machine's disk, which the URL does not tell */
		return err_prepend(err, "%s/" OUTDIR_PAYLOAD, outdir_path(m->out));
	if (m->o->progress)
		m->o->progress(m->o->data, partial_have(m->frames), m->result->manifest->payload_size);
	return count_bytes(m, len, err);
}

static int fetch_payload(struct mirror *m, struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s%s", m->base, OUTDIR_PAYLOAD);
	uint64_t offset, len;
	struct fetch_patience patience = {.note = m->o->note, .data = m->o->data};
	unsigned bad = 0;

	m->begun = monotonic_ns();
	while (partial_missing(m->frames, &offset, &len)) {
		uint64_t before = partial_have(m->frames);
		int r;

		partial_seek(m->frames, offset);
		r = http_fetch_range(m->http, url, offset, len, on_bytes, m, err);
		if (partial_have(m->frames) > before)
			patience.tries = bad = 0;
		if (r == 0 || (r == -EBADMSG && ++bad < TRIES_BAD) ||
		    (r != -EBADMSG && fetch_again(&patience, r, err)))
			continue;
		return r;
	}
	return 0;
}

static int fill_payload(struct mirror *m, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	int r;

	if ((r = outdir_open(m->out, OUTDIR_PAYLOAD, &fd, err)) < 0)
		return r;
	if (partial_new(m->index, m->result->manifest->payload_size, fd, &m->frames, err) < 0 ||
	    partial_find(m->frames, 0, err) < 0)
		return err_prepend(err, "%s/" OUTDIR_PAYLOAD, outdir_path(m->out));
	m->result->found = partial_have(m->frames);
	if (m->result->found)
		note(m, "going on from an interrupted copy");
	if ((r = fetch_payload(m, err)) < 0) {
		outdir_keep(m->out);
		return r;
	}
	/* Not kept when this fails: what was not written reads well out of memory, and no second flush would say that it is not on the disk. */
	return fsync(fd) < 0 ? err_sys(err, errno, "%s/" OUTDIR_PAYLOAD ": flush", outdir_path(m->out)) : 0;
}

static int fill_file(struct mirror *m, const struct manifest_file *file, struct err *err)
{
	_cleanup_free_ char *url = str_printf("%s%s", m->base, file->file);
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *path = path_join(outdir_path(m->out), file->file);
	struct fetch_file fetch = {.http = m->http,
				   .url = url,
				   .path = path,
				   .file = file,
				   .patience = {.note = m->o->note, .data = m->o->data},
				   .took = count_bytes,
				   .data = m};
	int r = outdir_create(m->out, file->file, &fd, err);

	if (r < 0)
		return r;
	fetch.fd = fd;
	if ((r = fetch_file(&fetch, err)) < 0)
		return r;
	return fsync(fd) < 0 ? err_sys(err, errno, "%s/%s: flush", outdir_path(m->out), file->file) : 0;
}

/* The payload is whole by now, and stays for the next try; a file that is not goes. */
static int fill_files(struct mirror *m, struct err *err)
{
	const struct manifest_file *files[MANIFEST_FILES_MAX];
	unsigned n = manifest_files(m->result->manifest, files);

	if (n)
		note(m, "fetching what kexec starts");
	for (unsigned i = 0; i < n; i++) {
		int r = fill_file(m, files[i], err);

		if (r < 0) {
			unlinkat(outdir_fd(m->out), files[i]->file, 0);
			outdir_keep(m->out);
			return r;
		}
	}
	return 0;
}

static int copy_image(struct mirror *m, struct err *err)
{
	int r;

	if ((r = fetch_index(m, err)) < 0 ||
	    (r = outdir_begin_again(m->result->dir, true, &m->out, err)) < 0 ||
	    (r = fill_payload(m, err)) < 0 || (r = fill_files(m, err)) < 0 ||
	    (r = outdir_write(m->out, OUTDIR_INDEX, m->index_buf, m->index_len, err)) < 0 ||
	    (r = outdir_write(m->out, MANIFEST_SIG_FILE, m->sig, m->sig_len, err)) < 0 ||
	    (r = outdir_write(m->out, MANIFEST_FILE, m->text, m->text_len, err)) < 0 ||
	    (r = outdir_commit(m->out, err)) < 0)
		return r;
	m->result->outcome = MIRROR_FETCHED;
	return 0;
}

static int run(struct mirror *m, struct err *err)
{
	struct http_options options = {
		.ca_file = m->o->tls_ca, .cancelled = m->o->cancelled, .cancelled_data = m->o->data};
	int r;

	if (strpbrk(m->o->source, "?#"))
		return err_set(err, EINVAL, "%s: the URL of an image's folder has no query", m->shown);
	if (m->o->name && !image_name_valid(m->o->name))
		return err_set(err, EBADMSG, "%s: \"%.80s\" is no name of an image's folder", m->shown,
			       m->o->name);
	if ((r = http_new(&options, &m->http, err)) < 0 || (r = fetch_manifest(m, err)) < 0)
		return r;
	return is_done(m) ? 0 : copy_image(m, err);
}

int image_mirror(const struct mirror_options *o, struct mirror_result *ret, struct err *err)
{
	_cleanup_(mirror_result_clear) struct mirror_result result = {0};
	struct mirror m = {.o = o, .result = &result, .base = base_of(o->source)};
	int r;

	m.shown = http_shown_url(m.base);
	r = run(&m, err);
	partial_free(m.frames);
	outdir_free(m.out);
	index_free(m.index);
	http_free(m.http);
	free(m.index_buf);
	free(m.text);
	free(m.sig);
	free(m.base);
	free(m.shown);
	if (r < 0)
		return r;
	*ret = result;
	result = (struct mirror_result){0};
	return 0;
}
