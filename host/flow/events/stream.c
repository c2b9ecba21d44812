/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/event_stream.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "flow/execute.h"
#include "flow/tensor_values.h"

/* Inferences of one stream. */
enum { INFERENCES_MAX = 1 << 24 };

/* The recordings one behind the other, and the model that listens. */
struct source {
    const struct kl_plan *plan;
    const struct kl_dataset *dataset;
    const struct kl_learn_part *part;
    const struct kl_event_stream_rule *rule;
    struct kl_arena *arena;
    int32_t *order; /* examples of the part */
    int64_t *begin; /* frame that each begins with, in that order; then the end */
    int32_t window; /* frames of the model's input */
    int32_t channels;
    unsigned char *memory; /* of the model */
    float *frames;         /* of an input */
};

static const struct kl_data_item *item_at(const struct source *s, int32_t place)
{
    return &s->dataset->items[s->part->item[s->order[place]]];
}

static bool is_series(const struct source *s)
{
    return s->dataset->facts.kind == KL_DATA_SERIES;
}

/* The order of the recordings, and where they begin. */
static enum kl_err arrange(struct source *s, struct kl_diag *diag)
{
    int32_t count = s->part->set.count;
    uint64_t stream = kl_random_stream(s->rule->seed, 0x5eed);
    s->order = KL_NEW(s->arena, int32_t, (size_t)count);
    s->begin = KL_NEW(s->arena, int64_t, (size_t)count + 1);
    if (!s->order || !s->begin) {
        return KL_FAIL_MEMORY(diag);
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t k = (int32_t)kl_random_below(stream, (uint64_t)i, (uint32_t)i + 1);
        s->order[i] = s->order[k];
        s->order[k] = i;
    }
    for (int32_t i = 0; i < count; i++) {
        s->begin[i + 1] = s->begin[i] + (is_series(s) ? item_at(s, i)->frames : 1);
    }
    return KL_OK;
}

/* Frames from..from+window of all recordings, the first of them in recording *place. */
static void read_frames(const struct source *s, int64_t from, int32_t *place)
{
    int32_t done = 0;
    while (s->begin[*place + 1] <= from) {
        (*place)++;
    }
    for (int32_t i = *place; done < s->window; i++) {
        const struct kl_data_item *item = item_at(s, i);
        int64_t skip = from + done - s->begin[i];
        int64_t left = item->frames - skip;
        int32_t take = left < s->window - done ? (int32_t)left : s->window - done;
        memcpy(s->frames + (size_t)done * (size_t)s->channels,
               kl_dataset_values(s->dataset, item) + skip * s->channels,
               (size_t)take * (size_t)s->channels * sizeof s->frames[0]);
        done += take;
    }
}

/* Samples become the elements of the model's input: int16 that is not quantised holds shares of
 * 32768, as everywhere. */
static void put_samples(const struct kl_tensor *tensor, const float *from, void *to)
{
    if (kl_tensor_takes_floats(tensor)) {
        kl_tensor_put_floats(tensor, from, to);
        return;
    }
    bool shares = tensor->dtype == KL_S16;
    for (int64_t i = 0; i < kl_shape_elements(&tensor->shape); i++) {
        float value = roundf(shares ? from[i] * 32768.0f : from[i]);
        float low = shares ? -32768.0f : 0.0f, high = shares ? 32767.0f : 255.0f;
        float limited = !(value >= low) ? low : value > high ? high : value;
        if (shares) {
            ((int16_t *)to)[i] = (int16_t)limited;
        } else {
            ((uint8_t *)to)[i] = (uint8_t)limited;
        }
    }
}

static enum kl_err run_once(const struct source *s, bool *is_new, struct kl_diag *diag)
{
    const struct kl_plan_io *input = &s->plan->inputs[0];
    put_samples(input->tensor, s->frames, kl_execute_io(s->plan, input, s->memory));
    KL_TRY(kl_execute(s->plan, s->memory, diag));
    *is_new = kl_execute_has_new_outputs(s->plan, s->memory);
    return KL_OK;
}

static void keep_outputs(const struct source *s, struct kl_event_stream *stream, void *scores)
{
    const struct kl_plan_io *io = &s->plan->outputs[0];
    const void *output = kl_execute_io(s->plan, io, s->memory);
    int32_t at = stream->track.count++;
    memcpy((unsigned char *)scores + (size_t)at * io->tensor->bytes, output, io->tensor->bytes);
    for (int32_t c = 0; c < stream->classes; c++) {
        stream->values[(int64_t)at * stream->classes + c] =
            (float)kl_tensor_number(io->tensor, output, c);
    }
}

/* Run all inferences; ends[] has the frame after the last one that each has seen. */
static enum kl_err run_all(const struct source *s, struct kl_event_stream *stream, void *scores,
                           int64_t *ends, int64_t count, struct kl_diag *diag)
{
    int32_t place = 0;
    for (int64_t k = 0; k < count; k++) {
        bool is_new;
        if (is_series(s)) {
            read_frames(s, k * stream->hop, &place);
        } else {
            KL_TRY(s->part->set.read(s->part->set.context, s->order[k], s->frames, diag));
        }
        KL_TRY(run_once(s, &is_new, diag));
        if (is_new) {
            ends[stream->track.count] = k * stream->hop + s->window;
            keep_outputs(s, stream, scores);
        }
        if (s->rule->progress) {
            s->rule->progress(s->rule->context, (int32_t)k + 1, (int32_t)count);
        }
    }
    return KL_OK;
}

static int32_t label_of(const struct source *s, int32_t place)
{
    int32_t label = s->part->labels[s->order[place]];
    return s->rule->normal < 0 ? label : label == s->rule->normal ? -1 : 0;
}

/* Which inferences see something of each recording. */
static void find_segments(const struct source *s, struct kl_event_stream *stream,
                          const int64_t *ends)
{
    int32_t begin = 0, end = 0;
    for (int32_t i = 0; i < s->part->set.count; i++) {
        while (begin < stream->track.count && ends[begin] <= s->begin[i]) {
            begin++;
        }
        while (end < stream->track.count && ends[end] - stream->sees < s->begin[i + 1]) {
            end++;
        }
        stream->segments[i] = (struct kl_event_segment){label_of(s, i), begin, end};
    }
}

/* Inferences that see one recording only; of a recording without one, that which sees most. */
static void label_inferences(const struct source *s, struct kl_event_stream *stream,
                             const int64_t *ends)
{
    memset(stream->label, 0xff, (size_t)stream->track.count * sizeof stream->label[0]);
    for (int32_t i = 0; i < s->part->set.count; i++) {
        const struct kl_event_segment *segment = &stream->segments[i];
        int64_t most = 0;
        int32_t best = -1;
        for (int32_t k = segment->begin; k < segment->end; k++) {
            int64_t from = ends[k] - stream->sees;
            int64_t first = from > s->begin[i] ? from : s->begin[i];
            int64_t last = ends[k] < s->begin[i + 1] ? ends[k] : s->begin[i + 1];
            if (last - first == stream->sees) {
                stream->label[k] = segment->label;
            }
            best = last - first > most ? k : best;
            most = last - first > most ? last - first : most;
        }
        if (best >= 0 && most < stream->sees) {
            stream->label[best] = segment->label;
        }
    }
    for (int32_t k = 0; k < stream->track.count; k++) {
        stream->labelled += stream->label[k] >= 0;
    }
}

static enum kl_err check_output(const struct source *s, struct kl_diag *diag)
{
    const struct kl_tensor *out = s->plan->outputs[0].tensor;
    int64_t values = kl_shape_elements(&out->shape);
    int32_t wanted = s->rule->normal < 0 ? s->dataset->facts.class_count : 1;
    if (out->dtype != KL_S8 && out->dtype != KL_S16 && out->dtype != KL_F32) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "events come from outputs of int8, int16 or float32, not of %s",
                       kl_dtype_name(out->dtype));
    }
    return values == wanted ? KL_OK
           : s->rule->normal < 0
               ? kl_fail(diag, KL_EINPUT,
                         "the model's output '%.60s' has %lld values, and the data set %d classes",
                         out->name, (long long)values, wanted)
               : kl_fail(diag, KL_EINPUT,
                         "the model's output '%.60s' has %lld values, and a score of anomalies is "
                         "one; --score error or least make one of several",
                         out->name, (long long)values);
}

static enum kl_err check_input(struct source *s, struct kl_diag *diag)
{
    const struct kl_tensor *in = s->plan->inputs[0].tensor;
    int64_t values = kl_shape_elements(&in->shape);
    bool shares = (in->dtype == KL_S16 || in->dtype == KL_U8) && in->quant.count == 0;
    if (s->plan->input_count != 1 || !(kl_tensor_takes_floats(in) || shares)) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "events need a model with one input, of float32, int16 or int8");
    }
    s->channels = s->dataset->facts.channel_count;
    if (!is_series(s)) {
        s->window = 1;
        return kl_shape_elements(&s->part->set.shape) == values
                   ? KL_OK
                   : kl_fail(diag, KL_EINPUT, "an item has %lld values, and the model takes %lld",
                             (long long)kl_shape_elements(&s->part->set.shape), (long long)values);
    }
    if (values % s->channels != 0) {
        return kl_fail(diag, KL_EINPUT,
                       "the model takes %lld values, no whole number of frames of %d channels; is "
                       "--features missing?",
                       (long long)values, s->channels);
    }
    s->window = (int32_t)(values / s->channels);
    return KL_OK;
}

/* What inferences see. */
static enum kl_err find_sight(const struct source *s, struct kl_event_stream *stream,
                              struct kl_diag *diag)
{
    int64_t frames = s->begin[s->part->set.count];
    stream->sees = is_series(s) && s->rule->sees > 0 ? s->rule->sees : s->window;
    if (is_series(s) && s->plan->reset_count > 0 && s->rule->sees == 0) {
        return kl_fail(
            diag, KL_EUSAGE,
            "the model keeps state, and takes %d frames each time: say with --window how "
            "many it looks back on",
            s->window);
    }
    if (stream->sees < s->window) {
        return kl_fail(diag, KL_EUSAGE, "--window %d is too short: an inference takes %d frames",
                       stream->sees, s->window);
    }
    if (stream->sees > frames && s->rule->sees > 0) {
        return kl_fail(diag, KL_EUSAGE, "--window %d is too long: a part of %s has %lld frames",
                       stream->sees, s->dataset->path, (long long)frames);
    }
    return KL_OK;
}

/* How far inferences are apart, and how many there are. */
static enum kl_err find_times(const struct source *s, struct kl_event_stream *stream,
                              int64_t *count, struct kl_diag *diag)
{
    int64_t frames = s->begin[s->part->set.count];
    bool state = s->plan->reset_count > 0;
    double rate = s->dataset->facts.rate;
    KL_TRY(find_sight(s, stream, diag));
    stream->hop = !is_series(s) || state ? s->window
                  : s->rule->hop > 0     ? s->rule->hop
                                         : (s->window + 1) / 2;
    if (state && s->rule->hop > 0 && s->rule->hop != s->window) {
        return kl_fail(diag, KL_EUSAGE,
                       "the model keeps state, so each inference takes the next %d frames; --hop "
                       "cannot be another number",
                       s->window);
    }
    if (stream->hop > s->window) {
        return kl_fail(diag, KL_EUSAGE, "--hop %d would pass over frames: an inference takes %d",
                       stream->hop, s->window);
    }
    if (is_series(s) ? !(rate > 0) : !(s->rule->every > 0)) {
        return kl_fail(diag, KL_EUSAGE,
                       is_series(s) ? "%s has no rate, so there are no hours; import it with "
                                      "--source-rate"
                                    : "%s is no series: say with --every how far apart inferences "
                                      "are, for example --every 200ms",
                       s->dataset->path);
    }
    *count = frames < s->window ? 0 : 1 + (frames - s->window) / stream->hop;
    stream->track.every = is_series(s) ? stream->hop / rate : s->rule->every;
    if (*count < 1 || *count > INFERENCES_MAX) {
        return kl_fail(diag, *count < 1 ? KL_EINPUT : KL_ELIMIT,
                       "%s: a part has %lld frames, which makes %lld inferences; 1 to %d are taken",
                       s->dataset->path, (long long)frames, (long long)*count, INFERENCES_MAX);
    }
    return KL_OK;
}

enum kl_err kl_event_stream_run(const struct kl_plan *plan, const struct kl_learn_part *part,
                                const struct kl_event_stream_rule *rule, struct kl_arena *arena,
                                struct kl_event_stream *stream, struct kl_diag *diag)
{
    struct source s = {
        .plan = plan, .dataset = part->data->dataset, .part = part, .rule = rule, .arena = arena};
    int64_t count = 0;
    *stream = (struct kl_event_stream){.dtype = plan->outputs[0].tensor->dtype};
    KL_TRY(check_output(&s, diag));
    KL_TRY(check_input(&s, diag));
    KL_TRY(arrange(&s, diag));
    KL_TRY(find_times(&s, stream, &count, diag));
    size_t n = (size_t)count;
    stream->classes = (int32_t)kl_shape_elements(&plan->outputs[0].tensor->shape);
    void *scores = kl_arena_alloc(arena, n, plan->outputs[0].tensor->bytes);
    int64_t *ends = KL_NEW(arena, int64_t, n);
    size_t values = (size_t)kl_shape_elements(&plan->inputs[0].tensor->shape);
    s.frames = KL_NEW(arena, float, values);
    stream->values = KL_NEW(arena, float, n *(size_t)stream->classes);
    stream->label = KL_NEW(arena, int32_t, n);
    stream->segments = KL_NEW(arena, struct kl_event_segment, (size_t)part->set.count);
    if (!scores || !ends || !s.frames || !stream->values || !stream->label || !stream->segments) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_execute_arena(plan, arena, &s.memory, diag));
    KL_TRY(run_all(&s, stream, scores, ends, count, diag));
    if (stream->track.count == 0) {
        return kl_fail(diag, KL_EINPUT, "the model had no output in %lld runs", (long long)count);
    }
    /* Of a model that has an output every n-th run only. */
    stream->track.every *= (double)count / stream->track.count;
    stream->step = stream->hop * (double)count / stream->track.count;
    stream->track.look = (int32_t)fmax(1, ceil(stream->sees / stream->step));
    find_segments(&s, stream, ends);
    label_inferences(&s, stream, ends);
    stream->track.scores = scores;
    stream->track.segments = stream->segments;
    stream->track.segment_count = part->set.count;
    return KL_OK;
}
