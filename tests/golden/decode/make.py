"""Writes small images in odd formats with Pillow (and by hand where Pillow can't), and what they show: cases.json and
pixels.bin (RGB, upright, on white). Run where Pillow is installed (made with 13.0.0)."""

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
H, W = 19, 27
y, x = np.mgrid[0:H, 0:W]
ramps = np.stack([x * 9, y * 13, (x + y) * 5], -1).astype(np.uint8)
rgb = Image.fromarray(ramps, "RGB")
grey = rgb.convert("L")
alpha = Image.fromarray(((x * 17 + y * 3) % 256).astype(np.uint8), "L")
rgba = rgb.copy()
rgba.putalpha(alpha)
palette = rgb.quantize(16)
other = ImageOps.invert(rgb)
cases, pixels = [], b""


def shown(data):
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image, mask=image.getchannel("A"))
        return np.asarray(ground)
    return np.asarray(image.convert("RGB"))


def add(name, data, expected=None):
    global pixels
    (HERE / name).write_bytes(data)
    expected = shown(data) if expected is None else np.asarray(expected, np.uint8)
    cases.append({"file": name, "size": expected.shape[:2], "offset": len(pixels)})
    pixels += expected.tobytes()


def saved(image, format, **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def png(width, height, depth, colour, rows):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


# PNG
add("rgb.png", saved(rgb, "PNG"))
add("grey.png", saved(grey, "PNG"))
add("grey_alpha.png", saved(rgba.convert("LA"), "PNG"))
add("rgba.png", saved(rgba, "PNG"))
add("palette.png", saved(palette, "PNG"))
add("palette_alpha.png", saved(palette, "PNG", transparency=bytes(range(0, 256, 16))))
add("transparent_colour.png", saved(rgb, "PNG", transparency=(9, 13, 10)))
add("one_bit.png", saved(grey.convert("1"), "PNG"))
wide = (ramps.astype(np.uint16) * 257 - (ramps > 0) * 200).astype(np.uint16)
add("rgb16.png", png(W, H, 16, 2, [row.astype(">u2").tobytes() for row in wide]), wide >> 8)
deep = wide[..., 0]
add("grey16.png", png(W, H, 16, 0, [row.astype(">u2").tobytes() for row in deep]), np.stack([deep >> 8] * 3, -1))
add("animated.png", saved(rgb, "PNG", save_all=True, append_images=[other]))
add("one_pixel.png", saved(rgb.crop((3, 3, 4, 4)), "PNG"))
add("long_row.png", saved(rgb.resize((20000, 1), Image.NEAREST), "PNG"))
turned = Image.Exif()
turned[0x0112] = 6
add("turned.png", saved(rgb, "PNG", exif=turned))

# BMP
add("rgb.bmp", saved(rgb, "BMP"))
add("palette.bmp", saved(palette, "BMP"))
add("one_bit.bmp", saved(grey.convert("1"), "BMP"))

# GIF
add("palette.gif", saved(palette, "GIF"))
add("animated.gif", saved(palette, "GIF", save_all=True, append_images=[other.quantize(16)]))
add("transparent.gif", saved(palette, "GIF", transparency=3))
add("one_pixel.gif", saved(palette.crop((3, 3, 4, 4)), "GIF"))

# WebP
add("lossless.webp", saved(rgb, "WEBP", lossless=True))
add("lossless_alpha.webp", saved(rgba, "WEBP", lossless=True, exact=True))
add("lossy.webp", saved(rgb, "WEBP", quality=90))
add("animated.webp", saved(rgb, "WEBP", save_all=True, append_images=[other], lossless=True))

# TIFF
add("rgb.tiff", saved(rgb, "TIFF"))
add("lzw.tiff", saved(rgb, "TIFF", compression="tiff_lzw"))
add("deflate.tiff", saved(rgb, "TIFF", compression="tiff_adobe_deflate"))
add("grey.tiff", saved(grey, "TIFF"))
add("rgba.tiff", saved(rgba, "TIFF"))
add("palette.tiff", saved(palette, "TIFF"))
add("one_bit.tiff", saved(grey.convert("1"), "TIFF"))
add("cmyk.tiff", saved(rgb.convert("CMYK"), "TIFF"))
add("grey16.tiff", saved(Image.fromarray(deep), "TIFF"), np.stack([deep >> 8] * 3, -1))
add("pages.tiff", saved(rgb, "TIFF", save_all=True, append_images=[other]))
add("turned.tiff", saved(rgb, "TIFF", tiffinfo={0x0112: 8}))

# JPEG
add("baseline_444.jpg", saved(rgb, "JPEG", quality=90, subsampling=0))
add("baseline_422.jpg", saved(rgb, "JPEG", quality=90, subsampling=1))
add("baseline_420.jpg", saved(rgb, "JPEG", quality=90, subsampling=2))
add("progressive_420.jpg", saved(rgb, "JPEG", quality=90, subsampling=2, progressive=True))
add("grey.jpg", saved(grey, "JPEG", quality=90))
add("rgb_not_ycc.jpg", saved(rgb, "JPEG", quality=90, keep_rgb=True))
add("restarts.jpg", saved(rgb, "JPEG", quality=90, restart_marker_blocks=2))
add("one_pixel.jpg", saved(rgb.crop((3, 3, 4, 4)), "JPEG"))
inks = saved(rgb.convert("CMYK"), "JPEG", quality=95)
add("cmyk_adobe.jpg", inks)
start = inks.index(b"\xff\xee")
plain = inks[:start] + inks[start + 16:]
add("cmyk_plain.jpg", plain)
for orientation in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = orientation
    add(f"orientation_{orientation}.jpg", saved(rgb, "JPEG", quality=90, subsampling=0, exif=exif))
big = 150, 200
y, x = np.mgrid[0:big[0], 0:big[1]]
waves = np.stack([np.sin(x / 9 + y / 31), np.cos(y / 7), np.sin((x + y) / 13)], -1) * 90 + 128
waves += np.random.default_rng(0).normal(0, 6, waves.shape)
photo = Image.fromarray(waves.clip(0, 255).astype(np.uint8), "RGB")
add("photo.jpg", saved(photo, "JPEG", quality=85, subsampling=2))

(HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
(HERE / "pixels.bin").write_bytes(zlib.compress(pixels, 9))
