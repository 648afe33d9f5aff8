/* SPDX-License-Identifier: Apache-2.0 */
#include "station/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/json.h"
#include "core/pki.h"

#define CA_DAYS   7300
#define SIGN_DAYS 3650
#define TLS_DAYS  825 /* a new one is made at each start */

int state_lock(const char *dir, int *ret_lock, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, "lock");
	_cleanup_close_ int fd = -EBADF;
	int r = make_dirs(dir, 0700, err);

	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return err_set(err, EBUSY, "%s is in use by another station", dir);
		return err_sys(err, errno, "cannot lock %s", path);
	}
	*ret_lock = TAKE_FD(fd);
	return 0;
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/*
 * Makes a pair of files under temporary names and renames them, the key last: a key that is there has its
 * certificate.
 */
static int make_pair(const char *dir, const char *name, struct pki_request *request, struct err *err)
{
	_cleanup_free_ char *key = str_printf("%s/%s.key", dir, name),
			    *cert = str_printf("%s/%s.pem", dir, name);
	_cleanup_free_ char *new_key = str_printf("%s.new", key), *new_cert = str_printf("%s.new", cert);
	_cleanup_free_ char *ca_key = path_join(dir, "ca.key"), *ca_cert = path_join(dir, "ca.pem");
	int r;

	if (request->use != PKI_CA) {
		request->ca_key = ca_key;
		request->ca_cert = ca_cert;
	}
	(void)unlink(new_key); /* of a start that was cut short */
	(void)unlink(new_cert);
	r = pki_create(request, new_key, new_cert, err);
	if (r < 0)
		return r;
	if (rename(new_cert, cert) < 0 || rename(new_key, key) < 0)
		return err_sys(err, errno, "cannot rename %s", new_key);
	return 0;
}

static int make_once(const char *dir, const char *name, struct pki_request *request, struct err *err)
{
	_cleanup_free_ char *key = str_printf("%s/%s.key", dir, name),
			    *cert = str_printf("%s/%s.pem", dir, name);
	_cleanup_free_ char *new_key = str_printf("%s.new", key);

	if (exists(key) && exists(cert))
		return 0;
	if (!exists(key) && !exists(cert))
		return make_pair(dir, name, request, err);
	if (exists(key) || !exists(new_key))
		return err_set(err, ENOENT, "%s is missing, while %s is there: put it back",
			       exists(key) ? cert : key, exists(key) ? key : cert);
	if (rename(new_key, key) < 0) /* the start before ended between the two renames */
		return err_sys(err, errno, "cannot rename %s", new_key);
	return 0;
}

static int copy_ca(const char *dir, struct err *err)
{
	_cleanup_free_ char *from = path_join(dir, "ca.pem"), *to = path_join(dir, "evidence-ca.pem");
	_cleanup_free_ char *pem = NULL;
	size_t len = 0;
	int r;

	if (exists(to))
		return 0;
	r = file_read(from, 256 * 1024, &pem, &len, err);
	return r < 0 ? r : file_write_atomic(to, pem, len, 0644, err);
}

int state_keys(const char *dir, const char *const *names, struct err *err)
{
	struct pki_request ca = {.use = PKI_CA, .common_name = "remint station CA", .days = CA_DAYS};
	struct pki_request sign = {
		.use = PKI_CODE_SIGNING, .common_name = "remint station certificates", .days = SIGN_DAYS};
	struct pki_request tls = {
		.use = PKI_TLS_SERVER, .common_name = "remint station", .names = names, .days = TLS_DAYS};
	int r = make_once(dir, "ca", &ca, err);

	if (r == 0)
		r = copy_ca(dir, err);
	if (r == 0)
		r = make_once(dir, "sign", &sign, err);
	if (r == 0)
		r = make_pair(dir, "tls", &tls, err);
	return r;
}

/* A text that can stand in a JSON document and on a page. */
static bool is_line(const char *text)
{
	json_t *json = json_string(text); /* refuses what is not UTF-8 */
	bool whole = json && *text && strlen(text) <= STATE_TEXT_MAX;

	for (const char *c = text; whole && *c; c++)
		whole = (unsigned char)*c >= 0x20 && *c != 0x7f;
	json_decref(json);
	return whole;
}

int state_text(const char *dir, const char *name, const char *given, char **ret, struct err *err)
{
	_cleanup_free_ char *path = path_join(dir, name), *text = NULL;
	int r = 0;

	if (!given && !exists(path))
		return 0;
	if (given)
		text = xstrdup(given);
	else if ((r = file_read(path, STATE_TEXT_MAX + 1, &text, NULL, err)) < 0)
		return r;
	else
		text[strcspn(text, "\n")] = '\0';
	if (!is_line(text))
		return err_set(err, EINVAL, "%s: not one line of at most %d bytes of UTF-8",
			       given ? name : path, STATE_TEXT_MAX);
	if (given) {
		_cleanup_free_ char *line = str_printf("%s\n", text);

		r = file_write_atomic(path, line, strlen(line), 0644, err);
	}
	if (r == 0)
		*ret = TAKE_PTR(text);
	return r;
}

static json_t *port_json(const struct state_port *port)
{
	return json_pack("{s:s, s:i, s:s}", "address", port->address, "port", (int)port->port, "url",
			 port->url);
}

int state_listening(const char *dir, const struct state_port *http, const struct state_port *https,
		    struct err *err)
{
	_cleanup_free_ char *url_path = path_join(dir, "url"), *path = path_join(dir, "listening.json");
	_cleanup_free_ char *url = str_printf("%s\n", https->url), *text = NULL;
	_cleanup_json_ json_t *json = json_pack("{s:o, s:o, s:i}", "http", port_json(http), "https",
						port_json(https), "pid", (int)getpid());
	size_t len = 0;
	int r;

	text = json ? json_pretty(json, &len) : NULL;
	if (!text)
		return err_set(err, ENOMEM, "out of memory");
	r = file_write_atomic(url_path, url, strlen(url), 0644, err);
	return r < 0 ? r : file_write_atomic(path, text, len, 0644, err);
}

void state_listening_ends(const char *dir)
{
	_cleanup_free_ char *path = path_join(dir, "listening.json");

	(void)unlink(path); /* a stale file misleads nobody for long: it names the pid */
}
