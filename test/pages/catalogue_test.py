# SPDX-License-Identifier: Apache-2.0
"""Proves that a catalogue with a hole stops the build, and that each sentence is named that stops it."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

TOOL = os.path.abspath(sys.argv[1])
SOURCE = {"greet": {"text": "Hello {name}", "reviewer": None},
          "count": {"text": {"one": "{count} day", "other": "{count} days"}, "reviewer": "A. Speaker"}}
FRENCH = {"greet": {"text": "Bonjour {name}", "reviewer": None},
          "count": {"text": {"one": "{count} jour", "many": "{count} de jours", "other": "{count} jours"},
                    "reviewer": None}}


def compile_catalogue(french, source=None):
    with tempfile.TemporaryDirectory() as directory:
        paths = [os.path.join(directory, name) for name in ("ids.h", "table.c", "en.json", "fr.json")]
        for path, language, messages in ((paths[2], "en", source or SOURCE), (paths[3], "fr", french)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(messages if isinstance(messages, str)
                           else json.dumps({"language": language, "messages": messages}))
        run = subprocess.run([sys.executable, TOOL] + paths, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return run.returncode, run.stderr, ""
        with open(paths[1], encoding="utf-8") as file:
            return run.returncode, run.stderr, file.read()


class Catalogue(unittest.TestCase):
    def changed(self, name, **change):
        return dict(FRENCH, **{name: dict(FRENCH[name], **change)})

    def refuses(self, french, reason):
        code, complaint, _ = compile_catalogue(french)
        self.assertNotEqual(0, code)
        self.assertIn(reason, complaint)

    def test_a_whole_catalogue_compiles(self):
        code, complaint, table = compile_catalogue(FRENCH)
        self.assertEqual((0, ""), (code, complaint))
        self.assertIn('"Bonjour \\001"', table)
        self.assertIn("[LANGUAGE_EN] = 1", table)  # one of two messages has no reviewer

    def test_a_missing_message_is_refused(self):
        self.refuses({"greet": FRENCH["greet"]}, "“count” is missing")

    def test_a_message_unknown_to_the_source_is_refused(self):
        self.refuses(dict(FRENCH, extra={"text": "x", "reviewer": None}), "“extra”")

    def test_other_placeholders_are_refused(self):
        self.refuses(self.changed("greet", text="Bonjour {nom}"), "placeholders")
        self.refuses(self.changed("greet", text="Bonjour"), "placeholders")

    def test_a_missing_plural_form_is_refused(self):
        self.refuses(self.changed("count", text={"one": "{count} jour", "other": "{count} jours"}), "plural forms")
        self.refuses(self.changed("count", text="{count} jours"), "plural forms")

    def test_markup_and_direction_characters_are_refused(self):
        self.refuses(self.changed("greet", text="<b>{name}</b>"), "markup")
        self.refuses(self.changed("greet", text="Bonjour \u202e{name}"), "direction")
        self.refuses(self.changed("greet", text="Bonjour { name}"), "placeholder")

    def test_a_message_without_a_word_on_its_review_is_refused(self):
        self.refuses(dict(FRENCH, greet={"text": "Bonjour {name}"}), "reviewer")

    def test_a_message_that_stands_twice_is_refused(self):
        self.refuses('{"language": "fr", "messages": {"greet": {}, "greet": {}}}', "twice")


unittest.main(argv=sys.argv[:1])
