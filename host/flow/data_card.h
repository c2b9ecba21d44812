/* SPDX-License-Identifier: Apache-2.0 */
/* The data card: what a data set is, for people. */
#ifndef KINGLET_FLOW_DATA_CARD_H
#define KINGLET_FLOW_DATA_CARD_H

#include "base/buffer.h"
#include "data/stats.h"

struct kl_data_card {
    const char *title;
    const char *notes; /* Markdown in the user's words, such as known gaps; or NULL */
    const struct kl_dataset *dataset;
    const struct kl_stats *stats;
};

/* Sections: origin and licence, shape, classes, split, conditions, quality, notes. Every figure is
 * one of the data set or of kl_stats_run. Names from outside are escaped. */
void kl_data_card_markdown(const struct kl_data_card *card, struct kl_buffer *text);

/* The same as a page that works offline, with charts: items of each class, their splits, lengths,
 * and for series the first recording of some classes. */
void kl_data_card_html(const struct kl_data_card *card, struct kl_buffer *html);

#endif
