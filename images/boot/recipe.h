/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipe of the generic part: a text, one file of the image a line, '#' begins a comment.
 *   dir PATH MODE            a folder
 *   node PATH MODE c|b N N   a device node, major and minor number
 *   link PATH TARGET         a symbolic link
 *   text PATH MODE TEXT      a file of this one line
 *   file PATH MODE SOURCE    a file of this machine
 *   tree PATH SOURCE         a folder of this machine with all below; folders 0755, files 0644, links refused
 *   program PATH SOURCE      a program (0755), its interpreter and the shared libraries that it needs
 * MODE is octal. Folders that are not named are made, 0755.
 */
#ifndef IMAGES_BOOT_RECIPE_H
#define IMAGES_BOOT_RECIPE_H

#include "core/err.h"
#include "images/boot/tree.h"

#define RECIPE_MAX (1u << 20) /* bytes */

/* Adds what the recipe says to *tree and finishes it. -EINVAL names the line. */
int recipe_run(const char *path, struct tree *tree, struct err *err) _must_check_;

/* Adds a program as above. -ENOENT: a library is not in the loader's default folders. */
int program_add(struct tree *tree, const char *path, const char *source, struct err *err) _must_check_;

#endif
