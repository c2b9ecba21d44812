# SPDX-License-Identifier: Apache-2.0
# Who may include whom. Reads C files, named relative to the root of the tree, and prints
# "FILE:LINE: message" for each include that points the wrong way. Exits 1 if there is one.
#
# The rules are the table in BEGIN: area of the including file -> what it may include besides
# its own folder. An entry is an area ("graph"), a folder ("nn/ref/") or one header.

BEGIN {
    # Host. Every module also sees the device's public headers, kinglet/.
    rule["host/base"] = ""
    # Integer parameters of the arithmetic, and the functions that it defines.
    rule["host/graph"] = "base nn/ref/function_s8.h"
    # What readers and writers of the same kind of file share.
    rule["host/formats"] = "graph base"
    rule["host/import"] = "graph base target formats"
    rule["host/features"] = "graph base"
    rule["host/optimise"] = "graph base target nn/ref/ dsp"
    rule["host/learn"] = "graph base target nn/ref/ dsp"
    rule["host/data"] = "graph base target nn/ref/ dsp"
    # The planner asks the definition of requantisation which channels have one result only, and
    # proves cheap forms of it, asks how far windows reach, and orders thresholds by the keys that the kernel compares.
    rule["host/plan"] = "graph base target nn/armv7em/planes_shape.h nn/ref/requantize.h nn/ref/requant_forms.h nn/ref/tree_ensemble.h nn/ref/window.h"
    # The emitter writes down a plan (docs/adr/0005).
    rule["host/emit"] = "graph base target formats plan/plan.h"
    rule["host/target"] = "base"
    rule["host/link"] = "base"
    rule["host/report"] = "base"
    # The engine knows commands only by the envelopes that they print. Its public headers lie in
    # host/playbook, folders below are its own.
    rule["host/playbook"] = "base report target"
    rule["host/emulate"] = "link target base"
    rule["host/stack"] = "base emulate/elf.h"
    rule["host/flow"] = "base graph import features optimise learn data plan emit target emulate link report stack nn/ref/ dsp"
    # Images are read on the host by the code that reads them on the device, and patches are coded
    # with the model of its decoder.
    rule["host/release"] = "base graph flow emulate/elf.h target update/bytes.h update/keyset.h update/delta_decode.h update/delta_model.h"
    rule["host/telemetry"] = "base monitor/seal_form.h"
    rule["host/cli"] = "base release graph import features optimise learn data plan emit target emulate link flow report playbook stack"

    # Device. Public headers see each other; every part sees them and its own folder.
    rule["device/include"] = ""
    rule["device/nn"] = "nn/ref/ nn/armv7em/ nn/mul32/ nn/mve/ dsp"
    rule["device/dsp"] = "nn/ref/"
    rule["device/agent"] = "update/bytes.h"
    rule["device/update"] = ""
    rule["device/boot"] = "update port/startup.h"
    rule["device/monitor"] = ""
    rule["device/port"] = ""

    # Freestanding C11, memcpy, memset and memcmp of <string.h>, the compiler's vectors, and BearSSL.
    freestanding = " bearssl_block.h bearssl_ec.h bearssl_hash.h bearssl_hmac.h bearssl_kdf.h stdint.h stddef.h stdbool.h stdalign.h limits.h float.h string.h arm_mve.h "
    # Folders below device/ and host/, to tell where "x/y.h" lies.
    device_areas = " nn dsp monitor update boot agent port "
}

# The area that a path or an include belongs to: its rule's key. Ports do not see each other,
# so each is an area of its own; files directly in device/port are shared by them, and so are the
# parts in device/port/arm.
function area_of(path, part)
{
    if (split(path, part, "/") > 3 && part[1] == "device" && part[2] == "port") {
        return part[1] "/" part[2] "/" part[3]
    }
    return part[1] "/" part[2]
}

# Where an include leads, relative to the root of the tree.
function target_of(include, file, first)
{
    if (index(include, "/") == 0) {
        sub(/[^\/]*$/, "", file)
        return file include
    }
    first = include
    sub(/\/.*/, "", first)
    if (first == "kinglet") {
        return "device/include/" include
    }
    return (index(device_areas, " " first " ") ? "device/" : "host/") include
}

function rule_of(area)
{
    sub(/^device\/port\/.*/, "device/port", area)
    return (area in rule) ? rule[area] : "?"
}

# Does one of the entries cover the include?
function allowed(include, entries, count, entry, i)
{
    count = split(entries, entry, " ")
    for (i = 1; i <= count; i++) {
        if (include == entry[i] || index(include, entry[i] "/") == 1) {
            return 1
        }
        if (entry[i] ~ /\/$/ && index(include, entry[i]) == 1) {
            return 1
        }
    }
    return 0
}

function complain(message)
{
    printf "%s:%d: %s\n", FILENAME, FNR, message
    wrong = 1
}

function check_quoted(include, area, target)
{
    if (include ~ /(^|\/)\.\.?\//) {
        complain("\"" include "\": write includes from the include root, without . and ..")
        return
    }
    area = area_of(FILENAME)
    target = target_of(include, FILENAME)
    if (area_of(target) == area || index(target, "device/include/kinglet/") == 1) {
        return
    }
    if ((area_of(target) == "device/port" || area_of(target) == "device/port/arm") &&
        index(area, "device/port/") == 1) {
        return
    }
    if (rule_of(area) == "?") {
        complain("no rule for " area ": add one to scripts/check_includes.awk")
        return
    }
    if (!allowed(include, rule_of(area))) {
        complain(area " must not include \"" include "\"")
    } else if (include ~ /internal\.h$/ || (include ~ /\/.*\// && target ~ /^host\//)) {
        complain("\"" include "\" is only for its own folder")
    }
}

function check_system(include)
{
    # The host port is a program of the host; the other ports have only the compiler.
    if (FILENAME ~ /^device\// && FILENAME !~ /^device\/port\/host\// &&
        index(freestanding, " " include " ") == 0) {
        complain("<" include ">: the device has only" freestanding)
    }
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    match($0, /"[^"]*"/)
    check_quoted(substr($0, RSTART + 1, RLENGTH - 2))
}

/^[ \t]*#[ \t]*include[ \t]*</ {
    match($0, /<[^>]*>/)
    check_system(substr($0, RSTART + 1, RLENGTH - 2))
}

END {
    exit wrong
}
