#!/usr/bin/env python3
"""Makes the font of icons from Phosphor's own: icons.py Phosphor-Regular.ttf.

Only the icons that the program draws (`app/src/theme/icons.rs`) are kept: all of Phosphor is forty times as large. Needs the Python
package fonttools, and Phosphor 2 (https://phosphoricons.com). Run it when an icon is added.
"""

import pathlib
import re
import sys

from fontTools import subset

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main() -> None:
    source = (ROOT / "app/src/theme/icons.rs").read_text(encoding="utf-8")
    signs = [int(code, 16) for code in re.findall(r"\\u\{([0-9a-f]+)\}", source)]
    options = subset.Options()
    # Icons have neither ligatures nor kerning, and are drawn without hints.
    options.layout_features = []
    options.hinting = False
    options.recalc_timestamp = False
    font = subset.load_font(sys.argv[1], options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=signs)
    cutter.subset(font)
    subset.save_font(font, str(ROOT / "assets/fonts/Phosphor-Regular.ttf"), options)


main()
