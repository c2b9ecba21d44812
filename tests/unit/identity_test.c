/* SPDX-License-Identifier: Apache-2.0 */
/* A device's identity is written once, whenever power fails, and never replaced. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "kinglet/identity.h"
#include "port/host/flash_model.h"

enum { SECTOR = 256, BYTES = 4 * SECTOR };

static uint32_t memory[BYTES];
static struct kl_flash_model model;
static const struct kl_flash_area area = {&model.flash, 0, BYTES};
static const struct kl_identity one = {{1, 2, 3}, {4, 5, 6}}, two = {{1, 2, 3}, {4, 5, 7}};
static struct kl_identity found;

static int set_up(void **state)
{
    (void)state;
    kl_flash_model_init(&model, memory, BYTES, SECTOR, 8, 1);
    return 0;
}

static void test_once(void **state)
{
    static const struct kl_identity nothing = {{0}, {0}};
    (void)state;
    assert_int_equal(kl_identity_read(&area, &found), KL_IDENTITY_NONE);
    assert_int_equal(kl_identity_write(&area, &one), KL_IDENTITY_OK);
    assert_int_equal(kl_identity_read(&area, &found), KL_IDENTITY_OK);
    assert_memory_equal(&found, &one, sizeof one);
    uint64_t operations = model.operations;
    assert_int_equal(kl_identity_write(&area, &one), KL_IDENTITY_OK);
    assert_int_equal(kl_identity_write(&area, &two), KL_IDENTITY_TAKEN);
    assert_int_equal(model.operations, operations);
    assert_int_equal(kl_area_is_erased(&area, 0, BYTES - SECTOR), 1); /* the last sector only */
    model.data[BYTES - SECTOR + 20] ^= 1;
    assert_int_equal(kl_identity_read(&area, &found), KL_IDENTITY_OK); /* there is another copy */
    model.data[BYTES - SECTOR + 64 + 20] ^= 1;
    assert_int_equal(kl_identity_read(&area, &found), KL_IDENTITY_DAMAGED);
    assert_memory_equal(&found, &nothing, sizeof found);
}

/* Power fails at every operation of the factory's work, which is then repeated. */
static void test_cuts(void **state)
{
    uint64_t operations = 1;
    for (uint64_t at = 0; at < operations; at++) {
        for (int place = 0; place < KL_CUT_PLACES; place++) {
            set_up(state);
            model.random = at * KL_CUT_PLACES + (uint64_t)place;
            kl_flash_model_cut(&model, at, (enum kl_cut_place)place);
            (void)kl_identity_write(&area, &one);
            kl_flash_model_power_on(&model);
            assert_int_equal(kl_identity_write(&area, &one), KL_IDENTITY_OK);
            for (int look = 0; look < 20; look++) {
                assert_int_equal(kl_identity_read(&area, &found), KL_IDENTITY_OK);
                assert_memory_equal(&found, &one, sizeof one);
            }
        }
        set_up(state);
        assert_int_equal(kl_identity_write(&area, &one), KL_IDENTITY_OK);
        operations = model.operations;
    }
    assert_true(operations > 5);
}

/* The order of P-256 (SEC 2), which is no secret any more, and the largest one, which is. */
static void test_secrets(void **state)
{
    static const uint8_t order[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                    0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    struct kl_identity identity = {{1}, {0}};
    uint8_t point[KL_IDENTITY_POINT_BYTES];
    (void)state;
    assert_int_equal(kl_identity_write(&area, &identity), KL_IDENTITY_SECRET);
    memcpy(identity.secret, order, sizeof order);
    assert_int_equal(kl_identity_write(&area, &identity), KL_IDENTITY_SECRET);
    identity.secret[31]--;
    assert_int_equal(kl_identity_write(&area, &identity), KL_IDENTITY_OK);
    /* The secret 1 gives the curve's base point: its first bytes, from SEC 2. */
    static const uint8_t base[] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47};
    memset(identity.secret, 0, sizeof identity.secret);
    identity.secret[31] = 1;
    assert_int_equal(kl_identity_point(&identity, point), KL_IDENTITY_OK);
    assert_memory_equal(point, base, sizeof base);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_once, set_up),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test_setup(test_secrets, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
