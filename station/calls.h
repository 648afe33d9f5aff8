/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers of the route table. Each runs in a transaction of the store (but for those marked no_store),
 * has been authorised, and sets a reply and returns 0, or returns a negative errno (reply_status() says which status
 * it becomes; the transaction is then rolled back).
 */
#ifndef STATION_CALLS_H
#define STATION_CALLS_H

#include "station/request.h"

typedef int call(struct request *req, struct err *err);

call call_boot_script;            /* boot.c */
call call_boot_hint;              /* boot.c */
call call_boot_efi;               /* boot.c */
call call_boot_file;              /* files.c, no_store */
call call_secure_boot_file;       /* files.c, no_store */
call call_image_file;             /* files.c, no_store */
call call_phone_home;             /* live.c */
call call_checkin;                /* checkin.c */
call call_inventory;              /* agent_calls.c */
call call_events_add;             /* events.c */
call call_journal;                /* agent_calls.c */
call call_evidence;               /* certificates.c */
call call_log_put;                /* agent_calls.c */
call call_outcome;                /* agent_calls.c */
call call_whoami;                 /* accounts.c */
call call_nodes;                  /* nodes.c */
call call_node_add;               /* nodes.c */
call call_node_show;              /* nodes.c */
call call_node_state;             /* nodes.c */
call call_node_trust;             /* nodes.c */
call call_node_tenancy;           /* tenancy.c */
call call_node_tpm;               /* attest/node_tpm.c */
call call_node_bmc;               /* bmc/node_bmc.c */
call call_node_bmc_set;           /* bmc/node_bmc.c */
call call_node_bmc_remove;        /* bmc/node_bmc.c */
call call_node_bmc_rotate;        /* bmc/node_bmc.c */
call call_seen;                   /* nodes.c */
call call_seen_show;              /* nodes.c */
call call_images;                 /* images.c, no_store */
call call_orders;                 /* orders.c */
call call_order_add;              /* orders.c */
call call_order_show;             /* orders.c */
call call_order_cancel;           /* orders.c */
call call_order_certificate;      /* certificates.c */
call call_order_certificate_p7s;  /* certificates.c */
call call_order_evidence;         /* certificates.c */
call call_order_addendum;         /* certificates.c */
call call_order_addendum_p7s;     /* certificates.c */
call call_order_log;              /* certificates.c */
call call_order_bmc_log;          /* out_of_band/out_of_band.c */
call call_run_add;                /* runs/add.c */
call call_runs;                   /* runs/runs.c */
call call_run_show;               /* runs/runs.c */
call call_run_begin;              /* runs/begin.c */
call call_run_resume;             /* runs/runs.c */
call call_run_cancel;             /* runs/runs.c */
call call_import_add;             /* imports.c */
call call_imports;                /* imports.c */
call call_import_certificate;     /* imports.c */
call call_import_certificate_p7s; /* imports.c */
call call_events;                 /* events.c */
call call_baselines;              /* out_of_band/baselines.c */
call call_baseline_show;          /* out_of_band/baselines.c */
call call_baseline_put;           /* out_of_band/baselines.c */
call call_baseline_delete;        /* out_of_band/baselines.c */
call call_classes;                /* classes.c */
call call_class_show;             /* classes.c */
call call_class_put;              /* classes.c */
call call_class_delete;           /* classes.c */
call call_accounts;               /* accounts.c */
call call_account_add;            /* accounts.c */
call call_account_delete;         /* accounts.c */
call call_audit;                  /* audit.c */

#endif
