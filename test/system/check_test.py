# SPDX-License-Identifier: Apache-2.0
"""The rules for everybody: served as they are, answered on the phone without a word to the node, and what they warn of told
before anybody decides."""
import gzip
import hashlib
import json
import os
import re
import subprocess
import unittest

from harness import BINARY, Node, SystemTest
from pages_test import EVERY_PAGE, Page

HERE = os.path.dirname(os.path.abspath(__file__))
WASM = os.path.join(os.path.dirname(BINARY), "..", "build-wasm")
HAS_WASM = all(os.path.exists(os.path.join(WASM, name)) for name in ("hospitium-rules.wasm", "check.js", "rules.js"))
needs_wasm = unittest.skipUnless(HAS_WASM, "build-wasm is not there: run ./dev wasm")
SKIPPED = 77


class Rules(SystemTest):
    def setUp(self):
        self.visitor = self.node.client()

    def on_disk(self, name):
        with open(os.path.join(self.node.directory, "rules", name), "rb") as file:
            return file.read()

    def test_the_active_rules_and_their_records_are_served_as_they_lie_on_disk(self):
        for name in ("joint-standard", "belgium"):
            rules, proof = self.visitor.get("/rules/%s.json" % name), self.visitor.get("/rules/%s.proof.json" % name)
            self.assertEqual((rules.status, rules.header("content-type")), (200, "application/json"))
            self.assertEqual(rules.body, self.on_disk(name + ".rules.json"))
            self.assertEqual(proof.body, self.on_disk(name + ".proof.json"))
            self.assertEqual(proof.json()["rules_sha256"], hashlib.sha256(rules.body).hexdigest())
            packed = self.visitor.get("/rules/%s.json" % name, Accept_Encoding="gzip")
            self.assertEqual(packed.header("content-encoding"), "gzip")
            self.assertEqual(gzip.decompress(packed.body), rules.body)

    def test_who_has_the_rules_already_is_told_so(self):
        answer = self.visitor.get("/rules/belgium.json")
        self.assertEqual(answer.header("cache-control"), "no-cache")
        again = self.visitor.get("/rules/belgium.json", If_None_Match=answer.header("etag"))
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(self.visitor.get("/rules/belgium.json", If_None_Match='W/"0000000000000000"').status, 200)

    def test_nothing_else_can_be_had_by_a_name(self):
        for name in ("germany.json", "belgium", "belgium.rules.json", ".json", ".proof.json", "Belgium.json", "belgium.json.json",
                     "..json", "...json", "belgium.proof", "%2e%2e%2fsettings", "..%2fkeys%2froot", "belgium.json%00", "a" * 5000):
            with self.subTest(name=name):
                self.assertIn(self.visitor.get("/rules/" + name).status, (400, 404, 414, 431))
        self.assertEqual(self.visitor.get("/rules/../settings").status, 400)
        self.assert_problem(self.visitor.get("/rules/germany.json"), 404, "NOT_FOUND")
        self.assertEqual(self.visitor.request("POST", "/rules", "status=undocumented").status, 405)
        self.assertEqual(self.visitor.request("POST", "/rules/belgium.json", "{}").status, 405)

    @needs_wasm
    def test_the_page_alone_may_run_scripts_and_only_ours(self):
        answer = self.visitor.get("/rules")
        policy = answer.header("content-security-policy")
        self.assertEqual(answer.status, 200)
        for part in ("default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "connect-src 'self'", "form-action 'none'",
                     "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"):
            self.assertIn(part, policy)
        self.assertNotIn("'unsafe-inline'", policy)
        self.assertNotIn("'unsafe-eval'", policy)
        page = Page(answer)
        scripts = [attributes for tag, attributes in page.tags if tag == "script"]
        self.assertEqual(len(scripts), 1)
        self.assertRegex(scripts[0]["src"], r"^/check\.[0-9a-f]{16}\.js$")
        forms = [attributes for tag, attributes in page.tags if tag == "form"]
        self.assertEqual([(f.get("method"), f.get("action")) for f in forms], [("dialog", None)])
        self.assertFalse([name for name in page.attributes if name.startswith("on") or name == "style"])
        for path in EVERY_PAGE:
            self.assertNotIn("script-src", self.visitor.get(path).header("content-security-policy"))

    @needs_wasm
    def test_what_the_page_runs_is_cached_for_ever_under_its_version_and_asked_for_again_without(self):
        text = self.visitor.get("/rules").text
        script = re.search(r'src="(/check\.[0-9a-f]{16}\.js)"', text)[1]
        module = re.search(r'data-module="(/hospitium-rules\.[0-9a-f]{16}\.wasm)"', text)[1]
        for path, kind in ((script, "text/javascript; charset=utf-8"), (module, "application/wasm")):
            versioned = self.visitor.get(path)
            self.assertEqual((versioned.status, versioned.header("content-type")), (200, kind))
            self.assertIn("immutable", versioned.header("cache-control"))
            plain = self.visitor.get(re.sub(r"\.[0-9a-f]{16}\.", ".", path))
            self.assertEqual(plain.body, versioned.body)
            self.assertEqual(plain.header("cache-control"), "no-cache")
            self.assertEqual(path.split(".")[1], hashlib.sha256(plain.body).hexdigest()[:16])
            self.assertNotIn("unsafe", plain.header("content-security-policy"))
            self.assertEqual(self.visitor.get(path.replace(path.split(".")[1], "0" * 16)).status, 404)
        self.assertEqual(self.visitor.get("/rules.js").header("content-type"), "text/javascript; charset=utf-8")
        module_bytes = len(self.visitor.get(module, Accept_Encoding="gzip").body)
        self.assertLessEqual(module_bytes, 150 * 1024)

    @needs_wasm
    def test_the_care_form_offers_the_check(self):
        self.assertIn('href="/rules"', self.visitor.get("/care").text)

    def test_without_the_module_the_page_says_so_and_nothing_breaks(self):
        with Node("bare") as node:
            with open(os.path.join(node.directory, "settings"), "a", encoding="utf-8") as settings:
                settings.write("\ncheck.folder = /nonexistent\n")
            visitor = node.start().client()
            answer = visitor.get("/rules")
            page = Page(answer)
            self.assertEqual(answer.status, 200)
            self.assertNotIn("script", [tag for tag, _ in page.tags])
            self.assertIn("/care", [attributes.get("href") for tag, attributes in page.tags if tag == "a"])
            self.assertNotIn("form", [tag for tag, _ in page.tags])
            self.assertEqual(visitor.get("/check.js").status, 404)
            self.assertNotIn('href="/rules"', visitor.get("/care").text)
            self.assertEqual(visitor.get("/rules/belgium.json").status, 200)
            self.assertEqual(visitor.post("/api/care", {"service": "child", "urgency": "urgent"}).status, 200)


class BesideATriageChart(unittest.TestCase):
    def test_a_set_that_decides_no_care_is_served_and_is_not_taken_for_the_pack(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        with Node("two", pack="usa") as node:
            node.command("rules", "activate", node.directory, os.path.join(HERE, "..", "..", "policy", "iitt"))
            visitor = node.start().client()
            self.assertEqual(visitor.get("/rules/iitt.json").status, 200)
            answer = visitor.post("/api/care", {"service": "child", "urgency": "urgent", "age_years": "4"})
            self.assertEqual((answer.status, answer.json()["draft"]), (200, True), answer)
            self.assertNotIn("/rules/iitt", visitor.get("/rules").text)


class Warnings(SystemTest):
    """Before she decides."""

    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.node = Node(pack="germany").start()

    def setUp(self):
        self.visitor = self.node.client()

    def warnings(self, **question):
        answer = self.visitor.request("POST", "/api/care", json.dumps({"service": "primary", **question}),
                                      {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 200, answer)
        return answer.json()["warnings"]

    def test_the_answer_of_the_api_has_what_is_known_against_any_step(self):
        told = self.warnings()
        self.assertEqual([one["id"] for one in told],
                         ["voucher_is_reported", "secrecy_has_exceptions", "offices_compare_records"])
        for one in told:
            self.assertTrue(one["tell"] and one["source"] and one["article"], one)
            self.assertEqual(one["language"], "en")
            self.assertRegex(one["since"], r"^\d{4}-\d\d-\d\d$")

    def test_a_step_that_is_named_gives_what_is_known_against_that(self):
        self.assertEqual(self.warnings(step="see_clinician"), [])
        self.assertEqual([one["id"] for one in self.warnings(step="ask_office_for_voucher")],
                         ["voucher_is_reported", "offices_compare_records"])
        refused = self.visitor.request("POST", "/api/care", '{"service":"primary","step":"fly"}',
                                       {"Content-Type": "application/json"})
        problem = self.assert_problem(refused, 422, "VALUE")
        self.assertEqual(problem["detail"], "input step")
        self.assertNotIn("fly", refused.text)

    def test_the_form_tells_it_above_its_questions_with_whom_to_ask(self):
        for path in ("/care?lang=ar", "/rules?lang=ar"):
            text = self.visitor.get(path).text
            at = text.index("has to tell the foreigners office")
            self.assertIn('lang="en"', text[text.rindex("<p", 0, at):at])
            if "<form" in text:
                self.assertLess(at, text.index("<form"))
            self.assertIn("tel:112", text[text.index('class="before"'):text.index("</section>")])
        again = self.visitor.request("POST", "/care/answer", "age=four",
                                     {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(again.status, 422)
        self.assertIn("has to tell the foreigners office", again.text)

    def test_what_is_not_warned_of_is_not_shown(self):
        with Node("calm") as node:
            self.assertNotIn('class="before"', node.start().client().get("/care").text)


class Browser(unittest.TestCase):
    @needs_wasm
    def test_the_page_in_a_real_browser(self):
        if not BINARY:
            self.skipTest("HOSPITIUM_BINARY does not name the program")
        with Node("belgium") as belgium, Node("france", pack="france") as france, \
                Node("spain", pack="spain") as spain:
            urls = ["http://127.0.0.1:%d" % node.start().port for node in (belgium, france, spain)]
            try:
                done = subprocess.run(["node", os.path.join(HERE, "check_page.mjs"), *urls], capture_output=True, text=True,
                                      timeout=280, check=False)
            except FileNotFoundError:
                self.skipTest("node is not installed")
            if done.returncode == SKIPPED:
                self.skipTest(done.stdout.strip())
            print(done.stdout, end="")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertGreater(done.stdout.count("ok "), 15)
            for node in (belgium, france, spain):
                self.assertNotIn("undocumented", node.log())


if __name__ == "__main__":
    unittest.main()
