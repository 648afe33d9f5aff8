/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's way to the TPM (TCG TSS 2.0 TCTI 1.0, 3.2), over a descriptor, so that every wait is bounded: the device is opened without
 * blocking, and a TPM that does not answer is an error, not a hang.
 */
#include <poll.h>
#include <string.h>

#include "agent/hw/tpm/tpm2_private.h"
#include "core/time.h"

#define MAGIC       0x72656d696e740001ull
#define ANSWER_MAX  4096   /* bytes; TPM2_MAX_RESPONSE_SIZE */
#define ANSWER_MIN  10     /* tag, size, code: Part 1, 18.3 */
#define DEADLINE_MS 180000 /* an RSA key takes a slow TPM a minute */

static TSS2_RC failed(struct tpm2_wire *wire, int code)
{
	wire->failed = code;
	return TSS2_TCTI_RC_IO_ERROR;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
	struct tpm2_wire *wire = (struct tpm2_wire *)tcti;
	ssize_t n;

	wire->failed = 0;
	do
		n = write(wire->fd, command,
			  size); /* the device takes a command in one piece, or not at all */
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return failed(wire, errno);
	return (size_t)n == size ? TSS2_RC_SUCCESS : failed(wire, EIO);
}

/* Waits until there is something to read; 0 or an errno. */
static int await(const struct tpm2_wire *wire, uint64_t until_ns)
{
	struct pollfd fd = {.fd = wire->fd, .events = POLLIN};

	for (;;) {
		uint64_t now = monotonic_ns();
		int n;

		if (now >= until_ns)
			return ETIMEDOUT;
		n = poll(&fd, 1, (int)((until_ns - now) / 1000000) + 1);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return errno;
	}
}

/* The device gives a response in one piece; a socket may not. */
static int read_answer(const struct tpm2_wire *wire, uint8_t answer[ANSWER_MAX], size_t *ret_len)
{
	uint64_t until_ns = monotonic_ns() + DEADLINE_MS * 1000000ull;
	size_t len = 0, wanted = ANSWER_MIN;

	while (len < wanted) {
		int code = await(wire, until_ns);
		ssize_t n = code ? -1 : read(wire->fd, answer + len, ANSWER_MAX - len);

		if (code)
			return code;
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n < 0 ? errno : EPIPE;
		len += (size_t)n;
		if (len >= ANSWER_MIN)
			wanted = (size_t)answer[2] << 24 | (size_t)answer[3] << 16 | (size_t)answer[4] << 8 |
				 answer[5];
		if (wanted < ANSWER_MIN || wanted > ANSWER_MAX || len > wanted)
			return EBADMSG;
	}
	*ret_len = len;
	return 0;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response, int32_t timeout)
{
	struct tpm2_wire *wire = (struct tpm2_wire *)tcti;
	uint8_t answer[ANSWER_MAX];
	size_t len = 0;
	int code;

	(void)timeout; /* the library waits without bound: ours holds */
	if (!response) {
		*size = ANSWER_MAX;
		return TSS2_RC_SUCCESS;
	}
	code = read_answer(wire, answer, &len);
	if (code)
		return failed(wire, code);
	if (len > *size)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	memcpy(response, answer, len);
	*size = len;
	return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *tcti)
{
	close_fdp(&((struct tpm2_wire *)tcti)->fd);
}

void tpm2_wire_init(struct tpm2_wire *wire, int fd)
{
	*wire = (struct tpm2_wire){
		.tcti = {.magic = MAGIC,
			 .version = 1,
			 .transmit = transmit,
			 .receive = receive,
			 .finalize = finalize},
		.fd = fd,
	};
}
