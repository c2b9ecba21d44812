#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The device's agent against a second implementation of its protocol (smp_client.py).

    tests/e2e/smp_interop.py serve SERVE_DEVICE
    tests/e2e/smp_interop.py board PORT UPDATE

With `serve`, a device in a process of its own. With `board`, one that runs already behind PORT, with version 1.0.0 of
its firmware; UPDATE is version 2.0.0. Each comes from version 1.0.0 to 2.0.0, and confirms it.
"""
import hashlib
import subprocess
import sys
import tempfile
import time

from smp_client import (ECHO, IMAGE, LINE_BYTES, OS, READ, STATE, UPLOAD, WRITE, Client, SmpError, encode, frame_of,
                        packet_of)

BAD_STATE, NO_MEMORY, INVALID, NO_ENTRY, UNSUPPORTED, DENIED = 6, 2, 3, 5, 8, 11
ALL_OF_A_PACKET = 1024 - 8 - len(encode({"d": ""})) - 2
SILENCE = 0.1  # seconds without an answer that count as none


def check(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")


def refused(what, rc, call, *arguments):
    try:
        answer = call(*arguments)
    except SmpError as error:
        check(what, error.rc, rc)
        return error
    sys.exit(f"{what}: not refused, but {answer!r}")


# ---- packets and frames


def echoes(client):
    for text in "", "kinglet", "Zaunkönig 雀", "x" * ALL_OF_A_PACKET:
        check("echo", client.echo(text), text)
    check("echo as a read", client.echo("read", READ), "read")
    check("echo to a client of version 2", client.echo("2", version=1), "2")
    check("parameters", client.parameters(), {"buf_size": 1024, "buf_count": 1})


def unknown_requests(client):
    for what, request, rc in (("group", (READ, 9999, 0, {}), UNSUPPORTED), ("command", (READ, OS, 77, {}), UNSUPPORTED),
                              ("operation", (WRITE, OS, 6, {}), UNSUPPORTED), ("no text", (WRITE, OS, ECHO, {}), INVALID),
                              ("number for text", (WRITE, OS, ECHO, {"d": 7}), INVALID),
                              ("no hash", (WRITE, IMAGE, STATE, {}), INVALID),
                              ("short hash", (WRITE, IMAGE, STATE, {"hash": b"1", "confirm": False}), INVALID),
                              ("upload without a length", (WRITE, IMAGE, UPLOAD, {"off": 0, "data": b"1"}), INVALID)):
        refused(what, rc, client.ask, *request)
    check("unknown keys", client.ask(WRITE, OS, ECHO, {"new": [1, {"a": b"b"}], "d": "known"}), {"r": "known"})


def unanswered(client, what, data):
    client.send(data)
    check(what, client.receive(SILENCE), None)
    check(f"echo after: {what}", client.echo("well"), "well")


def frames(client):
    packet = packet_of(WRITE, OS, ECHO, {"d": "y" * 200}, 1)
    good = frame_of(packet)
    damaged = bytearray(good)
    damaged[20] ^= 1
    unanswered(client, "a damaged frame", bytes(damaged))
    unanswered(client, "a frame without its end", good[:LINE_BYTES + 10])
    unanswered(client, "no base64", b"\x06\x09" + b"!" * 20 + b"\n")
    unanswered(client, "too long a line", b"\x06\x09" + b"A" * 4000 + b"\n")
    unanswered(client, "too large a packet", frame_of(packet_of(WRITE, OS, ECHO, {"d": "x" * (ALL_OF_A_PACKET + 1)}, 1)))
    unanswered(client, "a response", frame_of(packet_of(WRITE + 1, OS, ECHO, {"r": "x"}, 1)))
    unanswered(client, "a header of another length", frame_of(packet + b"\0"))
    client.send(b"some words\r\n" + frame_of(packet, line_bytes=19))
    answer = client.receive()
    check("a frame of short lines, behind words", answer and answer[8:], encode({"r": "y" * 200}))


# ---- images


def standing(images):
    """Of each slot: version and the flags that are set."""
    flags = "bootable", "pending", "confirmed", "active", "permanent"
    return {row["slot"]: (row["version"], [name for name in flags if row[name]]) for row in images}


RUNS_1 = {0: ("1.0.0", ["bootable", "confirmed", "active"])}


def refusals(client, update):
    """What a device with nothing under way does not take."""
    refused("unknown hash", NO_ENTRY, client.test, bytes(32))
    refused("too large", NO_MEMORY, client.ask, WRITE, IMAGE, UPLOAD,
            {"off": 0, "len": 1 << 30, "sha": bytes(32), "data": b"1"})
    refused("the running image", BAD_STATE, client.test, client.images()[0]["hash"])
    check("another hash than was promised", client.upload(update, bytes(32))["match"], False)
    altered = bytearray(update)
    altered[len(update) // 2] ^= 1
    client.erase()
    check("altered", client.upload(bytes(altered), hashlib.sha256(altered).digest())["match"], True)
    error = refused("altered", DENIED, client.test, client.images()[1]["hash"])
    check("why is a negative number", error.why < 0, True)
    check("nothing is asked for", standing(client.images())[1], ("2.0.0", ["bootable"]))
    client.erase()
    check("erased", standing(client.images()), RUNS_1)


def resumes(client, update):
    """An upload whose link is lost goes on where it was."""
    sha = hashlib.sha256(update).digest()
    half = client.upload(update, sha, stop_at=len(update) // 2, size=len(update) // 5)
    check("in the middle", "match" in half, False)
    if not client.port.startswith("fd:"):
        client.send(frame_of(packet_of(WRITE, IMAGE, UPLOAD, {"off": half["off"], "data": b"lost" * 100}, 1))[:200])
        client.close()
        client.open()
    again = client.upload_piece(update, 0, sha, size=16)
    check("where to go on", again["off"], half["off"])
    check("what was not asked for", client.upload_piece(update, half["off"] + 7, sha, size=16)["off"], half["off"])
    check("the end", client.upload(update, sha), {"off": len(update), "match": True})


def restart(client):
    client.reset()
    end = time.monotonic() + 20
    while True:
        try:
            return client.images()
        except (TimeoutError, ValueError):
            if time.monotonic() > end:
                raise


def updates(client, update):
    sha = hashlib.sha256(update).digest()
    on_trial = client.test(client.images()[1]["hash"])
    check("asked for", standing(on_trial), {**RUNS_1, 1: ("2.0.0", ["bootable", "pending"])})
    refused("an upload over what was asked for", BAD_STATE, client.upload, update, sha)
    check("on trial", standing(restart(client)),
          {0: ("2.0.0", ["bootable", "active"]), 1: ("1.0.0", ["bootable"])})
    refused("an upload over the way back", BAD_STATE, client.upload, update, sha)
    refused("erasing the way back", BAD_STATE, client.erase)
    final = {0: ("2.0.0", ["bootable", "confirmed", "active"]), 1: ("1.0.0", ["bootable"])}
    check("confirmed", standing(client.confirm()), final)
    check("confirmed by its hash, too", standing(client.confirm(client.images()[0]["hash"])), final)
    check("for good", standing(restart(client)), final)


def run(client, update, is_small):
    echoes(client)
    unknown_requests(client)
    frames(client)
    check("at first", standing(client.images()), RUNS_1)
    if is_small:
        refusals(client, update)
    resumes(client, update)
    updates(client, update)
    client.close()


def wait_for(port):
    end = time.monotonic() + 20
    while True:
        try:
            return Client(port)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)


def serve(program):
    with tempfile.TemporaryDirectory() as folder:
        port, path = f"{folder}/port", f"{folder}/two.img"
        with subprocess.Popen([program, port, path]) as device:
            try:
                client = wait_for(port)
                with open(path, "rb") as file:
                    run(client, file.read(), True)
            finally:
                device.kill()


def main():
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        with open(sys.argv[3], "rb") as file:
            run(Client(sys.argv[2]), file.read(), False)
    print("smp_interop: the device agrees with a second implementation")


main()
