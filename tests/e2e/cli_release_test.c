/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Releases as a user makes, signs, checks and builds them again, and what is refused.
 * cli_release_test KINGLET
 */
#include "cli_driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDENTITY "--vendor example.com --product lamp --board mps2-an386"
#define BUILD "release build --version 1.2.0 --security-counter 3 " IDENTITY " "
#define FIRMWARE "--firmware f/f.elf "

#define LINK(name, address)                                                            \
    "arm-none-eabi-gcc -mcpu=cortex-m4 -mthumb -fno-builtin -nostdlib -Wl,-ekl_start " \
    "-Wl,-Ttext=" address " -I" KINGLET_SOURCE_DIR "/device/include " name ".c -o " name ".elf"

/* A firmware that is none, but says what one says: an engine with the kernels of the pack, and
 * functions of libraries. It takes a moment to build, where a whole one takes many seconds. */
static int make_firmware(void)
{
    return shell("mkdir -p f && { "
                 "echo '#include \"kinglet/pack.h\"'; "
                 "echo 'static const struct kl_engine_kernel *const kernels[KL_KERNEL_COUNT] = {'; "
                 "$K pack info p/model.klm --json | python3 -c '"
                 "import json, sys\n"
                 "for k in json.load(sys.stdin)[\"kernels\"]:\n"
                 "    print(\"[KL_KERNEL_%s] = (const void *)1,\" % k)'; "
                 "echo '};'; "
                 "echo 'const struct kl_engine kl_engine = {KL_ENGINE_MAGIC, KL_ENGINE_ABI, "
                 "KL_KERNEL_COUNT, 65536, kernels};'; "
                 "echo 'void memcpy(void) {} void kl_start(void) {} void br_sha(void) {}'; "
                 "} > f/f.c && " LINK(
                     "f/f", "0x21000200") " && "
                                          "arm-none-eabi-objcopy -N kl_engine f/f.elf f/empty.elf");
}

/* A firmware and its pack, keys, and a release of them: made once. */
static int make_all(void **state)
{
    (void)state;
    return kinglet("compile k.tflite --pack --board mps2-an386 --no-build -o p") ||
           make_firmware() ||
           shell(
               "$K keys new root --roles keys && $K keys new release && $K keys new device --apart "
               "&& $K keys new models --roles models") ||
           kinglet(BUILD FIRMWARE "--pack p/model.klm --key keys/release.pem -o r.tar");
}

static void expect(const char *words, int status, const char *wanted)
{
    int found = kinglet("%s", words);
    if (found != status) {
        fail_msg("%s: status %d, not %d: %s", words, found, status, text());
    }
    expect_text(wanted);
}

static void test_verify(void **state)
{
    (void)state;
    expect("release verify r.tar --keys keys/keys.img " IDENTITY " --least-counter 3", DONE,
           "genuine");
    expect("release verify r.tar --key keys/release.pub.pem", DONE, "genuine");
    expect("release verify r.tar --key keys/models.pub.pem", FAILED, "KL_VERIFY_UNKNOWN_KEY");
    expect("release verify r.tar --keys keys/keys.img --least-counter 4", FAILED,
           "KL_VERIFY_ROLLBACK");
    expect("release verify r.tar --keys keys/keys.img --board mps2-an505", FAILED,
           "KL_VERIFY_BOARD");
    expect("release verify r.tar --keys keys/keys.img --vendor example.org", FAILED,
           "KL_VERIFY_VENDOR");
    expect("release verify r.tar --keys keys/keys.img --product oven", FAILED, "KL_VERIFY_PRODUCT");
    expect("release verify r.tar", BAD, "whom do you trust?");
}

static void test_revoked(void **state)
{
    (void)state;
    assert_int_equal(shell("cp -r keys old && $K keys rotate release --keys old && "
                           "$K keys revoke release --keys old"),
                     0);
    expect("release verify r.tar --keys old/keys.img", FAILED, "KL_VERIFY_REVOKED_KEY");
    expect("release sign r.tar --key old/release-2.pem -o r2.tar", DONE, "r2.tar");
    expect("release verify r2.tar --keys old/keys.img", DONE, "genuine");
    expect("release verify r2.tar --keys keys/keys.img", FAILED, "KL_VERIFY_UNKNOWN_KEY");
}

/* A device takes the next key set by the one that it has, and never an older or a stranger's. */
static void test_key_sets(void **state)
{
    (void)state;
    assert_int_equal(shell("cp -r keys next && $K keys new more --keys next && "
                           "$K keys new root --keys foreign"),
                     0);
    expect("release verify next/keys.img --keys keys/keys.img --least-counter 4", DONE, "genuine");
    expect("release verify keys/keys.img --keys next/keys.img --least-counter 4", FAILED,
           "KL_VERIFY_ROLLBACK");
    expect("release verify foreign/keys.img --keys keys/keys.img", FAILED, "KL_VERIFY_UNKNOWN_KEY");
    expect("release sign next/keys.img --key keys/release.pem -o wrong.img", DONE, "signed");
    expect("release verify wrong.img --keys keys/keys.img", FAILED, "KL_VERIFY_UNKNOWN_KEY");
}

static void test_reproducible(void **state)
{
    (void)state;
    assert_int_equal(kinglet(BUILD FIRMWARE "--pack p/model.klm --key keys/release.pem -o a.tar"),
                     DONE);
    assert_same_file("a.tar", "r.tar");
    expect(BUILD FIRMWARE "--pack p/model.klm -o bare.tar", DONE, "bare.tar");
    expect("release verify bare.tar --keys keys/keys.img", FAILED, "KL_VERIFY_UNSIGNED");
    expect("release sign bare.tar --key keys/release.pem", DONE, "bare.tar");
    assert_same_file("bare.tar", "r.tar");
    assert_int_equal(shell("SOURCE_DATE_EPOCH= $K " BUILD FIRMWARE), BAD);
    assert_int_equal(shell("GIT_DIR=/nowhere env -u SOURCE_DATE_EPOCH $K " BUILD FIRMWARE), BAD);
    expect_text("set SOURCE_DATE_EPOCH");
}

static void test_rebuild(void **state)
{
    (void)state;
    expect("release verify r.tar --rebuild", DONE, "the same when built again");
    expect("release verify r.tar --keys keys/keys.img --rebuild", DONE, "genuine, the same");
    assert_int_equal(shell("mkdir -p other/p other/f && cp f/f.elf "
                           "other/f/ && cp p/model.klm other/p/"),
                     0);
    expect("release verify r.tar --rebuild --folder other", DONE, "the same when built again");
    assert_int_equal(shell("$K compile k.tflite --pack --board mps2-an386 --no-build --name other "
                           "-o q && cp q/model.klm other/p/model.klm"),
                     0);
    expect("release verify r.tar --rebuild --folder other", FAILED, "not in the release");
    assert_int_equal(
        shell("cp p/model.klm other/p/ && sed s/65536/65540/ f/f.c > other/f/f.c && " LINK(
            "other/f/f", "0x21000200")),
        0);
    expect("release verify r.tar --rebuild --folder other", FAILED, "in its body");
    expect("release verify r.tar --rebuild --folder nowhere", BAD, "cannot open");
    expect(BUILD FIRMWARE "--encrypt-for keys/device.pub.pem --key keys/release.pem -o e.tar", DONE,
           "e.tar");
    expect("release verify e.tar --rebuild", DONE, "the same when built again");
    expect("release verify e.tar --rebuild --folder other", FAILED, "another hash");
}

static void test_encrypted(void **state)
{
    (void)state;
    expect(BUILD FIRMWARE "--pack p/model.klm --encrypt-for keys/device.pub.pem --key "
                          "keys/release.pem -o s.tar",
           DONE, "s.tar");
    expect("release verify s.tar --keys keys/keys.img --decrypt keys/device.pem", DONE, "genuine");
    expect("release verify s.tar --keys keys/keys.img", BAD, "give the device's private key");
    expect("release verify s.tar --keys keys/keys.img --decrypt keys/root.pem", FAILED,
           "encrypted for another key");
    expect("release inspect s.tar", DONE, "encrypted");
    expect("release sign s.tar --key keys/release.pem -o x.tar", BAD, "cannot be signed anew");
}

/* Any changed byte of a release makes it another one: a part of each file, and of the archive. */
static void test_altered(void **state)
{
    struct kl_arena *arena = kl_arena_create(16 << 20);
    struct kl_bytes whole = read_bytes("r.tar", arena);
    unsigned char *copy = kl_arena_copy(arena, whole.data, whole.size);
    (void)state;
    assert_non_null(copy);
    for (size_t at = 100; at < whole.size; at += whole.size / 25) {
        copy[at] ^= 4;
        write_bytes("altered.tar", (struct kl_bytes){copy, whole.size});
        copy[at] ^= 4;
        int status = kinglet("release verify altered.tar --keys keys/keys.img");
        assert_true(status == FAILED || status == BAD);
    }
    write_bytes("altered.tar", (struct kl_bytes){copy, whole.size});
    expect("release verify altered.tar --keys keys/keys.img", DONE, "genuine");
    write_bytes("altered.tar", (struct kl_bytes){copy, whole.size - 512});
    expect("release verify altered.tar --keys keys/keys.img", BAD, "altered.tar");
    assert_int_equal(shell("(cat r.tar; head -c 100000 /dev/zero) > long.tar"), 0);
    expect("release verify long.tar --keys keys/keys.img", BAD, "more, or less, than its end");
    assert_int_equal(shell("tar xf r.tar && tar --format=gnu -cf gnu.tar manifest.json"), 0);
    expect("release verify gnu.tar --keys keys/keys.img", BAD, "not a file of a release");
    kl_arena_free(arena);
}

/* A file of another release under this one's manifest. */
static void test_exchanged(void **state)
{
    (void)state;
    assert_int_equal(shell("rm -rf x && mkdir x && cd x && tar xf ../r.tar && "
                           "cp sbom.cdx.json models/k.md && "
                           "tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=644 "
                           "-cf ../x.tar manifest.json manifest.sig firmware.img models/k.img "
                           "sbom.cdx.json models/k.md && head -c $(stat -c %s ../r.tar) ../x.tar "
                           "> ../y.tar"),
                     0);
    int status = kinglet("release verify y.tar --keys keys/keys.img");
    assert_true(status == FAILED || status == BAD);
}

static void test_images(void **state)
{
    (void)state;
    assert_int_equal(shell("tar xf r.tar"), 0);
    expect("release verify firmware.img --keys keys/keys.img " IDENTITY, DONE, "genuine");
    expect("release verify models/k.img --keys keys/keys.img", DONE, "genuine");
    expect("release verify keys/keys.img --keys keys/keys.img", DONE, "genuine");
    expect("release verify firmware.img --rebuild", BAD, "an image has no manifest");
    expect("release sign models/k.img --key keys/models.pem -o m.img", DONE, "signed");
    expect("release verify m.img --keys keys/keys.img", DONE, "genuine");
    expect("release sign firmware.img --key keys/models.pem -o f.img", DONE, "signed");
    expect("release verify f.img --keys keys/keys.img", FAILED, "KL_VERIFY_UNKNOWN_KEY");
    expect("release sign firmware.img --key keys/release.pub.pem", BAD, "cannot sign");
    expect("release inspect keys/keys.img", DONE, "firmware,models");
    expect("release inspect k.tflite", BAD, "not a");
}

/* What does not belong together is refused by one message each. */
static void test_mixing(void **state)
{
    (void)state;
    assert_int_equal(shell("$K pack engine f/f.elf | sed s/SOFTMAX_S8/GONE/ "
                           "> less.json && tar xf r.tar"),
                     0);
    expect(BUILD "--firmware p/model.klm --engine less.json --pack p/model.klm", FAILED,
           "lacks kernels that the pack needs: SOFTMAX_S8");
    expect(BUILD "--firmware f/empty.elf --pack p/model.klm", FAILED, "the firmware has no engine");
    expect(BUILD "--pack p/model.klm", FAILED, "for which firmware?");
    expect("release build --version 1.0.0 --vendor example.com --product oven --board mps2-an386 "
           "--firmware f/f.elf --pack models/k.img",
           FAILED, "models/k.img: it is for another product");
    expect("release build --version 1.0.0 --vendor example.org --product lamp --board mps2-an386 "
           "--firmware f/f.elf --pack models/k.img",
           FAILED, "models/k.img: it is for another vendor");
    expect("release build --version 1.0.0 --vendor example.com --product lamp --board mps2-an385 "
           "--firmware f/f.elf --pack models/k.img",
           FAILED, "models/k.img: it is for another board");
    expect("release build --version 1.0.0 --vendor example.com --product lamp --board rv32-virt "
           "--firmware f/f.elf",
           FAILED, "firmware for Arm, but board 'rv32-virt'");
    expect(BUILD FIRMWARE "--pack models/k.img --key keys/release.pem -o again.tar", DONE,
           "again.tar");
    expect(BUILD FIRMWARE "--pack firmware.img", FAILED, "kind");
}

/* A board with a boot has slots: an image fits in, and firmware is linked for them. */
static void test_slots(void **state)
{
    (void)state;
    assert_int_equal(
        shell("head -c 510000 /dev/zero > large && head -c 507000 /dev/zero > medium && "
              "mkdir -p away && cp f/f.c away/f.c && " LINK("away/f", "0x21001200")),
        0);
    expect(BUILD "--firmware medium -o l.tar", DONE, "firmware.img");
    expect(BUILD "--firmware large -o l.tar", FAILED,
           "a slot for firmware of board 'mps2-an386' has room for");
    assert_int_equal(kinglet(BUILD FIRMWARE "-o l.tar"), DONE);
    assert_null(strstr(text(), "note:"));
    assert_int_equal(shell("tar xf l.tar firmware.img && arm-none-eabi-objcopy -O "
                           "binary f/f.elf f.bin && tail -c +513 firmware.img | head -c $(stat -c "
                           "%s f.bin) | cmp - f.bin"),
                     0);
    expect(
        BUILD "--firmware away/f.elf -o l.tar", DONE,
        "note: linked for 0x21001200; the slot of board mps2-an386 runs firmware from 0x21000200");
}

/* A new model alone, for a firmware that is out there. */
static void test_model_alone(void **state)
{
    (void)state;
    expect("release build --version 1.3.0 --for r.tar --pack p/model.klm --key keys/models.pem -o "
           "m.tar",
           DONE, "models/k.img");
    expect("release verify m.tar --keys keys/keys.img " IDENTITY " --rebuild", DONE, "genuine");
    expect("release build --version 1.3.0 --for r.tar --board mps2-an505 --pack p/model.klm",
           FAILED, "is of board 'mps2-an386', not 'mps2-an505'");
    expect("release build --version 1.3.0 --for r.tar --product oven --pack p/model.klm", FAILED,
           "is of product 'lamp', not 'oven'");
    expect("release build --version 1.3.0 --for r.tar --vendor e.org --pack p/model.klm", FAILED,
           "is of vendor 'example.com', not 'e.org'");
    expect(BUILD FIRMWARE "--for r.tar", BAD, "--for is for models without a firmware");
}

/* A patch gives the new image, by the specification alone, too. */
static void test_delta(void **state)
{
    (void)state;
    expect("release build --version 1.2.1 " IDENTITY " " FIRMWARE
           "--pack p/model.klm --key keys/release.pem -o d.tar",
           DONE, "d.tar");
    assert_int_equal(shell("rm -rf d0 d1 && mkdir d0 d1 && tar xf r.tar -C d0 && tar xf d.tar -C "
                           "d1"),
                     0);
    assert_int_equal(shell("for i in firmware models/k; do "
                           "$K release delta d0/$i.img d1/$i.img -o d.patch && "
                           "python3 " KINGLET_SOURCE_DIR
                           "/tests/e2e/delta_apply.py d0/$i.img d.patch d.img && "
                           "cmp d.img d1/$i.img && test $(stat -c %s d.patch) -lt 500 || exit 1; "
                           "done"),
                     0);
    expect_text("ranges copied");
    expect("release delta d0/firmware.img d1/firmware.img", BAD, "-o PATCH is missing");
    expect("release delta r.tar d.tar -o x", BAD, "is no image");
    expect(BUILD FIRMWARE "--encrypt-for keys/device.pub.pem --key keys/release.pem -o de.tar",
           DONE, "de.tar");
    assert_int_equal(shell("mkdir -p d2 && tar xf de.tar -C d2"), 0);
    expect("release delta d0/firmware.img d2/firmware.img -o x", BAD, "is encrypted");
}

static void test_documents(void **state)
{
    (void)state;
    assert_int_equal(shell("$K run k.tflite --input in --output o --json > run.json && "
                           "echo '# 1.2.0' > notes"),
                     0);
    expect(BUILD FIRMWARE "--pack p/model.klm --evidence run.json --notes notes --component "
                          "libc@3.3.0:BSD-3-Clause --component sensor@2.1 -o d.tar",
           DONE, "d.tar");
    assert_int_equal(shell("tar xf d.tar && cmp notes notes.md && cmp run.json evidence/run.json"),
                     0);
    assert_int_equal(shell("grep -q 'About exactly this model file' models/k.md"), 0);
    assert_int_equal(
        shell("python3 - <<'END'\n"
              "import json\n"
              "bom = json.load(open('sbom.cdx.json'))\n"
              "parts = {c['bom-ref']: c for c in bom['components']}\n"
              "assert bom['bomFormat'] == 'CycloneDX' and bom['specVersion'] == '1.5'\n"
              "assert set(parts) == set(bom['dependencies'][0]['dependsOn'])\n"
              "assert parts['libc']['version'] == '3.3.0'\n"
              "assert parts['libc']['licenses'] == [{'expression': 'BSD-3-Clause'}]\n"
              "assert parts['kinglet']['licenses'] == [{'expression': 'Apache-2.0'}]\n"
              "assert parts['sensor']['version'] == '2.1'\n"
              "assert parts['compiler']['name'] == 'GCC'\n"
              "card = parts['model:k']['modelCard']\n"
              "assert card['modelParameters']['inputs'] == [{'format': 'int8 [1, 49, "
              "10, 1]'}]\n"
              "END"),
        0);
    expect(BUILD FIRMWARE "--made 2026-12-01 -o m.tar", DONE, "m.tar");
    expect("release inspect m.tar", DONE, "made 2026-12-01T00:00:00Z");
    expect(BUILD FIRMWARE "--made noon", BAD, "a date is 2026-12-01");
    expect(BUILD FIRMWARE "--component libc", BAD, "a component is NAME@VERSION");
    expect(BUILD FIRMWARE "--evidence k.tflite", BAD, "not what a command prints");
}

static void test_json(void **state)
{
    (void)state;
    assert_int_equal(kinglet(BUILD FIRMWARE "--pack p/model.klm -o j.tar --json"), DONE);
    json_t *built = result_of("release build");
    assert_true(json_integer_value(metric(built, "firmware.bytes")) > 1000);
    assert_int_equal(json_array_size(json_object_get(built, "inputs")), 2);
    json_decref(built);
    assert_int_equal(kinglet("release inspect r.tar --json"), DONE);
    json_t *shown = result_of("release inspect");
    assert_int_equal(json_array_size(json_object_get(shown, "images")), 2);
    json_decref(shown);
    assert_int_equal(kinglet("release verify r.tar --keys keys/keys.img --json"), DONE);
    json_decref(result_of("release verify"));
}

static void test_bad_words(void **state)
{
    (void)state;
    expect("release build " IDENTITY " " FIRMWARE, BAD, "--version V is missing");
    expect("release build --version 1.0.0 --vendor e.com --product p " FIRMWARE, BAD,
           "--board B is missing");
    expect(BUILD, BAD, "nothing to release");
    expect(BUILD FIRMWARE "--header-bytes 40", BAD, "a multiple of 16");
    expect("release build --version 1.2 " IDENTITY " " FIRMWARE, BAD, "a version is 1.2.3");
    expect("release sign r.tar", BAD, "--key F is missing");
    expect("release verify r.tar --key keys/release.pub.pem --keys keys/keys.img", BAD, "exclude");
    assert_int_equal(shell("tar xf r.tar"), 0);
    expect(BUILD "--firmware firmware.img", BAD, "an image already");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_verify, make_all),
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_key_sets),
        cmocka_unit_test(test_reproducible),
        cmocka_unit_test(test_rebuild),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_exchanged),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_mixing),
        cmocka_unit_test(test_slots),
        cmocka_unit_test(test_model_alone),
        cmocka_unit_test(test_delta),
        cmocka_unit_test(test_documents),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_bad_words),
    };
    setenv("SOURCE_DATE_EPOCH", "1790000000", 1);
    return CLI_MAIN("release", tests);
}
