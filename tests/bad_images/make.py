"""Writes files that are no usable images. Run where Pillow is installed (made with 13.0.0)."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
y, x = np.mgrid[0:24, 0:32]
rgb = Image.fromarray(np.stack([x * 7, y * 9, (x * y) % 251], -1).astype(np.uint8), "RGB")


def add(name, data):
    (HERE / name).write_bytes(data)


def saved(format, **options):
    out = io.BytesIO()
    rgb.save(out, format, **options)
    return out.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width, height, data, depth=8, colour=2):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def flipped(data, position):
    return data[:position] + bytes([data[position] ^ 0x10]) + data[position + 1:]


# Nothing, or something else
add("empty.jpg", b"")
add("zeros.png", bytes(100))
add("text.jpg", b"A list of the photographs in this folder.\n")
add("page.png", b"<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n")
add("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>\n')
add("document.jpg", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
add("archive.jpg", b"PK\x03\x04" + bytes(30))
add("phone.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
add("web.png", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif")
add("clip.gif", b"\0\0\0\x18ftypisom\0\0\2\0isomiso2")
add("binary.bmp", bytes([0x7F]) + b"ELF" + bytes(range(128, 200)))
add("short.bmp", b"BM")

# JPEG
jpeg = saved("JPEG", quality=90)
progressive = saved("JPEG", quality=90, progressive=True)
add("truncated.jpg", jpeg[: len(jpeg) * 2 // 3])
add("truncated_progressive.jpg", progressive[: len(progressive) * 2 // 3])
add("without_end.jpg", jpeg[:-2])
add("signature.jpg", jpeg[:3])
add("header.jpg", jpeg[:20])
frame = jpeg.index(b"\xff\xc0")
add("huge.jpg", jpeg[: frame + 5] + struct.pack(">HH", 60000, 60000) + jpeg[frame + 9:])
add("no_width.jpg", jpeg[: frame + 7] + b"\0\0" + jpeg[frame + 9:])
add("no_scan.jpg", jpeg[: jpeg.index(b"\xff\xda")] + b"\xff\xd9")
tables = jpeg.index(b"\xff\xc4")
add("no_tables.jpg", jpeg[:tables] + jpeg[jpeg.index(b"\xff\xda"):])
add("arithmetic.jpg", jpeg[:frame] + b"\xff\xc9" + jpeg[frame + 2:])
add("lossless.jpg", jpeg[:frame] + b"\xff\xc3" + jpeg[frame + 2:])
add("twelve_bits.jpg", jpeg[: frame + 4] + b"\x0c" + jpeg[frame + 5:])

# PNG
image = saved("PNG")
data = image.index(b"IDAT")
add("truncated.png", image[: len(image) // 2])
add("signature.png", image[:8])
add("header.png", image[:33])
add("bomb.png", png(60000, 60000, chunk(b"IDAT", zlib.compress(bytes(1000)))))
add("claims_a_terabyte.png", png(2**31 - 1, 2**31 - 1, b""))
add("no_width.png", png(0, 7, chunk(b"IDAT", zlib.compress(b""))))
add("too_few_rows.png", png(10, 10, chunk(b"IDAT", zlib.compress(bytes(31 * 5)))))
add("no_data.png", png(10, 10, b""))
add("header_checksum.png", flipped(image, 29))
add("data_checksum.png", flipped(image, image.index(b"IEND") - 5))
add("damaged_data.png", flipped(image, data + 20))
add("unknown_colour.png", png(10, 10, chunk(b"IDAT", zlib.compress(bytes(310))), colour=5))

# BMP
bitmap = saved("BMP")
add("truncated.bmp", bitmap[: len(bitmap) // 2])
add("huge.bmp", bitmap[:18] + struct.pack("<ii", 60000, 60000) + bitmap[26:60])
add("compression.bmp", bitmap[:30] + struct.pack("<I", 99) + bitmap[34:100])

# GIF
gif = saved("GIF")
add("truncated.gif", gif[: len(gif) // 2])
add("signature.gif", gif[:6])
add("huge.gif", gif[:6] + struct.pack("<HH", 65535, 65535) + gif[10:])
add("no_frame.gif", gif[:13 + 3 * 2 ** ((gif[10] & 7) + 1)] + b";")

# WebP
webp = saved("WEBP", lossless=True)
add("truncated.webp", webp[: len(webp) // 2])
add("signature.webp", webp[:12])
canvas = (b"VP8X" + struct.pack("<I", 10) + bytes(4) + (2**24 - 1).to_bytes(3, "little") * 2)
add("huge.webp", b"RIFF" + struct.pack("<I", 4 + len(canvas)) + b"WEBP" + canvas)

# TIFF
tiff = saved("TIFF")
add("truncated.tiff", tiff[:100])
add("signature.tiff", tiff[:4])
add("lost_directory.tiff", tiff[:4] + struct.pack("<I", 2**31) + tiff[8:60])


def directory(*entries):
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + bytes(4)


common = [(258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1)]
add("huge.tiff", directory((256, 4, 1, 60000), (257, 4, 1, 60000), *common, (278, 4, 1, 60000), (279, 4, 1, 100)))
add("claims_a_terabyte.tiff", directory((256, 4, 1, 2**20), (257, 4, 1, 2**20), *common, (279, 4, 2**31, 100)))
