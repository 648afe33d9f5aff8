/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/sb_firmware.h"

#include <openssl/pkcs7.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/ossl.h"
#include "efi/authvar.h"
#include "efi/sb_bundle.h"
#include "efi/siglist.h"
#include "efi/siglist_spec.h"
#include "efi/vars.h"

#define DATA_MAX 16384 /* bytes */

struct variable {
	uint8_t data[DATA_MAX];
	size_t len;
	struct efi_time time;
};

static struct sb_firmware_state {
	struct variable variables[SB_VARS];
	bool user_mode;
} now;
static char written[512];
static int writes_left, failure; /* negative: no end; errno of what comes behind them */

DEFINE_CLEANUP(PKCS7 *, PKCS7_free);

void sb_firmware_reset(void)
{
	memset(&now, 0, sizeof(now));
	writes_left = -1;
	*written = '\0';
}

void sb_firmware_fail_after(int n, int code)
{
	writes_left = n;
	failure = code;
}

const char *sb_firmware_written(void)
{
	static char last[sizeof(written)];

	memcpy(last, written, sizeof(last));
	*written = '\0';
	return last;
}

struct sb_firmware_state *sb_firmware_save(void)
{
	struct sb_firmware_state *state = xcalloc(1, sizeof(*state));

	*state = now;
	return state;
}

void sb_firmware_load(const struct sb_firmware_state *state)
{
	sb_firmware_reset();
	now = *state;
}

/* ---- signatures ---- */

/* What was signed: 8.2.2, step 2 of creating one. */
static BIO *signed_content(enum sb_var var, uint32_t attributes, const struct efi_time *time,
			   const struct authvar_parts *parts)
{
	BIO *bio = BIO_new(BIO_s_mem());

	for (const char *c = sb_variables[var].name; *c; c++)
		BIO_write(bio, (const char[]){*c, 0}, 2);
	BIO_write(bio, sb_variables[var].guid, 16);
	BIO_write(bio, &attributes, 4);
	BIO_write(bio, time, sizeof(*time));
	if (parts->data_len)
		BIO_write(bio, parts->data, (int)parts->data_len);
	return bio;
}

struct attempt {
	enum sb_var var;
	uint32_t attributes;
	struct efi_time time;
	struct authvar_parts parts;
};

/* 1: signed by this certificate's key, and by none that came along in the signature. */
static int try_signer(const struct sig *sig, void *data)
{
	const struct attempt *a = data;
	const uint8_t *der = sig->data, *sd = a->parts.signature;
	_cleanup_(X509_freep) X509 *cert = d2i_X509(NULL, &der, (long)sig->len);
	_cleanup_(BIO_free_allp) BIO *bio = signed_content(a->var, a->attributes, &a->time, &a->parts);
	_cleanup_(PKCS7_freep) PKCS7 *p7 = PKCS7_new();
	STACK_OF(X509) *certs = sk_X509_new_null();
	int ok;

	PKCS7_set_type(p7, NID_pkcs7_signed);
	PKCS7_SIGNED_free(p7->d.sign);
	p7->d.sign = d2i_PKCS7_SIGNED(NULL, &sd, (long)a->parts.signature_len);
	sk_X509_push(certs, cert);
	ok = cert && p7->d.sign &&
	     PKCS7_verify(p7, certs, NULL, bio, NULL, PKCS7_NOVERIFY | PKCS7_NOINTERN | PKCS7_BINARY) == 1;
	sk_X509_free(certs);
	return ok;
}

static bool is_signed_by_one_of(struct attempt *a, const void *lists, size_t len)
{
	struct err ignored;

	return siglist_walk(lists, len, try_signer, a, &ignored) == 1;
}

static bool is_allowed(struct attempt *a)
{
	const struct variable *old = &now.variables[a->var],
			      *by = &now.variables[a->var <= SB_KEK ? SB_PK : SB_KEK];

	/* Years first, little-endian: compared part by part. */
	if (old->len && !(a->attributes & 0x40)) {
		const struct efi_time *t = &a->time, *o = &old->time;
		const int parts[][2] = {{t->Year, o->Year},
					{t->Month, o->Month},
					{t->Day, o->Day},
					{t->Hour, o->Hour},
					{t->Minute, o->Minute},
					{t->Second, o->Second},
					{0, 1}};
		unsigned i = 0;

		while (parts[i][0] == parts[i][1])
			i++;
		if (parts[i][0] < parts[i][1])
			return false;
	}
	if (now.user_mode)
		return is_signed_by_one_of(a, by->data, by->len);
	return a->var != SB_PK || is_signed_by_one_of(a, a->parts.data, a->parts.data_len);
}

/* ---- what the tests take over ---- */

int __wrap_var_find_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		       uint32_t *ret_attributes, struct err *err);
int __wrap_var_find_in(const uint8_t guid[16], const char *name, uint8_t **ret, size_t *ret_len,
		       uint32_t *ret_attributes, struct err *err)
{
	const uint8_t setup = !now.user_mode, on = now.user_mode;
	const uint8_t *data = !strcmp(name, "SetupMode") ? &setup : !strcmp(name, "SecureBoot") ? &on : NULL;
	size_t len = data != NULL;

	(void)err;
	for (unsigned i = 0; i < SB_VARS; i++)
		if (!strcmp(name, sb_variables[i].name) && !memcmp(guid, sb_variables[i].guid, 16)) {
			data = now.variables[i].data;
			len = now.variables[i].len;
		}
	if (!len)
		return 0;
	*ret = xcalloc(1, len);
	memcpy(*ret, data, len);
	*ret_len = len;
	*ret_attributes = AUTHVAR_REPLACE;
	return 1;
}

static void keep(const struct attempt *a)
{
	struct variable *v = &now.variables[a->var];
	size_t at = a->attributes & 0x40 ? v->len : 0;

	if (at + a->parts.data_len > DATA_MAX)
		abort();
	if (a->parts.data_len)
		memcpy(v->data + at, a->parts.data, a->parts.data_len);
	v->len = at + a->parts.data_len;
	v->time = a->time;
	if (a->var == SB_PK)
		now.user_mode = v->len > 0;
}

static void note(const char *name, const char *format)
{
	size_t used = strlen(written);

	snprintf(written + used, sizeof(written) - used, format, name);
}

int __wrap_var_write_in(const uint8_t guid[16], const char *name, const void *data, size_t len,
			uint32_t attributes, struct err *err);
int __wrap_var_write_in(const uint8_t guid[16], const char *name, const void *data, size_t len,
			uint32_t attributes, struct err *err)
{
	struct attempt a = {.attributes = attributes};
	int r = authvar_parse(data, len, &a.parts, err);

	while (a.var < SB_VARS && (strcmp(name, sb_variables[a.var].name) != 0 ||
				   memcmp(guid, sb_variables[a.var].guid, 16) != 0))
		a.var++;
	if (r < 0 || a.var == SB_VARS)
		return err_set(err, EINVAL, "writing UEFI variable %s", name);
	if (writes_left == 0)
		return err_sys(err, failure, "writing UEFI variable %s", name);
	writes_left -= writes_left > 0;
	memcpy(&a.time, data, sizeof(a.time));
	if (!is_allowed(&a)) {
		note(name, "(%s) ");
		return err_set(err, EACCES, "writing UEFI variable %s", name);
	}
	note(name, "%s ");
	keep(&a);
	return 0;
}
