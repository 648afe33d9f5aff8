/* SPDX-License-Identifier: Apache-2.0 */
/* remint image: its commands. docs/man/remint-image.1 */
#include "cli/image/image.h"
#include "cli/args.h"
#include "cli/verbs.h"

int verb_image(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"pack", "pack and sign a disk", image_pack_command},
		{"verify", "check an image as a node does", image_verify_command},
		{"inspect", "show what an image says of itself", image_inspect_command},
		{"import", "pack what lies elsewhere or is compressed", image_import_command},
		{"push", "bring an image to where nodes fetch it", image_push_command},
		{"mirror", "copy an image from a web server", image_mirror_command},
		{"gc", "remove images that nobody needs", image_gc_command},
		{"write", "write an image onto a disk", image_write_command},
		{},
	};

	return run_sub_command("image", "Images of tenants' systems (docs/image-format.md).", table, argc,
			       argv);
}
