/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pictures of pressure gauges as a small camera in front of them sees them: a dial with ticks,
 * marks and a needle, drawn at another angle, size and light in each picture; and some on which
 * nothing can be read. 32 x 32 grey values, each the mean of 4 x 4 points.
 *
 *   gauges FOLDER FROM TO TAKES      FOLDER/LABEL_gaugeN_TAKE.bmp of the gauges FROM to TO - 1
 *
 * Labels: low (the needle is in the first quarter of the scale), normal, high (in the last
 * quarter), unreadable. A gauge is a kind of dial in one place: its light and its angle differ
 * little.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../company/random.h"

enum { SIZE = 32, POINTS = 4, HEADER = 14 + 40, PALETTE = 256 * 4 };
enum label { LOW, NORMAL, HIGH, UNREADABLE, LABELS };

static const char *const names[LABELS] = {"low", "normal", "high", "unreadable"};
static const double pi = 3.14159265358979323846;

/* A kind of dial and how it hangs. Lengths are shares of the dial's radius, greys 0 to 1. */
struct gauge {
    double sweep;               /* rad, from the lowest to the highest reading; 0 points down */
    double face, ink, wall;     /* greys */
    double needle, tail, width; /* of the needle */
    double hub;                 /* radius */
    double ticks;               /* their inner end */
    int tick_count;
    double zone; /* grey of the band that marks the last quarter; below 0: none */
    double rim;  /* width */
    double x, y, radius, turn, squeeze; /* in the picture; centre at 0, half its height 1 */
    double light_angle, light;          /* brighter on one side */
};

static struct gauge draw_gauge(uint64_t number)
{
    state = number * UINT64_C(0x2545f4914f6cdd1d) + 7;
    bool dark = between(0, 1) < 0.25;
    double face = dark ? between(0, 0.25) : between(0.7, 1);
    double ink = dark ? between(0.7, 1) : between(0, 0.3);
    return (struct gauge){.sweep = between(1.3, 1.55) * pi,
                          .face = face,
                          .ink = ink,
                          .wall = between(0.1, 0.8),
                          .needle = between(0.6, 0.85),
                          .tail = between(0, 0.3),
                          .width = between(0.04, 0.09),
                          .hub = between(0.06, 0.16),
                          .ticks = between(0.72, 0.85),
                          .tick_count = (int)between(4, 11),
                          .zone =
                              between(0, 1) < 0.5 ? face + (ink - face) * between(0.3, 0.7) : -1,
                          .rim = between(0.03, 0.12),
                          .x = between(-0.08, 0.08),
                          .y = between(-0.08, 0.08),
                          .radius = between(0.72, 0.95),
                          .turn = between(-0.12, 0.12),
                          .squeeze = between(0.88, 1),
                          .light_angle = between(-pi, pi),
                          .light = between(0, 0.35)};
}

/* One picture of it. */
struct view {
    const struct gauge *gauge;
    double reading;                 /* 0 to 1 */
    double x, y, turn;              /* the camera shakes */
    double bright, haze;            /* haze: share of the picture that a grey veil takes */
    double glare_x, glare_y, glare; /* a reflection of the lamp, with its radius */
    double noise;
    bool covered; /* something hangs over it */
    double cover, cover_at, cover_angle;
};

static double angle_of(const struct gauge *g, double reading)
{
    return pi + g->sweep * (reading - 0.5); /* measured from below, clockwise */
}

/* Distance of a point from the segment that runs from -tail to +length in the direction `angle`. */
static double needle_distance(double x, double y, double angle, double tail, double length)
{
    double dx = -sin(angle);
    double dy = cos(angle);
    double along = x * dx + y * dy;
    double clamped = fmax(-tail, fmin(length, along));
    return hypot(x - clamped * dx, y - clamped * dy);
}

/* Grey of the dial at a point in units of its radius, y downwards. */
static double dial(const struct view *v, double x, double y)
{
    const struct gauge *g = v->gauge;
    double r = hypot(x, y);
    if (r > 1) {
        return g->wall;
    }
    if (r > 1 - g->rim) {
        return 0.5 * (g->ink + g->wall);
    }
    double angle = angle_of(g, v->reading);
    double along = fmin(1, fmax(0, (x * -sin(angle) + y * cos(angle)) / g->needle));
    if (r < g->hub ||
        needle_distance(x, y, angle, g->tail, g->needle) < g->width * (1 - 0.6 * along)) {
        return g->ink;
    }
    double place = atan2(-x, y); /* 0 below, clockwise */
    double share = ((place < 0 ? place + 2 * pi : place) - pi) / g->sweep + 0.5;
    if (share >= -0.01 && share <= 1.01 && r > g->ticks && r < 0.9 - g->rim / 2) {
        double step = share * g->tick_count;
        if (fabs(step - round(step)) * g->sweep / g->tick_count * r < 0.03) {
            return g->ink;
        }
        if (share > 0.75 && g->zone >= 0) {
            return g->zone;
        }
    }
    return g->face;
}

/* Grey of the picture at a point, -1 to 1, y downwards. */
static double grey(const struct view *v, double px, double py)
{
    const struct gauge *g = v->gauge;
    double x = (px - v->x) / g->radius;
    double y = (py - v->y) / g->radius / g->squeeze;
    double c = cos(v->turn);
    double s = sin(v->turn);
    double value = dial(v, x * c + y * s, -x * s + y * c);
    double across = px * cos(v->cover_angle) + py * sin(v->cover_angle);
    if (v->covered && across > v->cover_at) {
        value = v->cover + 0.05 * sin(9 * across);
    }
    value *= 1 + g->light * (px * cos(g->light_angle) + py * sin(g->light_angle));
    double shine = v->glare > 0 ? hypot(px - v->glare_x, py - v->glare_y) / v->glare : 9;
    value = value * v->bright + exp(-shine * shine);
    return value * (1 - v->haze) + 0.5 * v->haze;
}

static struct view draw_view(const struct gauge *g, enum label label)
{
    struct view v = {.gauge = g,
                     .x = g->x + 0.02 * normal(),
                     .y = g->y + 0.02 * normal(),
                     .turn = g->turn + 0.02 * normal(),
                     .bright = exp(between(-0.8, 0.2)),
                     .haze = between(0, 0.3),
                     .glare_x = between(-1, 1),
                     .glare_y = between(-1, 1),
                     .glare = between(0, 1) < 0.3 ? between(0.05, 0.25) : 0,
                     .noise = exp(between(-5, -3))};
    double low = label == LOW ? 0 : label == HIGH ? 0.75 : label == NORMAL ? 0.25 : 0;
    double high = label == LOW ? 0.25 : label == NORMAL ? 0.75 : 1;
    v.reading = between(low, high);
    if (label != UNREADABLE) {
        return v;
    }
    switch ((int)between(0, 4)) {
    case 0: v.bright = exp(between(-6, -4)); break; /* the light is off */
    case 1: v.haze = between(0.93, 1); break;       /* fog on the lens */
    case 2:                                         /* the lamp shines right into it */
        v.glare = between(1.2, 2.5);
        v.glare_x = v.glare_y = 0.2 * normal();
        break;
    default: /* a cloth */
        v.covered = true;
        v.cover = between(0.1, 0.9);
        v.cover_at = between(-1, -0.3);
        v.cover_angle = between(-pi, pi);
    }
    return v;
}

static void shoot(const struct view *v, unsigned char pixels[SIZE][SIZE])
{
    for (int row = 0; row < SIZE; row++) {
        for (int column = 0; column < SIZE; column++) {
            double sum = 0;
            for (int i = 0; i < POINTS * POINTS; i++) {
                double x = (column + (i % POINTS + 0.5) / POINTS) * 2 / SIZE - 1;
                double y = (row + (i / POINTS + 0.5) / POINTS) * 2 / SIZE - 1;
                sum += fmin(1, grey(v, x, y));
            }
            double value = 255 * (sum / (POINTS * POINTS) + v->noise * normal());
            pixels[row][column] = (unsigned char)lrint(fmax(0, fmin(255, value)));
        }
    }
}

static void put(unsigned char *at, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        at[i] = (unsigned char)(value >> 8 * i);
    }
}

/* A bitmap of 8 bits with 256 greys, rows from below. */
static bool write_bitmap(const char *path, unsigned char pixels[SIZE][SIZE])
{
    unsigned char head[HEADER + PALETTE] = {'B', 'M'};
    put(head + 2, HEADER + PALETTE + SIZE * SIZE, 4);
    put(head + 10, HEADER + PALETTE, 4);
    put(head + 14, 40, 4);
    put(head + 18, SIZE, 4);
    put(head + 22, SIZE, 4);
    put(head + 26, 1, 2);
    put(head + 28, 8, 2);
    put(head + 46, 256, 4);
    for (int i = 0; i < 256; i++) {
        put(head + HEADER + 4 * i, (uint32_t)i * 0x010101, 4);
    }
    FILE *out = fopen(path, "wb");
    bool ok = out && fwrite(head, sizeof head, 1, out) == 1;
    for (int row = SIZE - 1; ok && row >= 0; row--) {
        ok = fwrite(pixels[row], SIZE, 1, out) == 1;
    }
    ok = out && fclose(out) == 0 && ok;
    if (!ok) {
        perror(path);
    }
    return ok;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: gauges FOLDER FROM TO TAKES\n");
        return 2;
    }
    uint64_t to = strtoull(argv[3], NULL, 10);
    int takes = (int)strtol(argv[4], NULL, 10);
    for (uint64_t number = strtoull(argv[2], NULL, 10); number < to; number++) {
        struct gauge g = draw_gauge(number);
        for (int i = 0; i < takes * LABELS; i++) {
            unsigned char pixels[SIZE][SIZE];
            char path[512];
            struct view v = draw_view(&g, (enum label)(i % LABELS));
            shoot(&v, pixels);
            snprintf(path, sizeof path, "%s/%s_gauge%llu_%d.bmp", argv[1], names[i % LABELS],
                     (unsigned long long)number, i / LABELS);
            if (!write_bitmap(path, pixels)) {
                return 2;
            }
        }
    }
    return 0;
}
