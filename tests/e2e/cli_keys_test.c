/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as a user makes, replaces and revokes them, read by openssl, too. cli_keys_test KINGLET */
#include "cli_driver.h"

#include <stdio.h>
#include <string.h>

static int set_up(void **state)
{
    (void)state;
    return shell("rm -rf keys && printf 'secret phrase\\n' > phrase");
}

static json_int_t version_of_list(void)
{
    assert_int_equal(kinglet("keys list --json"), DONE);
    json_t *result = result_of("keys list");
    json_int_t version = json_integer_value(metric(result, "keys.version"));
    json_decref(result);
    return version;
}

/* An own reading of the files: the id is the SHA-256 of what openssl writes as public key, the key
 * set has it at the place that the specification says. */
static void test_files_are_what_openssl_reads(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new root"), DONE);
    assert_int_equal(
        shell("test $(stat -c %a keys/root.pem) = 600 && openssl pkey -in keys/root.pem -noout "
              "&& grep -q 'BEGIN PRIVATE KEY' keys/root.pem"),
        0);
    assert_int_equal(shell("openssl pkey -in keys/root.pem -pubout -outform DER | sha256sum "
                           "| cut -d' ' -f1 > id && "
                           "openssl pkey -pubin -in keys/root.pub.pem -outform DER | sha256sum "
                           "| cut -d' ' -f1 | cmp - id"),
                     0);
    assert_int_equal(shell("tr -d '\\n' < id > hex"), 0);
    assert_int_equal(
        shell("tail -c +49 keys/keys.img | head -c 32 | od -An -v -tx1 | tr -d ' \\n' | cmp - hex"),
        0);
    assert_int_equal(shell("$K keys list --json | grep -q $(cat id)"), 0);
}

static void test_keys_of_openssl(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir keys && openssl ecparam -name prime256v1 -genkey -noout "
                           "| openssl ec -pubout -conv_form compressed -out keys/other.pub.pem"),
                     0);
    assert_int_equal(kinglet("keys list"), DONE);
    expect_text("other");
    expect_text("public only");
    assert_int_equal(shell("openssl ecparam -name secp384r1 -genkey -noout "
                           "| openssl ec -pubout -out keys/large.pub.pem"),
                     0);
    assert_int_equal(kinglet("keys list"), BAD);
    expect_text("keys/large.pub.pem: not a key on P-256");
}

static void test_passphrase(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new root --passphrase phrase"), DONE);
    assert_int_equal(
        shell("grep -q 'BEGIN ENCRYPTED PRIVATE KEY' keys/root.pem && openssl pkey -in "
              "keys/root.pem -passin pass:'secret phrase' -noout"),
        0);
    assert_int_equal(kinglet("keys new release"), BAD);
    expect_text("there is no passphrase");
    assert_int_equal(shell("echo wrong > wrong"), 0);
    assert_int_equal(kinglet("keys new release --signer-passphrase wrong"), BAD);
    expect_text("the passphrase is another one");
    assert_int_equal(kinglet("keys new release --signer-passphrase phrase"), DONE);
    expect_text("key set 2");
}

static void test_others_can_read_it(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new root"), DONE);
    assert_int_equal(shell("chmod 640 keys/root.pem"), 0);
    assert_int_equal(kinglet("keys new release"), BAD);
    expect_text("others can read this private key (mode 640)");
    assert_int_equal(shell("chmod 600 keys/root.pem"), 0);
    assert_int_equal(kinglet("keys new release"), DONE);
}

static void test_rotate_and_revoke(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new root --roles keys"), DONE);
    assert_int_equal(kinglet("keys new release"), DONE);
    assert_int_equal(version_of_list(), 2);
    assert_int_equal(kinglet("keys rotate release"), DONE);
    expect_text("release-2 succeeds release");
    assert_int_equal(kinglet("keys rotate release-2"), DONE);
    expect_text("release-3 succeeds release-2");
    assert_int_equal(kinglet("keys revoke release"), DONE);
    expect_text("revoked");
    assert_int_equal(version_of_list(), 5);
    assert_int_equal(kinglet("keys revoke release"), BAD);
    expect_text("revoked already");
    assert_int_equal(kinglet("keys rotate release"), BAD);
    assert_int_equal(kinglet("keys new release"), BAD);
    assert_int_equal(version_of_list(), 5);
}

/* No change leaves a set behind that devices could never get rid of. */
static void test_last_key_that_signs_sets(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new release --roles firmware"), BAD);
    expect_text("give it the role keys, too");
    assert_int_equal(shell("test ! -e keys/release.pem"), 0);
    assert_int_equal(kinglet("keys new root"), DONE);
    assert_int_equal(kinglet("keys revoke root"), BAD);
    expect_text("the last one that signs key sets");
    assert_int_equal(kinglet("keys rotate root"), DONE);
    assert_int_equal(kinglet("keys revoke root --signer root"), BAD);
    assert_int_equal(kinglet("keys revoke root"), DONE);
    assert_int_equal(kinglet("keys new more --signer root"), BAD);
    expect_text("may not sign this key set");
    assert_int_equal(kinglet("keys new more --signer root-2"), DONE);
}

static void test_key_apart(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new root"), DONE);
    assert_int_equal(kinglet("keys new device --apart"), DONE);
    expect_text("not in the set");
    assert_int_equal(version_of_list(), 1);
    assert_int_equal(kinglet("keys revoke device"), BAD);
    expect_text("devices never trusted it");
    assert_int_equal(kinglet("keys new device --apart"), BAD);
    expect_text("exists");
}

static void test_altered_set(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new root"), DONE);
    assert_int_equal(shell("printf '\\007' | dd of=keys/keys.img bs=1 seek=44 conv=notrunc "
                           "2>/dev/null"),
                     0);
    assert_int_equal(kinglet("keys new release"), FAILED);
    expect_text("keys/keys.img: header, body or protected entries are not what was signed");
}

static void test_bad_words(void **state)
{
    (void)state;
    assert_int_equal(kinglet("keys new ../root"), BAD);
    assert_int_equal(kinglet("keys new root --roles king"), BAD);
    expect_text("roles are firmware, models, keys and commands");
    assert_int_equal(kinglet("keys new root --roles keys --apart"), BAD);
    assert_int_equal(kinglet("keys list"), BAD);
    expect_text("no keys here");
    assert_int_equal(shell("SOURCE_DATE_EPOCH=noon $K keys new root"), BAD);
    assert_int_equal(kinglet("keys revoke root"), BAD);
    expect_text("no key 'root'");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_files_are_what_openssl_reads, set_up),
        cmocka_unit_test_setup(test_keys_of_openssl, set_up),
        cmocka_unit_test_setup(test_passphrase, set_up),
        cmocka_unit_test_setup(test_others_can_read_it, set_up),
        cmocka_unit_test_setup(test_rotate_and_revoke, set_up),
        cmocka_unit_test_setup(test_last_key_that_signs_sets, set_up),
        cmocka_unit_test_setup(test_key_apart, set_up),
        cmocka_unit_test_setup(test_altered_set, set_up),
        cmocka_unit_test_setup(test_bad_words, set_up),
    };
    return CLI_MAIN("keys", tests);
}
