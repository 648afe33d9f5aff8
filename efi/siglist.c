/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/siglist.h"

#include <string.h>

#include "core/hash.h"
#include "efi/siglist_spec.h"

static const uint8_t type_x509[16] = EFI_CERT_X509_GUID, type_sha256[16] = EFI_CERT_SHA256_GUID;

static enum sig_kind kind_of(const uint8_t type[16], size_t len)
{
	if (!memcmp(type, type_x509, 16))
		return SIG_X509;
	return !memcmp(type, type_sha256, 16) && len == SHA256_SIZE ? SIG_SHA256 : SIG_OTHER;
}

/* The header at `at`, checked against what is left. */
static int read_list(const uint8_t *at, size_t left, struct efi_signature_list *list, struct err *err)
{
	if (left < sizeof(*list))
		return err_set(err, EBADMSG, "signature list: %zu bytes are left, and its header has %zu",
			       left, sizeof(*list));
	memcpy(list, at, sizeof(*list));
	if (list->SignatureListSize < sizeof(*list) || list->SignatureListSize > left)
		return err_set(err, EBADMSG, "signature list: says it has %u bytes, and %zu are left",
			       list->SignatureListSize, left);
	if (list->SignatureHeaderSize > list->SignatureListSize - sizeof(*list))
		return err_set(err, EBADMSG, "signature list: its header of %u bytes does not fit",
			       list->SignatureHeaderSize);
	if (list->SignatureSize <= EFI_SIGNATURE_OWNER_SIZE ||
	    (list->SignatureListSize - sizeof(*list) - list->SignatureHeaderSize) % list->SignatureSize)
		return err_set(err, EBADMSG,
			       "signature list: its signatures of %u bytes do not make up its %u bytes",
			       list->SignatureSize, list->SignatureListSize);
	return 0;
}

static int walk_list(const uint8_t *at, const struct efi_signature_list *list,
		     int (*fn)(const struct sig *sig, void *data), void *data)
{
	const uint8_t *entry = at + sizeof(*list) + list->SignatureHeaderSize;
	size_t len = list->SignatureSize - EFI_SIGNATURE_OWNER_SIZE;
	int r = 0;

	for (; !r && entry < at + list->SignatureListSize; entry += list->SignatureSize) {
		const struct sig sig = {.kind = kind_of(at, len),
					.type = at,
					.owner = entry,
					.data = entry + EFI_SIGNATURE_OWNER_SIZE,
					.len = len};

		r = fn(&sig, data);
	}
	return r;
}

int siglist_walk(const void *lists, size_t len, int (*fn)(const struct sig *sig, void *data), void *data,
		 struct err *err)
{
	const uint8_t *at = lists;
	struct efi_signature_list list = {0};
	int r = 0;

	while (!r && len) {
		r = read_list(at, len, &list, err);
		if (!r)
			r = walk_list(at, &list, fn, data);
		if (!r) {
			at += list.SignatureListSize;
			len -= list.SignatureListSize;
		}
	}
	return r;
}

struct wanted {
	const uint8_t *type;
	enum sig_kind kind;
	const void *data;
	size_t len;
};

static int compare(const struct sig *sig, void *data)
{
	const struct wanted *wanted = data;

	return sig->kind == wanted->kind && sig->len == wanted->len &&
	       (!wanted->type || !memcmp(sig->type, wanted->type, 16)) &&
	       !memcmp(sig->data, wanted->data, sig->len);
}

bool siglist_has(const void *lists, size_t len, enum sig_kind kind, const void *data, size_t data_len)
{
	struct wanted wanted = {.kind = kind, .data = data, .len = data_len};
	struct err err;

	return siglist_walk(lists, len, compare, &wanted, &err) == 1;
}

struct lists {
	const void *bytes;
	size_t len;
};

/* Ends the walk at one that is missing. */
static int is_missing(const struct sig *sig, void *data)
{
	struct wanted wanted = {sig->type, sig->kind, sig->data, sig->len};
	const struct lists *whole = data;
	struct err err;

	return siglist_walk(whole->bytes, whole->len, compare, &wanted, &err) != 1;
}

bool siglist_covers(const void *whole, size_t whole_len, const void *part, size_t part_len)
{
	struct lists lists = {whole, whole_len};
	struct err err;

	return siglist_walk(part, part_len, is_missing, &lists, &err) == 0;
}

/* The last list, where it takes one more digest; else NULL. */
static struct efi_signature_list *open_list(struct siglist *lists, enum sig_kind kind)
{
	struct efi_signature_list *list = NULL;

	for (size_t at = 0; at < lists->len; at += list->SignatureListSize)
		list = (void *)(lists->bytes + at);
	return kind == SIG_SHA256 && list && !memcmp(list->SignatureType, type_sha256, 16) ? list : NULL;
}

int siglist_add(struct siglist *lists, enum sig_kind kind, const uint8_t owner[16], const void *data,
		size_t len, struct err *err)
{
	struct efi_signature_list *list;
	size_t entry = EFI_SIGNATURE_OWNER_SIZE + len, room = sizeof(*list) + entry;
	uint8_t *bytes, *at;

	if (!len || kind == SIG_OTHER || (kind == SIG_SHA256 && len != SHA256_SIZE))
		return err_set(err, EINVAL, "signature list: neither a certificate nor a SHA-256 digest");
	if (len > SIGLIST_MAX || lists->len + room > SIGLIST_MAX)
		return err_set(err, EFBIG, "signature list: more than %u bytes", SIGLIST_MAX);
	if (siglist_has(lists->bytes, lists->len, kind, data, len))
		return 0;
	bytes = realloc(lists->bytes, lists->len + room);
	if (!bytes)
		return err_set(err, ENOMEM, "out of memory");
	lists->bytes = bytes;
	list = open_list(lists, kind);
	if (list) {
		list->SignatureListSize += (uint32_t)entry;
		at = bytes + lists->len;
		lists->len += entry;
	} else {
		list = (void *)(bytes + lists->len);
		*list = (struct efi_signature_list){.SignatureListSize = (uint32_t)room,
						    .SignatureSize = (uint32_t)entry};
		memcpy(list->SignatureType, kind == SIG_X509 ? type_x509 : type_sha256, 16);
		at = (uint8_t *)(list + 1);
		lists->len += room;
	}
	memcpy(at, owner, EFI_SIGNATURE_OWNER_SIZE);
	memcpy(at + EFI_SIGNATURE_OWNER_SIZE, data, len);
	return 0;
}

void siglist_clear(struct siglist *lists)
{
	free(lists->bytes);
	*lists = (struct siglist){0};
}
