#!/usr/bin/env python3
"""Makes the damaged traces in ../broken from the sound ones in ../real.

Each file is the result of the function of its name, and that function's first
line says what was done. Damage is placed by structure, not by offset, so the
script still works after the sound traces were recorded anew. It needs nothing
but Python's standard library.
"""

import gzip
import pathlib

DATA = pathlib.Path(__file__).resolve().parent.parent

# Event and batch codes of the format.
EVENT_BATCH, STACKS, STACK, STRINGS, STRING, CPU_SAMPLES = 1, 2, 3, 4, 5, 6
FREQUENCY, GO_START, SYNC, END_OF_GENERATION = 8, 16, 50, 52
HEADER_LEN = 16
# How many numbers follow the code of an event, from ProcsChange (9) to
# GoStatusStack (48).
ARGUMENTS = (3, 3, 1, 4, 3, 4, 2, 3, 1, 1, 3, 3, 4, 3, 1, 1, 4, 3, 1, 2) + (
    (3, 2, 2, 2, 3, 2, 2, 1, 2, 2, 2, 5, 3, 4, 4, 5, 3, 3, 4, 5)
)


def uvarint(data, at):
    """The number at an offset, and the offset after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def encode(value, width=1):
    """A number in LEB128, padded to at least so many bytes."""
    out = bytearray()
    while value >= 0x80 or len(out) + 1 < width:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Batch:
    """A batch as it lies in the file: [start, payload) header, [payload, end)."""

    def __init__(self, data, start):
        self.start = start
        at = start + 1
        self.generation, at = uvarint(data, at)
        self.thread, at = uvarint(data, at)
        self.time, self.size_at = uvarint(data, at)
        size, self.payload = uvarint(data, self.size_at)
        self.end = self.payload + size
        kind = data[self.payload] if size else 0
        structural = (STACKS, STRINGS, CPU_SAMPLES, FREQUENCY, SYNC)
        self.kind = kind if kind in structural else EVENT_BATCH

    def bytes(self, data):
        return data[self.start : self.end]

    def with_payload(self, data, payload):
        """The batch's bytes with another payload, and the size to match."""
        return data[self.start : self.size_at] + encode(len(payload)) + payload


def real(name):
    return (DATA / "real" / f"{name}.trace").read_bytes()


def batches(data):
    """All batches of a trace without experimental ones."""
    found, at = [], HEADER_LEN
    while at < len(data):
        if data[at] == END_OF_GENERATION:
            at += 1
            continue
        assert data[at] == EVENT_BATCH, f"code {data[at]} at {at}"
        found.append(Batch(data, at))
        at = found[-1].end
    return found


def pick(data, kind, nth_generation=0):
    """The biggest batch of a kind in the nth generation."""
    all_batches = batches(data)
    generation = sorted({b.generation for b in all_batches})[nth_generation]
    some = [b for b in all_batches if (b.generation, b.kind) == (generation, kind)]
    return max(some, key=lambda b: b.end - b.payload)


def replaced(data, start, end, new):
    return data[:start] + new + data[end:]


def flipped(data, at, bits):
    return replaced(data, at, at + 1, bytes([data[at] ^ bits]))


def events(data, batch):
    """Where the events of an ordinary batch begin."""
    at = batch.payload
    while at < batch.end:
        yield at
        arguments = ARGUMENTS[data[at] - 9]
        at += 1
        for _ in range(arguments):
            _, at = uvarint(data, at)


def first_string(data, batch):
    """Where the first string of a Strings batch begins, its length, its bytes."""
    entry = batch.payload + 1
    _, length_at = uvarint(data, entry + 1)
    length, text = uvarint(data, length_at)
    return entry, length_at, text, text + length


def first_stack(data, batch):
    """Where the first stack of a Stacks batch begins, its frame count, its end."""
    entry = batch.payload + 1
    _, count_at = uvarint(data, entry + 1)
    count, at = uvarint(data, count_at)
    for _ in range(4 * count):
        _, at = uvarint(data, at)
    return entry, count_at, at


# Files that end too early.


def cut_mid_batch_go1_27():
    """Cut inside an event batch of the third of three generations."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 2)
    return data[: (b.payload + b.end) // 2]


def cut_mid_batch_go1_25():
    """Cut inside an event batch of the third of three generations."""
    data = real("flightwindow-go1.25")
    b = pick(data, EVENT_BATCH, 2)
    return data[: (b.payload + b.end) // 2]


def cut_last_byte_go1_27():
    """The last byte is missing: the mark at the generation's end."""
    return real("workers-go1.27")[:-1]


def cut_last_byte_go1_25():
    """The last byte is missing: the end of the last string."""
    return real("workers-go1.25")[:-1]


def cut_in_stacks_go1_27():
    """Cut inside the stack table; the strings, which come last, are gone too."""
    data = real("workers-go1.27")
    b = pick(data, STACKS)
    return data[: (b.payload + b.end) // 2]


def cut_before_stacks_go1_25():
    """Cut right before the only stack table: all events are there, no symbol is."""
    data = real("workers-go1.25")
    return data[: pick(data, STACKS).start]


def killed_go1_25():
    """End right behind the sync batch of the last generation: all that is there when a program is killed."""
    data = real("generations-go1.25")
    return data[: max(batch.end for batch in batches(data) if batch.kind == SYNC)]


def cut_in_header():
    """Cut after ten bytes of the file header."""
    return real("workers-go1.27")[:10]


# Changed bytes.


def flip_event_code_go1_27():
    """An event's code in the middle generation of three was changed to 127."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    return replaced(data, b.payload, b.payload + 1, b"\x7f")


def flip_event_argument_go1_22():
    """The third GoStart of a thread names goroutine 99, which is not there."""
    data = real("workers-go1.22")
    b = pick(data, EVENT_BATCH)
    starts = [at for at in events(data, b) if data[at] == GO_START]
    _, goroutine = uvarint(data, starts[2] + 1)
    _, end = uvarint(data, goroutine)
    payload = data[b.payload : goroutine] + encode(99) + data[end : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


def flip_batch_type_go1_27():
    """The code of a batch in the middle generation of three was changed to 65."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    return replaced(data, b.start, b.start + 1, b"A")


def flip_batch_size_go1_27():
    """The size of a batch in the middle generation of three has one bit flipped."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    return flipped(data, b.size_at, 0x10)


def flip_batch_generation_go1_27():
    """The generation of one event batch has its fifth bit flipped."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    return flipped(data, b.start + 1, 0x10)


def flip_string_length_go1_27():
    """The length of the first string has one bit flipped."""
    data = real("workers-go1.27")
    _, length_at, _, _ = first_string(data, pick(data, STRINGS))
    return flipped(data, length_at, 0x02)


def flip_string_text_go1_27():
    """A bit of a string's text was flipped: nothing can notice it."""
    data = real("workers-go1.27")
    _, _, text, _ = first_string(data, pick(data, STRINGS))
    return flipped(data, text, 0x01)


def zeroed_block_go1_27():
    """512 bytes in the middle generation of three are zero."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    at = b.payload + 32
    return replaced(data, at, at + 512, bytes(512))


# Added bytes.


def inserted_bytes_go1_27():
    """Seven bytes too many inside an event batch of the middle generation of three."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    at = (b.payload + b.end) // 2
    return replaced(data, at, at, b"\xde\xad\xbe\xef\x00\xff\x80")


def stdout_between_go1_27():
    """The program printed two lines while its trace went to the same file."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    return replaced(data, b.start, b.start, b"listening on :8080\nGET /index.html 200\n")


def stdout_at_start_go1_27():
    """The program printed a line before the trace began."""
    return b"listening on :8080\n" + real("workers-go1.27")


def stdout_at_end_go1_27():
    """The program printed a line after the trace was stopped."""
    return real("workers-go1.27") + b"done\n"


def joined_go1_27():
    """Two traces in one file, each with its header."""
    return real("workers-go1.27") + real("tasks-go1.27")


def joined_go1_22():
    """Two traces in one file, each with its header."""
    return real("workers-go1.22") + real("tasks-go1.22")


# Parts that are missing or there twice.


def without_batches(data, unwanted):
    out, at = bytearray(), 0
    for b in batches(data):
        out += data[at : b.start]
        if not unwanted(b):
            out += b.bytes(data)
        at = b.end
    return bytes(out + data[at:])


def missing_generation(data):
    middle = sorted({b.generation for b in batches(data)})[1]
    some = [b for b in batches(data) if b.generation == middle]
    end = some[-1].end
    if data[end] == END_OF_GENERATION:
        end += 1
    return data[: some[0].start] + data[end:]


def missing_generation_go1_27():
    """The middle one of three generations is missing."""
    return missing_generation(real("flightwindow-go1.27"))


def missing_generation_go1_25():
    """The middle one of three generations is missing."""
    return missing_generation(real("flightwindow-go1.25"))


def repeated_generation_go1_27():
    """The middle one of three generations is there twice."""
    data = real("flightwindow-go1.27")
    middle = sorted({b.generation for b in batches(data)})[1]
    some = [b for b in batches(data) if b.generation == middle]
    end = some[-1].end + 1
    return data[:end] + data[some[0].start :]


def lost_batch_go1_27():
    """The biggest event batch of the middle generation of three is missing."""
    data = real("flightwindow-go1.27")
    lost = pick(data, EVENT_BATCH, 1)
    return without_batches(data, lambda b: b.start == lost.start)


def missing_frequency_go1_27():
    """The batch with the clock's frequency is missing."""
    return without_batches(real("workers-go1.27"), lambda b: b.kind == SYNC)


def missing_string_go1_23():
    """One name that events use is not in the string table."""
    data = real("workers-go1.23")
    for b in batches(data):
        if b.kind != STRINGS:
            continue
        at = b.payload + 1
        while at < b.end:
            _, length_at = uvarint(data, at + 1)
            length, text = uvarint(data, length_at)
            if data[text : text + length] == b"factor":
                payload = data[b.payload : at] + data[text + length : b.end]
                return replaced(data, b.start, b.end, b.with_payload(data, payload))
            at = text + length
    raise AssertionError("the name is not in the table")


def duplicate_string_go1_23():
    """The string table has its first entry twice, the second time with another text."""
    data = real("workers-go1.23")
    b = pick(data, STRINGS)
    entry, length_at, _, end = first_string(data, b)
    again = data[entry:length_at] + encode(5) + b"twice"
    payload = data[b.payload : end] + again + data[end : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


def duplicate_stack_go1_23():
    """The stack table has its first entry twice."""
    data = real("workers-go1.23")
    b = pick(data, STACKS)
    entry, _, end = first_stack(data, b)
    payload = data[b.payload : end] + data[entry:end] + data[end : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


# Claims that are not true.


def unknown_sample_stack_go1_26():
    """A CPU sample names a stack that is not in the table."""
    data = real("cpuprofile-go1.26")
    b = pick(data, CPU_SAMPLES)
    at = b.payload + 1
    for _ in range(10):  # The tenth sample.
        start = at
        at += 1
        for _ in range(4):
            _, at = uvarint(data, at)
        stack_at = at
        _, at = uvarint(data, at)
    payload = data[b.payload : stack_at] + encode(999_999) + data[at : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


def huge_batch_go1_27():
    """A batch of the middle generation of three claims to have a terabyte."""
    data = real("flightwindow-go1.27")
    b = pick(data, EVENT_BATCH, 1)
    return replaced(data, b.size_at, b.payload, encode(2**40))


def huge_string_go1_27():
    """A string claims to have 2^62 bytes."""
    data = real("workers-go1.27")
    b = pick(data, STRINGS)
    _, length_at, text, _ = first_string(data, b)
    payload = data[b.payload : length_at] + encode(2**62) + data[text : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


def huge_stack_go1_27():
    """A stack claims to have 2^40 frames."""
    data = real("workers-go1.27")
    b = pick(data, STACKS)
    _, count_at, _ = first_stack(data, b)
    _, frames = uvarint(data, count_at)
    payload = data[b.payload : count_at] + encode(2**40) + data[frames : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


def endless_number_go1_27():
    """A number in an event has eleven bytes, more than 64 bits need."""
    data = real("workers-go1.27")
    b = pick(data, EVENT_BATCH)
    payload = data[b.payload : b.payload + 1] + b"\xff" * 10 + data[b.payload + 1 : b.end]
    return replaced(data, b.start, b.end, b.with_payload(data, payload))


# The old format.


def cut_mid_event_go1_21():
    """Cut in the middle of the file."""
    data = real("workers-go1.21")
    return data[: len(data) // 2]


def flip_event_go1_21():
    """One bit was flipped in the middle of the file."""
    data = real("workers-go1.21")
    return flipped(data, len(data) // 2, 0x20)


# Files that are no traces, or none that can be read.


def no_trace_empty():
    """An empty file."""
    return b""


def no_trace_zeros():
    """4096 bytes of zero."""
    return bytes(4096)


def no_trace_log():
    """A log."""
    lines = (f"2024/05/01 12:00:{i:02} GET /index.html 200 {i} ms\n" for i in range(40))
    return "".join(lines).encode()


def no_trace_header_only():
    """The header of Go 1.26 and nothing else."""
    return b"go 1.26 trace\0\0\0"


def no_trace_behind_header():
    """A file header and zeros."""
    return b"go 1.26 trace\0\0\0" + bytes(300)


def no_trace_go1_5():
    """A trace of Go 1.5 by its header: too old for any reader of today."""
    return b"go 1.5 trace\0\0\0\0" + real("workers-go1.21")[HEADER_LEN:]


def no_trace_go1_99():
    """A sound trace whose header claims a version that does not exist yet."""
    return b"go 1.99 trace\0\0\0" + real("workers-go1.27")[HEADER_LEN:]


def no_trace_gzip():
    """A sound trace, packed with gzip."""
    return gzip.compress(real("workers-go1.27"), mtime=0)


def main():
    out = DATA / "broken"
    out.mkdir(exist_ok=True)
    for name, make in list(globals().items()):
        doc = getattr(make, "__doc__", None)
        own = callable(make) and getattr(make, "__module__", "") == "__main__"
        if not own or isinstance(make, type) or make is main:
            continue
        if make.__code__.co_argcount or not doc:
            continue
        # cut_last_byte_go1_27 becomes cut-last-byte-go1.27.
        stem = name.replace("go1_", "go1.").replace("_", "-")
        (out / f"{stem}.trace").write_bytes(make())


if __name__ == "__main__":
    main()
