# SPDX-License-Identifier: Apache-2.0
"""A client of the Simple Management Protocol (SMP), with nothing but Python's standard library.

Written from the protocol's public documents (Zephyr: smp_protocol.rst, smp_transport.rst, smp_group_0.rst,
smp_group_1.rst; CBOR: RFC 8949) and from docs/spec/management.md, and not from the code that it is to test.
"""
import base64
import binascii
import os
import select
import socket
import struct
import termios
import time
import tty

READ, WRITE = 0, 2
OS, IMAGE = 0, 1
ECHO, RESET, PARAMETERS = 0, 5, 6
STATE, UPLOAD, ERASE = 0, 1, 5
HEADER = struct.Struct(">BBHHBB")
LINE_BYTES = 127  # with its start and its end
SHORT_COUNTS = 24  # CBOR: from here on, a length has bytes of its own


class SmpError(Exception):
    """The device refused: `rc`, and `why` where it says so."""

    def __init__(self, answer):
        super().__init__(str(answer))
        self.rc, self.why = answer["rc"], answer.get("why")


# ---- CBOR, as far as SMP needs it


def head(major, count):
    if count < SHORT_COUNTS:
        return bytes([major << 5 | count])
    for extra, form in enumerate(("B", ">H", ">I", ">Q")):
        if count < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | SHORT_COUNTS + extra]) + struct.pack(form, count)
    raise ValueError(count)


def encode(value):
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    return head(5, len(value)) + b"".join(encode(key) + encode(item) for key, item in value.items())


class Decoder:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        piece = self.data[self.at:self.at + count]
        if len(piece) != count:
            raise ValueError("CBOR ends early")
        self.at += count
        return piece

    def value(self):
        first = self.take(1)[0]
        major, count = first >> 5, first & 31
        if major == 7:
            return {20: False, 21: True, 22: None}[count]
        if count >= SHORT_COUNTS:
            count = int.from_bytes(self.take(1 << count - SHORT_COUNTS), "big")
        if major < 2:
            return count if major == 0 else -1 - count
        if major == 2:
            return self.take(count)
        if major == 3:
            return self.take(count).decode()
        if major == 4:
            return [self.value() for _ in range(count)]
        return {self.value(): self.value() for _ in range(count)}


def decode(data):
    decoder = Decoder(data)
    value = decoder.value()
    if decoder.at != len(data):
        raise ValueError("CBOR goes on behind its value")
    return value


# ---- packets and their frames


def packet_of(operation, group, command, body, sequence, version=0):
    content = encode(body)
    return HEADER.pack(version << 3 | operation, 0, len(content), group, sequence, command) + content


def frame_of(packet, line_bytes=LINE_BYTES):
    """The lines of a packet: each full but the last."""
    content = struct.pack(">H", len(packet) + 2) + packet + struct.pack(">H", binascii.crc_hqx(packet, 0))
    room = (line_bytes - 3) // 4 * 3
    frame = b""
    for at in range(0, len(content), room):
        frame += (b"\x04\x14" if at else b"\x06\x09") + base64.b64encode(content[at:at + room]) + b"\n"
    return frame


class Deframer:
    """Packets from lines; what is no frame is skipped."""

    def __init__(self):
        self.line, self.content = b"", None

    def push(self, data):
        for byte in data:
            if byte != ord("\n"):
                self.line += bytes([byte])
                continue
            packet = self.take_line(self.line)
            self.line = b""
            if packet is not None:
                yield packet

    def take_line(self, line):
        if len(line) + 1 > LINE_BYTES and line[:1] in (b"\x06", b"\x04"):
            raise ValueError(f"a line of {len(line) + 1} bytes")
        if line[:2] == b"\x06\x09":
            self.content = base64.b64decode(line[2:], validate=True)
        elif line[:2] == b"\x04\x14" and self.content is not None:
            self.content += base64.b64decode(line[2:], validate=True)
        else:
            return None
        if len(self.content) < 2 + struct.unpack_from(">H", self.content)[0]:
            return None
        content, self.content = self.content[2:], None
        if len(content) < 2 or binascii.crc_hqx(content, 0) != 0:
            raise ValueError("wrong CRC")
        return content[:-2]


# ---- the line


def open_port(port):
    """fd:N, the path of a socket, or a serial port."""
    if port.startswith("fd:"):
        return os.dup(int(port[3:]))
    try:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.connect(port)
        return line.detach()
    except OSError:
        fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        return fd


class Client:
    def __init__(self, port, timeout=10):
        self.port, self.timeout, self.sequence = port, timeout, 0
        self.open()

    def open(self):
        self.fd, self.deframer = open_port(self.port), Deframer()

    def close(self):
        os.close(self.fd)

    def send(self, data):
        while data:
            if not select.select([], [self.fd], [], self.timeout)[1]:
                raise TimeoutError("the device takes nothing")
            data = data[os.write(self.fd, data[:256]):]

    def receive(self, timeout=None):
        """The next packet; None when there is none in time."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            data = os.read(self.fd, 4096)
            if not data:
                raise EOFError("the device closed the line")
            for packet in self.deframer.push(data):
                return packet
        return None

    def request(self, operation, group, command, body, version=0):
        """The answer's map, whatever it says."""
        self.sequence = (self.sequence + 1) % 256
        self.send(frame_of(packet_of(operation, group, command, body, self.sequence, version)))
        packet = self.receive()
        if packet is None:
            raise TimeoutError(f"no answer to command {command} of group {group}")
        first, flags, length, *names = HEADER.unpack_from(packet)
        if [first & 7, flags, length, *names] != [operation + 1, 0, len(packet) - HEADER.size, group, self.sequence,
                                                  command]:
            raise ValueError(f"header {packet[:HEADER.size].hex()}")
        return decode(packet[HEADER.size:])

    def ask(self, *request, **more):
        """The same; an error of the device is an SmpError."""
        answer = self.request(*request, **more)
        if answer.get("rc", 0) != 0:
            raise SmpError(answer)
        return answer

    # ---- group os

    def echo(self, text, operation=WRITE, version=0):
        return self.ask(operation, OS, ECHO, {"d": text}, version=version)["r"]

    def parameters(self):
        return self.ask(READ, OS, PARAMETERS, {})

    def reset(self):
        self.ask(WRITE, OS, RESET, {})

    # ---- group image

    def images(self):
        return self.ask(READ, IMAGE, STATE, {})["images"]

    def test(self, image_hash):
        return self.ask(WRITE, IMAGE, STATE, {"hash": image_hash, "confirm": False})["images"]

    def confirm(self, image_hash=None):
        names = {} if image_hash is None else {"hash": image_hash}
        return self.ask(WRITE, IMAGE, STATE, {**names, "confirm": True})["images"]

    def erase(self):
        self.ask(WRITE, IMAGE, ERASE, {})

    def upload_piece(self, data, offset, sha, size=None):
        """One piece of an upload, as large as a packet takes; the device's answer."""
        body = {"off": offset, "data": b""}
        if offset == 0:
            body = {"image": 0, "len": len(data), "sha": sha, **body}
        room = self.parameters()["buf_size"] - HEADER.size - len(encode(body)) - 2
        body["data"] = data[offset:offset + min(room, size or room)]
        return self.ask(WRITE, IMAGE, UPLOAD, body)

    def upload(self, data, sha, stop_at=None, size=None):
        """Upload from where the device wants it, until it has `stop_at` bytes; its last answer."""
        end = len(data) if stop_at is None else stop_at
        answer = self.upload_piece(data, 0, sha, size)
        while answer["off"] < end:
            answer = self.upload_piece(data, answer["off"], sha, size)
        return answer
