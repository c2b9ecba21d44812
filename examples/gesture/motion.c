/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an accelerometer in a pebble feels, by mechanics: a body with an attitude and a place, moved
 * by the hand of a person, with tremor, knocks, friction on the table, and a sensor that has noise,
 * an offset and steps. A recording is two seconds at 50 Hz, in steps of 1/16384 g.
 *
 *   motion FOLDER FROM TO TAKES      FOLDER/LABEL_PERSON_TAKE.csv of the persons FROM to TO - 1
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../company/random.h"

enum { RATE = 50, FRAMES = 100, INNER = 8, STEPS = FRAMES * INNER };
enum label { IDLE, SNAKE, UPDOWN, WAVE, LABELS };

static const char *const names[LABELS] = {
    [IDLE] = "idle", [SNAKE] = "snake", [UPDOWN] = "updown", [WAVE] = "wave"};
static const double pi = 3.14159265358979323846;
static const double gravity = 9.81;

struct vector {
    double x, y, z;
};

/* How somebody moves. Drawn once for each person. */
struct person {
    double tempo;  /* Hz, of what is repeated */
    double size;   /* 1: as most do */
    double even;   /* 0: even strokes; 1: each one differs */
    double tremor; /* g */
    double rough;  /* g: of moves, at all frequencies */
    double tilt;   /* rad: how crooked the pebble is held */
    double lean;   /* rad: about which it is crooked, as a habit */
    double grain;  /* of the table, in g */
};

static struct person draw_person(uint64_t number)
{
    state = number * UINT64_C(0x2545f4914f6cdd1d) + 1;
    return (struct person){.tempo = between(0.6, 1.7),
                           .size = exp(between(-0.5, 0.5)),
                           .even = between(0, 0.5),
                           .tremor = exp(between(-5.5, -3.2)),
                           .rough = exp(between(-4, -1.2)),
                           .tilt = between(0, 0.35),
                           .lean = between(-pi, pi),
                           .grain = exp(between(-2.5, -0.7))};
}

/* Something slow that nobody controls: four sines, with a deviation of 1. */
enum { SINES = 4 };
struct wander {
    double rate[SINES], phase[SINES];
};

static struct wander wander_begin(double seconds)
{
    struct wander w;
    for (int i = 0; i < SINES; i++) {
        w.rate[i] = 2 * pi * between(0.2, 1) / seconds;
        w.phase[i] = between(-pi, pi);
    }
    return w;
}

static double wander(const struct wander *w, double time)
{
    double sum = 0;
    for (int i = 0; i < SINES; i++) {
        sum += sin(w->phase[i] + w->rate[i] * time);
    }
    return sum * sqrt(2.0 / SINES);
}

/* One recording on its way. */
struct take {
    const struct person *who;
    enum label label;
    double from, to;          /* seconds in which the gesture is done */
    double tempo, phase;      /* of its repetitions */
    double amplitude;         /* m of lifts and slides, rad of waves */
    double roll, pitch, turn; /* of the pebble: about its length, its width, and upright */
    bool held;                /* in the hand, else on the table */
    double knock_at, knock;   /* s; g */
    double shiver;            /* Hz, of the tremor */
    double sharp;             /* 0: sines; more: the turning points are hurried */
    struct wander slow[4];
};

static double swing(const struct take *t, double time)
{
    double uneven = 1 + t->who->even * 0.4 * wander(&t->slow[0], time);
    double angle =
        t->phase + 2 * pi * t->tempo * time + 0.5 * t->who->even * wander(&t->slow[1], time);
    return uneven * (sin(angle) + t->sharp * sin(3 * angle) / 9);
}

/* 0 before and after the gesture, 1 within, with soft ends of 0.4 s. */
static double inside(const struct take *t, double time)
{
    double ends = fmin(time - t->from, t->to - time) / 0.4;
    return ends <= 0 ? 0 : ends >= 1 ? 1 : ends * ends * (3 - 2 * ends);
}

/* What is felt in the pebble's own axes: attitude applied to acceleration and weight. */
static struct vector turned(struct vector a, double roll, double pitch, double turn)
{
    struct vector b = {a.x * cos(turn) + a.y * sin(turn), -a.x * sin(turn) + a.y * cos(turn), a.z};
    struct vector c = {b.x * cos(pitch) + b.z * sin(pitch), b.y,
                       -b.x * sin(pitch) + b.z * cos(pitch)};
    return (struct vector){c.x, c.y * cos(roll) + c.z * sin(roll),
                           -c.y * sin(roll) + c.z * cos(roll)};
}

/* The place of the pebble (m) at a time, relative to where it was taken up; the table is flat. */
static struct vector place(const struct take *t, double time, double *rolled)
{
    double done = inside(t, time);
    struct vector p = {0, 0, 0};
    *rolled = 0;
    switch (t->label) {
    case IDLE: break;
    case UPDOWN:
        p.z = done * t->amplitude * swing(t, time);
        p.x = 0.15 * t->amplitude * done * wander(&t->slow[2], time);
        p.y = 0.15 * t->amplitude * done * wander(&t->slow[3], time);
        break;
    case SNAKE: /* a winding way over the table */
        p.x = done * t->amplitude * swing(t, time);
        p.y = 0.5 * done * t->amplitude * wander(&t->slow[2], time);
        break;
    case WAVE: {
        double s = done * swing(t, time);
        *rolled = s * t->amplitude;
        p.y = 0.05 * t->who->size * sin(*rolled); /* about the elbow */
        p.z = 0.05 * t->who->size * cos(*rolled);
        break;
    }
    case LABELS: break;
    }
    return p;
}

/*
 * Friction on the table shakes it as soon as it slides: more along the normal, and in jerks, since
 * a body sticks and slips.
 */
static void shake(const struct take *t, double speed, struct vector *a)
{
    double jerk = between(0, 1) < 0.1 ? 2.5 : 0.8;
    double g = t->who->grain * jerk * fmin(1, speed / 0.05) * gravity;
    a->x += 0.8 * g * normal();
    a->y += 0.7 * g * normal();
    a->z += g * normal();
}

/* A hand that moves is never smooth: tremor at one frequency, and a part without any. */
static void tremble(const struct take *t, const double phase[3], double time, double done,
                    struct vector *a)
{
    double tremor = t->who->tremor * gravity;
    double rough = done * t->who->rough * gravity;
    double angle = 2 * pi * t->shiver * time;
    a->x += tremor * sin(angle + phase[0]) + rough * normal();
    a->y += tremor * sin(angle + phase[1]) + rough * normal();
    a->z += tremor * sin(angle + phase[2]) + rough * normal();
}

static void begin(struct take *t, const struct person *who, enum label label)
{
    double tempo = who->tempo * exp(0.12 * normal());
    *t = (struct take){.who = who,
                       .label = label,
                       .from = between(-1, 0.8),
                       .to = between(1.2, 3),
                       .tempo = tempo,
                       .phase = between(-pi, pi),
                       .shiver = between(7, 12),
                       .sharp = between(0, 1.2),
                       .held = label == UPDOWN || label == WAVE,
                       .knock_at = between(-3, 3)};
    for (int i = 0; i < 4; i++) {
        t->slow[i] = wander_begin(between(0.8, 2.5));
    }
    double rate = 2 * pi * tempo;
    t->amplitude = label == UPDOWN  ? who->size * between(0.8, 4) / (rate * rate)
                   : label == SNAKE ? who->size * between(0.1, 1.6) / (rate * rate)
                                    : fmin(1.3, who->size * between(0.5, 1.1));
    t->knock = exp(between(-4, 0)) * gravity;
    t->turn = between(-0.4, 0.4);
    if (label == IDLE) {
        t->held = between(0, 1) < 0.4;
        t->turn = between(-pi, pi);
    }
    t->pitch = (t->held ? who->tilt : 0.01) * cos(who->lean) + 0.03 * normal();
    t->roll = (t->held ? who->tilt : 0.01) * sin(who->lean) + 0.03 * normal();
    if (label == WAVE || (label == IDLE && t->held && between(0, 1) < 0.5)) {
        t->pitch += between(0.9, 1.6); /* the nose is up */
    }
}

/* Two seconds of a label by a person. */
static void record(const struct person *who, enum label label, FILE *out)
{
    static struct vector felt[STEPS];
    static struct vector way[STEPS + 2];
    static double rolled[STEPS + 2];
    struct take t;
    begin(&t, who, label);
    double dt = 1.0 / (RATE * INNER);
    for (int i = 0; i < STEPS + 2; i++) {
        way[i] = place(&t, i * dt, &rolled[i]);
    }
    double shivers[3] = {between(-pi, pi), between(-pi, pi), between(-pi, pi)};
    struct wander crooked[2] = {wander_begin(1.5), wander_begin(2.0)};
    for (int i = 0; i < STEPS; i++) {
        struct vector v = {(way[i + 1].x - way[i].x) / dt, (way[i + 1].y - way[i].y) / dt, 0};
        struct vector a = {(way[i + 2].x - 2 * way[i + 1].x + way[i].x) / (dt * dt),
                           (way[i + 2].y - 2 * way[i + 1].y + way[i].y) / (dt * dt),
                           (way[i + 2].z - 2 * way[i + 1].z + way[i].z) / (dt * dt) + gravity};
        double time = i * dt;
        if (label == SNAKE) {
            shake(&t, hypot(v.x, v.y), &a);
        }
        if (!t.held && label == IDLE && time > t.knock_at) {
            double after = time - t.knock_at;
            a.z += t.knock * exp(-after / 0.03) * cos(2 * pi * 40 * after);
        }
        if (t.held) {
            tremble(&t, shivers, time, label == IDLE ? 0 : inside(&t, time), &a);
        }
        double loose = t.held ? 0.08 : 0;
        double roll = t.roll + loose * wander(&crooked[0], time);
        double pitch = t.pitch + loose * wander(&crooked[1], time);
        if (label == WAVE) { /* it turns about the line that points from palm to back */
            struct vector upright = turned(a, 0, pitch, 0);
            double c = cos(rolled[i]);
            double s = sin(rolled[i]);
            felt[i] = (struct vector){upright.x * c + upright.y * s, -upright.x * s + upright.y * c,
                                      upright.z};
            felt[i] = turned(felt[i], roll, 0, 0);
        } else {
            felt[i] = turned(a, roll, pitch, t.turn);
        }
    }
    /* The sensor: the mean over a sample's time, an offset of each axis, noise, 16 bits over 4 g.
     */
    double offset[3] = {0.02 * normal(), 0.02 * normal(), 0.02 * normal()};
    double noise = exp(between(-6.5, -5));
    for (int f = 0; f < FRAMES; f++) {
        double sum[3] = {0, 0, 0};
        for (int i = f * INNER; i < (f + 1) * INNER; i++) {
            sum[0] += felt[i].x;
            sum[1] += felt[i].y;
            sum[2] += felt[i].z;
        }
        for (int k = 0; k < 3; k++) {
            double g = sum[k] / INNER / gravity + offset[k] + noise * normal();
            fprintf(out, "%s%.0f", k > 0 ? "," : "", fmax(-32768, fmin(32767, round(g * 16384))));
        }
        putc('\n', out);
    }
}

static bool write_take(const char *folder, uint64_t person, const struct person *who,
                       enum label label, int take)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s_person%llu_%d.csv", folder, names[label],
             (unsigned long long)person, take);
    FILE *out = fopen(path, "w");
    if (!out) {
        perror(path);
        return false;
    }
    record(who, label, out);
    if (fclose(out) != 0) {
        perror(path);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: motion FOLDER FROM TO TAKES\n");
        return 2;
    }
    uint64_t to = strtoull(argv[3], NULL, 10);
    int takes = (int)strtol(argv[4], NULL, 10);
    for (uint64_t person = strtoull(argv[2], NULL, 10); person < to; person++) {
        struct person who = draw_person(person);
        for (int take = 0; take < takes; take++) {
            for (int label = 0; label < LABELS; label++) {
                if (!write_take(argv[1], person, &who, (enum label)label, take)) {
                    return 2;
                }
            }
        }
    }
    return 0;
}
