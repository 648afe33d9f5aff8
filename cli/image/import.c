/* SPDX-License-Identifier: Apache-2.0 */
/* remint image import. docs/man/remint-image.1 */
#include <stdlib.h>

#include "cli/args.h"
#include "cli/image/image.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "images/pack.h"
#include "images/store/import.h"

struct import_args {
	struct import_options import;
	struct import_disk disk;
};

static int open_source(void *data, struct pack_options *pack, bool quiet, struct err *err)
{
	struct import_args *a = data;
	struct progress progress;
	int r;

	if (pack->kind != IMAGE_DISK)
		return err_set(err, EINVAL,
			       "import takes disks alone; pack takes root file systems and overlays");
	if ((r = image_pack_check(pack, err)) < 0) /* now, not after hours of fetching */
		return r;
	a->import.source = pack->disk;
	a->import.dir = pack->dir;
	a->import.cancelled = stop_asked;
	a->import.progress = progress_show;
	a->import.note = progress_note;
	a->import.data = &progress;
	progress_begin(&progress, "importing", quiet);
	r = import_open(&a->import, &a->disk, err);
	progress_end(&progress);
	if (r == 0)
		pack->disk = a->disk.path;
	return r;
}

int image_import_command(int argc, char **argv)
{
	struct import_args a = {0};
	const struct arg_option options[] = {
		{"sha256", ARG_TEXT, &a.import.sha256, "HEX",
		 "of SRC as it is (compressed); needed with a URL"},
		{"no-digest", ARG_FLAG, &a.import.no_digest, "", "take whatever the URL gives"},
		{"tls-ca", ARG_TEXT, &a.import.tls_ca, "FILE",
		 "CA of the https server, PEM (default: the system's)"},
		{},
	};
	const struct image_source source = {"remint image import SRC",
					    "Packs a raw or qcow2 disk, as it is or compressed with gzip, "
					    "bzip2, xz or zstd, from a file or an "
					    "http or https URL, into a signed image in the new folder DIR.",
					    options, open_source, &a};
	int status = image_pack_from(argc, argv, &source);

	import_disk_clear(&a.disk);
	return status;
}
