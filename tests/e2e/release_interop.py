#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Releases against a second implementation: image format and ECIES-P256 written here from MCUboot's
documents (design.md, encrypted_images.md), with the openssl command line as cryptography.

    tests/e2e/release_interop.py KINGLET MAKE_MODEL

Both ways: what kinglet makes is read here, and images made here are verified by kinglet.
"""
import hashlib
import hmac
import json
import os
import struct
import subprocess
import sys
import tarfile
import tempfile

KINGLET, MAKE_MODEL = map(os.path.abspath, sys.argv[1:3])
SPKI_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")


def run(*words, data=None, fails=False):
    done = subprocess.run(words, input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if (done.returncode != 0) != fails:
        sys.exit(f"{' '.join(words)}: status {done.returncode}\n{done.stdout.decode(errors='replace')}")
    return done.stdout


def kinglet(*words, **more):
    return run(KINGLET, *words, **more)


def put(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def get(path):
    with open(path, "rb") as file:
        return file.read()


def check(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: {found!r}, not {wanted!r}")


# ---- the format, read


def tlvs(data, at, magic):
    found_magic, total = struct.unpack_from("<HH", data, at)
    check("magic of TLVs", found_magic, magic)
    end, at, entries = at + total, at + 4, {}
    while at < end:
        kind, size = struct.unpack_from("<HH", data, at)
        entries[kind] = data[at + 4:at + 4 + size]
        at += 4 + size
    check("end of TLVs", at, end)
    return entries, end


def read_image(data):
    magic, load, head, protected, size, flags = struct.unpack_from("<IIHHII", data)
    check("magic", magic, 0x96F3B83D)
    body_end = head + size
    kept, hashed = tlvs(data, body_end, 0x6908)
    check("length of protected TLVs", hashed - body_end, protected)
    others, end = tlvs(data, hashed, 0x6907)
    check("end of the image", end, len(data))
    return {"head": data[:head], "body": data[head:body_end], "protected": data[body_end:hashed], "flags": flags,
            "version": struct.unpack_from("<BBHI", data, 20), "load": load, "kept": kept, "others": others}


def verify_image(image, public):
    digest = hashlib.sha256(image["head"] + image["body"] + image["protected"]).digest()
    check("hash", image["others"][0x10], digest)
    spki = run("openssl", "pkey", "-pubin", "-in", public, "-outform", "DER")
    check("key", image["others"][0x01], hashlib.sha256(spki).digest())
    run("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-in", put("digest", digest), "-sigfile",
        put("signature", image["others"][0x22]))


# ---- ECIES-P256


def pem_of_point(point, path):
    run("openssl", "pkey", "-pubin", "-inform", "DER", "-out", path, data=SPKI_HEAD + point)
    return path


def agree(private, peer):
    return run("openssl", "pkeyutl", "-derive", "-inkey", private, "-peerkey", peer)


def keys_of(shared):
    key = hmac.new(bytes(32), shared, hashlib.sha256).digest()
    text, block = b"", b""
    for number in (1, 2):
        block = hmac.new(key, block + b"MCUBoot_ECIES_v1" + bytes([number]), hashlib.sha256).digest()
        text += block
    return text[:16], text[16:48]


def aes_ctr(key, data):
    return run("openssl", "enc", "-aes-128-ctr", "-K", key.hex(), "-iv", bytes(16).hex(), data=data)


def unwrap(envelope, private):
    check("length of the envelope", len(envelope), 113)
    aes, mac = keys_of(agree(private, pem_of_point(envelope[:65], "peer.pem")))
    check("tag", envelope[65:97], hmac.new(mac, envelope[97:], hashlib.sha256).digest())
    return aes_ctr(aes, envelope[97:])


def wrap(key, public):
    run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "once.pem")
    point = run("openssl", "pkey", "-in", "once.pem", "-pubout", "-outform", "DER")[len(SPKI_HEAD):]
    aes, mac = keys_of(agree("once.pem", public))
    wrapped = aes_ctr(aes, key)
    return point + hmac.new(mac, wrapped, hashlib.sha256).digest() + wrapped


# ---- the format, written


def entry(kind, data):
    return struct.pack("<HH", kind, len(data)) + data


def area(magic, entries):
    return struct.pack("<HH", magic, len(entries) + 4) + entries


def write_image(body, identity, private, public, reader=None):
    kept = area(0x6908, entry(0x74, identity[0]) + entry(0x75, identity[1]) + entry(0x4BA0, b"mps2-an386")
                + entry(0x4BA1, b"\x01") + entry(0x50, struct.pack("<I", 5)))
    head = struct.pack("<IIHHIIBBHII", 0x96F3B83D, 0, 32, len(kept), len(body), 4 if reader else 0, 2, 0, 0, 0, 0)
    digest = hashlib.sha256(head + body + kept).digest()
    run("openssl", "pkeyutl", "-sign", "-inkey", private, "-in", put("digest", digest), "-out", "signature")
    spki = run("openssl", "pkey", "-pubin", "-in", public, "-outform", "DER")
    others = entry(0x10, digest) + entry(0x01, hashlib.sha256(spki).digest()) + entry(0x22, get("signature"))
    if reader:
        key = os.urandom(16)
        others += entry(0x32, wrap(key, reader))
        body = aes_ctr(key, body)
    return head + body + kept + area(0x6907, others)


# ---- the tests

IDENTITY = ("--vendor", "example.com", "--product", "lamp", "--board", "mps2-an386")


def build(out, *more):
    kinglet("release", "build", "--version", "1.2.3+4", *IDENTITY, "--firmware", "raw.bin", "--engine", "engine.json",
            "--pack", "p/model.klm", "--security-counter", "5", "--key", "keys/release.pem", "-o", out, *more)
    with tarfile.open(out) as archive:
        return {m.name: archive.extractfile(m).read() for m in archive.getmembers()}


def kinglet_writes():
    files = build("plain.tar")
    check("first file", next(iter(files)), "manifest.json")
    manifest = json.loads(files["manifest.json"])
    for row in manifest["files"]:
        check(row["file"], hashlib.sha256(files[row["file"]]).hexdigest(), row["sha256"])
    run("openssl", "dgst", "-sha256", "-verify", "keys/release.pub.pem", "-signature",
        put("s", files["manifest.sig"]), put("m", files["manifest.json"]))
    firmware, model = read_image(files["firmware.img"]), read_image(files["models/keyword.img"])
    for image in firmware, model:
        verify_image(image, "keys/release.pub.pem")
        check("version", image["version"], (1, 2, 3, 4))
        check("counter", image["kept"][0x50], struct.pack("<I", 5))
        check("board", image["kept"][0x4BA0], b"mps2-an386")
        check("made", image["kept"][0x4BA5], struct.pack("<Q", 1790000000))
    check("body", firmware["body"], get("raw.bin"))
    check("flags", (firmware["flags"], model["flags"]), (0, 0x10))
    pack = get("p/model.klm")
    at, size = struct.unpack("<II", model["kept"][0x4BA3])
    check("pack", model["body"][:len(pack)], pack)
    check("self-test", (at, at + size), (len(pack), len(model["body"])))
    self_test(model["body"][at:])
    return files


def self_test(vector):
    """What the model gives for the input of its self-test, by another way: the model file."""
    put("input", vector[:490])
    kinglet("run", "keyword.tflite", "--input", "input", "--output", "output")
    check("outputs of the self-test", get("output"), vector[490:])


def kinglet_encrypts(plain):
    files = build("secret.tar", "--encrypt-for", "keys/device.pub.pem")
    for name in "firmware.img", "models/keyword.img":
        image = read_image(files[name])
        check("flag", image["flags"] & 4, 4)
        key = unwrap(image["others"][0x32], "keys/device.pem")
        image["body"] = aes_ctr(key, image["body"])
        verify_image(image, "keys/release.pub.pem")
        body = read_image(plain[name])["body"]
        check("body", image["body"][:len(body)], body)


def kinglet_reads():
    identity = [bytes.fromhex(json.loads(get("manifest"))[who]["uuid"].replace("-", "")) for who in ("vendor", "product")]
    words = ("--key", "keys/release.pub.pem", *IDENTITY, "--least-counter", "5")
    plain = write_image(os.urandom(3000), identity, "keys/release.pem", "keys/release.pub.pem")
    kinglet("release", "verify", put("ours.img", plain), *words)
    altered = bytearray(plain)
    altered[100] ^= 1
    kinglet("release", "verify", put("altered.img", altered), *words, fails=True)
    secret = write_image(os.urandom(3000), identity, "keys/release.pem", "keys/release.pub.pem", "keys/device.pub.pem")
    kinglet("release", "verify", put("secret.img", secret), *words, "--decrypt", "keys/device.pem")
    kinglet("release", "verify", "secret.img", *words, "--decrypt", "keys/release.pem", fails=True)


def main():
    os.environ["SOURCE_DATE_EPOCH"] = "1790000000"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        run(MAKE_MODEL, "keyword", ".")
        kinglet("compile", "keyword.tflite", "--pack", "--board", "mps2-an386", "--no-build", "-o", "p")
        info = json.loads(kinglet("pack", "info", "p/model.klm", "--json"))
        put("engine.json", json.dumps({"abi": info["abi"], "arena_bytes": info["metrics"]["ram.arena"]["value"],
                                       "kernels": info["kernels"]}).encode())
        put("raw.bin", os.urandom(5000))
        kinglet("keys", "new", "root", "--roles", "keys")
        kinglet("keys", "new", "release")
        kinglet("keys", "new", "device", "--apart")
        files = kinglet_writes()
        put("manifest", files["manifest.json"])
        kinglet_encrypts(files)
        kinglet_reads()
        os.chdir("/")
    print("release_interop: images, envelopes and signatures agree with a second implementation")


main()
