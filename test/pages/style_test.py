# SPDX-License-Identifier: Apache-2.0
"""Proves of the style sheet: no left and right, nothing loaded, and every pair of colours readable in both themes."""
import re
import sys
import unittest

with open(sys.argv[1], encoding="utf-8") as file:
    STYLE = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)

PHYSICAL = re.compile(
    r"(?<![-\w])((margin|padding|border|inset|scroll-margin|scroll-padding)-(left|right|top|bottom)[-\w]*|left|right|"
    r"top|bottom|float|clear|width|height|(min|max)-(width|height)|border-(top|bottom)-(left|right)-radius|"
    r"overflow-[xy])\s*:")
SIDED = re.compile(r"(text-align|float|clear|caption-side|justify-content|justify-self)\s*:\s*(left|right)")

# (text, background) that meet on a page: 4.5 to 1 (WCAG 2.2, 1.4.3).
TEXT = [("ink", "paper"), ("ink", "sheet"), ("ink", "tint"), ("soft", "paper"), ("soft", "sheet"), ("brand", "paper"),
        ("brand", "sheet"), ("brand", "tint"), ("brand-deep", "paper"), ("brand-deep", "tint"), ("on-brand", "brand"),
        ("on-brand", "brand-deep"), ("clay", "sheet"), ("clay", "clay-tint"), ("clay", "paper"), ("ink", "clay-tint"),
        ("amber", "amber-tint"), ("ink", "amber-tint"), ("brand", "amber-tint")]
# (boundary or picture, background): 3 to 1 (1.4.11).
BOUNDARY = [("edge", "paper"), ("edge", "sheet"), ("brand", "paper"), ("focus", "paper"), ("focus", "sheet"),
            ("logo-one", "paper"), ("logo-two", "paper"), ("clay", "paper")]


def palettes():
    blocks = re.findall(r":root\s*\{(.*?)\}", STYLE, flags=re.S)
    return [dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block)) for block in blocks]


def luminance(colour):
    channels = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Style(unittest.TestCase):
    def test_contrast_is_computed_right(self):
        self.assertAlmostEqual(21, contrast("#000000", "#ffffff"), places=2)
        self.assertAlmostEqual(4.48, contrast("#777777", "#ffffff"), places=2)

    def test_no_physical_direction(self):
        without_queries = re.sub(r"@media[^{]*", "", STYLE)
        self.assertEqual([], [m[0] for m in PHYSICAL.finditer(without_queries)])
        self.assertEqual([], [m[0] for m in SIDED.finditer(without_queries)])

    def test_a_physical_direction_would_be_found(self):
        for bad in ("margin-left: 1px", "left: 0", "border-right-color: red", "width: 3px", "padding-top : 0"):
            self.assertTrue(PHYSICAL.search("a{" + bad))
        self.assertTrue(SIDED.search("text-align: right"))

    def test_nothing_is_loaded(self):
        self.assertNotIn("url(", STYLE)
        self.assertNotIn("@import", STYLE)
        self.assertNotIn("@font-face", STYLE)

    def test_colours_are_readable_in_both_themes(self):
        self.assertEqual(2, len(palettes()))
        for palette in palettes():
            for pairs, least in ((TEXT, 4.5), (BOUNDARY, 3)):
                for front, back in pairs:
                    with self.subTest(front=front, back=back, paper=palette["paper"]):
                        self.assertGreaterEqual(contrast(palette[front], palette[back]), least)

    def test_colours_come_from_the_palette(self):
        rules = re.sub(r":root\s*\{.*?\}", "", STYLE, flags=re.S).split("@media print")[0]
        self.assertEqual([], re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(", rules))

    def test_preferences_of_the_reader_are_kept(self):
        for query in ("prefers-color-scheme: dark", "prefers-reduced-motion", "forced-colors", "@media print"):
            self.assertIn(query, STYLE)
        self.assertIn(":focus-visible", STYLE)


unittest.main(argv=sys.argv[:1])
