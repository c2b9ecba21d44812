/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signal operators: signal/src of TFLM defines the results, and kiss_fft those of the transform.
 */
#include <math.h>
#include <string.h>

#include "slow_fixed.h"
#include "slow_ops.h"

static uint64_t get(const struct slow_value *value, int64_t index)
{
    size_t bytes = kt_type_bytes(value->tensor->type);
    uint64_t x = 0;
    memcpy(&x, value->data + (size_t)index * bytes, bytes);
    return x;
}

static void put(const struct slow_value *value, int64_t index, uint64_t x)
{
    size_t bytes = kt_type_bytes(value->tensor->type);
    memcpy(value->data + (size_t)index * bytes, &x, bytes);
}

static int64_t get16(const struct slow_value *value, int64_t index)
{
    return (int16_t)get(value, index);
}

static double floor_pot(double x, int32_t bits)
{
    return floor(x / ldexp(1.0, bits));
}

void slow_signal_window(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t product = get16(&o->in[0], i) * get16(&o->in[1], i % slow_elements(&o->in[1]));
        int64_t value = (int64_t)floor_pot((double)product, o->op->options.shift);
        put(&o->out[0], i, (uint64_t)slow_clamp(value, INT16_MIN, INT16_MAX));
    }
}

void slow_signal_auto_scale(const struct slow_op *o)
{
    int64_t largest = 0, bits = 15;
    for (int64_t i = 0; i < slow_elements(&o->in[0]); i++) {
        int64_t x = get16(&o->in[0], i), size = x < 0 ? -x : x;
        largest = size > largest ? size : largest;
    }
    while (bits > 0 && (largest << bits) > INT16_MAX) {
        bits--;
    }
    for (int64_t i = 0; i < slow_elements(&o->in[0]); i++) {
        put(&o->out[0], i, (uint64_t)(get16(&o->in[0], i) * ((int64_t)1 << bits)));
    }
    put(&o->out[1], 0, (uint64_t)bits);
}

/* ---- transform --------------------------------------------------------------------------- */

struct point {
    int64_t r, i;
};

enum { MAX_POINTS = 512 };

/* x / 2^15 to the nearest, ties up, then the low 16 bits. */
static int64_t q15(int64_t x)
{
    return (int16_t)(int64_t)floor((double)(x + 16384) / 32768.0);
}

static int64_t wrap(int64_t x)
{
    return (int16_t)(uint16_t)(uint64_t)x;
}

static struct point turn(double phase)
{
    return (struct point){(int64_t)floor(0.5 + 32767.0 * cos(phase)),
                          (int64_t)floor(0.5 + 32767.0 * sin(phase))};
}

static struct point multiply(struct point a, struct point b)
{
    return (struct point){q15(a.r * b.r - a.i * b.i), q15(a.r * b.i + a.i * b.r)};
}

static struct point divide(struct point a, int64_t by)
{
    return (struct point){q15(a.r * (32767 / by)), q15(a.i * (32767 / by))};
}

static struct point plus(struct point a, struct point b)
{
    return (struct point){wrap(a.r + b.r), wrap(a.i + b.i)};
}

static struct point minus(struct point a, struct point b)
{
    return (struct point){wrap(a.r - b.r), wrap(a.i - b.i)};
}

/* The transform (sign -1), or its inverse, of every `stride`-th of `in`, `count` points: first of
 * its parts, each of every 4th or 2nd point, then of all. */
static void transform(const struct point *in, int32_t stride, int32_t count, double sign,
                      struct point *out)
{
    int32_t radix = count % 4 == 0 ? 4 : 2, m = count / radix;
    if (count == 1) {
        out[0] = in[0];
        return;
    }
    for (int32_t part = 0; part < radix; part++) {
        transform(in + part * stride, stride * radix, m, sign, out + part * m);
    }
    for (int32_t k = 0; k < m; k++) {
        struct point x[4];
        for (int32_t part = 0; part < radix; part++) {
            double phase = sign * 2.0 * acos(-1.0) * (part * k) / count;
            x[part] = divide(out[part * m + k], radix);
            x[part] = part ? multiply(x[part], turn(phase)) : x[part];
        }
        if (radix == 2) {
            out[k] = plus(x[0], x[1]);
            out[m + k] = minus(x[0], x[1]);
            continue;
        }
        struct point even = plus(x[0], x[2]), odd = minus(x[0], x[2]);
        struct point sum = plus(x[1], x[3]), rest = minus(x[1], x[3]);
        out[k] = plus(even, sum);
        out[2 * m + k] = minus(even, sum);
        struct point ahead = {wrap(odd.r + rest.i), wrap(odd.i - rest.r)};
        struct point behind = {wrap(odd.r - rest.i), wrap(odd.i + rest.r)};
        out[m + k] = sign < 0 ? ahead : behind;
        out[3 * m + k] = sign < 0 ? behind : ahead;
    }
}

static void put_point(const struct slow_op *o, int64_t index, int64_t r, int64_t i)
{
    put(&o->out[0], 2 * index, (uint64_t)r);
    put(&o->out[0], 2 * index + 1, (uint64_t)i);
}

/* Real samples in pairs as one complex signal, and its transform taken apart. */
static void transform_row(const struct slow_op *o, int64_t row, int32_t width, int32_t length)
{
    struct point in[MAX_POINTS] = {{0, 0}}, x[MAX_POINTS];
    int32_t half = length / 2;
    int64_t first = row * (half + 1);
    for (int32_t i = 0; i < width; i++) {
        int64_t sample = get16(&o->in[0], row * width + i);
        *(i % 2 ? &in[i / 2].i : &in[i / 2].r) = sample;
    }
    transform(in, 1, half, -1.0, x);
    struct point dc = divide(x[0], 2);
    put_point(o, first, wrap(dc.r + dc.i), 0);
    put_point(o, first + half, wrap(dc.r - dc.i), 0);
    for (int32_t k = 1; k <= half / 2; k++) {
        struct point a = divide(x[k], 2);
        struct point b = divide((struct point){x[half - k].r, wrap(-x[half - k].i)}, 2);
        double phase = -acos(-1.0) * ((double)k / half + .5);
        struct point even = plus(a, b), odd = multiply(minus(a, b), turn(phase));
        put_point(o, first + k, (int64_t)floor((double)(even.r + odd.r) / 2),
                  (int64_t)floor((double)(even.i + odd.i) / 2));
        put_point(o, first + half - k, (int64_t)floor((double)(even.r - odd.r) / 2),
                  (int64_t)floor((double)(odd.i - even.i) / 2));
    }
}

void slow_signal_rfft(const struct slow_op *o)
{
    int32_t width = slow_dim_back(&o->in[0], -1);
    for (int64_t row = 0; row < slow_elements(&o->in[0]) / width; row++) {
        transform_row(o, row, width, o->op->options.length);
    }
}

static struct point spectrum_at(const struct slow_op *o, int64_t index)
{
    return (struct point){get16(&o->in[0], 2 * index), get16(&o->in[0], 2 * index + 1)};
}

/* The spectrum of the complex signal whose parts are the even and the odd samples. */
static void join_spectrum(const struct slow_op *o, int64_t first, int32_t half, struct point *x)
{
    int64_t low = spectrum_at(o, first).r, high = spectrum_at(o, first + half).r;
    x[0] = divide((struct point){wrap(low + high), wrap(low - high)}, 2);
    for (int32_t k = 1; k <= half / 2; k++) {
        struct point a = divide(spectrum_at(o, first + k), 2);
        struct point mirrored = spectrum_at(o, first + half - k);
        mirrored.i = wrap(-mirrored.i);
        struct point b = divide(mirrored, 2);
        double phase = acos(-1.0) * ((double)k / half + .5);
        struct point even = plus(a, b), odd = multiply(minus(a, b), turn(phase));
        x[k] = plus(even, odd);
        x[half - k] = minus(even, odd);
        x[half - k].i = wrap(-x[half - k].i);
    }
}

void slow_signal_irfft(const struct slow_op *o)
{
    int32_t half = o->op->options.length / 2;
    for (int64_t row = 0; row < slow_elements(&o->out[0]) / (2 * half); row++) {
        struct point x[MAX_POINTS], y[MAX_POINTS];
        join_spectrum(o, row * (half + 1), half, x);
        transform(x, 1, half, 1.0, y);
        for (int32_t i = 0; i < half; i++) {
            put_point(o, row * half + i, y[i].r, y[i].i);
        }
    }
}

/* ---- features ---------------------------------------------------------------------------- */

void slow_signal_energy(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        int64_t r = get16(&o->in[0], 2 * i), m = get16(&o->in[0], 2 * i + 1);
        bool inside = i >= o->op->options.start && i < o->op->options.end;
        put(&o->out[0], i, inside ? (uint64_t)(r * r + m * m) : 0);
    }
}

/* Sum over a band: its weights are input 1, its counterweights input 2. */
static uint64_t band_sum(const struct slow_op *o, int32_t input, int64_t band)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < get16(&o->in[5], band); i++) {
        int64_t weight = get16(&o->in[input], get16(&o->in[4], band) + i);
        sum += (uint64_t)weight * get(&o->in[0], get16(&o->in[3], band) + i);
    }
    return sum;
}

void slow_signal_filter_bank(const struct slow_op *o)
{
    for (int64_t c = 0; c < slow_elements(&o->out[0]); c++) {
        put(&o->out[0], c, band_sum(o, 1, c + 1) + band_sum(o, 2, c));
    }
}

/* The largest r with r * r <= x, or the next one when that is nearer. */
static uint64_t nearest_root(uint64_t x)
{
    uint64_t root = 0, most = x >> 32 ? UINT32_MAX : UINT16_MAX;
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1) {
        uint64_t next = root | bit;
        root = next <= x / next ? next : root;
    }
    root = root > most ? most : root;
    return x - root * root > root && root < most ? root + 1 : root;
}

void slow_signal_root(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        put(&o->out[0], i, nearest_root(get(&o->in[0], i)) >> get(&o->in[1], 0));
    }
}

void slow_signal_noise(const struct slow_op *o)
{
    const struct kt_options *p = &o->op->options;
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        uint64_t x = get(&o->in[0], i), noise = get(&o->out[1], i);
        uint64_t signal = (uint32_t)(x << p->smoothing_bits);
        uint64_t fresh = signal * (uint64_t)p->smoothing[i % 2];
        uint64_t estimate =
            (uint32_t)((fresh + noise * (uint64_t)p->one_minus_smoothing[i % 2]) >> p->bits);
        uint64_t taken = estimate > signal ? signal : estimate;
        uint64_t least = (uint32_t)(x * (uint64_t)p->min_signal_remaining >> p->bits);
        uint64_t rest = (signal - taken) >> p->smoothing_bits;
        put(&o->out[1], i, p->clamping ? taken : estimate);
        put(&o->out[0], i, rest > least ? rest : least);
    }
}

/* Polynomials of degree 2 in the ten bits behind the highest one. */
static uint32_t gain_of(const struct slow_op *o, uint64_t noise)
{
    int64_t octave = 0;
    if (noise <= 2) {
        return (uint32_t)get16(&o->in[2], (int64_t)noise);
    }
    while (noise >> octave) {
        octave++;
    }
    int64_t at = 4 * octave - 6;
    int64_t part =
        (int64_t)floor(ldexp((double)(noise - ((uint64_t)1 << (octave - 1))), (int)(11 - octave)));
    int64_t sum = (int64_t)floor_pot((double)(get16(&o->in[2], at + 2) * part), 5) +
                  get16(&o->in[2], at + 1) * 32;
    sum = (int32_t)(uint32_t)(uint64_t)(sum * part);
    sum = (int64_t)floor_pot((double)(int32_t)(uint32_t)(uint64_t)(sum + 16384), 15);
    return (uint32_t)(int16_t)(sum + get16(&o->in[2], at));
}

void slow_signal_pcan(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        uint64_t gained = get(&o->in[0], i) * gain_of(o, get(&o->in[1], i));
        uint32_t x = (uint32_t)(gained >> o->op->options.shift);
        put(&o->out[0], i, x < 8192 ? (uint32_t)(x * x) / 1048576 : x / 64 - 64);
    }
}

static double bent(double x)
{
    return round(65536.0 * (log2(1.0 + x) - x));
}

/* The logarithm of an `x` of at least two, before it is scaled: its whole part from the highest
   bit, the rest from the line of its segment. */
static uint32_t natural_log(uint32_t x)
{
    int32_t whole = 0;
    while (x >> whole > 1) {
        whole++;
    }
    double part = floor(ldexp((double)x - ldexp(1.0, whole), 16 - whole));
    double segment = floor(part / 512.0);
    double a = bent(segment / 128.0), b = bent((segment + 1.0) / 128.0);
    double line = a + floor((b - a) * (part - 512.0 * segment) / 65536.0);
    return (uint32_t)floor((45426.0 * (65536.0 * whole + part + line) + 32768.0) / 65536.0);
}

void slow_signal_log(const struct slow_op *o)
{
    for (int64_t i = 0; i < slow_elements(&o->out[0]); i++) {
        uint32_t x = (uint32_t)(get(&o->in[0], i) << o->op->options.correction_bits), value = 0;
        if (x > 1) {
            value = ((uint32_t)o->op->options.output_scale * natural_log(x) + 32768u) >> 16;
        }
        put(&o->out[0], i, value < INT16_MAX ? value : INT16_MAX);
    }
}
