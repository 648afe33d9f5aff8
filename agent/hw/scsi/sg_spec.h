/* SPDX-License-Identifier: Apache-2.0 */
/* SAM-6 (5.3 Status codes) and SPC-5 (4.5 Sense data): the values in use, and their words. */
#ifndef AGENT_HW_SG_SPEC_H
#define AGENT_HW_SG_SPEC_H

#include <stdint.h>

#define SAM_GOOD                 0x00
#define SAM_CHECK_CONDITION      0x02
#define SAM_CONDITION_MET        0x04
#define SAM_BUSY                 0x08
#define SAM_RESERVATION_CONFLICT 0x18
#define SAM_TASK_SET_FULL        0x28
#define SAM_ACA_ACTIVE           0x30
#define SAM_TASK_ABORTED         0x40

/* SPC-5, table 48 */
#define SENSE_NO_SENSE        0x0
#define SENSE_RECOVERED_ERROR 0x1
#define SENSE_NOT_READY       0x2
#define SENSE_MEDIUM_ERROR    0x3
#define SENSE_HARDWARE_ERROR  0x4
#define SENSE_ILLEGAL_REQUEST 0x5
#define SENSE_UNIT_ATTENTION  0x6
#define SENSE_DATA_PROTECT    0x7
#define SENSE_ABORTED_COMMAND 0xb

/* SPC-5, table 29: descriptor types */
#define SENSE_DESC_SENSE_KEY_SPECIFIC 0x02
#define SENSE_DESC_ATA_STATUS         0x09

/* Linux, include/scsi/sg.h: a driver status that only says that sense data are there */
#define SG_DRIVER_SENSE 0x08

/* Never NULL; "" or "reserved" where there is no name. */
const char *sg_status_name(uint8_t status);
const char *sg_host_status_name(uint16_t host_status);
const char *sg_sense_key_name(uint8_t key);
const char *sg_sense_meaning(uint8_t asc, uint8_t ascq);

#endif
