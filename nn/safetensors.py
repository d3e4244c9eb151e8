"""Safetensors: the file format of named tensors that PyTorch and others read, in `struct` and `json`. Next: saving.py.

Eight bytes say how long the header is, little-endian; the header is JSON that gives for each tensor its kind of number,
its shape and the bytes that hold it; then come the bytes of all tensors, without gaps. There is nothing in it that
could run. (The format is described at https://github.com/huggingface/safetensors)
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

from nn.state import Nested, flattened, nested, shape_of
from nn.strict_json import parsed

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8}  # kinds of number that are read, and their bytes
LETTERS = {"F64": "d", "F32": "f", "F16": "e", "I64": "q"}
MOST_DIMENSIONS = 64


def encoded(state: dict[str, Nested]) -> bytes:
    """Tensors by name as the content of a file, in float64.

    >>> content = encoded({"bias": [0.5, -0.0]})
    >>> content[8:].partition(b"}}")[0].decode()
    '{"__metadata__":{"format":"pt"},"bias":{"dtype":"F64","shape":[2],"data_offsets":[0,16]'
    >>> decoded(content)
    {'bias': [0.5, -0.0]}
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = bytearray()
    for name, tensor in state.items():
        shape, begin = shape_of(tensor), len(body)
        numbers = flattened(tensor, shape)
        body += struct.pack(f"<{len(numbers)}d", *numbers)
        header[name] = {"dtype": "F64", "shape": list(shape), "data_offsets": [begin, len(body)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers begin at a multiple of their size
    return struct.pack("<Q", len(text)) + text + body


def decoded(content: bytes) -> dict[str, Nested]:
    """The tensors in the content of a file, by name, as nested lists; ValueError with the reason if it is not sound.

    Reads float64, float32, float16 and bfloat16. The bytes of the tensors have to follow each other, without gaps.
    """
    if len(content) < 8:
        raise ValueError(f"it ends after {len(content)} bytes, in the midst of the length of its header")
    [length] = struct.unpack("<Q", content[:8])
    if length > len(content) - 8:
        raise ValueError(f"its header claims {length} bytes, and {len(content) - 8} follow")
    header = parsed(content[8 : 8 + length])
    if not isinstance(header, dict):
        raise ValueError(f"its header is a {type(header).__name__}, not names with tensors")
    check_metadata(header.pop("__metadata__", {}))
    body = memoryview(content)[8 + length :]
    entries = {name: checked_entry(name, entry) for name, entry in header.items()}
    end = 0
    for name, (_, _, begins, ends) in sorted(entries.items(), key=lambda item: item[1][2:]):
        if begins != end:
            raise ValueError(f"{name!r:.60} begins at byte {begins}, and what comes before it ends at {end}")
        end = ends
    if end != len(body):
        raise ValueError(f"its tensors need {end} bytes, and {len(body)} follow the header")
    return {
        name: nested(numbers_of(dtype, body[begins:ends]), shape)
        for name, (dtype, shape, begins, ends) in entries.items()
    }


def check_metadata(metadata: Any) -> None:
    if not isinstance(metadata, dict) or not all(isinstance(each, str) for each in metadata.values()):
        raise ValueError("its __metadata__ is not names with text")


def checked_entry(name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
    """What the header says of a tensor: its kind of number, its shape, where its bytes begin and end."""
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"{name!r:.60} has no dtype, shape and data_offsets in the header, or has more")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in SIZES:
        raise ValueError(f"{name!r:.60} is of the kind {dtype!r:.40}, not of {', '.join(SIZES)}")
    if not is_counts(shape) or len(shape) > MOST_DIMENSIONS or 0 in shape:
        raise ValueError(f"{name!r:.60} has the shape {shape!r:.60}, not whole numbers from 1 up")
    if not is_counts(offsets) or len(offsets) != 2:
        raise ValueError(f"{name!r:.60} has the data_offsets {offsets!r:.60}, not a begin and an end")
    begins, ends = offsets
    if ends - begins != math.prod(shape) * SIZES[dtype]:
        raise ValueError(f"{name!r:.60} has {ends - begins} bytes for numbers of {dtype} in the shape {shape!s:.60}")
    return dtype, tuple(shape), begins, ends


def is_counts(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(each) is int and each >= 0 for each in numbers)


def numbers_of(dtype: str, data: memoryview) -> list[float]:
    """The floats in bytes. One of bfloat16 is the upper half of a float32.

    >>> numbers_of("BF16", memoryview(bytes([0xC0, 0x3F])))
    [1.5]
    """
    count = len(data) // SIZES[dtype]
    if dtype == "BF16":
        halves = struct.unpack(f"<{count}H", data)
        data, dtype = memoryview(struct.pack(f"<{count}I", *(half << 16 for half in halves))), "F32"
    return list(map(float, struct.unpack(f"<{count}{LETTERS[dtype]}", data)))
