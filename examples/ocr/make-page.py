#!/usr/bin/env python3
"""Sets page.txt with Pillow's own font, as page.png."""

import pathlib

from PIL import Image, ImageDraw, ImageFont

HERE = pathlib.Path(__file__).resolve().parent
SIZE = (900, 1000)
MARGIN = 70
LEADING = 58


def main():
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    top = MARGIN
    for number, line in enumerate((HERE / "page.txt").read_text().splitlines()):
        font = ImageFont.load_default(44 if number == 0 else 28)
        draw.text((MARGIN, top), line, fill=0, font=font)
        top += LEADING * 1.5 if number == 0 else LEADING
    page.quantize(16).save(HERE / "page.png", optimize=True)


if __name__ == "__main__":
    main()
