/* SPDX-License-Identifier: Apache-2.0 */
/* The log group of the management protocol: reads the event log; docs/spec/management.md. */
#ifndef KINGLET_LOG_GROUP_H
#define KINGLET_LOG_GROUP_H

#include "kinglet/event_log.h"
#include "kinglet/smp.h"

enum { KL_SMP_GROUP_LOG = 69, KL_SMP_LOG_READ = 0 };

kl_smp_handler kl_log_group; /* context: struct kl_log * */

#endif
