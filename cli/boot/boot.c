/* SPDX-License-Identifier: Apache-2.0 */
/* remint boot build: the agent's boot image for one site. docs/man/remint-boot.1 */
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/boot/iso.h"
#include "cli/boot/measure.h"
#include "cli/boot/usb.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/time.h"
#include "images/boot/build.h"
#include "images/boot/ipxe.h"
#include "images/boot/sb_keys.h"
#include "images/boot/uki.h"

struct arguments {
	const char *generic, *station, *station_ca, *image_ca, *cmdline, *stub, *key, *cert, *built, *output;
	const char *keys;
	struct arg_list loaders, ipxe;
	uint64_t serial_floor;
	bool uki, any_loader, need_secure_boot;
};

/* As given, else SOURCE_DATE_EPOCH, else now. */
static int build_time(const char *given, time_t *ret, struct err *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	char *end;
	long long seconds;

	if (given)
		return time_parse(given, ret) < 0 ? err_set(err, EINVAL,
							    "--built %s: not a time such as "
							    "2026-11-22T21:00:00Z",
							    given)
						  : 0;
	if (!epoch) {
		*ret = time(NULL);
		return 0;
	}
	errno = 0;
	seconds = strtoll(epoch, &end, 10);
	if (*epoch < '0' || *epoch > '9' || *end || errno || seconds > 253402300799) /* year 9999 */
		return err_set(err, EINVAL, "SOURCE_DATE_EPOCH=%s: not seconds since 1970", epoch);
	*ret = seconds;
	return 0;
}

/* The generic part that came with this program: installed, or in a build tree. malloc'd; NULL: there is none. */
static char *generic_folder(void)
{
	static const char *const beside[] = {"../lib/remint/boot", "boot"};
	char program[PATH_MAX] = "";
	const char *folder;

	if (readlink("/proc/self/exe", program, sizeof(program) - 1) < 0)
		return NULL;
	folder = dirname(program);
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_free_ char *boot = path_join(folder, beside[i]);
		_cleanup_free_ char *generic = path_join(boot, BOOT_GENERIC);

		if (access(generic, R_OK) == 0)
			return TAKE_PTR(boot);
	}
	return NULL;
}

static int read_pem(const char *path, char **ret, struct err *err)
{
	return file_read(path, SITE_PEM_MAX, ret, NULL, err);
}

/* It boots as any other; only nobody can attest that it did. */
static int tell_unknown_stub(const struct arguments *args, struct err *err)
{
	struct measured m;
	int r = boot_measured_read(args->output, &m, err);

	if (r == 0 && !m.has_uki)
		fprintf(stderr,
			"remint: boot build: %s is not systemd's stub 252, and what it measures is not "
			"known: attested "
			"machines that start remint.efi will not pass\n",
			args->stub);
	return r;
}

/* --keys names a folder of Secure Boot keys, and so the pair that signs boot images now. What *ret_… point at is malloc'd. */
static int signing_pair(const struct arguments *args, char **ret_key, char **ret_cert, struct err *err)
{
	_cleanup_(sb_keys_freep) struct sb_keys *keys = NULL;
	int r;

	if (!args->keys)
		return 0;
	if (args->key || args->cert)
		return err_set(err, EINVAL, "--keys goes without --key and --cert");
	r = sb_keys_load(args->keys, &keys, err);
	if (r < 0)
		return r;
	*ret_key = sb_keys_key_path(keys, sb_keys_signing(keys));
	*ret_cert = sb_keys_cert_path(keys, sb_keys_signing(keys));
	return 0;
}

static int build(const struct arguments *args, struct err *err)
{
	_cleanup_free_ char *key = NULL, *cert = NULL;
	_cleanup_(site_clear) struct site_config site = {.serial_floor = args->serial_floor};
	struct boot_build wanted = {.generic = args->generic,
				    .output = args->output,
				    .uki = args->uki,
				    .stub = args->stub,
				    .cmdline = args->cmdline,
				    .sign_key = args->key,
				    .sign_cert = args->cert,
				    .ipxe = args->ipxe.items,
				    .policy = {.loaders = args->loaders.items,
					       .any_loader = args->any_loader,
					       .secure_boot = args->need_secure_boot}};
	int r = build_time(args->built, &site.built, err);

	if (r == 0)
		r = signing_pair(args, &key, &cert, err);
	if (key) {
		wanted.sign_key = key;
		wanted.sign_cert = cert;
	}
	site.station_url = xstrdup(args->station);
	if (!args->generic)
		return err_set(err, ENOENT,
			       "boot build: --generic DIR is needed: none came with this program");
	if (r == 0)
		r = read_pem(args->station_ca, &site.station_ca, err);
	if (r == 0)
		r = read_pem(args->image_ca, &site.image_ca, err);
	if (r < 0)
		return r;
	wanted.site = site;
	r = boot_build(&wanted, err);
	if (r == 0 && args->uki)
		r = tell_unknown_stub(args, err);
	return r < 0 ? err_prepend(err, "boot build") : 0;
}

/* Those of this machine's package, where none are named. */
static void find_ipxe(struct arg_list *ipxe)
{
	static const char *const debian[] = {IPXE_DEBIAN_EFI, IPXE_DEBIAN_BIOS};

	if (ipxe->n)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (access(debian[i], R_OK) == 0)
			ipxe->items[ipxe->n++] = debian[i];
}

static int boot_build_command(int argc, char **argv)
{
	_cleanup_free_ char *beside = generic_folder();
	struct arguments args = {.generic = beside, .stub = UKI_STUB};
	const struct arg_option options[] = {
		{"station", ARG_TEXT, &args.station, "URL", "https://HOST:PORT of the station", true},
		{"station-ca", ARG_TEXT, &args.station_ca, "FILE", "CA of the station's certificate, PEM",
		 true},
		{"image-ca", ARG_TEXT, &args.image_ca, "FILE", "CAs for tenant images, PEM", true},
		{"output", ARG_TEXT, &args.output, "DIR", "where the files go; also -o", true, 'o'},
		{"generic", ARG_TEXT, &args.generic, "DIR",
		 "vmlinuz and generic.img of `make boot-image` (those that came with this program)", false},
		{"serial-floor", ARG_NUMBER, &args.serial_floor, "N", "the agent refuses images below (0)",
		 false},
		{"uki", ARG_FLAG, &args.uki, NULL, "also remint.efi, one EFI file of all", false},
		{"cmdline", ARG_TEXT, &args.cmdline, "TEXT", "kernel command line built into remint.efi",
		 false},
		{"ipxe", ARG_MANY, &args.ipxe, "FILE",
		 "iPXE for nodes that boot by PXE: ipxe.efi, undionly.kpxe (those of Debian's package, if "
		 "installed)",
		 false},
		{"key", ARG_TEXT, &args.key, "FILE",
		 "sign remint.efi and ipxe.efi for Secure Boot, by sbsign; PEM or pkcs11: URI", false},
		{"cert", ARG_TEXT, &args.cert, "FILE", "the key's certificate, PEM", false},
		{"keys", ARG_TEXT, &args.keys, "DIR",
		 "instead of both: the Secure Boot keys of remint keys init, and of them the one that signs "
		 "now",
		 false},
		{"stub", ARG_TEXT, &args.stub, "FILE", "another stub than systemd's of this machine", false},
		{"loader", ARG_MANY, &args.loaders, "FILE",
		 "an EFI program that may start the boot image on an attested machine: ipxe.efi", false},
		{"any-loader", ARG_FLAG, &args.any_loader, NULL,
		 "any program may (attestation then proves little)", false},
		{"need-secure-boot", ARG_FLAG, &args.need_secure_boot, NULL,
		 "attested machines must have Secure Boot on", false},
		{"built", ARG_TEXT, &args.built, "TIME", "build time (SOURCE_DATE_EPOCH, else now)", false},
		{0},
	};
	const struct arg_spec spec = {
		.usage = "remint boot build",
		.purpose = "Puts the site's part behind the generic boot image. Needs no compiler.",
		.options = options,
	};
	enum arg_result parsed;
	struct err err = {0};

	parsed = args_parse(&spec, argc, argv, NULL);
	if (parsed != ARG_GO)
		return args_exit(parsed);
	find_ipxe(&args.ipxe);
	if (build(&args, &err) < 0)
		return fail_with(&err);
	printf("%s: vmlinuz, initrd.img%s%s%s, boot.json\n", args.output, args.uki ? ", remint.efi" : "",
	       args.uki ? args.key || args.keys ? " (signed)" : " (not signed)" : "",
	       args.ipxe.n ? ", iPXE" : "");
	return EXIT_SUCCESS;
}

int verb_boot(int argc, char **argv)
{
	static const struct sub_command commands[] = {
		{"build", "join the generic boot image with the site's part", boot_build_command},
		{"measure", "what it leaves in a TPM, or whether a log says that it was started",
		 boot_measure_command},
		{"iso", "a bootable ISO for virtual media", boot_iso_command},
		{"usb", "a boot medium that erases without a station", boot_usb_command},
		{0},
	};

	return run_sub_command("boot", "The agent's boot image.", commands, argc, argv);
}
