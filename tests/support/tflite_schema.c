/* SPDX-License-Identifier: Apache-2.0 */
#include "tflite_schema.h"

#include <strings.h>

static const struct {
    int32_t code;
    const char *name;
} builtins[] = {
#define TFL_BUILTIN(code, name) {(code), #name},
#include "formats/tflite_builtins.def"
#undef TFL_BUILTIN
    {KT_SIGNAL_WINDOW, "SignalWindow"},
    {KT_SIGNAL_FFT_AUTO_SCALE, "SignalFftAutoScale"},
    {KT_SIGNAL_RFFT, "SignalRfft"},
    {KT_SIGNAL_ENERGY, "SignalEnergy"},
    {KT_SIGNAL_FILTER_BANK, "SignalFilterBank"},
    {KT_SIGNAL_FILTER_BANK_SQUARE_ROOT, "SignalFilterBankSquareRoot"},
    {KT_SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION, "SignalFilterBankSpectralSubtraction"},
    {KT_SIGNAL_PCAN, "SignalPCAN"},
    {KT_SIGNAL_FILTER_BANK_LOG, "SignalFilterBankLog"},
    {KT_CIRCULAR_BUFFER, "CIRCULAR_BUFFER"},
    {KT_SIGNAL_DELAY, "SignalDelay"},
    {KT_SIGNAL_FRAMER, "SignalFramer"},
    {KT_SIGNAL_STACKER, "SignalStacker"},
    {KT_SIGNAL_OVERLAP_ADD, "SignalOverlapAdd"},
    {KT_SIGNAL_IRFFT, "SignalIrfft"},
};

const char *kt_builtin_name(int32_t code)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (builtins[i].code == code) {
            return builtins[i].name;
        }
    }
    return NULL;
}

int32_t kt_builtin_code(const char *name)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcasecmp(builtins[i].name, name) == 0) {
            return builtins[i].code;
        }
    }
    return -1;
}

size_t kt_type_bytes(int32_t type)
{
    switch (type) {
    case KT_F32:
    case KT_U32:
    case KT_I32: return 4;
    case KT_F16:
    case KT_I16: return 2;
    case KT_U8:
    case KT_I8:
    case KT_BOOL: return 1;
    case KT_U64:
    case KT_I64: return 8;
    default: return 0;
    }
}
