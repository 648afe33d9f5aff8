/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of events: the first byte says in which pieces it comes. Pieces must make no difference. */
#include <stdint.h>
#include <string.h>

#include "core/hash.h"
#include "redfish/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *data, const struct rf_sse_event *event)
{
	if (strlen(event->id) >= RF_SSE_ID_MAX || !event->type[0] || event->data[event->len] || !event->len)
		__builtin_trap();
	for (const char *p = event->id; *p; p++)
		if (*p < 0x20 || *p > 0x7e)
			__builtin_trap();
	sha256_stream_add(data, event->id, strlen(event->id) + 1);
	sha256_stream_add(data, event->type, strlen(event->type) + 1);
	sha256_stream_add(data, event->data, event->len + 1);
}

static int feed(const char *data, size_t size, size_t step, uint8_t digest[SHA256_SIZE])
{
	struct sha256_stream *all = sha256_stream_new();
	struct rf_sse *sse = rf_sse_new(take, all);
	struct err err;
	int r = 0;

	for (size_t at = 0; at < size && r == 0; at += step)
		r = rf_sse_feed(sse, data + at, size - at < step ? size - at : step, &err);
	sha256_stream_end(all, digest);
	rf_sse_free(sse);
	sha256_stream_free(all);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t whole[SHA256_SIZE], pieces[SHA256_SIZE];

	if (!size)
		return 0;
	if (feed((const char *)data + 1, size - 1, size, whole) !=
		    feed((const char *)data + 1, size - 1, (size_t)data[0] + 1, pieces) ||
	    memcmp(whole, pieces, sizeof(whole)) != 0)
		__builtin_trap();
	return 0;
}
