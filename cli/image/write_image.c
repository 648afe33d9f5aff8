/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/image/write_image.h"

#include <string.h>

#include "core/http_easy.h"
#include "core/io.h"

#define INDEX_MAX (512u << 20) /* bytes: more than an image of IMAGE_SIZE_MAX can need */
#define PEM_MAX   (256 * 1024)

struct getter {
	struct http *http; /* NULL: local files */
	char *manifest;    /* URL or path of manifest.json */
};

static bool is_url(const char *text)
{
	return !strncmp(text, "http://", 7) || !strncmp(text, "https://", 8);
}

static bool ends_in(const char *text, char c)
{
	size_t n = strlen(text);

	return n && text[n - 1] == c;
}

/* A folder stands for the manifest in it. */
static char *manifest_place(const char *text)
{
	const char *path = strncmp(text, "file://", 7) ? text : text + 7;
	const char *dot = strrchr(path, '.');

	if (!ends_in(path, '/') && dot && !strcmp(dot, ".json"))
		return xstrdup(path);
	return path_join(path, MANIFEST_FILE);
}

static char *beside(const char *manifest, const char *file)
{
	const char *slash = strrchr(manifest, '/');

	return str_printf("%.*s%s", slash ? (int)(slash + 1 - manifest) : 0, manifest, file);
}

static int get_url(const struct getter *g, const char *url, size_t limit, void **ret, size_t *ret_len,
		   struct err *err)
{
	_cleanup_free_ char *shown = http_shown_url(url);
	struct http_response answer = {0};
	int r = http_request(g->http, "GET", url, NULL, NULL, 0, limit, &answer, err);

	if (r == 0 && answer.status != 200)
		r = err_set(err, answer.status == 404 ? ENOENT : EPROTO, "%s: the server answers %ld%s",
			    shown, answer.status,
			    answer.status / 100 == 3
				    ? ", and redirects are not followed: give the URL it leads to"
				    : "");
	if (r == 0) {
		*ret = TAKE_PTR(answer.body);
		*ret_len = answer.len;
	}
	http_response_clear(&answer);
	return r;
}

/* A file beside the manifest; NULL: the manifest itself. */
static int get(const struct getter *g, const char *file, size_t limit, void **ret, size_t *ret_len,
	       struct err *err)
{
	_cleanup_free_ char *place = file ? beside(g->manifest, file) : xstrdup(g->manifest);

	if (g->http)
		return get_url(g, place, limit, ret, ret_len, err);
	return file_read(place, limit, (char **)ret, ret_len, err);
}

static int get_manifest(const struct getter *g, const struct write_from *from, struct write_image *image,
			struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	_cleanup_free_ void *text = NULL, *sig = NULL;
	_cleanup_free_ char *sig_place =
		str_printf("%s.p7s", strrchr(g->manifest, '/') ? strrchr(g->manifest, '/') + 1 : g->manifest);
	_cleanup_free_ char *shown = g->http ? http_shown_url(g->manifest) : xstrdup(g->manifest);
	struct manifest_policy policy = {.now = time(NULL), .min_serial = from->min_serial};
	size_t len = 0, sig_len = 0;
	int r;

	if ((r = trust_from_file(from->ca, &trust, err)) < 0 ||
	    (r = get(g, NULL, MANIFEST_MAX, &text, &len, err)) < 0 ||
	    (r = get(g, sig_place, CMS_MAX, &sig, &sig_len, err)) < 0)
		return r;
	policy.trust = trust;
	r = manifest_verify(text, len, sig, sig_len, &policy, &image->manifest, &image->signer, err);
	return r < 0 ? err_prepend(err, "%s", shown) : 0;
}

static int get_index(const struct getter *g, struct write_image *image, struct err *err)
{
	const struct manifest *m = image->manifest;
	_cleanup_free_ void *bytes = NULL;
	size_t len = 0;
	int r;

	if (m->kind != IMAGE_DISK)
		return err_set(err, EOPNOTSUPP,
			       "%s is %s, which the agent unpacks; only images of whole disks are written so",
			       m->name,
			       m->kind == IMAGE_ROOT ? "an image of a root file system" : "an overlay");
	if (m->index_size > INDEX_MAX)
		return err_set(err, EFBIG, "the index of %s is larger than %u bytes", m->name, INDEX_MAX);
	if ((r = get(g, m->index_file, m->index_size, &bytes, &len, err)) < 0)
		return r;
	r = index_parse(bytes, len, m, &image->index, err);
	return r < 0 ? err_prepend(err, "%s of %s", m->index_file, m->name) : 0;
}

static void add_source(struct write_image *image, char *url)
{
	image->urls[image->n_sources] = url;
	image->sources[image->n_sources++] = (struct pipeline_source){.url = url, .ca_pem = image->tls_ca};
}

static int add_sources(const struct getter *g, const struct write_from *from, struct write_image *image,
		       struct err *err)
{
	const char *file = image->manifest->payload_file;

	if (g->http)
		add_source(image, beside(g->manifest, file));
	for (unsigned i = 0; i < from->n_mirrors; i++) {
		if (!is_url(from->mirrors[i]) || strpbrk(from->mirrors[i], "?#"))
			return err_set(err, EINVAL, "--mirror is the http or https URL of a folder, not '%s'",
				       from->mirrors[i]);
		if (image->n_sources == PIPELINE_SOURCES_MAX)
			return err_set(err, E2BIG, "there can be at most %d sources", PIPELINE_SOURCES_MAX);
		add_source(image, path_join(from->mirrors[i], file));
	}
	if (!image->n_sources)
		return err_set(err, EINVAL,
			       "%s is a local file, and the payload is fetched by HTTP: serve its folder and "
			       "give the URL, "
			       "or name the folder's URL with --mirror",
			       from->manifest);
	return 0;
}

static int open_getter(const struct write_from *from, struct getter *g, struct write_image *image,
		       struct err *err)
{
	struct http_options options = {.cancelled = from->cancelled, .timeout_s = 120};
	int r;

	if (strstr(from->manifest, "://") && !is_url(from->manifest) &&
	    strncmp(from->manifest, "file://", 7) != 0)
		return err_set(err, EPROTONOSUPPORT,
			       "%s: an image is fetched by http or https, or its manifest read from a file",
			       from->manifest);
	if (is_url(from->manifest) && strpbrk(from->manifest, "?#"))
		return err_set(err, EINVAL, "%s: the manifest's URL has no query", from->manifest);
	if (from->tls_ca && (r = file_read(from->tls_ca, PEM_MAX, &image->tls_ca, NULL, err)) < 0)
		return r;
	g->manifest = manifest_place(from->manifest);
	options.ca_pem = image->tls_ca;
	return is_url(from->manifest) ? http_new(&options, &g->http, err) : 0;
}

int write_image_open(const struct write_from *from, struct write_image *ret, struct err *err)
{
	struct getter g = {0};
	int r = open_getter(from, &g, ret, err);

	if (r == 0)
		r = get_manifest(&g, from, ret, err);
	if (r == 0)
		r = get_index(&g, ret, err);
	if (r == 0)
		r = add_sources(&g, from, ret, err);
	http_free(g.http);
	free(g.manifest);
	return r;
}

void write_image_clear(struct write_image *image)
{
	for (unsigned i = 0; i < image->n_sources; i++)
		free(image->urls[i]);
	manifest_free(image->manifest);
	index_free(image->index);
	free(image->tls_ca);
	*image = (struct write_image){0};
}
