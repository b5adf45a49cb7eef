#!/usr/bin/env python3
"""Turns a trace of Go 1.21 into one with the header of Go 1.11, which no toolchain at hand writes.

    to_1_11.py real/sync-go1.21.trace > old/sync-go1.11.trace

The two formats differ in what this changes: 1.11 has no CPU samples (event 49), and knows two kinds of stops of the
world by other numbers (0 mark termination, 1 sweep termination; in 1.21 they are 1 and 2). Stops of other kinds were
not told; they are left out with their ends, their time given to the next event.
"""

import sys

BATCH, STW_START, STW_DONE, STRING, LOG, SAMPLE = 1, 9, 10, 37, 48, 49
KINDS = {1: 0, 2: 1}


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def written(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def events(data):
    """Yields (kind, numbers, bytes of the event); no numbers where they do not matter here."""
    at = 16
    while at < len(data):
        start, kind, count = at, data[at] & 0x3F, (data[at] >> 6) + 1
        at += 1
        numbers = []
        if kind == STRING:
            _, at = number(data, at)
            length, at = number(data, at)
            at += length
        elif count <= 3:
            for _ in range(count):
                value, at = number(data, at)
                numbers.append(value)
        else:
            length, at = number(data, at)
            at += length
            if kind == LOG:
                length, at = number(data, at)
                at += length
        yield kind, numbers, data[start:at]


def main():
    data = open(sys.argv[1], "rb").read()
    assert data.startswith(b"go 1.21 trace\0\0\0")
    out = bytearray(b"go 1.11 trace\0\0\0")
    late, is_left_out = 0, False
    for kind, numbers, raw in events(data):
        if kind == SAMPLE:
            continue
        if kind == BATCH:
            late = 0
        if kind == STW_START and numbers[1] not in KINDS or kind == STW_DONE and is_left_out:
            is_left_out = kind == STW_START
            late += numbers[0]
            continue
        if kind == STW_START:
            raw = raw[:1] + written(numbers[0]) + written(KINDS[numbers[1]])
        if late and kind not in (BATCH, STRING, 2, 3, 35):
            # The first number of an event is the time since the one before; in long ones it follows the length.
            at = 1
            if raw[0] >> 6 == 3:
                length, at = number(raw, 1)
                body = raw[at:at + length]
                delta, skip = number(body, 0)
                body, rest = written(delta + late) + body[skip:], raw[at + length:]
                raw = raw[:1] + written(len(body)) + body + rest
            else:
                delta, at = number(raw, 1)
                raw = raw[:1] + written(delta + late) + raw[at:]
            late = 0
        out += raw
    sys.stdout.buffer.write(out)


main()
