/* SPDX-License-Identifier: Apache-2.0 */
/* The constant parts of a sealed message, for who seals and who opens. */
#ifndef KINGLET_MONITOR_SEAL_FORM_H
#define KINGLET_MONITOR_SEAL_FORM_H

#include <stdint.h>

/* RFC 9052, sections 2 and 3.1. */
enum { KL_SEAL_COSE_TAG = 16, KL_SEAL_LABEL_KEY_ID = 4, KL_SEAL_LABEL_IV = 5 };

/* {1: 24}: the algorithm. */
static const uint8_t kl_seal_protected[] = {0xa1, 0x01, 0x18, 0x18};

/* Enc_structure of RFC 9052, section 5.3: ["Encrypt0", protected, h'']. */
static const uint8_t kl_seal_structure[] = {0x83, 0x68, 'E',  'n',  'c',  'r',  'y',  'p',
                                            't',  '0',  0x44, 0xa1, 0x01, 0x18, 0x18, 0x40};

#endif
