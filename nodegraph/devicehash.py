"""XXH3-128 of a tensor's bytes on a CUDA device: the very digest that the xxhash library gives for them on the host.

After the algorithm's description (Yann Collet, xxHash, doc/xxhash_spec.md, XXH3, inputs over 240 bytes). A stripe is 64
bytes, eight lanes of 64 bits; a block is 16 stripes. What the stripes of a block add to the lanes does not depend on
the blocks before, so all blocks are summed at once. After each block the lanes are scrambled, and that goes one block
after another: some tens of nanoseconds for each KiB. 64 bytes come to the host, to be merged there.
"""

# Kernels are Triton's language, which has no types of Python's.
# mypy: disable-error-code="no-untyped-def, no-any-return, untyped-decorator, import-not-found"

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import triton
import triton.language as tl
import xxhash

SHORT = 240  # bytes; up to this length XXH3 is another function, and there is nothing to win
STRIPE, BLOCK = 64, 1024
AHEAD = 16  # blocks whose sums are on their way while one is taken in
MASK = (1 << 64) - 1
P32_1, P32_2, P32_3 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D
P64_1, P64_2, P64_3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P64_4, P64_5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5
AVALANCHE = 0x165667919E3779F9
FIRST = (P32_3, P64_1, P64_2, P64_3, P64_4, P32_2, P64_5, P32_1)
SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e")


@triton.jit
def _added(data, turned, key):
    """What one stripe adds to each lane: a product of halves, and the neighbour's data."""
    mixed = data ^ key
    return (mixed & 0xFFFFFFFF) * (mixed >> 32) + turned


@triton.jit(do_not_specialize=["blocks"])
def _block_sums(words, keys, sums, blocks, TILE: tl.constexpr):
    """sums[block, lane] of whole blocks. words: int64 (blocks, 16, 8); keys: int64 (16, 8)."""
    block = tl.program_id(0).to(tl.int64) * TILE + tl.arange(0, TILE)[:, None, None]
    place = tl.arange(0, 16)[None, :, None] * 8
    lane = tl.arange(0, 8)[None, None, :]
    inside = block < blocks
    data = tl.load(words + block * 128 + place + lane, mask=inside, other=0).to(tl.uint64, bitcast=True)
    turned = tl.load(words + block * 128 + place + (lane ^ 1), mask=inside, other=0).to(tl.uint64, bitcast=True)
    key = tl.load(keys + place + lane).to(tl.uint64, bitcast=True)
    added = tl.sum(_added(data, turned, key).to(tl.int64, bitcast=True), axis=1)
    rows = tl.program_id(0).to(tl.int64) * TILE + tl.arange(0, TILE)[:, None]
    tl.store(sums + rows * 8 + tl.arange(0, 8)[None, :], added, mask=rows < blocks)


@triton.jit
def _scrambled(lanes, key):
    return ((lanes ^ (lanes >> 47)) ^ key) * 0x9E3779B1


@triton.jit
def _stripe(at, lane):
    """Eight lanes, read byte by byte: where the last stripe begins is not aligned."""
    byte = tl.arange(0, 8)[None, :]
    read = tl.load(at + lane[:, None] * 8 + byte).to(tl.uint64)
    return tl.sum((read << (byte * 8).to(tl.uint64)).to(tl.int64, bitcast=True), axis=1).to(tl.uint64, bitcast=True)


@triton.jit(do_not_specialize=["rounds", "rest", "stripes", "tail", "last"])  # else a size would be a kernel to compile
def _chain(bytes_, sums, first, keys, scramble, last_key, out, rounds, rest, stripes, tail, last, AHEAD: tl.constexpr):
    """The lanes after all blocks (AHEAD at a time, then the rest), the stripes after them, and the last stripe."""
    lane = tl.arange(0, 8)
    lanes = tl.load(first + lane).to(tl.uint64, bitcast=True)
    key = tl.load(scramble + lane).to(tl.uint64, bitcast=True)
    row = sums + lane
    for round in range(0, rounds):
        for ahead in tl.static_range(AHEAD):  # unrolled, so that loads run ahead of what waits for the lanes
            lanes = _scrambled(lanes + tl.load(row + ahead * 8).to(tl.uint64, bitcast=True), key)
        row += AHEAD * 8
    for block in range(0, rest):
        lanes = _scrambled(lanes + tl.load(row).to(tl.uint64, bitcast=True), key)
        row += 8
    at, key_row = bytes_ + tail, keys + lane
    for stripe in range(0, stripes):
        lanes += _added(_stripe(at, lane), _stripe(at, lane ^ 1), tl.load(key_row).to(tl.uint64, bitcast=True))
        at += 64
        key_row += 8
    at = bytes_ + last
    lanes += _added(_stripe(at, lane), _stripe(at, lane ^ 1), tl.load(last_key + lane).to(tl.uint64, bitcast=True))
    tl.store(out + lane, lanes.to(tl.int64, bitcast=True))


def _words(offset: int, count: int = 8) -> list[int]:
    """Signed 64-bit words of the secret."""
    return list(struct.unpack_from(f"<{count}q", SECRET, offset))


@cache
def _tables(device: torch.device) -> tuple[Any, ...]:
    """The secret for each stripe of a block, for scrambling and for the last stripe; and what the lanes begin with."""
    made = ([_words(8 * stripe) for stripe in range(16)], _words(len(SECRET) - STRIPE),
            _words(len(SECRET) - STRIPE - 7), [struct.unpack("<q", struct.pack("<Q", word))[0] for word in FIRST])
    return tuple(torch.tensor(table, dtype=torch.int64, device=device) for table in made)


def working() -> Callable[[Any], bytes] | None:
    """`xxh3_128`, if what it gives on the current device is right; None where kernels cannot be built there."""
    data = torch.arange(3 * BLOCK * AHEAD + STRIPE + 5, device="cuda").to(torch.uint8)
    try:
        right = xxh3_128(data) == xxhash.xxh3_128_digest(data.cpu().numpy().tobytes())
    except Exception:  # no C compiler, no assembler, a card that Triton does not know: there is another way to a name
        return None
    return xxh3_128 if right else None


def xxh3_128(data: Any) -> bytes:
    """The digest of a contiguous uint8 tensor (n), as `xxhash.xxh3_128_digest` gives it."""
    size = data.numel()
    if size <= SHORT:
        return xxhash.xxh3_128_digest(data.cpu().numpy().tobytes())
    with torch.cuda.device(data.device):  # kernels go to the current one
        lanes = _lanes(data if data.data_ptr() % 8 == 0 else data.clone(), size)
    return merged([lane & MASK for lane in lanes.tolist()], size)


def _lanes(data: Any, size: int) -> Any:
    """The eight lanes, int64, on the device."""
    blocks = (size - 1) // BLOCK
    stripes = (size - 1 - blocks * BLOCK) // STRIPE
    keys, scramble, last_key, first = _tables(data.device)
    words = data[:blocks * BLOCK].view(torch.int64)
    sums = torch.empty(max(1, blocks * 8), dtype=torch.int64, device=data.device)
    out = torch.empty(8, dtype=torch.int64, device=data.device)
    if blocks:
        _block_sums[(triton.cdiv(blocks, 8),)](words, keys, sums, blocks, TILE=8, num_warps=4)
    _chain[(1,)](data, sums, first, keys, scramble, last_key, out, blocks // AHEAD, blocks % AHEAD, stripes,
                 blocks * BLOCK, size - STRIPE, AHEAD=AHEAD, num_warps=1)
    return out


def merged(lanes: list[int], size: int) -> bytes:
    """The digest from the eight lanes, big endian as the library writes it."""
    low = _merge(lanes, 11, size * P64_1 & MASK)
    high = _merge(lanes, len(SECRET) - STRIPE - 11, ~(size * P64_2) & MASK)
    return struct.pack(">QQ", high, low)


def _merge(lanes: list[int], offset: int, start: int) -> int:
    keys = struct.unpack_from("<8Q", SECRET, offset)
    total = start
    for one in range(0, 8, 2):
        product = (lanes[one] ^ keys[one]) * (lanes[one + 1] ^ keys[one + 1])
        total += (product & MASK) ^ (product >> 64)
    total &= MASK
    total ^= total >> 37
    total = total * AVALANCHE & MASK
    return total ^ (total >> 32)
