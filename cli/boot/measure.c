/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remint boot measure: what a boot image leaves in a TPM, computed from its files, and a machine's event log held against it.
 * docs/measured-boot.md
 */
#include "cli/boot/measure.h"

#include <string.h>

#include "cli/args.h"
#include "core/io.h"
#include "core/json.h"
#include "images/boot/measure.h"

struct arguments {
	const char *folder, *log, *pcrs, *cmdline;
	bool json;
};

static void print_digest(const char *where, const uint8_t digest[SHA256_SIZE], const char *what)
{
	char hex[SHA256_HEX_SIZE];

	hex_encode(digest, SHA256_SIZE, hex);
	printf("%-8s %s  %s\n", where, hex, what);
}

static void print_uki(const struct measured *m)
{
	uint8_t pcr[SHA256_SIZE];

	if (!m->has_uki)
		return;
	measured_pcr11(m, pcr);
	print_digest("PCR 4", m->uki, "remint.efi");
	print_digest("PCR 11", pcr, "the PCR's value after its stub, from");
	for (unsigned i = 0; i < m->n_sections; i++)
		print_digest("", m->sections[i].sha256, m->sections[i].name);
	if (m->cmdline_built_in)
		printf("PCR 12   zeros, with the command line that is built in: %s\n", m->cmdline);
	else
		printf("PCR 12   the boot loader's command line\n");
}

static void print_expected(const struct measured *m)
{
	printf("remint %s\n", m->version);
	print_digest("PCR 4", m->kernel, "vmlinuz");
	print_digest("PCR 9", m->initrd, "initrd.img");
	print_uki(m);
	for (unsigned i = 0; i < m->n_loaders; i++)
		print_digest("loader", m->loaders[i].sha256, m->loaders[i].name);
	if (m->any_loader)
		printf("loader   any other, which can start anything in the boot image's name\n");
	if (m->secure_boot)
		printf("PCR 7    Secure Boot on\n");
}

/* A folder with a file for each PCR's number, as /sys/class/tpm/tpm0/pcr-sha256; without one, what the log leads to. */
static int read_pcrs(const struct arguments *args, const void *log, size_t len,
		     uint8_t pcrs[TCG_PCRS][SHA256_SIZE], struct err *err)
{
	if (!args->pcrs)
		return tcg_log_replay(log, len, pcrs, err);
	for (unsigned i = 0; i < TCG_PCRS; i++) {
		_cleanup_free_ char *path = str_printf("%s/%u", args->pcrs, i), *text = NULL;

		if (file_read(path, SHA256_HEX_SIZE + 1, &text, NULL, err) < 0)
			return -err->code;
		text[strcspn(text, "\n")] = '\0';
		if (strlen(text) != SHA256_HEX_SIZE - 1 || hex_decode(text, pcrs[i], SHA256_SIZE) < 0)
			return err_set(err, EBADMSG, "%s: not a SHA-256 in hexadecimal", path);
	}
	return 0;
}

static const char *secure_boot_words(enum measured_secure_boot state)
{
	static const char *const words[] = {
		[MEASURED_SECURE_BOOT_UNKNOWN] = "not measured",
		[MEASURED_SECURE_BOOT_OFF] = "off",
		[MEASURED_SECURE_BOOT_ON] = "on",
	};

	return words[state];
}

static void print_verdict(const struct measured_verdict *v, bool pcrs_known)
{
	printf("verdict  this boot image was started%s\n",
	       pcrs_known ? "" : ", if the TPM's PCRs are as this log says");
	printf("form     %s\n", v->form == MEASURED_UKI ? "remint.efi" : "vmlinuz and initrd.img");
	printf("cmdline  %s\n", v->cmdline);
	printf("PCR 7    Secure Boot: %s\n", secure_boot_words(v->secure_boot));
	for (unsigned i = 0; i < v->n_loaders; i++)
		print_digest("loader", v->loaders[i].sha256, v->loaders[i].what);
	for (unsigned i = 0; i < v->n_roms; i++)
		print_digest("PCR 2", v->roms[i].sha256, v->roms[i].what);
}

static int print_json(const json_t *json)
{
	_cleanup_free_ char *text = json_pretty(json, NULL);

	return fputs(text, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int judge_log(const struct arguments *args, const struct measured *m, struct err *err)
{
	_cleanup_free_ struct measured_verdict *verdict = xcalloc(1, sizeof(*verdict));
	uint8_t pcrs[TCG_PCRS][SHA256_SIZE];
	_cleanup_free_ char *log = NULL;
	_cleanup_json_ json_t *json = NULL;
	size_t len;
	int r = file_read(args->log, TCG_LOG_MAX, &log, &len, err);

	if (r == 0)
		r = read_pcrs(args, log, len, pcrs, err);
	if (r == 0)
		r = measured_check(m, 1, log, len, pcrs, MEASURED_PCRS, verdict, err);
	if (r < 0)
		return err_prepend(err, "boot measure: %s", args->log);
	if (!args->json) {
		print_verdict(verdict, args->pcrs);
		return 0;
	}
	json = measured_verdict_to_json(verdict);
	return print_json(json) == EXIT_SUCCESS ? 0 : err_sys(err, EIO, "standard output");
}

/* What boot.json says must be what its files say: a station judges by the former. */
static int check_written(const char *folder, const struct measured *m, struct err *err)
{
	_cleanup_json_ json_t *computed = measured_to_json(m), *written_json = NULL;
	struct measured written;
	int r = boot_measured_read(folder, &written, err);

	if (r < 0)
		return r;
	written_json = measured_to_json(&written);
	return json_equal(computed, written_json) ? 0
						  : err_set(err, EBADMSG,
							    "%s: its files are not those that boot.json's "
							    "expected values were computed from; "
							    "make the folder anew by 'remint boot build'",
							    folder);
}

static int measure(const struct arguments *args, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	struct measured m;
	int r = boot_measure_folder(args->folder, &m, err);

	if (r == 0)
		r = check_written(args->folder, &m, err);
	if (r < 0)
		return err_prepend(err, "boot measure");
	m.reported_cmdline = args->cmdline;
	if (args->log)
		return judge_log(args, &m, err);
	if (!args->json) {
		print_expected(&m);
		return 0;
	}
	json = measured_to_json(&m);
	return print_json(json) == EXIT_SUCCESS ? 0 : err_sys(err, EIO, "standard output");
}

int boot_measure_command(int argc, char **argv)
{
	struct arguments args = {0};
	const struct arg_option options[] = {
		{"json", ARG_FLAG, &args.json, NULL, "as JSON"},
		{"log", ARG_TEXT, &args.log, "FILE",
		 "judge a machine's event log (/sys/kernel/security/tpm0/binary_bios_measurements)"},
		{"pcrs", ARG_TEXT, &args.pcrs, "DIR",
		 "its PCRs, a file for each (/sys/class/tpm/tpm0/pcr-sha256); else those that the log leads "
		 "to"},
		{"cmdline", ARG_TEXT, &args.cmdline, "TEXT",
		 "its /proc/cmdline, where vmlinuz and initrd.img were started"},
		{0},
	};
	const struct arg_spec spec = {
		.usage = "remint boot measure DIR",
		.purpose = "What a boot image leaves in a TPM's PCRs, computed from the folder that 'remint "
			   "boot "
			   "build' has made; or whether an event log says that it was started.",
		.options = options,
		.min_operands = 1,
		.max_operands = 1,
	};
	const char *operands[1] = {NULL};
	struct err err = {0};
	enum arg_result parsed = args_parse(&spec, argc, argv, operands);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	args.folder = operands[0];
	return measure(&args, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}
