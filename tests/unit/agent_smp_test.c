/* SPDX-License-Identifier: Apache-2.0 */
/* The model group on the device's side: the frames of docs/spec/model-protocol.md, and damaged
 * requests, in memory of exact sizes for the sanitizers. */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */
#include <string.h>

#include "kinglet/model_group.h"

enum { ARENA_BYTES = 65536, MAILBOX_BYTES = 100, STEP_COUNT = 7 };

static const int32_t dim[] = {16};
static const struct kl_tensor_info input = {0, 16, 0, 0, dim, 1, KL_U8};
static const struct kl_tensor_info output = {32, 16, 0, 0, dim, 1, KL_U8};
static const struct kl_model model = {.arena_bytes = ARENA_BYTES,
                                      .input_count = 1,
                                      .output_count = 1,
                                      .step_count = STEP_COUNT,
                                      .inputs = &input,
                                      .outputs = &output};

/* Instead of running steps: count each run of them at the arena's start. */
static uint32_t count_run(const struct kl_model *counted, unsigned char *arena, uint32_t first,
                          uint32_t count)
{
    assert_true(first <= counted->step_count && count <= counted->step_count - first);
    for (int i = 0; i < 3; i++) {
        arena[i]++;
    }
    return 24;
}

static struct kl_model_service open_service(void)
{
    struct kl_model_service service = {.model = &model,
                                       .arena = test_calloc(ARENA_BYTES, 1),
                                       .mailbox = test_calloc(MAILBOX_BYTES, 1),
                                       .mailbox_bytes = MAILBOX_BYTES,
                                       .run = count_run};
    return service;
}

static void close_service(struct kl_model_service *service)
{
    test_free(service->arena);
    test_free((void *)(uintptr_t)service->mailbox);
}

struct text {
    char data[2048];
    uint32_t bytes;
};

static void put_byte(void *context, uint8_t byte)
{
    struct text *text = context;
    assert_true(text->bytes < sizeof text->data);
    text->data[text->bytes++] = (char)byte;
}

/* The answer's frames to a request's frames, NUL-terminated. */
static void exchange(struct kl_model_service *service, const char *frames, struct text *answer)
{
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_MODEL, kl_model_group, service}};
    struct kl_smp_serial serial;
    kl_smp_serial_reset(&serial);
    answer->bytes = 0;
    for (; *frames; frames++) {
        if (kl_smp_serial_push(&serial, (uint8_t)*frames) == KL_SMP_SERIAL_PACKET) {
            uint8_t response[KL_SMP_PACKET_MAX];
            uint32_t bytes;
            const uint8_t *packet = kl_smp_serial_packet(&serial, &bytes);
            bytes = kl_smp_handle(groups, 1, packet, bytes, response);
            kl_smp_serial_send(response, bytes, put_byte, answer);
        }
    }
    put_byte(answer, '\0');
}

/* As recorded from the firmware on the emulated board mps2-an386. */
static const struct {
    const char *request, *response;
} recorded[] = {
    {"\x06\tAAsAAAABAEABAKCp5g==\n",
     "\x06\tADYBAAAsAEABAKVhdgFlYXJlbmEaAAEAAGVzdGVwcwdmaW5wdXRzggAQ"
     "Z291dHB1dHOCGCAQXlQ=\n"},
    {"\x06\tABkCAAAPAEACAaJjb2ZmAGRkYXRhQ2FiY1bo\n", "\x06\tAA8DAAAFAEACAaFicmMAAtg=\n"},
    {"\x06\tABkCAAAPAEADAqJlZmlyc3QAZWNvdW50AV0+\n", "\x06\tAA8DAAAFAEADAqFicmMAdFk=\n"},
    {"\x06\tABUAAAALAEAEA6Jjb2ZmAGNsZW4DXfA=\n", "\x06\tABQBAAAKAEAEA6FkZGF0YUNiY2Ro6w==\n"},
    {"\x06\tABcAAAANAEAFA6Jjb2ZmGf//Y2xlbgKStQ==\n", "\x06\tAA8BAAAFAEAFA6FicmMDKnk=\n"},
    {"\x06\tABMCAAAJAEAGBqFmc3RhdHVzAFr+\n", "\x06\tAA8DAAAFAEAGBqFicmMAC18=\n"},
};

/* A run of a model with branches says where it goes on: here, behind its end. */
static void test_run_says_what_is_next(void **state)
{
    (void)state;
    static const uint8_t request[] = {
        2,    0,    0,   15,  0,   64,  3,   2, /* write, 15 bytes, group 64, run */
        0xa2, 0x65, 'f', 'i', 'r', 's', 't', 0, 0x65, 'c', 'o', 'u', 'n', 't', 1};
    static const uint8_t expected[] = {0xa1, 0x64, 'n', 'e', 'x', 't', STEP_COUNT + 1};
    const uint32_t next = STEP_COUNT + 1;
    struct kl_model_service service = open_service();
    struct kl_model branching = model;
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_MODEL, kl_model_group, &service}};
    uint8_t response[KL_SMP_PACKET_MAX];
    branching.next_offset = 16;
    service.model = &branching;
    memcpy(service.arena + branching.next_offset, &next, sizeof next);
    assert_int_equal(kl_smp_handle(groups, 1, request, sizeof request, response),
                     8 + sizeof expected);
    assert_memory_equal(response + 8, expected, sizeof expected);
    close_service(&service);
}

static void test_recorded_frames(void **state)
{
    (void)state;
    struct kl_model_service service = open_service();
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        struct text answer;
        exchange(&service, recorded[i].request, &answer);
        assert_string_equal(answer.data, recorded[i].response);
    }
    assert_true(service.exit_requested);
    assert_int_equal(service.exit_status, 0);
    assert_int_equal(service.run_stack_bytes, 24);
    close_service(&service);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* A valid request for `command`, ready to be damaged. */
static uint32_t make_request(uint8_t *packet, uint8_t command)
{
    static const char *const keys[] = {"off", "len", "src", "first", "count", "status"};
    struct kl_cbor_writer body = {packet + KL_SMP_HEADER_BYTES, 120, 0, false};
    kl_cbor_put_map(&body, 7);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        kl_cbor_put_text(&body, keys[i]);
        kl_cbor_put_uint(&body, 3);
    }
    kl_cbor_put_text(&body, "data");
    kl_cbor_put_bytes(&body, "\x01\x02\x03", 3);
    bool is_read =
        command == KL_MODEL_INFO || command == KL_MODEL_READ || command == KL_MODEL_STATS;
    const struct kl_smp_header header = {.op = is_read ? KL_SMP_READ : KL_SMP_WRITE,
                                         .body_bytes = (uint16_t)body.bytes,
                                         .group = KL_SMP_GROUP_MODEL,
                                         .command = command};
    kl_smp_header_write(packet, &header);
    return KL_SMP_HEADER_BYTES + body.bytes;
}

/* Damaged requests get an answer or none, and never reach outside of anything. */
static void test_damaged_requests(void **state)
{
    (void)state;
    struct kl_model_service service = open_service();
    const struct kl_smp_group groups[] = {{KL_SMP_GROUP_MODEL, kl_model_group, &service}};
    uint32_t seed = 7, refused = 0, done = 0;
    for (uint32_t round = 0; round < 100000; round++) {
        uint8_t packet[128], response[KL_SMP_PACKET_MAX];
        uint32_t bytes = make_request(packet, (uint8_t)(round % 7));
        for (uint32_t damage = round % 4; damage > 0; damage--) {
            packet[next_random(&seed) % bytes] = (uint8_t)next_random(&seed);
        }
        uint8_t *exact = test_malloc(bytes);
        memcpy(exact, packet, bytes);
        uint32_t got = kl_smp_handle(groups, 1, exact, bytes, response);
        test_free(exact);
        uint32_t rc = 0;
        if (got > 0) {
            assert_true(kl_cbor_is_map(response + KL_SMP_HEADER_BYTES, got - KL_SMP_HEADER_BYTES));
            (void)kl_cbor_map_uint(response + KL_SMP_HEADER_BYTES, got - KL_SMP_HEADER_BYTES, "rc",
                                   &rc);
        }
        refused += got == 0 || rc != 0;
        done += got > 0 && rc == 0;
        if (round % 4 == 0) {
            assert_true(got > 0 && rc == 0); /* undamaged */
        }
    }
    assert_true(refused > 10000 && done > 10000);
    close_service(&service);
}

/* What is no request gets no answer. */
static void test_no_request(void **state)
{
    (void)state;
    static const uint8_t packets[][9] = {
        {1, 0, 0, 1, 0, 64, 0, 0, 0xa0},                                  /* a response */
        {3, 0, 0, 1, 0, 64, 0, 0, 0xa0}, {4, 0, 0, 1, 0, 64, 0, 0, 0xa0}, /* no operation */
        {0, 0, 0, 2, 0, 64, 0, 0, 0xa0},                                  /* longer than it is */
        {0, 0, 0, 0, 0, 64, 0, 0, 0xa0},
    };
    uint8_t response[KL_SMP_PACKET_MAX];
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        assert_int_equal(kl_smp_handle(NULL, 0, packets[i], 9, response), 0);
    }
    for (uint32_t bytes = 0; bytes < KL_SMP_HEADER_BYTES; bytes++) {
        assert_int_equal(kl_smp_handle(NULL, 0, packets[3], bytes, response), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_says_what_is_next),
        cmocka_unit_test(test_recorded_frames),
        cmocka_unit_test(test_damaged_requests),
        cmocka_unit_test(test_no_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
