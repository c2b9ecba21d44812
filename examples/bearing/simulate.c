/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vibration of rolling-element bearings, healthy and damaged: recordings for training and test.
 *
 *   cc -O2 -ffp-contract=off simulate.c -lm -o simulate
 *   simulate FOLDER [--train N] [--validation N] [--test N] [--seed S]
 *
 * Each recording is of a machine of its own: a motor with four poles on a mains of 60 Hz, a deep
 * groove ball bearing 6205, a housing, and one of several accelerometers. It is written as
 * FOLDER/SPLIT/CLASS_mMACHINE_sSENSOR_loadPERCENT_RPMrpm_noiseLEVEL.npy: 4096 samples in g, 12 kHz.
 * The sensors of the test are others than those of training and validation.
 *
 * What is modelled, and after whom:
 *  - The rates at which a damage is rolled over follow from the geometry (T. A. Harris, Rolling
 *    Bearing Analysis, 4th ed. 2001, chapter 8). Rolling elements slip: deviations of the intervals
 *    add up, so that the train of impacts has no exact period (R. B. Randall and J. Antoni,
 *    Mechanical Systems and Signal Processing 25 (2011), 485-520).
 *  - Each impact is a decaying vibration of the housing. Large damages have a second one where the
 *    rolling element leaves them (N. Sawalhi and R. B. Randall, the same journal, 846-870).
 *  - Its strength follows the load that the rolling element carries there: the load zone after
 *    Stribeck (Harris, chapter 7; P. D. McFadden and J. D. Smith, Journal of Sound and Vibration 96
 *    (1984), 69-82), and loads that turn with the shaft.
 *  - Shaft harmonics; noise of the structure that the magnetic pull of the mains (at twice its
 *    frequency) and the shaft modulate; tones of the motor; single knocks from outside.
 *  - The accelerometer: gain, resonance, noise, steps and limits of its converter.
 *
 * Ranges that no source gives were chosen wide; they stand where they are drawn.
 */
#define _GNU_SOURCE /* M_PI, mkdir */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SAMPLES = 4096,
    LEAD_IN = 1024,
    ALL = LEAD_IN + SAMPLES,
    MODES = 4,
    TONES = 3,
    HARMONICS = 5
};
enum { SENSORS = 12 }; /* of a split */

static const double rate = 12000.0; /* Hz */
static const double mains = 60.0;   /* Hz */

enum class { NORMAL, INNER_RACE, OUTER_RACE, BALL, CLASSES };

static const char *const class_names[CLASSES] = {"normal", "inner-race", "outer-race", "ball"};

/* ---- random numbers: SplitMix64 (G. L. Steele et al., OOPSLA 2014) ------------------------- */

/* Draws that follow each other stand in statements of their own: the order of arguments, and of
 * members within braces, is the compiler's. */

struct random {
    uint64_t state;
};

static uint64_t next_bits(struct random *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A stream of its own for each pair of seed and number. */
static struct random stream(uint64_t seed, uint64_t number)
{
    struct random r = {seed};
    r.state = next_bits(&r) ^ number;
    r.state = next_bits(&r);
    return r;
}

static double uniform(struct random *r, double low, double high)
{
    return low + (high - low) * (double)(next_bits(r) >> 11) * 0x1p-53;
}

/* Evenly over the logarithm. */
static double log_uniform(struct random *r, double low, double high)
{
    return exp(uniform(r, log(low), log(high)));
}

/* Mean 0, deviation 1 (polar method of G. Marsaglia and T. A. Bray, SIAM Review 6 (1964)). */
static double normal(struct random *r)
{
    for (;;) {
        double a = uniform(r, -1.0, 1.0), b = uniform(r, -1.0, 1.0);
        double square = a * a + b * b;
        if (square > 0.0 && square < 1.0) {
            return a * sqrt(-2.0 * log(square) / square);
        }
    }
}

/* An oscillation, sample by sample. */
struct turn {
    double cosine, sine, c, s;
};

static struct turn turn_from(double hertz, double phase)
{
    double step = 2.0 * M_PI * hertz / rate;
    return (struct turn){cos(phase), sin(phase), cos(step), sin(step)};
}

static void turn_on(struct turn *t)
{
    double cosine = t->cosine * t->c - t->sine * t->s;
    t->sine = t->sine * t->c + t->cosine * t->s;
    t->cosine = cosine;
}

/* ---- machine ------------------------------------------------------------------------------- */

/* How often things happen per turn of the shaft (Harris, chapter 8). */
struct bearing {
    double cage;       /* turns of the cage: FTF */
    double outer_race; /* a ball passes a point of the outer race: BPFO */
    double inner_race; /* of the inner race: BPFI */
    double ball;       /* a point of a ball touches one of both races: twice BSF */
};

/* A resonance: of the housing, or of a sensor. */
struct mode {
    double hertz, damping, gain;
};

struct sensor {
    int32_t number;
    double gain;  /* by which the real sensitivity differs from the one on the data sheet */
    double noise; /* g, rms */
    double step;  /* g, of the converter */
    double limit; /* g */
    struct mode resonance;
};

struct machine {
    struct bearing bearing;
    double shaft;    /* turns per second */
    double load;     /* 0 to 1 */
    double zone;     /* load distribution factor of Stribeck, epsilon */
    double opposite; /* a second load zone, as a share of the first: a ring that is not round */
    struct mode modes[MODES];
    double turning[2]; /* shares of the load that turn with the shaft, once and twice */
    double pull[2];    /* modulation by the mains, at twice and four times its frequency */
    double beat;       /* modulation by the shaft */
    struct sensor sensor;
};

static struct bearing bearing_6205(struct random *r)
{
    const double balls = 9.0, ball = 7.94, pitch = 39.04; /* mm; SKF 6205-2RS */
    /* The contact angle grows with axial load; diameters differ a little from maker to maker. */
    double angle = uniform(r, 0.0, 12.0) * M_PI / 180.0;
    double share = ball / pitch * cos(angle) * uniform(r, 0.99, 1.01);
    return (struct bearing){.cage = 0.5 * (1.0 - share),
                            .outer_race = 0.5 * balls * (1.0 - share),
                            .inner_race = 0.5 * balls * (1.0 + share),
                            .ball = pitch / ball * (1.0 - share * share)};
}

static struct sensor make_sensor(uint64_t seed, int32_t number)
{
    struct random r = stream(seed ^ 0x73656e736f72u, (uint64_t)number);
    struct sensor sensor = {.number = number, .limit = 16.0};
    sensor.gain = uniform(&r, 0.85, 1.15);
    sensor.noise = log_uniform(&r, 0.0005, 0.004);
    sensor.step = log_uniform(&r, 0.0002, 0.001);
    sensor.resonance.hertz = uniform(&r, 4500.0, 5900.0);
    sensor.resonance.damping = uniform(&r, 0.02, 0.2);
    sensor.resonance.gain = uniform(&r, 0.0, 1.0);
    return sensor;
}

static struct machine make_machine(struct random *r)
{
    struct machine m = {.bearing = bearing_6205(r)};
    m.load = uniform(r, 0.0, 1.0);
    /* Slip grows with the load, to 4 % at the rated one; the mains is within 0.1 %. */
    m.shaft = mains / 2.0 * uniform(r, 0.999, 1.001) * (1.0 - 0.001 - 0.04 * m.load);
    m.zone = uniform(r, 0.3, 0.9);
    m.opposite = fmax(0.0, uniform(r, -0.5, 1.0));
    for (int i = 0; i < MODES; i++) {
        m.modes[i].hertz = uniform(r, 1500.0, 5500.0);
        m.modes[i].damping = log_uniform(r, 0.008, 0.08);
        m.modes[i].gain = log_uniform(r, 0.1, 1.0);
    }
    m.turning[0] = uniform(r, 0.0, 0.5);
    m.turning[1] = uniform(r, 0.0, 0.5);
    m.pull[0] = uniform(r, 0.0, 1.5);
    m.pull[1] = uniform(r, 0.0, 0.8);
    m.beat = uniform(r, 0.0, 0.5);
    return m;
}

/* ---- sources of vibration ------------------------------------------------------------------ */

/* Add the answer of a mode to an impact at a time in samples: a decaying sine that begins there. */
static void ring(double *x, const struct mode *mode, double at, double strength)
{
    double omega = 2.0 * M_PI * mode->hertz / rate;
    double decay = omega * mode->damping;
    double first = ceil(at > 0.0 ? at : 0.0);
    double late = first - at;
    double size = strength * mode->gain * exp(-decay * late);
    struct turn turn = turn_from(mode->hertz, omega * late);
    const double least = 1e-5 * fabs(strength), fade = exp(-decay);
    for (int32_t i = (int32_t)first; i < ALL && fabs(size) > least; i++, size *= fade) {
        x[i] += size * turn.sine;
        turn_on(&turn);
    }
}

static void strike(double *x, const struct machine *m, double at, double strength)
{
    for (int i = 0; i < MODES; i++) {
        ring(x, &m->modes[i], at, strength);
    }
}

/* The load of a ball at an angle from the direction of the load, as a share of the greatest. */
static double load_at(const struct machine *m, double angle)
{
    double near = 1.0 - (1.0 - cos(angle)) / (2.0 * m->zone);
    double far = 1.0 - (1.0 + cos(angle)) / (2.0 * m->zone);
    return pow(fmax(near, 0.0), 1.5) + m->opposite * pow(fmax(far, 0.0), 1.5);
}

/* How a damage answers to being rolled over. */
struct damage {
    double slip;           /* deviation of an interval, as a share of it */
    double spread;         /* deviation of the logarithm of strengths */
    double missed;         /* share of contacts that do not hit it */
    double exit, exit_gap; /* second impact: strength, and place as a share of an interval */
    double place;          /* outer race: angle from the load's direction */
    double races[2];       /* ball: strength at the outer and at the inner race */
    double tumble;         /* ball: Hz at which its axis turns the damage out of the track */
};

static struct damage make_damage(enum class class, struct random *r)
{
    struct damage d = {0};
    d.slip = log_uniform(r, 0.003, 0.02);
    d.spread = uniform(r, 0.05, 0.4);
    d.exit = uniform(r, 0.0, 1.0) < 0.5 ? 0.0 : uniform(r, -1.0, -0.3);
    d.exit_gap = uniform(r, 0.03, 0.25);
    d.place = uniform(r, -1.0, 1.0);
    d.races[0] = uniform(r, 0.3, 1.0);
    d.races[1] = uniform(r, 0.3, 1.0);
    if (class == BALL) {
        d.missed = uniform(r, 0.0, 0.5);
        d.spread += uniform(r, 0.0, 0.4);
        d.tumble = uniform(r, 0.0, 8.0);
    }
    return d;
}

static double contacts_per_turn(const struct bearing *b, enum class class)
{
    const double rates[CLASSES] = {0.0, b->inner_race, b->outer_race, b->ball};
    return rates[class];
}

/* The share of an impact that load and place let through; `turns` of the shaft since the begin. */
static double strength_at(const struct machine *m, const struct damage *d, enum class class,
                          double turns, double begin, int64_t contact)
{
    double angle = 2.0 * M_PI * turns;
    double turning = 1.0 + m->turning[0] * cos(angle) + m->turning[1] * cos(2.0 * angle);
    if (class == INNER_RACE) {
        return turning * load_at(m, angle + begin);
    }
    if (class == OUTER_RACE) {
        return turning * load_at(m, d->place);
    }
    double seconds = turns / m->shaft;
    double track = fabs(cos(M_PI * d->tumble * seconds + begin));
    return turning * load_at(m, angle * m->bearing.cage + begin) * d->races[contact & 1] * track;
}

static void add_damage(double *x, const struct machine *m, enum class class, struct random *r)
{
    struct damage d = make_damage(class, r);
    double interval = 1.0 / contacts_per_turn(&m->bearing, class);
    double begin = uniform(r, 0.0, 2.0 * M_PI), turns = uniform(r, 0.0, interval);
    double samples_per_turn = rate / m->shaft;
    for (int64_t contact = 0; turns * samples_per_turn < ALL; contact++) {
        double strength =
            strength_at(m, &d, class, turns, begin, contact) * exp(d.spread * normal(r));
        if (uniform(r, 0.0, 1.0) >= d.missed) {
            strike(x, m, turns * samples_per_turn, strength);
            strike(x, m, (turns + d.exit_gap * interval) * samples_per_turn, d.exit * strength);
        }
        turns += interval * (1.0 + d.slip * normal(r));
    }
}

/* Noise of the structure: through all modes, modulated by the magnetic pull and by the shaft. */
static void add_structure_noise(double *x, const struct machine *m, struct random *r)
{
    double omega_mains = 2.0 * M_PI * 2.0 * mains / rate,
           omega_shaft = 2.0 * M_PI * m->shaft / rate;
    double phases[3], white[ALL];
    for (int i = 0; i < 3; i++) {
        phases[i] = uniform(r, 0.0, 2.0 * M_PI);
    }
    for (int32_t i = 0; i < ALL; i++) {
        double level = 1.0 + m->pull[0] * cos(omega_mains * i + phases[0]) +
                       m->pull[1] * cos(2.0 * omega_mains * i + phases[1]) +
                       m->beat * cos(omega_shaft * i + phases[2]);
        white[i] = level * normal(r);
    }
    for (int k = 0; k < MODES; k++) {
        double omega = 2.0 * M_PI * m->modes[k].hertz / rate;
        double radius = exp(-omega * m->modes[k].damping), one = 0.0, two = 0.0;
        double back = 2.0 * radius * cos(omega), further = -radius * radius;
        double gain = m->modes[k].gain * sin(omega);
        for (int32_t i = 0; i < ALL; i++) {
            double now = white[i] + back * one + further * two;
            x[i] += gain * now;
            two = one;
            one = now;
        }
    }
    double floor_share = log_uniform(r, 0.05, 1.0); /* what no resonance shapes */
    for (int32_t i = 0; i < ALL; i++) {
        x[i] += floor_share * white[i];
    }
}

static void add_sine(double *x, double hertz, double size, double modulation, double by_hertz,
                     struct random *r)
{
    struct turn tone = turn_from(hertz, uniform(r, 0.0, 2.0 * M_PI));
    struct turn level = turn_from(by_hertz, uniform(r, 0.0, 2.0 * M_PI));
    for (int32_t i = 0; i < ALL; i++) {
        x[i] += size * (1.0 + modulation * level.cosine) * tone.sine;
        turn_on(&tone);
        turn_on(&level);
    }
}

/* Knocks that have nothing to do with the bearing, some in ten seconds to some each second. */
static void add_knocks(double *x, const struct machine *m, double size, struct random *r)
{
    double per_second = log_uniform(r, 0.1, 6.0);
    for (double at = 0.0;;) {
        at -= rate / per_second * log(1.0 - uniform(r, 0.0, 1.0));
        if (at >= ALL) {
            return;
        }
        strike(x, m, at, size * exp(0.5 * normal(r)));
    }
}

/* ---- a recording --------------------------------------------------------------------------- */

static double rms(const double *x)
{
    double sum = 0.0;
    for (int32_t i = LEAD_IN; i < ALL; i++) {
        sum += x[i] * x[i];
    }
    return sqrt(sum / SAMPLES);
}

static void scale(double *x, double factor)
{
    for (int32_t i = 0; i < ALL; i++) {
        x[i] *= factor;
    }
}

static void convert(const struct sensor *s, struct random *r, double *x, float *out)
{
    double omega = 2.0 * M_PI * s->resonance.hertz / rate;
    double radius = exp(-omega * s->resonance.damping), one = 0.0, two = 0.0;
    for (int32_t i = 0; i < ALL; i++) {
        double now =
            (1.0 - radius) * x[i] + 2.0 * radius * cos(omega) * one - radius * radius * two;
        double value = s->gain * (x[i] + s->resonance.gain * now) + s->noise * normal(r);
        two = one;
        one = now;
        value = s->step * nearbyint(value / s->step);
        value = fmin(fmax(value, -s->limit), s->limit);
        if (i >= LEAD_IN) {
            out[i - LEAD_IN] = (float)value;
        }
    }
}

/* Levels of noise, in dB of the damage over what a healthy machine has: 0 is the quietest. */
enum { NOISE_LEVELS = 3 };
static const double noise_levels[NOISE_LEVELS][2] = {{8.0, 16.0}, {2.0, 8.0}, {-4.0, 2.0}};

static void record(const struct machine *m, enum class class, int noise, struct random *r,
                   float *out)
{
    double x[ALL] = {0.0}, damage[ALL] = {0.0};
    double level = log_uniform(r, 0.02, 0.2); /* g, of a healthy machine */
    add_structure_noise(x, m, r);
    scale(x, 1.0 / rms(x));
    for (int i = 0; i < TONES; i++) {
        double by = uniform(r, 0.0, 1.0) < 0.5 ? m->shaft : 2.0 * mains;
        double modulation = uniform(r, 0.0, 0.8);
        double size = log_uniform(r, 0.03, 0.6);
        add_sine(x, uniform(r, 300.0, 4500.0), size, modulation, by, r);
    }
    add_knocks(x, m, log_uniform(r, 0.3, 5.0), r);
    if (class != NORMAL) {
        double decibels = uniform(r, noise_levels[noise][0], noise_levels[noise][1]);
        add_damage(damage, m, class, r);
        scale(damage, pow(10.0, decibels / 20.0) / rms(damage));
    }
    for (int i = 1; i <= HARMONICS; i++) {
        add_sine(x, i * m->shaft, log_uniform(r, 0.05, 2.0) / i, 0.0, 0.0, r);
    }
    for (int32_t i = 0; i < ALL; i++) {
        x[i] = level * (x[i] + damage[i]);
    }
    convert(&m->sensor, r, x, out);
}

/* ---- files --------------------------------------------------------------------------------- */

/* NPY, version 1.0: float32 as a little-endian machine holds it. */
static bool write_npy(const char *path, const float *values)
{
    static const char text[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (4096,), }";
    char header[128];
    FILE *file = fopen(path, "wb");
    if (!file) {
        return false;
    }
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(header + 10, text, sizeof text - 1);
    header[sizeof header - 1] = '\n';
    bool done = fwrite(header, sizeof header, 1, file) == 1 &&
                fwrite(values, sizeof *values, SAMPLES, file) == SAMPLES;
    return fclose(file) == 0 && done;
}

struct split {
    const char *name;
    uint64_t first_machine;
    int32_t first_sensor;
    int32_t count;
};

/* Recording number `i`: classes and levels of noise take turns. */
static bool make_recording(const char *folder, const struct split *split, int32_t i, uint64_t seed)
{
    static float out[SAMPLES];
    char path[4096];
    uint64_t number = split->first_machine + (uint64_t)i;
    enum class class = (enum class)(i % CLASSES);
    int noise = i / CLASSES % NOISE_LEVELS;
    struct random r = stream(seed, number);
    struct machine machine = make_machine(&r);
    machine.sensor = make_sensor(seed, split->first_sensor + (int32_t)(next_bits(&r) % SENSORS));
    record(&machine, class, noise, &r, out);
    int length = snprintf(path, sizeof path, "%s/%s/%s_m%06llu_s%02d_load%d_%.0frpm_noise%d.npy",
                          folder, split->name, class_names[class], (unsigned long long)number,
                          (int)machine.sensor.number, 25 * (int)lround(4.0 * machine.load),
                          60.0 * machine.shaft, noise);
    if (length < 0 || (size_t)length >= sizeof path || !write_npy(path, out)) {
        fprintf(stderr, "cannot write %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

static bool make_split(const char *folder, const struct split *split, uint64_t seed)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", folder, split->name);
    if (length < 0 || (size_t)length >= sizeof path || (mkdir(path, 0777) && errno != EEXIST)) {
        fprintf(stderr, "cannot make the folder %s: %s\n", path, strerror(errno));
        return false;
    }
    for (int32_t i = 0; i < split->count; i++) {
        if (!make_recording(folder, split, i, seed)) {
            return false;
        }
    }
    printf("%s %d\n", split->name, (int)split->count);
    return true;
}

/* ---- command line -------------------------------------------------------------------------- */

static bool read_count(const char *text, uint64_t limit, uint64_t *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    *value = number;
    return *text >= '0' && *text <= '9' && !*end && !errno && number <= limit;
}

int main(int count, char **words)
{
    struct split splits[] = {
        {"train", 0, 0, 3200}, {"validation", 1000000, 0, 800}, {"test", 2000000, SENSORS, 2400}};
    uint64_t seed = 1;
    bool good = count >= 2 && count % 2 == 0;
    for (int i = 2; good && i + 1 < count; i += 2) {
        uint64_t value = 0;
        bool known = strcmp(words[i], "--seed") == 0;
        good = read_count(words[i + 1], known ? UINT64_MAX : 999999, &value);
        seed = known ? value : seed;
        for (int s = 0; s < 3; s++) {
            if (strncmp(words[i], "--", 2) == 0 && strcmp(words[i] + 2, splits[s].name) == 0) {
                splits[s].count = (int32_t)value;
                known = true;
            }
        }
        good = good && known;
    }
    if (!good) {
        fprintf(stderr,
                "usage: simulate FOLDER [--train N] [--validation N] [--test N] [--seed S]\n");
        return 2;
    }
    if (mkdir(words[1], 0777) && errno != EEXIST) {
        fprintf(stderr, "cannot make the folder %s: %s\n", words[1], strerror(errno));
        return 1;
    }
    for (int s = 0; s < 3; s++) {
        if (!make_split(words[1], &splits[s], seed)) {
            return 1;
        }
    }
    return 0;
}
