/* SPDX-License-Identifier: Apache-2.0 */
#include "target/board_memory.h"

#include <string.h>

#include "target/board.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool board_whole(const struct kl_yaml *node, struct kl_dimension dimension, uint32_t *number)
{
    struct kl_value value;
    const char *text = record_text(node);
    if (!text || !kl_value_parse(text, strlen(text), &value)) {
        return false;
    }
    bool fits = kl_dimension_equal(value.dimension, dimension) ||
                kl_dimension_equal(value.dimension, KL_PLAIN);
    if (!fits || !(value.value >= 0) || value.value > UINT32_MAX) {
        return false;
    }
    *number = (uint32_t)value.value;
    return (double)*number == value.value;
}

static enum kl_err read_address(struct reader *reader, const struct field *field,
                                const struct kl_yaml *value, void *member)
{
    return board_whole(value, KL_PLAIN, member)
               ? KL_OK
               : record_refuse(reader, field->name, value, "a 32-bit address such as 0x20000000");
}

enum kl_err board_read_size(struct reader *reader, const struct field *field,
                            const struct kl_yaml *value, void *member)
{
    uint32_t *bytes = member;
    return board_whole(value, KL_BYTES, bytes) && *bytes > 0
               ? KL_OK
               : record_refuse(reader, field->name, value, "a size such as 256 KiB, below 4 GiB");
}

enum kl_err board_read_range(struct reader *reader, const struct field *field,
                             const struct kl_yaml *value, void *member)
{
    static const struct field fields[] = {
        {"origin", read_address, offsetof(struct kl_memory_range, origin), true},
        {"size", board_read_size, offsetof(struct kl_memory_range, bytes), true},
    };
    struct kl_memory_range *range = member;
    KL_TRY(record_read(reader, field->name, value, fields, COUNT(fields), range));
    return range->bytes - 1 > UINT32_MAX - range->origin
               ? record_refuse(reader, field->name, value, "a range that ends below 4 GiB")
               : KL_OK;
}

/* Whole sectors each, and all of them in the flash. */
static enum kl_err check_device(struct reader *reader, const struct field *field,
                                const struct kl_yaml *value, const struct kl_board_device *d)
{
    const uint32_t parts[] = {d->image_bytes,    d->image_bytes,    d->model_bytes, d->model_bytes,
                              d->security_bytes, d->settings_bytes, d->log_bytes};
    uint64_t sum = 0;
    if (d->write_bytes > 8 || (d->write_bytes & (d->write_bytes - 1)) ||
        d->sector_bytes % d->write_bytes) {
        return record_refuse(reader, field->name, value,
                             "a unit to write of 1, 2, 4 or 8 bytes, and sectors of such units");
    }
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (parts[i] % d->sector_bytes) {
            return record_refuse(reader, field->name, value, "areas of whole sectors");
        }
        sum += parts[i];
    }
    return sum <= d->flash.bytes ? KL_OK
                                 : record_refuse(reader, field->name, value,
                                                 "areas that fit the flash together: image and "
                                                 "model twice, security, settings and log");
}

enum kl_err board_read_device(struct reader *reader, const struct field *field,
                              const struct kl_yaml *value, void *member)
{
#define MEMBER(name) offsetof(struct kl_board_device, name)
    static const struct field fields[] = {
        {"driver", record_read_name, MEMBER(driver), true},
        {"flash", board_read_range, MEMBER(flash), true},
        {"sector", board_read_size, MEMBER(sector_bytes), true},
        {"write", board_read_size, MEMBER(write_bytes), true},
        {"header", board_read_size, MEMBER(header_bytes), true},
        {"image", board_read_size, MEMBER(image_bytes), true},
        {"model", board_read_size, MEMBER(model_bytes), true},
        {"security", board_read_size, MEMBER(security_bytes), true},
        {"settings", board_read_size, MEMBER(settings_bytes), true},
        {"log", board_read_size, MEMBER(log_bytes), true},
    };
#undef MEMBER
    struct kl_board_device *device = member;
    KL_TRY(record_read(reader, field->name, value, fields, COUNT(fields), device));
    return check_device(reader, field, value, device);
}
