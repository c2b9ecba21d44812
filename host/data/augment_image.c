/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "data/augment_internal.h"

/* Where a pixel of the copy comes from: x' = a (x - cx) - b (y - cy) + ox, and so on. */
struct view {
    double a, b;   /* scale times cosine and sine */
    double ox, oy; /* middle of the part that is seen */
    bool flip;
};

static struct view draw_view(struct augment_copy *c)
{
    const double pi = 3.14159265358979323846;
    const struct kl_augment *a = c->augment;
    double kept = 1 - kl_random_between(&c->random, 0, a->crop);
    double turn = kl_random_between(&c->random, -a->turn, a->turn) * pi / 180;
    double play = (1 - kept) / 2; /* how far the middle may move */
    struct view view = {kept * cos(turn), kept * sin(turn), 0, 0, false};
    view.ox = (c->width - 1) * (0.5 + kl_random_between(&c->random, -play, play));
    view.oy = (c->frames - 1) * (0.5 + kl_random_between(&c->random, -play, play));
    view.flip = a->flip && kl_random_between(&c->random, 0, 1) < 0.5;
    if (a->crop > 0) {
        augment_say(c, "crop", 1 - kept, "");
    }
    if (a->turn > 0) {
        augment_say(c, "turn", turn * 180 / pi, " deg");
    }
    if (view.flip) {
        augment_say(c, "flip", 1, "");
    }
    return view;
}

static double clamp(double value, double most)
{
    return value < 0 ? 0 : value > most ? most : value;
}

/* The value at a place between pixels: bilinear; outside, that of the border. */
static double sample(const struct augment_copy *c, const uint8_t *from, double y, double x,
                     int32_t channel)
{
    double cy = clamp(y, c->frames - 1);
    double cx = clamp(x, c->width - 1);
    int32_t top = (int32_t)cy;
    int32_t left = (int32_t)cx;
    int32_t bottom = top + 1 < c->frames ? top + 1 : top;
    int32_t right = left + 1 < c->width ? left + 1 : left;
    double fy = cy - top;
    double fx = cx - left;
    const int32_t rows[2] = {top, bottom};
    const int32_t columns[2] = {left, right};
    double value = 0;
    for (int r = 0; r < 2; r++) {
        for (int k = 0; k < 2; k++) {
            size_t at =
                ((size_t)rows[r] * (size_t)c->width + (size_t)columns[k]) * (size_t)c->channels +
                (size_t)channel;
            value += (r ? fy : 1 - fy) * (k ? fx : 1 - fx) * from[at];
        }
    }
    return value;
}

void augment_image(struct augment_copy *c, const uint8_t *from)
{
    const struct view v = draw_view(c);
    double light =
        1 + kl_random_between(&c->random, -c->augment->brightness, c->augment->brightness);
    uint8_t *to = c->pixels;
    for (int32_t y = 0; y < c->frames; y++) {
        for (int32_t x = 0; x < c->width; x++) {
            double dy = y - (c->frames - 1) / 2.0;
            double dx = (v.flip ? -1 : 1) * (x - (c->width - 1) / 2.0);
            for (int32_t k = 0; k < c->channels; k++) {
                double value =
                    sample(c, from, v.oy + v.b * dx + v.a * dy, v.ox + v.a * dx - v.b * dy, k);
                *to++ = (uint8_t)(clamp(value * light, 255) + 0.5);
            }
        }
    }
    if (c->augment->brightness > 0) {
        augment_say(c, "brightness", light, "");
    }
}
