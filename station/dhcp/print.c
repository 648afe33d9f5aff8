/* SPDX-License-Identifier: Apache-2.0 */
/* Options for a DHCP server that is there already. Without a proxy of ours beside it, it also names the TFTP server that has iPXE. */
#include <arpa/inet.h>
#include <string.h>

#include "core/io.h"
#include "station/dhcp/config.h"

struct target {
	const char *url;
	char host[INET_ADDRSTRLEN];
	bool beside_proxy;
};

static void print_dnsmasq(FILE *out, const struct target *t)
{
	fprintf(out,
		"dhcp-match=set:remint-ipxe,175\n"
		"dhcp-match=set:remint-http64,option:client-arch,16\n"
		"dhcp-vendorclass=set:remint-httpclient,HTTPClient\n"
		"tag-if=set:remint-uri,tag:remint-http64,tag:remint-httpclient,tag:!remint-ipxe\n"
		"dhcp-boot=tag:remint-uri,%s" DHCP_URI "\n"
		"dhcp-option-force=tag:remint-uri,60,HTTPClient\n",
		t->url);
	if (t->beside_proxy)
		return;
	fprintf(out,
		"dhcp-match=set:remint-bios,option:client-arch,0\n"
		"dhcp-match=set:remint-efi64,option:client-arch,7\n"
		"dhcp-match=set:remint-efi64,option:client-arch,9\n"
		"dhcp-boot=tag:remint-ipxe,%s/boot.ipxe\n"
		"dhcp-boot=tag:remint-bios,tag:!remint-ipxe," DHCP_FILE_BIOS ",,%s\n"
		"dhcp-boot=tag:remint-efi64,tag:!remint-ipxe," DHCP_FILE_EFI ",,%s\n",
		t->url, t->host, t->host);
}

static void print_isc(FILE *out, const struct target *t)
{
	fprintf(out,
		"option remint-architecture code 93 = unsigned integer 16;\n"
		"class \"remint-http\" {\n"
		"\tmatch if substring(option vendor-class-identifier, 0, 10) = \"HTTPClient\"\n"
		"\t\tand option remint-architecture = 00:10;\n"
		"\toption vendor-class-identifier \"HTTPClient\";\n"
		"\tfilename \"%s" DHCP_URI "\";\n"
		"}\n",
		t->url);
	if (t->beside_proxy)
		return;
	fprintf(out,
		"class \"remint-pxe\" {\n"
		"\tmatch if substring(option vendor-class-identifier, 0, 9) = \"PXEClient\";\n"
		"\tnext-server %s;\n"
		"\tif option user-class = \"iPXE\" {\n"
		"\t\tfilename \"%s/boot.ipxe\";\n"
		"\t} elsif option remint-architecture = 00:00 {\n"
		"\t\tfilename \"" DHCP_FILE_BIOS "\";\n"
		"\t} elsif option remint-architecture = 00:07 or option remint-architecture = 00:09 {\n"
		"\t\tfilename \"" DHCP_FILE_EFI "\";\n"
		"\t}\n"
		"}\n",
		t->host, t->url);
}

static void print_kea(FILE *out, const struct target *t)
{
	fprintf(out,
		"\"client-classes\": [\n"
		"  {\"name\": \"remint-http\",\n"
		"   \"test\": \"substring(option[60].hex, 0, 10) == 'HTTPClient' and option[93].hex == "
		"0x0010\",\n"
		"   \"option-data\": [{\"name\": \"vendor-class-identifier\", \"data\": \"HTTPClient\", "
		"\"always-send\": true}],\n"
		"   \"boot-file-name\": \"%s" DHCP_URI "\"}",
		t->url);
	if (!t->beside_proxy)
		fprintf(out,
			",\n"
			"  {\"name\": \"remint-ipxe\", \"test\": \"option[175].exists\",\n"
			"   \"boot-file-name\": \"%s/boot.ipxe\"},\n"
			"  {\"name\": \"remint-bios\", \"test\": \"not option[175].exists and option[93].hex "
			"== "
			"0x0000\",\n"
			"   \"next-server\": \"%s\", \"boot-file-name\": \"" DHCP_FILE_BIOS "\"},\n"
			"  {\"name\": \"remint-efi\", \"test\": \"not option[175].exists and (option[93].hex "
			"== "
			"0x0007 or option[93].hex == 0x0009)\",\n"
			"   \"next-server\": \"%s\", \"boot-file-name\": \"" DHCP_FILE_EFI "\"}",
			t->url, t->host, t->host);
	fputs("\n]\n", out);
}

/* In the order of their help text. */
static const struct {
	const char *name;
	void (*print)(FILE *out, const struct target *target);
} servers[] = {{"dnsmasq", print_dnsmasq}, {"isc", print_isc}, {"kea", print_kea}};

static int take_target(const char *http_url, bool beside_proxy, struct target *ret, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t scheme = strlen("http://"), len;
	struct in_addr ignored;

	*ret = (struct target){.url = http_url, .beside_proxy = beside_proxy};
	if (strncmp(http_url, "http://", scheme) != 0)
		return err_set(err, EINVAL, "%.80s: not a URL of a station", http_url);
	len = strspn(http_url + scheme, plain);
	if (http_url[scheme + len] != ':' ||
	    strspn(http_url + scheme + len + 1, "0123456789") != strlen(http_url + scheme + len + 1))
		return err_set(err, EINVAL, "%.80s: DHCP over IPv4 cannot send nodes there", http_url);
	if (len < sizeof(ret->host))
		memcpy(ret->host, http_url + scheme, len);
	if (!beside_proxy && inet_pton(AF_INET, ret->host, &ignored) != 1)
		return err_set(
			err, EINVAL,
			"%.80s: the TFTP server must be an IPv4 address: give the station's as the first "
			"--address",
			http_url);
	return 0;
}

int dhcp_print_text(const char *server, const char *http_url, bool beside_proxy, char **ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct target target;
	size_t size = 0, i = 0, n = sizeof(servers) / sizeof(*servers);
	FILE *out;
	int r = take_target(http_url, beside_proxy, &target, err);

	if (r < 0)
		return r;
	while (i < n && strcmp(servers[i].name, server) != 0)
		i++;
	if (i == n)
		return err_set(err, EINVAL, "--dhcp-print %.40s: dnsmasq, isc or kea", server);
	out = open_memstream(&text, &size);
	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	servers[i].print(out, &target);
	if (fclose(out) != 0)
		return err_set(err, ENOMEM, "out of memory");
	*ret = TAKE_PTR(text);
	return 0;
}
