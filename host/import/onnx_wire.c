/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look over the bytes of a protobuf message, with the schema's descriptors, before the library
 * unpacks it: its unpacking is recursive and allocates as the bytes ask. Format:
 * protobuf.dev/programming-guides/encoding.
 */
#include "import/onnx_import.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct wire {
    const unsigned char *start;
    int32_t messages, fields;
    struct kl_diag *diag;
};

static enum kl_err wire_fail(const struct wire *wire, const unsigned char *at, const char *what)
{
    return kl_fail(wire->diag, KL_EINPUT, "byte %zu: %s; the file is no ONNX model, or is cut",
                   (size_t)(at - wire->start), what);
}

static enum kl_err wire_varint(const struct wire *wire, const unsigned char **at,
                               const unsigned char *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (*at == end) {
            return wire_fail(wire, *at, "a number ends too early");
        }
        unsigned char byte = *(*at)++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return KL_OK;
        }
    }
    return wire_fail(wire, *at, "a number is too long");
}

/* The content of a field that is a message; NULL when the schema does not say so. */
static const ProtobufCMessageDescriptor *content_of(const ProtobufCMessageDescriptor *message,
                                                    uint64_t id)
{
    const ProtobufCFieldDescriptor *field =
        id <= UINT32_MAX ? protobuf_c_message_descriptor_get_field(message, (unsigned)id) : NULL;
    return field && field->type == PROTOBUF_C_TYPE_MESSAGE
               ? (const ProtobufCMessageDescriptor *)field->descriptor
               : NULL;
}

static enum kl_err skip(const struct wire *wire, const unsigned char **at, const unsigned char *end,
                        size_t bytes)
{
    if (bytes > (size_t)(end - *at)) {
        return wire_fail(wire, *at, "a field ends behind its message");
    }
    *at += bytes;
    return KL_OK;
}

static enum kl_err check_message(struct wire *wire, const ProtobufCMessageDescriptor *message,
                                 const unsigned char *at, const unsigned char *end, int32_t depth);

static enum kl_err check_field(struct wire *wire, const ProtobufCMessageDescriptor *message,
                               const unsigned char **at, const unsigned char *end, int32_t depth)
{
    uint64_t tag, value;
    KL_TRY(wire_varint(wire, at, end, &tag));
    if (++wire->fields > ONNX_MAX_FIELDS) {
        return kl_fail(wire->diag, KL_ELIMIT, "more than %d fields", ONNX_MAX_FIELDS);
    }
    switch (tag & 7) {
    case WIRE_VARINT: return wire_varint(wire, at, end, &value);
    case WIRE_64: return skip(wire, at, end, 8);
    case WIRE_32: return skip(wire, at, end, 4);
    case WIRE_BYTES: break;
    default: return wire_fail(wire, *at, "a field of unknown kind");
    }
    KL_TRY(wire_varint(wire, at, end, &value));
    const unsigned char *begin = *at;
    KL_TRY(skip(wire, at, end, value > SIZE_MAX ? SIZE_MAX : (size_t)value));
    const ProtobufCMessageDescriptor *content = content_of(message, tag >> 3);
    return content ? check_message(wire, content, begin, *at, depth + 1) : KL_OK;
}

static enum kl_err check_message(struct wire *wire, const ProtobufCMessageDescriptor *message,
                                 const unsigned char *at, const unsigned char *end, int32_t depth)
{
    if (depth > ONNX_MAX_DEPTH || ++wire->messages > ONNX_MAX_MESSAGES) {
        return kl_fail(wire->diag, KL_ELIMIT,
                       "more than %d messages, or more than %d inside each other",
                       ONNX_MAX_MESSAGES, ONNX_MAX_DEPTH);
    }
    while (at < end) {
        KL_TRY(check_field(wire, message, &at, end, depth));
    }
    return KL_OK;
}

enum kl_err onnx_check_wire(struct kl_bytes file, struct kl_diag *diag)
{
    struct wire wire = {.start = file.data, .diag = diag};
    return check_message(&wire, &onnx__model_proto__descriptor, file.data, file.data + file.size,
                         0);
}
