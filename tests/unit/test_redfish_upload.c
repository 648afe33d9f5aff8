/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Files as bodies: what is sent, a server that does not read, a file that gets shorter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/http_easy.h"
#include "core/io.h"
#include "redfish/upload.h"

#define SPAN_MS 200u

struct server {
	int fd;
	char url[64];
};

/* A port that takes connections into its backlog and reads nothing: what the kernel buffers is all that goes. */
static struct server listen_only(void)
{
	struct server s = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);

	assert_true(s.fd >= 0);
	assert_int_equal(setsockopt(s.fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int)), 0);
	assert_int_equal(bind(s.fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(s.fd, 1), 0);
	assert_int_equal(getsockname(s.fd, (struct sockaddr *)&at, &len), 0);
	snprintf(s.url, sizeof(s.url), "http://127.0.0.1:%u/", ntohs(at.sin_port));
	return s;
}

static void count(void *data, uint64_t done, uint64_t total)
{
	uint64_t *most = data;

	assert_true(done <= total);
	if (done > *most)
		*most = done;
}

/* Sends a file of `has` bytes that is said to have `size`; why it was ended. */
static int send_it(uint64_t has, uint64_t size, const char *parameters, uint64_t *most, struct err *err)
{
	struct server server = listen_only();
	int fd = memfd_create("image", MFD_CLOEXEC), r;
	struct rf_upload upload = {.fd = fd,
				   .size = size,
				   .name = "image.bin",
				   .parameters = parameters,
				   .progress = count,
				   .data = most};
	struct rf_sending sending = {0};
	struct curl_slist *headers = curl_slist_append(NULL, "Expect:"); /* as redfish/exchange.c has it */
	CURL *curl = curl_easy_init();

	assert_non_null(curl);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	assert_int_equal(ftruncate(fd, (off_t)has), 0);
	curl_easy_setopt(curl, CURLOPT_URL, server.url);
	assert_int_equal(rf_sending_set_up(&sending, curl, &upload, SPAN_MS, err), 0);
	assert_int_not_equal(curl_easy_perform(curl), CURLE_OK);
	r = rf_sending_why(&sending, err);
	curl_easy_reset(curl);
	rf_sending_clear(&sending);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	close(fd);
	close(server.fd);
	return r;
}

static void test_a_server_that_does_not_read(void **state)
{
	uint64_t most = 0;
	struct err err;

	(void)state;
	assert_int_equal(send_it(64 << 20, 64 << 20, "{}", &most, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "slower than 1024 bytes a second"));
	assert_true(most > 0 && most < 64 << 20);
	assert_int_equal(send_it(64 << 20, 64 << 20, NULL, &most, &err), -ETIMEDOUT);
}

static void test_a_file_that_is_shorter(void **state)
{
	uint64_t most = 0;
	struct err err;

	(void)state;
	assert_int_equal(send_it(1000, 2000, "{}", &most, &err), -EIO);
	assert_string_equal(err.text, "image.bin has become shorter while it was sent");
	assert_int_equal(send_it(1000, 2000, NULL, &most, &err), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_server_that_does_not_read),
		cmocka_unit_test(test_a_file_that_is_shorter),
	};

	http_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
