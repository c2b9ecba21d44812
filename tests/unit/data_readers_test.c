/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings out of files: what comes back, and what is refused and how. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jpeglib.h>
#include <png.h>
#include <sndfile.h>
#include <zlib.h>

#include "data/recording.h"
#include "data/resample.h"
#include "data_files.h"
#include "folder.h"

static const struct kl_read_options plain = {.kind = KL_DATA_SERIES};
static const struct kl_read_options rows = {.kind = KL_DATA_TABLE, .label_column = "last"};

static int setup(void **state)
{
    *state = kl_arena_create((size_t)256 << 20);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    kl_arena_free(*state);
    return 0;
}

static struct kl_bytes text_bytes(const char *text)
{
    return (struct kl_bytes){(const unsigned char *)text, strlen(text)};
}

static struct kl_recordings read_with(void **state, kl_reader *reader, struct kl_bytes file,
                                      const struct kl_read_options *options)
{
    struct kl_diag diag = {0};
    struct kl_recordings r = {.count = 0};
    if (reader(file, options, *state, &r, &diag) != KL_OK) {
        fail_msg("%s", diag.message);
    }
    return r;
}

static void assert_refused(void **state, kl_reader *reader, struct kl_bytes file,
                           const struct kl_read_options *options, const char *message)
{
    struct kl_diag diag = {0};
    struct kl_recordings r = {.count = 0};
    assert_int_not_equal(reader(file, options, *state, &r, &diag), KL_OK);
    if (!strstr(diag.message, message)) {
        fail_msg("'%s' instead of '%s'", diag.message, message);
    }
}

static void assert_values(const struct kl_recording *one, const float *wanted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_true(one->values[i] == wanted[i]);
    }
}

static void test_csv_series_with_time(void **state)
{
    struct kl_recordings r = read_with(state, kl_read_csv,
                                       text_bytes("time_ms,x,\"y, left\"\r\n0,1,-1\r\n10,2,-2\r\n"
                                                  "21,3,-3\r\n30,4,-4\r\n60,5,-5e0\r\n70,6,-6\r\n"),
                                       &plain);
    const float wanted[] = {1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6};
    assert_int_equal(r.count, 1);
    assert_int_equal(r.channels, 2);
    assert_string_equal(r.names[1], "y, left");
    assert_int_equal(r.items[0].frames, 6);
    assert_values(&r.items[0], wanted, 12);
    assert_true(fabs(r.rate - 100) < 1e-9);
    assert_int_equal(r.items[0].lost, 2); /* 40 and 50 ms */
    assert_true(fabs(r.items[0].jitter - sqrt(0.5) / 10) < 1e-9);
}

static void test_csv_forms(void **state)
{
    const float wanted[] = {0.5f, 1.5f, 2.5f, 3.5f};
    struct kl_recordings r =
        read_with(state, kl_read_csv, text_bytes("\xef\xbb\xbf 0,5; 1,5\n\n2,5;3,5 \n"), &plain);
    assert_values(&r.items[0], wanted, 4);
    assert_null(r.names);
    r = read_with(state, kl_read_csv, text_bytes("a\tb\n0.5\t1.5\n2.5\t3.5"), &plain);
    assert_values(&r.items[0], wanted, 4);
    const struct kl_read_options chosen = {.channels = "3,a", .skip_lines = 2};
    r = read_with(state, kl_read_csv, text_bytes("one\ntwo\na,b,c\n0.5,words,1.5\n2.5,,3.5\n"),
                  &chosen);
    assert_values(&r.items[0], wanted, 4);
}

static void test_csv_table(void **state)
{
    struct kl_recordings r =
        read_with(state, kl_read_csv, text_bytes("w,h,kind\n1,2,cat\n3,4,dog\n"), &rows);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.kind, KL_DATA_TABLE);
    assert_string_equal(r.items[1].label, "dog");
    assert_string_equal(r.items[1].suffix, "#2");
    assert_values(&r.items[1], (const float[]){3, 4}, 2);
}

/* Rows of a series with the same label and group are a recording each. */
static void test_csv_runs(void **state)
{
    const struct kl_read_options o = {.label_column = "l", .group_column = "g"};
    struct kl_recordings r =
        read_with(state, kl_read_csv, text_bytes("x,l,g\n1,a,p\n2,a,p\n3,b,p\n4,b,q\n"), &o);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.items[0].frames, 2);
    assert_string_equal(r.items[1].label, "b");
    assert_string_equal(r.items[2].group, "q");
    assert_values(&r.items[2], (const float[]){4}, 1);
}

/* A column with a use of its own is no time stamp, whatever its name is. */
static void test_csv_target_named_like_a_time(void **state)
{
    const struct kl_read_options o = {.target_column = "seconds"};
    struct kl_recordings r = read_with(state, kl_read_csv, text_bytes("x,seconds\n1,9\n2,9\n"), &o);
    assert_true(r.items[0].target == 9);
}

static void test_csv_refuses(void **state)
{
    const struct kl_read_options times = {.time_column = "1"};
    assert_refused(state, kl_read_csv, text_bytes(""), &plain, "no lines");
    assert_refused(state, kl_read_csv, text_bytes("x\n"), &plain, "no rows");
    assert_refused(state, kl_read_csv, text_bytes("1,2\n3\n"), &plain, "line 2: 1 columns, not 2");
    assert_refused(state, kl_read_csv, text_bytes("x,y\n1,\n"), &plain,
                   "line 2, column 2: the fie");
    assert_refused(state, kl_read_csv, text_bytes("x,y\n1,b\n"), &plain, "column 2: not a number");
    assert_refused(state, kl_read_csv, text_bytes("1\nnan\n"), &plain, "NaN");
    assert_refused(state, kl_read_csv, text_bytes("1\n1e39\n"), &plain, "finite");
    assert_refused(state, kl_read_csv, text_bytes("\"1\n"), &plain, "a quote is not closed");
    assert_refused(state, kl_read_csv, text_bytes("1,2\n1,3\n"), &times, "does not increase");
    const struct kl_read_options twice = {.label_column = "a", .group_column = "a"};
    assert_refused(state, kl_read_csv, text_bytes("x,a\n1,b\n"), &twice, "another use already");
    const struct kl_read_options chosen = {.channels = "time,x"};
    assert_refused(state, kl_read_csv, text_bytes("time,x\n0,1\n1,2\n"), &chosen,
                   "another use already");
    assert_refused(state, kl_read_csv, (struct kl_bytes){(const unsigned char *)"1\0\n", 3}, &plain,
                   "zero bytes");
}

/* A first line of many columns, and many empty lines, take no more memory than the text. */
static void test_csv_memory_follows_the_file(void **state)
{
    enum { COLUMNS = KL_DATA_CHANNELS, LINES = 60000, MEMORY = 16 << 20 };
    char *text = kl_arena_alloc(*state, 2 * COLUMNS + LINES + 1, 1);
    for (int c = 0; c < COLUMNS; c++) {
        memcpy(text + 2 * c, c + 1 < COLUMNS ? "7," : "7\n", 2);
    }
    memset(text + 2 * COLUMNS, '\n', LINES);
    struct kl_arena *small = kl_arena_create(MEMORY);
    struct kl_recordings r = read_with((void **)&small, kl_read_csv, text_bytes(text), &plain);
    assert_int_equal(r.items[0].frames, 1);
    assert_int_equal(r.channels, COLUMNS);
    kl_arena_free(small);
}

static struct kl_bytes npy(void **state, const char *header, const void *data, size_t bytes)
{
    size_t length = strlen(header);
    unsigned char *file = kl_arena_alloc(*state, 10 + length + bytes, 1);
    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = (unsigned char)length;
    file[9] = (unsigned char)(length >> 8);
    memcpy(file + 10, header, length);
    memcpy(file + 10 + length, data, bytes);
    return (struct kl_bytes){file, 10 + length + bytes};
}

static void test_npy(void **state)
{
    const int16_t data[6] = {1, -2, 3, -4, 32767, -32768};
    const float wanted[] = {1, -2, 3, -4, 32767, -32768};
    const char *two = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,2), }\n";
    const char *three = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,1,2), }\n";
    struct kl_recordings r = read_with(state, kl_read_npy, npy(state, two, data, 12), &plain);
    assert_int_equal(r.channels, 2);
    assert_int_equal(r.items[0].frames, 3);
    assert_values(&r.items[0], wanted, 6);
    r = read_with(state, kl_read_npy, npy(state, two, data, 12), &rows);
    assert_int_equal(r.count, 3);
    assert_values(&r.items[2], wanted + 4, 2);
    r = read_with(state, kl_read_npy, npy(state, three, data, 12), &plain);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.items[2].frames, 1);
    assert_refused(state, kl_read_npy, npy(state, two, data, 10), &plain, "needs 12 bytes, it has");
    assert_refused(state, kl_read_npy,
                   npy(state, "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }", data, 8),
                   &plain, "arrays of type");
    assert_refused(state, kl_read_npy,
                   npy(state, "{'descr': '<i2', 'fortran_order': True, 'shape': (1,), }", data, 2),
                   &plain, "Fortran");
    assert_refused(state, kl_read_npy, text_bytes("\x93NUMPY\x01"), &plain, "not a NumPy array");
}

static void test_half_precision(void **state)
{
    const uint16_t data[4] = {0x3c00, 0xc500, 0x0001, 0x7bff};
    const float wanted[] = {1, -5, 0x1p-24f, 65504};
    struct kl_recordings r = read_with(
        state, kl_read_npy,
        npy(state, "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }", data, 8), &plain);
    assert_values(&r.items[0], wanted, 4);
}

static void test_raw(void **state)
{
    const struct kl_read_options o = {.raw = "int16,channels=2,skip=1,big,scale=0.5"};
    const struct kl_read_options image = {.raw = "uint8,height=1,width=2,channels=3"};
    const unsigned char bytes[] = {99, 0, 2, 0xff, 0xfe, 1, 0, 0, 0};
    struct kl_recordings r =
        read_with(state, kl_read_raw, (struct kl_bytes){bytes, sizeof bytes}, &o);
    assert_int_equal(r.items[0].frames, 2);
    assert_values(&r.items[0], (const float[]){1, -1, 128, 0}, 4);
    assert_refused(state, kl_read_raw, (struct kl_bytes){bytes, 8}, &o, "no whole number");
    r = read_with(state, kl_read_raw, (struct kl_bytes){bytes, 6}, &image);
    assert_int_equal(r.items[0].pixels[3], 0xff);
    assert_refused(state, kl_read_raw, text_bytes("x"), &(struct kl_read_options){.raw = "int24"},
                   "'int24' is not understood");
}

static void test_audio(void **state)
{
    const float values[] = {0.0f, 0.5f, -0.5f, 1.0f};
    struct kl_diag diag = {0};
    struct kl_bytes file;
    assert_non_null(kt_data_folder());
    kt_data_wav("a.wav", values, 4, 8000);
    assert_int_equal(kl_file_read(kt_data_path("a.wav"), 1000, *state, &file, &diag), KL_OK);
    struct kl_recordings r = read_with(state, kl_read_audio, file, &plain);
    assert_string_equal(r.unit, KL_DATA_FULL_SCALE);
    assert_true(r.rate == 8000);
    assert_int_equal(r.items[0].frames, 4);
    assert_true(fabsf(r.items[0].values[1] - 0.5f) < 1e-4f);
    assert_true(fabsf(r.items[0].values[2] + 0.5f) < 1e-4f);
    assert_refused(state, kl_read_audio, text_bytes("RIFF"), &plain, "not an audio file");
    kt_remove_folder(kt_data_path(""));
}

/* FLAC is without loss: the same samples as in the WAV file. */
static void test_flac(void **state)
{
    enum { FRAMES = 5000 };
    short samples[FRAMES];
    struct kl_diag diag = {0};
    struct kl_bytes file;
    SF_INFO info = {
        .samplerate = 16000, .channels = 1, .format = SF_FORMAT_FLAC | SF_FORMAT_PCM_16};
    for (int i = 0; i < FRAMES; i++) {
        samples[i] = (short)(12000 * sin(i * 0.05));
    }
    assert_non_null(kt_data_folder());
    SNDFILE *sound = sf_open(kt_data_path("a.flac"), SFM_WRITE, &info);
    assert_int_equal(sf_writef_short(sound, samples, FRAMES), FRAMES);
    sf_close(sound);
    assert_int_equal(kl_file_read(kt_data_path("a.flac"), 100000, *state, &file, &diag), KL_OK);
    struct kl_recordings r = read_with(state, kl_read_audio, file, &plain);
    assert_int_equal(r.items[0].frames, FRAMES);
    for (int i = 0; i < FRAMES; i++) {
        assert_true(r.items[0].values[i] * 32768.0f == (float)samples[i]);
    }
    /* A stream that states 2^28 - 1 samples: bits 108 to 143 behind the 8 bytes of magic and block
     * header. It takes the memory of what it has. */
    unsigned char *stated = kl_arena_copy(*state, file.data, file.size);
    stated[21] &= 0xf0;
    memcpy(stated + 22, "\x0f\xff\xff\xff", 4);
    struct kl_arena *small = kl_arena_create(16 << 20);
    assert_refused((void **)&small, kl_read_audio, (struct kl_bytes){stated, file.size}, &plain,
                   "it ends after");
    kl_arena_free(small);
    kt_remove_folder(kt_data_path(""));
}

/* Longer than the first piece of memory. */
static void test_long_audio(void **state)
{
    enum { FRAMES = 200001 };
    float *values = KL_NEW((struct kl_arena *)*state, float, FRAMES);
    struct kl_diag diag = {0};
    struct kl_bytes file;
    for (int i = 0; i < FRAMES; i++) {
        values[i] = (float)(i % 1000) / 1000.0f - 0.5f;
    }
    assert_non_null(kt_data_folder());
    kt_data_wav("a.wav", values, FRAMES, 8000);
    assert_int_equal(kl_file_read(kt_data_path("a.wav"), 1000000, *state, &file, &diag), KL_OK);
    struct kl_recordings r = read_with(state, kl_read_audio, file, &plain);
    assert_int_equal(r.items[0].frames, FRAMES);
    for (int i = 0; i < FRAMES; i++) {
        assert_true(fabsf(r.items[0].values[i] - values[i]) < 1e-4f);
    }
    kt_remove_folder(kt_data_path(""));
}

static void test_png(void **state)
{
    const unsigned char pixels[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7, 1, 2, 3, 4, 5, 6};
    unsigned char file[1000];
    png_alloc_size_t bytes = sizeof file;
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 2, .height = 3};
    image.format = PNG_FORMAT_RGB;
    assert_true(png_image_write_to_memory(&image, file, &bytes, 0, pixels, 0, NULL));
    struct kl_recordings r = read_with(state, kl_read_png, (struct kl_bytes){file, bytes}, &plain);
    assert_int_equal(r.channels, 3);
    assert_int_equal(r.items[0].frames, 3);
    assert_int_equal(r.items[0].width, 2);
    assert_memory_equal(r.items[0].pixels, pixels, sizeof pixels);
    assert_refused(state, kl_read_png, (struct kl_bytes){file, bytes / 2}, &plain, "PNG");
}

static void test_jpeg(void **state)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    unsigned char *file = NULL;
    unsigned long bytes = 0;
    unsigned char row[16];
    JSAMPROW line = row;
    memset(row, 200, sizeof row);
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &file, &bytes);
    info.image_width = info.image_height = 16;
    info.input_components = 1;
    info.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_start_compress(&info, TRUE);
    for (int i = 0; i < 16; i++) {
        jpeg_write_scanlines(&info, &line, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    struct kl_recordings r = read_with(state, kl_read_jpeg, (struct kl_bytes){file, bytes}, &plain);
    assert_int_equal(r.channels, 1);
    assert_int_equal(r.items[0].frames, 16);
    assert_in_range(r.items[0].pixels[77], 198, 202);
    assert_refused(state, kl_read_jpeg, (struct kl_bytes){file, bytes - 20}, &plain, "JPEG");
    assert_refused(state, kl_read_jpeg, text_bytes("no"), &plain, "JPEG");
    free(file);
}

/* A bitmap of 2 x 2 pixels of 24 bits, the lowest row first. */
static void test_bmp(void **state)
{
    unsigned char file[54 + 16] = {'B', 'M'};
    const unsigned char pixels[] = {7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6};
    file[10] = 54;
    file[14] = 40;
    file[18] = file[22] = 2;
    file[28] = 24;
    for (int i = 0; i < 12; i++) { /* blue, green, red; rows of 8 bytes */
        file[54 + i / 6 * 8 + i % 6] = (unsigned char)(i / 3 * 3 + 3 - i % 3);
    }
    struct kl_recordings r =
        read_with(state, kl_read_bmp, (struct kl_bytes){file, sizeof file}, &plain);
    assert_int_equal(r.channels, 3);
    assert_memory_equal(r.items[0].pixels, pixels, sizeof pixels);
    assert_refused(state, kl_read_bmp, (struct kl_bytes){file, sizeof file - 1}, &plain, "cut off");
    file[30] = 1;
    assert_refused(state, kl_read_bmp, (struct kl_bytes){file, sizeof file}, &plain, "compressed");
    file[28] = 32;
    file[30] = 3;
    assert_refused(state, kl_read_bmp, (struct kl_bytes){file, sizeof file}, &plain, "masks");
}

static void test_acquisition_json(void **state)
{
    struct kl_recordings r = read_with(
        state, kl_read_json,
        text_bytes("{\"protected\":{\"ver\":\"v1\"},\"signature\":\"00\",\"payload\":{"
                   "\"interval_ms\":16,\"sensors\":[{\"name\":\"accX\",\"units\":\"m/s2\"},"
                   "{\"name\":\"accY\",\"units\":\"m/s2\"}],\"values\":[[1,2.5],[-3,4]]}}"),
        &plain);
    assert_true(r.rate == 62.5);
    assert_string_equal(r.names[1], "accY");
    assert_string_equal(r.unit, "m/s2");
    assert_values(&r.items[0], (const float[]){1, 2.5f, -3, 4}, 4);
    assert_refused(state, kl_read_json,
                   text_bytes("{\"interval_ms\":1,\"sensors\":[{\"name\":\"a\"}],"
                              "\"values\":[[1,2]]}"),
                   &plain, "frame 0: not 1 values");
    assert_refused(state, kl_read_json, text_bytes("{"), &plain, "line 1");
    assert_refused(state, kl_read_json, text_bytes("[]"), &plain, "neither");
}

static void test_strokes(void **state)
{
    struct kl_recordings r = read_with(
        state, kl_read_json,
        text_bytes("{\"strokes\":[{\"label\":\"7\",\"strokePoints\":[{\"x\":1,\"y\":2}]},"
                   "{\"label\":\"0\",\"strokePoints\":[{\"x\":3,\"y\":4},{\"x\":5,\"y\":6}]}]}"),
        &plain);
    assert_int_equal(r.count, 2);
    assert_string_equal(r.items[0].label, "7");
    assert_int_equal(r.items[1].frames, 2);
    assert_values(&r.items[1], (const float[]){3, 4, 5, 6}, 4);
}

/* {"payload": {"interval_ms": 10, "sensors": [{"name": "a"}], "values": [_ 1, -2, 0.5, 1.5
 * (half)]}} with the list of an indefinite length, as devices write it. */
static void test_acquisition_cbor(void **state)
{
    static const unsigned char file[] =
        "\xa1\x67payload\xa3\x6binterval_ms\x0a\x67sensors\x81\xa1\x64name\x61"
        "a\x66values\x9f\x01\x21\xfa\x3f\x00\x00\x00\xf9\x3e\x00\xff";
    struct kl_bytes bytes = {file, sizeof file - 1};
    struct kl_recordings r = read_with(state, kl_read_cbor, bytes, &plain);
    assert_true(r.rate == 100);
    assert_values(&r.items[0], (const float[]){1, -2, 0.5f, 1.5f}, 4);
    for (size_t size = 0; size < bytes.size; size++) {
        assert_refused(state, kl_read_cbor, (struct kl_bytes){file, size}, &plain, "CBOR");
    }
}

static void test_gzip(void **state)
{
    unsigned char packed[200];
    const char *text = "1,2\n3,4\n";
    struct kl_diag diag = {0};
    struct kl_bytes plain_text;
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)text,
                       .avail_in = (unsigned)strlen(text),
                       .next_out = packed,
                       .avail_out = sizeof packed};
    deflateInit2(&stream, 9, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    struct kl_bytes file = {packed, stream.total_out};
    deflateEnd(&stream);
    assert_int_equal(kl_unpack_gzip(file, *state, &plain_text, &diag), KL_OK);
    assert_int_equal(plain_text.size, strlen(text));
    assert_memory_equal(plain_text.data, text, plain_text.size);
    file.size -= 9;
    assert_int_equal(kl_unpack_gzip(file, *state, &plain_text, &diag), KL_EINPUT);
}

static void test_formats(void **state)
{
    (void)state;
    bool packed;
    assert_ptr_equal(kl_reader_of("a/b.WAV", false, &packed), kl_read_audio);
    assert_false(packed);
    assert_ptr_equal(kl_reader_of("x.csv.gz", false, &packed), kl_read_csv);
    assert_true(packed);
    assert_null(kl_reader_of("wav", false, &packed));
    assert_ptr_equal(kl_reader_of("a.bin", true, &packed), kl_read_raw);
}

static enum kl_err resample(void **state, const struct kl_resampling *what, float **out,
                            int32_t *frames)
{
    const float *kernel;
    struct kl_diag diag = {0};
    assert_int_equal(kl_resample_kernel(*state, &kernel, &diag), KL_OK);
    return kl_resample(kernel, what, *state, out, frames, &diag);
}

/* A sine of `frequency` Hz at `from` Hz is resampled to `to` Hz: how far is the result from the
 * sine at that rate, or above the Nyquist frequency from nothing? In dB. */
static double error_of(void **state, double frequency, double from, double to)
{
    enum { FRAMES = 8000 };
    const double pi = 3.14159265358979323846;
    float *in = kl_arena_alloc(*state, FRAMES, sizeof *in);
    float *out;
    int32_t frames;
    double most = 0;
    bool kept = frequency * 2 < (from < to ? from : to);
    for (int i = 0; i < FRAMES; i++) {
        in[i] = (float)sin(2 * pi * frequency / from * i);
    }
    const struct kl_resampling what = {in, FRAMES, 1, from, to};
    assert_int_equal(resample(state, &what, &out, &frames), KL_OK);
    assert_int_equal(frames, (int32_t)floor((FRAMES - 1) * to / from + 1e-9) + 1);
    for (int32_t i = frames / 4; i < frames * 3 / 4; i++) {
        double wanted = kept ? sin(2 * pi * frequency / to * i) : 0;
        most = fmax(most, fabs((double)out[i] - wanted));
    }
    return 20 * log10(most);
}

static void test_resampling_keeps_and_rejects(void **state)
{
    /* 48 to 12 kHz: the pass band ends at 0.90 of 6 kHz, nothing is left from 6 kHz on. */
    assert_true(error_of(state, 1000, 48000, 12000) < -80);
    assert_true(error_of(state, 5400, 48000, 12000) < -80);
    assert_true(error_of(state, 6001, 48000, 12000) < -80);
    assert_true(error_of(state, 20000, 48000, 12000) < -80);
    /* Up, and by no simple ratio. */
    assert_true(error_of(state, 3600, 8000, 16000) < -80);
    assert_true(error_of(state, 3000, 8000, 11025) < -80);
}

static void test_resampling_keeps_constants(void **state)
{
    float in[300];
    float *out;
    int32_t frames;
    for (int i = 0; i < 300; i++) {
        in[i] = i % 3 == 2 ? -1.0f : 9.81f;
    }
    struct kl_resampling what = {in, 100, 3, 100, 33};
    assert_int_equal(resample(state, &what, &out, &frames), KL_OK);
    for (int32_t i = 0; i < 3 * frames; i++) {
        assert_true(fabsf(out[i] - (i % 3 == 2 ? -1.0f : 9.81f)) < 1e-5f);
    }
    what.from = 1e6;
    assert_int_equal(resample(state, &what, &out, &frames), KL_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv_series_with_time),
        cmocka_unit_test(test_csv_forms),
        cmocka_unit_test(test_csv_table),
        cmocka_unit_test(test_csv_runs),
        cmocka_unit_test(test_csv_target_named_like_a_time),
        cmocka_unit_test(test_csv_refuses),
        cmocka_unit_test(test_csv_memory_follows_the_file),
        cmocka_unit_test(test_npy),
        cmocka_unit_test(test_half_precision),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_audio),
        cmocka_unit_test(test_flac),
        cmocka_unit_test(test_long_audio),
        cmocka_unit_test(test_png),
        cmocka_unit_test(test_jpeg),
        cmocka_unit_test(test_bmp),
        cmocka_unit_test(test_acquisition_json),
        cmocka_unit_test(test_strokes),
        cmocka_unit_test(test_acquisition_cbor),
        cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_resampling_keeps_and_rejects),
        cmocka_unit_test(test_resampling_keeps_constants),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
