# SPDX-License-Identifier: Apache-2.0
"""Proves of every rendered page: well formed, no script (but ours on the page that checks on the phone), no style attribute, nothing loaded from elsewhere, each field
labelled, each id once; and that the first page with its style fits into 14 KB."""
import glob
import html.parser
import os
import re
import subprocess
import sys
import tempfile
import unittest
import zlib

VOID = {"meta", "link", "input", "br", "path"}
LANGUAGES = {"en": "ltr", "fr": "ltr", "ar": "rtl"}
PAGES = 15
FIRST_FLIGHT = 14 * 1024


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.faults, self.tags, self.headings = [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"not closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"an attribute twice in {tag}")
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes nothing")


def gzipped(data):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)  # as a server would
    return len(packer.compress(data) + packer.flush())


class Rendered(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        subprocess.run([os.path.abspath(sys.argv[1]), cls.directory.name], check=True)
        cls.text, cls.page = {}, {}
        for path in glob.glob(cls.directory.name + "/*.html"):
            with open(path, encoding="utf-8") as file:  # strict: broken UTF-8 raises
                cls.text[os.path.basename(path)] = file.read()
        for name, text in cls.text.items():
            cls.page[name] = Page(text)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def each(self):
        self.assertEqual(PAGES * len(LANGUAGES), len(self.page))
        for name, page in self.page.items():
            with self.subTest(page=name):
                yield name, page

    def test_every_page_is_well_formed(self):
        for _, page in self.each():
            self.assertEqual([], page.faults)

    def test_language_and_direction_are_right(self):
        for name, page in self.each():
            language = name.split(".")[1]
            attributes = next(a for tag, a in page.tags if tag == "html")
            self.assertEqual((language, LANGUAGES[language]), (attributes["lang"], attributes["dir"]))

    def test_nothing_runs_and_nothing_is_styled_in_place(self):
        for name, page in self.each():
            for tag, attributes in page.tags:
                if tag == "script" and name.startswith("check."):
                    self.assertEqual({"type": "module", "src": "/check.0123456789abcdef.js"}, attributes)
                    continue
                self.assertNotIn(tag, ("script", "style", "iframe", "object", "embed", "base", "img"))
                self.assertFalse([a for a in attributes if a.startswith("on") or a == "style"])

    def test_only_the_way_out_leaves_the_site(self):
        for _, page in self.each():
            for tag, attributes in page.tags:
                address = attributes.get("href") or attributes.get("action") or attributes.get("src") or "/"
                if attributes.get("class") == "exit":
                    self.assertTrue(address.startswith("https://"))
                    self.assertIn("noreferrer", attributes["rel"])
                elif tag != "link":
                    self.assertRegex(address, r"^(/(?!/)|#|tel:)")

    def test_ids_are_unique_and_fields_labelled(self):
        for _, page in self.each():
            ids = [a["id"] for _, a in page.tags if "id" in a]
            self.assertEqual(len(ids), len(set(ids)))
            labelled = {a.get("for") for tag, a in page.tags if tag == "label"}
            for tag, attributes in page.tags:
                if tag == "select" or (tag == "input" and attributes.get("type") == "text"):
                    self.assertIn(attributes["id"], labelled)

    def test_every_form_posts_or_can_send_nothing(self):
        for name, page in self.each():
            for tag, attributes in page.tags:
                if tag == "form" and name.startswith("check."):
                    self.assertEqual("dialog", attributes["method"])
                    self.assertNotIn("action", attributes)
                elif tag == "form":
                    self.assertEqual("post", attributes["method"])

    def test_one_first_heading_and_no_level_skipped(self):
        for _, page in self.each():
            self.assertEqual(1, page.headings.count(1))
            for before, after in zip(page.headings, page.headings[1:]):
                self.assertLessEqual(after, before + 1)

    def test_titles_tell_the_history_nothing(self):
        for name, _ in self.each():
            title = re.search(r"<title>(.*?)</title>", self.text[name])[1]
            self.assertLessEqual(len(title), 24)
            self.assertNotRegex(title.lower(), r"care|record|soin|dossier|migra|refug|papers|رعاية|ملف")

    def test_the_first_page_fits_the_first_flight(self):
        style = glob.glob(self.directory.name + "/style.*.css")[0]
        with open(style, "rb") as file:
            style_bytes = gzipped(file.read())
        for language in LANGUAGES:
            total = style_bytes + gzipped(self.text[f"home.{language}.html"].encode())
            print(f"home.{language}: {total} bytes with its style ({style_bytes})")
            self.assertLessEqual(total, FIRST_FLIGHT)


unittest.main(argv=sys.argv[:1])
