/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/image/image.h"
#include "core/json.h"
#include "core/time.h"

#define THREADS_MAX 256

json_t *image_summary(const char *dir, const struct manifest *m, const struct index *index)
{
	_cleanup_free_ char *text = NULL;
	char hex[SHA256_HEX_SIZE];
	json_t *root, *manifest;
	struct err err;
	size_t len;

	text = manifest_text(m, &len);
	if (json_parse(text, len, &manifest, &err) < 0)
		abort(); /* it was written by us */
	hex_encode(m->sha256, SHA256_SIZE, hex);
	root = json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "folder", dir, "manifest_sha256", hex, "chunks",
			 (json_int_t)index->n_chunks, "data_chunks", (json_int_t)index->data_chunks,
			 "data_bytes", (json_int_t)index->data_bytes, "manifest", manifest);
	if (!root)
		abort();
	return root;
}

int image_print_json(json_t *root)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	text = json_pretty(root, &len);
	json_decref(root);
	return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void print_overlay(const struct overlay *o)
{
	printf("overlay         %" PRIu64 " files, %" PRIu64 " bytes of memory; for %s%s\n", o->files,
	       o->size, o->kernel ? "the kernel " : "any kernel", o->kernel ?: "");
	if (o->n_modules)
		printf("modules        ");
	for (unsigned i = 0; i < o->n_modules; i++)
		printf(" %s%s", o->modules[i], i + 1 < o->n_modules ? "," : "\n");
	for (unsigned i = 0; i < o->n_services; i++)
		printf("service         %s: %s\n", o->services[i].name, o->services[i].arguments[0]);
}

static void print_boot(const struct manifest *m)
{
	printf("machine         %s%s%s%s%s\n", m->architecture, m->kind == IMAGE_OVERLAY ? "" : ", ",
	       m->boots_uefi ? "UEFI" : "", m->boots_uefi && m->boots_bios ? " and " : "",
	       m->boots_bios ? "BIOS" : "");
	if (m->boots_uefi)
		printf("loader          %s in %s%s\n", m->efi_loader,
		       m->efi_partition ? "partition " : "the EFI system partition",
		       m->efi_partition ? m->efi_partition : "");
}

static void print_kind(const struct manifest *m)
{
	const struct layout_partition *p;

	if (m->kind == IMAGE_OVERLAY) {
		print_overlay(m->overlay);
		return;
	}
	if (m->kind == IMAGE_DISK) {
		printf("disk            %" PRIu64 " bytes in blocks of %" PRIu32 "%s\n", m->size,
		       m->logical_block_size, m->any_block_size ? "; suits 512 and 4096" : "");
		return;
	}
	printf("root            a tar archive of %" PRIu64 " bytes; needs a disk of %" PRIu64 "\n", m->size,
	       layout_min_size(m->layout));
	for (unsigned i = 0; i < m->layout->n_partitions; i++) {
		p = &m->layout->partitions[i];
		printf("partition       %s, %s%s%s", p->name, layout_fs_name(p->fs), p->mount ? " on " : "",
		       p->mount ? p->mount : "");
		if (p->size)
			printf(", %" PRIu64 " MiB%s\n", p->size >> 20, p->mirrored ? ", mirrored" : "");
		else
			printf(", all that is left%s\n", p->mirrored ? ", mirrored" : "");
	}
}

static void print_kexec(const struct manifest_kexec *k)
{
	printf("kexec           %s, %" PRIu64 " bytes", k->kernel.file, k->kernel.size);
	if (k->initrd.file)
		printf(", and %s, %" PRIu64 " bytes", k->initrd.file, k->initrd.size);
	printf("\ncommand line    %s\n", k->cmdline);
}

int image_print_text(const struct manifest *m, const struct index *index)
{
	char before[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE], hex[SHA256_HEX_SIZE];

	time_format(m->not_before, before);
	time_format(m->not_after, after);
	hex_encode(m->sha256, SHA256_SIZE, hex);
	printf("image           %s %s, serial %" PRIu64 "\n", m->name, m->version, m->serial);
	print_boot(m);
	print_kind(m);
	printf("payload         %" PRIu64 " bytes, %" PRIu32 " chunks, of which %" PRIu64 " (%" PRIu64
	       " bytes) are not zeros\n",
	       m->payload_size, index->n_chunks, index->data_chunks, index->data_bytes);
	if (m->kexec)
		print_kexec(m->kexec);
	printf("valid           %s to %s\n", before, after);
	printf("manifest SHA-256 %s\n", hex);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int image_option_time(const char *option, const char *text, time_t *ret, struct err *err)
{
	if (text && time_parse(text, ret) < 0)
		return err_set(err, EINVAL, "%s is a time in UTC such as 2026-11-22T21:00:00Z, not '%s'",
			       option, text);
	return 0;
}

int image_option_threads(uint64_t threads, struct err *err)
{
	if (threads > THREADS_MAX)
		return err_set(err, EINVAL, "--threads is at most %d", THREADS_MAX);
	return 0;
}
