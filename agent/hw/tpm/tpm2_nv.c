/* SPDX-License-Identifier: Apache-2.0 */
/* The TPM's non-volatile memory: the maker's certificate, and what lies there. */
#include <string.h>

#include "agent/hw/tpm/tpm2_private.h"

#define CHUNK \
	512 /* bytes that every TPM gives at once: PC Client Platform TPM Profile, TPM_PT_NV_BUFFER_MAX */
#define HANDLES_MAX 512 /* more than any TPM has; an answer that never ends, ends */
/* Part 2, 7.4; the library's macros shift into the sign */
#define NV_FIRST         0x01000000u
#define PERSISTENT_FIRST 0x81000000u

#define CERT_HEAD 4 /* SEQUENCE, and a length of two bytes */

static int nv_public(struct tpm2 *tpm, ESYS_TR index, TPM2B_NV_PUBLIC **ret, struct err *err)
{
	return tpm2_said(
		tpm,
		Esys_NV_ReadPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ret, NULL),
		"asking for an NV index", err);
}

/* By the index's own authorisation, which is empty for what everybody may read. */
static int nv_read(struct tpm2 *tpm, ESYS_TR index, uint8_t *to, uint16_t len, struct err *err)
{
	for (uint16_t done = 0; done < len;) {
		_cleanup_esys_ TPM2B_MAX_NV_BUFFER *data = NULL;
		uint16_t part = len - done < CHUNK ? (uint16_t)(len - done) : CHUNK;
		int r = tpm2_said(tpm,
				  Esys_NV_Read(tpm->esys, index, index, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					       ESYS_TR_NONE, part, done, &data),
				  "reading the endorsement certificate", err);

		if (r)
			return r;
		if (data->size != part)
			return err_set(err, EBADMSG, "TPM: it gave less of an NV index than it has");
		memcpy(to + done, data->buffer, part);
		done = (uint16_t)(done + part);
	}
	return 0;
}

/* An index may be longer than its certificate, and is filled up with anything. */
static uint16_t certificate_len(const uint8_t *data, uint16_t size)
{
	uint32_t len = size < CERT_HEAD || data[0] != 0x30 || data[1] != 0x82
			       ? 0
			       : CERT_HEAD + ((uint32_t)data[2] << 8 | data[3]);

	return len <= size ? (uint16_t)len : 0;
}

static int read_certificate(struct tpm2 *tpm, ESYS_TR index, uint8_t ret[TPM2_CERT_MAX], uint16_t *ret_len,
			    struct err *err)
{
	_cleanup_esys_ TPM2B_NV_PUBLIC *public = NULL;
	uint8_t data[TPM2_CERT_MAX];
	uint16_t size, len;
	int r = nv_public(tpm, index, &public, err);

	if (r)
		return r;
	size = public->nvPublic.dataSize < sizeof(data) ? public->nvPublic.dataSize : sizeof(data);
	r = nv_read(tpm, index, data, size, err);
	if (r)
		return r;
	len = certificate_len(data, size);
	if (!len)
		return err_set(err, ENOENT,
			       "TPM: what lies in the place of its endorsement certificate is none");
	memcpy(ret, data, len);
	*ret_len = len;
	return 0;
}

int tpm2_nv_certificate(struct tpm2 *tpm, uint32_t index, uint8_t ret[TPM2_CERT_MAX], uint16_t *ret_len,
			struct err *err)
{
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc =
		Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle);
	int r;

	if (!tpm->wire.failed && tpm2_code(rc) == TPM2_RC_HANDLE)
		return err_set(err, ENOENT, "TPM: it has no certificate at 0x%08x", index);
	r = tpm2_said(tpm, rc, "looking for the endorsement certificate", err);
	if (r)
		return r;
	r = read_certificate(tpm, handle, ret, ret_len, err);
	(void)Esys_TR_Close(tpm->esys, &handle);
	return r;
}

/* All handles of one kind, from `first` on. */
static int list_handles(struct tpm2 *tpm, uint32_t first, uint32_t *ret, unsigned *ret_n, struct err *err)
{
	TPMI_YES_NO more = TPM2_YES;
	unsigned n = 0;

	while (more) {
		_cleanup_esys_ TPMS_CAPABILITY_DATA *data = NULL;
		uint32_t from = n ? ret[n - 1] + 1 : first;
		int r = tpm2_said(tpm,
				  Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
						     TPM2_CAP_HANDLES, from, TPM2_MAX_CAP_HANDLES, &more,
						     &data),
				  "listing what it holds", err);

		if (r)
			return r;
		const TPML_HANDLE *list = &data->data.handles;
		if (n + list->count > HANDLES_MAX || (more && !list->count))
			return err_set(err, EBADMSG, "TPM: the list of what it holds does not end");
		for (unsigned i = 0; i < list->count; i++) {
			if (list->handle[i] < from || list->handle[i] >> 24 != first >> 24)
				return err_set(err, EBADMSG, "TPM: the list of what it holds is in disorder");
			ret[n++] = list->handle[i];
			from = list->handle[i] + 1;
		}
	}
	*ret_n = n;
	return 0;
}

static json_t *hex_text(uint32_t value)
{
	char text[9];

	snprintf(text, sizeof(text), "%08x", value);
	return json_string(text);
}

static json_t *describe(struct tpm2 *tpm, uint32_t index)
{
	_cleanup_esys_ TPM2B_NV_PUBLIC *public = NULL;
	ESYS_TR handle = ESYS_TR_NONE;
	struct err none = {0};

	if (Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle) !=
		    TSS2_RC_SUCCESS ||
	    nv_public(tpm, handle, &public, &none))
		return json_pack("{so sn sb}", "index", hex_text(index), "size", "platform_created", 1);
	(void)Esys_TR_Close(tpm->esys, &handle);
	return json_pack("{so si sb}", "index", hex_text(index), "size", (int)public->nvPublic.dataSize,
			 "platform_created", !!(public->nvPublic.attributes & TPMA_NV_PLATFORMCREATE));
}

int tpm2_contents(struct tpm2 *tpm, json_t **ret_nv, json_t **ret_persistent, struct err *err)
{
	uint32_t handles[HANDLES_MAX];
	json_t *nv, *persistent;
	unsigned n = 0;
	int r = list_handles(tpm, NV_FIRST, handles, &n, err);

	if (r)
		return r;
	nv = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(nv, describe(tpm, handles[i]));
	r = list_handles(tpm, PERSISTENT_FIRST, handles, &n, err);
	if (r) {
		json_decref(nv);
		return r;
	}
	persistent = json_array();
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(persistent, hex_text(handles[i]));
	*ret_nv = nv;
	*ret_persistent = persistent;
	return 0;
}
