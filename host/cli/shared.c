/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "emit/emit.h"
#include "flow/tensor_file.h"

int kl_report(const struct kl_diag *diag)
{
    bool terminal = isatty(2);
    bool colour = terminal && !getenv("NO_COLOR");
    fflush(stdout);
    /* Over the progress line, if there is one. */
    fprintf(stderr, "%s%skinglet: %s%s\n", terminal ? "\r\x1b[K" : "", colour ? "\x1b[31m" : "",
            diag->message, colour ? "\x1b[0m" : "");
    return diag->err == KL_ECHECK || diag->err == KL_EFIT ? KL_EXIT_FAILED : KL_EXIT_BAD;
}

static int print_result(const struct kl_result *result, int status)
{
    struct kl_buffer text = KL_BUFFER((size_t)256 << 20);
    bool ok = kl_result_text(result, &text) &&
              fwrite(text.data, 1, text.size, stdout) == text.size && fflush(stdout) == 0;
    bool unread = !ok && errno == EPIPE; /* a reader that has seen enough */
    kl_buffer_free(&text);
    if (!ok && !unread) {
        struct kl_diag diag = {.err = KL_EIO, .message = "cannot write the result"};
        return kl_report(&diag);
    }
    return status;
}

int kl_finish(struct kl_result *result, const struct kl_common *common, enum kl_err err,
              bool failed, const struct kl_diag *diag)
{
    int status = err ? kl_report(diag) : failed ? KL_EXIT_FAILED : KL_EXIT_DONE;
    kl_result_ok(result, status == KL_EXIT_DONE);
    if (err && status == KL_EXIT_FAILED) {
        kl_result_detail(result, "message", json_string(diag->message));
    }
    if (status != KL_EXIT_BAD && common->json) {
        status = print_result(result, status);
    }
    kl_result_free(result);
    return status;
}

char *kl_grouped(long long value, char text[KL_NUMBER_BYTES])
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%lld", value);
    int used = 0;
    for (int i = 0; i < length; i++) {
        int left = length - i;
        if (i > (value < 0) && left % 3 == 0) {
            text[used++] = ',';
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

static const char *code(const char *sequence)
{
    return isatty(1) && !getenv("NO_COLOR") ? sequence : "";
}

const char *kl_bold(void)
{
    return code("\x1b[1m");
}

const char *kl_plain(void)
{
    return code("\x1b[0m");
}

const char *kl_green(void)
{
    return code("\x1b[32m");
}

const char *kl_red(void)
{
    return code("\x1b[31m");
}

void kl_progress(const struct kl_common *common, const char *format, ...)
{
    if (common->json || !isatty(2)) {
        return;
    }
    va_list args;
    va_start(args, format);
    fprintf(stderr, "\r\x1b[K");
    vfprintf(stderr, format, args);
    va_end(args);
    fflush(stderr);
}

void kl_report_removed(const struct kl_graph *graph, const struct kl_common *common,
                       struct kl_result *result)
{
    const struct kl_removed *removed = &graph->removed;
    char channels[KL_NUMBER_BYTES];
    char macs[KL_NUMBER_BYTES];
    char bytes[KL_NUMBER_BYTES];
    kl_result_count(result, "removed.channels", removed->channels, "1", KL_COUNTED);
    kl_result_count(result, "removed.macs", removed->macs, "1", KL_COUNTED);
    kl_result_count(result, "removed.bytes", removed->bytes, "bytes", KL_COUNTED);
    if (removed->channels && !common->json) {
        printf("removed without any effect: %s channels, %s MACs, %s bytes of weights\n",
               kl_grouped(removed->channels, channels), kl_grouped(removed->macs, macs),
               kl_grouped(removed->bytes, bytes));
    }
}

struct kl_tensor kl_tensor_sequence(const struct kl_tensor *tensor, int64_t runs)
{
    struct kl_tensor many = *tensor;
    many.bytes *= (size_t)runs;
    if (runs > 1 && many.shape.rank < KL_MAX_RANK) {
        many.shape.rank++;
        memmove(many.shape.dim + 1, many.shape.dim, sizeof many.shape.dim - sizeof(int32_t));
        many.shape.dim[0] = (int32_t)runs;
    } else if (runs > 1) {
        many.shape.dim[0] *= (int32_t)runs;
    }
    return many;
}

enum { MAX_SEQUENCE = 1 << 16 };

enum kl_err kl_check_sequence(int64_t runs, struct kl_diag *diag)
{
    return runs >= 1 && runs <= MAX_SEQUENCE
               ? KL_OK
               : kl_fail(diag, KL_EUSAGE, "--sequence must be 1 to %d runs", MAX_SEQUENCE);
}

/* One file with `runs` values of a tensor, to every `stride` bytes from `to` on. */
static enum kl_err read_sequence(const char *path, const struct kl_tensor *tensor, int64_t runs,
                                 struct kl_arena *arena, size_t stride, unsigned char *to,
                                 char *sha256, struct kl_diag *diag)
{
    struct kl_tensor many = kl_tensor_sequence(tensor, runs);
    unsigned char *data = kl_arena_alloc(arena, many.bytes, 1);
    if (!data) {
        return KL_FAIL_MEMORY(diag);
    }
    KL_TRY(kl_tensor_read(path, &many, data, sha256, diag));
    for (int64_t i = 0; i < runs; i++) {
        memcpy(to + (size_t)i * stride, data + (size_t)i * tensor->bytes, tensor->bytes);
    }
    return KL_OK;
}

enum kl_err kl_read_tensors(const struct kl_strings *files, const struct kl_plan_io *ios,
                            int32_t count, int64_t runs, const char *option,
                            struct kl_model_job *job, struct kl_result *result,
                            unsigned char **data, struct kl_diag *diag)
{
    size_t bytes = 0;
    if (files->count != count) {
        return kl_fail(diag, KL_EUSAGE, "the model needs %s %d time%s, in its order; given %d",
                       option, count, count == 1 ? "" : "s", files->count);
    }
    for (int32_t i = 0; i < count; i++) {
        bytes += ios[i].tensor->bytes;
    }
    *data = kl_arena_alloc(job->arena, bytes, (size_t)runs);
    if (!*data) {
        return KL_FAIL_MEMORY(diag);
    }
    unsigned char *at = *data;
    for (int32_t i = 0; i < count; i++) {
        char sha256[KL_SHA256_HEX_BYTES];
        KL_TRY(read_sequence(files->items[i], ios[i].tensor, runs, job->arena, bytes, at, sha256,
                             diag));
        kl_result_input(result, files->items[i], sha256);
        at += ios[i].tensor->bytes;
    }
    return KL_OK;
}

enum kl_err kl_note_board_file(struct kl_result *result, struct kl_arena *arena, const char *board,
                               struct kl_diag *diag)
{
    size_t length = strlen(board);
    char sha256[KL_SHA256_HEX_BYTES];
    struct kl_bytes file;
    if (length < 5 || strcmp(board + length - 5, ".yaml") != 0) {
        return KL_OK;
    }
    KL_TRY(kl_file_read(board, KL_BOARD_FILE_BYTES, arena, &file, diag));
    kl_sha256_hex(file.data, file.size, sha256);
    kl_result_input(result, board, sha256);
    return KL_OK;
}

enum kl_err kl_kernels_option(const char *text, int *kernels, struct kl_diag *diag)
{
    static const char *const names[] = {"auto", "shared", "each"};
    _Static_assert((int)KL_EMIT_AUTO == 0 && KL_EMIT_SHARED == 1 && KL_EMIT_EACH == 2,
                   "names in the order of enum kl_emit_kernels");
    *kernels = KL_EMIT_AUTO;
    for (int i = 0; text && i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *kernels = i;
            return KL_OK;
        }
    }
    return text ? kl_fail(diag, KL_EUSAGE, "--kernels is auto, shared or each, not '%.40s'", text)
                : KL_OK;
}
