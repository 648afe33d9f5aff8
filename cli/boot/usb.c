/* SPDX-License-Identifier: Apache-2.0 */
/* remint boot usb: a boot medium that erases a machine without a station. docs/standalone.md */
#include <string.h>
#include <time.h>

#include "cli/boot/usb.h"
#include "core/cms.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "images/boot/stick.h"
#include "images/boot/uki.h"
#include "protocol/order/alone.h"
#include "protocol/standalone.h"

#define CONSOLES "ttyS0,115200 tty0"

struct arguments {
	const char *boot, *order, *key, *cert, *stub, *console, *output, *image, *boot_key, *boot_cert;
};

/* What no agent would carry out is better refused here than in front of the machine. */
static int check_order(const char *text, size_t len, struct err *err)
{
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_json_ json_t *json = NULL;
	char expires[TIME_TEXT_SIZE];
	int r = json_parse(text, len, &json, err);

	if (r == 0)
		r = order_from_json(json, &order, err);
	if (r != 0)
		return r;
	if (!order->alone)
		return err_set(err, EINVAL,
			       "it is no order for stand-alone use: remint order standalone makes one");
	time_format(order->alone->expires, expires);
	if (order->alone->expires <= time(NULL))
		return err_set(err, EINVAL, "it has expired on %s", expires);
	printf("order %s for %s: %s, until %s\n", order->id, order->node,
	       order->alone->n_serials ? "the drives that it names"
				       : "what the person at the console confirms",
	       expires);
	return 0;
}

/* "console=ttyS0,115200 console=tty0 remint.alone": a person sees and types at the last console. malloc'd. */
static char *make_cmdline(const char *consoles)
{
	_cleanup_free_ char *words = xstrdup(consoles);
	char *text = xstrdup(""), *rest = words, *word;

	while ((word = strsep(&rest, " "))) {
		_cleanup_free_ char *before = text;

		text = str_printf("%s%s%s ", before, *word ? "console=" : "", word);
	}
	rest = text;
	text = str_printf("%sremint.alone", rest);
	free(rest);
	return text;
}

static int make(const struct arguments *args, struct err *err)
{
	_cleanup_free_ char *text = NULL, *cmdline = make_cmdline(args->console);
	_cleanup_free_ uint8_t *sig = NULL;
	struct stick stick = {.boot = args->boot,
			      .stub = args->stub,
			      .cmdline = cmdline,
			      .sign_key = args->boot_key,
			      .sign_cert = args->boot_cert,
			      .output = args->output,
			      .image = args->image};
	int r = file_read(args->order, STANDALONE_ORDER_MAX, &text, &stick.order_len, err);

	if (r == 0)
		r = check_order(text, stick.order_len, err);
	if (r < 0)
		return err_prepend(err, "%s", args->order);
	r = cms_sign(text, stick.order_len, args->key, args->cert, &sig, &stick.signature_len, err);
	if (r < 0)
		return r;
	stick.order = text;
	stick.signature = sig;
	return stick_make(&stick, err);
}

int boot_usb_command(int argc, char **argv)
{
	struct arguments args = {.stub = UKI_STUB, .console = CONSOLES};
	const struct arg_option options[] = {
		{"boot", ARG_TEXT, &args.boot, "DIR", "what 'remint boot build' has made", true},
		{"order", ARG_TEXT, &args.order, "FILE", "what 'remint order standalone' has made", true},
		{"key", ARG_TEXT, &args.key, "FILE",
		 "signs the order; its CA is one of the boot image's --image-ca; PEM or pkcs11:", true},
		{"cert", ARG_TEXT, &args.cert, "FILE", "the key's certificate, PEM", true},
		{"output", ARG_TEXT, &args.output, "DIR",
		 "the files, to be copied onto a FAT stick labelled REMINT; also -o", true, 'o'},
		{"image", ARG_TEXT, &args.image, "FILE", "also a whole stick's image"},
		{"console", ARG_TEXT, &args.console, "TEXT",
		 "the kernel's consoles; a person sees and types at the last (default: '" CONSOLES "')"},
		{"boot-key", ARG_TEXT, &args.boot_key, "FILE",
		 "signs the EFI file for Secure Boot, by sbsign; PEM"},
		{"boot-cert", ARG_TEXT, &args.boot_cert, "FILE", "that key's certificate, PEM"},
		{"stub", ARG_TEXT, &args.stub, "FILE", "another stub than systemd's of this machine"},
		{},
	};
	const struct arg_spec spec = {"remint boot usb",
				      "Makes a boot medium that erases one machine by a signed order, "
				      "without a station or a network.",
				      options, 0, 0};
	struct err err = {0};
	enum arg_result parsed;

	parsed = args_parse(&spec, argc, argv, NULL);
	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (make(&args, &err) < 0) {
		err_prepend(&err, "boot usb");
		return fail_with(&err);
	}
	printf("%s: %s, %s, %s\n", args.output, STICK_UKI, STICK_ORDER, STICK_SIGNATURE);
	if (args.image)
		printf("%s\n", args.image);
	return EXIT_SUCCESS;
}
