/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a figure should go, as far as its name tells. */
#ifndef KINGLET_PLAYBOOK_REPORT_DIRECTION_H
#define KINGLET_PLAYBOOK_REPORT_DIRECTION_H

/* 1: more is better ("accuracy.test"), -1: less is ("ram.total", "false_alarms"), 0: the name does
 * not tell. The words of the name are looked at from the last to the first. */
int kl_metric_direction(const char *name);

#endif
