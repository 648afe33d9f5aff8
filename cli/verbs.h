/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `remint`: each gets the words from its own name on (argv[0] is the verb) and returns the exit
 * status: 0, 1 after one sentence on standard error, or EXIT_USAGE (cli/args.h). */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

int verb_serve(int argc, char **argv);
int verb_node(int argc, char **argv);
int verb_order(int argc, char **argv);
int verb_reimage(int argc, char **argv);
int verb_wipe(int argc, char **argv);
int verb_gpu(int argc, char **argv);
int verb_class(int argc, char **argv);
int verb_network(int argc, char **argv);
int verb_watch(int argc, char **argv);
int verb_image(int argc, char **argv);
int verb_boot(int argc, char **argv);
int verb_keys(int argc, char **argv);
int verb_certificate(int argc, char **argv);
int verb_account(int argc, char **argv);
int verb_audit(int argc, char **argv);
int verb_baseline(int argc, char **argv);
int verb_bmc(int argc, char **argv);
int verb_lab(int argc, char **argv);

#endif
