# SPDX-License-Identifier: Apache-2.0
"""Pages for people: small, without scripts, in their language, and silent about them."""
import gzip
import html.parser
import re
import unittest

from harness import SystemTest, encounter, patient

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
QUESTION = "whom=child&service=child&urgency=urgent&age=4&status=undocumented"
EVERY_PAGE = ("/", "/care", "/staff", "/sign-in", "/staff/sign-in")


class Page(html.parser.HTMLParser):
    """What of a page the tests look at."""

    def __init__(self, answer):
        super().__init__()
        self.tags, self.attributes, self.hidden, self.words = [], [], [], ""
        self.feed(answer.text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        self.attributes += [name for name, _ in attrs]
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden.append((attributes["name"], attributes.get("value", "")))

    def handle_data(self, data):
        self.words += data

    def first(self, tag):
        return next((attributes for name, attributes in self.tags if name == tag), None)


class Pages(SystemTest):
    def setUp(self):
        self.visitor = self.node.client()

    def assert_strict(self, answer):
        """No scripts, nothing from elsewhere, no referrer, no frames."""
        policy = answer.header("content-security-policy")
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("script-src", policy)
        self.assertEqual(answer.header("referrer-policy"), "no-referrer")
        self.assertEqual(answer.header("x-content-type-options"), "nosniff")
        self.assertIn("frame-ancestors 'none'", policy)
        page = Page(answer)
        self.assertNotIn("script", [tag for tag, _ in page.tags])
        self.assertFalse([name for name in page.attributes if name.startswith("on") or name == "style"])
        for tag, attributes in page.tags:
            source = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
            self.assertFalse(source and "//" in source, "loads from elsewhere: %s" % source)
        return page

    def test_every_page_is_strict_and_without_scripts(self):
        for path in EVERY_PAGE:
            with self.subTest(path=path):
                answer = self.visitor.get(path)
                self.assertEqual((answer.status, answer.header("content-type").split(";")[0]), (200, "text/html"))
                page = self.assert_strict(answer)
                self.assertTrue(page.first("title") is not None and page.first("html").get("lang"))
                self.assertNotIn("set-cookie", answer.headers)
        missing = self.visitor.get("/no-such-page")
        self.assertEqual(missing.status, 404)
        self.assert_strict(missing)

    def test_the_first_page_with_its_style_is_at_most_14_kilobytes(self):
        # What fits into the first round trip of a slow phone; both as they go over the wire.
        home = self.visitor.get("/", Accept_Encoding="gzip")
        self.assertEqual(home.header("content-encoding"), "gzip")
        text = gzip.decompress(home.body).decode()
        sheets = re.findall(r'<link[^>]*rel="?stylesheet"?[^>]*href="?([^">\s]+)', text) + \
            re.findall(r'<link[^>]*href="?([^">\s]+)"?[^>]*rel="?stylesheet', text)
        self.assertEqual(len(set(sheets)), 1, text[:500])
        sheet = self.visitor.get(sheets[0], Accept_Encoding="gzip")
        self.assertEqual((sheet.status, sheet.header("content-encoding")), (200, "gzip"))
        self.assertIn("immutable", sheet.header("cache-control"))
        self.assertLessEqual(len(home.body) + len(sheet.body), 14336)
        self.assertNotIn("unsafe", sheet.header("content-security-policy"))

    def test_the_language_is_that_of_the_reader(self):
        def language(path, **headers):
            page = Page(self.visitor.get(path, **headers))
            return page.first("html").get("lang"), page.first("html").get("dir", "ltr")

        self.assertEqual(language("/"), ("en", "ltr"))
        self.assertEqual(language("/", Accept_Language="fr-BE,fr;q=0.9,en;q=0.5"), ("fr", "ltr"))
        self.assertEqual(language("/", Accept_Language="ar"), ("ar", "rtl"))
        self.assertEqual(language("/", Accept_Language="xx,ar;q=0.1,fr;q=0.7"), ("fr", "ltr"))
        self.assertEqual(language("/?lang=ar", Accept_Language="fr"), ("ar", "rtl"))
        self.assertEqual(language("/?lang=zz", Accept_Language="fr"), ("fr", "ltr"))
        self.assertEqual(language("/", Accept_Language="fr", Cookie="lang=ar"), ("ar", "rtl"))
        chosen = self.visitor.get("/care?lang=fr").header("set-cookie")
        self.assertRegex(chosen, r"^lang=fr;.*SameSite=Lax.*HttpOnly")
        self.assertIn("accept-language", self.visitor.get("/").header("vary").lower())

    def test_a_question_is_answered_in_two_languages_and_kept_nowhere(self):
        answer = self.visitor.request("POST", "/care/answer?lang=ar", QUESTION, FORM)
        self.assertEqual(answer.status, 200, answer)
        page = self.assert_strict(answer)
        self.assertEqual(answer.header("cache-control"), "no-store")
        languages = {attributes["lang"] for _, attributes in page.tags if "lang" in attributes}
        self.assertLessEqual({"ar", "en"}, languages)  # hers and the desk's
        # The row and the citation that decided it stand there; what she said of her status does not.
        self.assertRegex(page.words, r"\b[A-Z]+-?[A-Z]*-?\d+\b")
        self.assertNotIn("undocumented", answer.text)
        self.assertNotIn("gzip", answer.header("content-encoding"))  # answers about a person are not compressed
        self.assertNotIn("undocumented", self.node.log())

    def test_the_slip_names_the_right_and_never_the_status(self):
        first = Page(self.visitor.request("POST", "/care/answer", QUESTION, FORM))
        other = Page(self.visitor.request("POST", "/care/answer", QUESTION.replace("undocumented", "tolerated"), FORM))
        self.assertTrue(first.hidden, "the answer offers no slip")
        body = "&".join("%s=%s" % pair for pair in first.hidden)
        slip = self.visitor.request("POST", "/care/slip", body, FORM)
        self.assertEqual(slip.status, 200, slip)
        self.assert_strict(slip)
        self.assertEqual(slip.header("cache-control"), "no-store")
        for word in ("undocumented", "status", "tolerated"):
            self.assertNotIn(word, slip.text)
        # The same right, another status: the same slip to the byte.
        second = self.visitor.request("POST", "/care/slip", "&".join("%s=%s" % pair for pair in other.hidden), FORM)
        self.assertEqual(slip.body, second.body)

    def test_an_age_that_is_none_is_given_back_to_be_mended(self):
        answer = self.visitor.request("POST", "/care/answer", "age=four&urgency=urgent", FORM)
        self.assertEqual(answer.status, 422)
        self.assertIn('aria-invalid="true"', answer.text)
        self.assertEqual(answer.header("cache-control"), "no-store")

    def signed_in(self):
        """A person whom two have looked at, one refused; and what her browser sends once she has signed in."""
        nurse = self.node.ask("nurse")
        person = nurse.post("/fhir/Patient", patient("Reader")).id
        nurse.post("/fhir/Encounter", encounter(person))
        nurse.get("/fhir/Patient/" + person)
        self.node.ask("nurse", organization="other-clinic", actor="stranger").get("/fhir/Patient/" + person)
        code = self.node.token("patient", sector="patient", organization="none", purpose="PATRQT", person=person)
        answer = self.visitor.request("POST", "/sign-in", "code=" + code, FORM)
        self.assertEqual((answer.status, answer.header("location")), (303, "/access"), answer)
        cookie = answer.header("set-cookie")
        self.assertRegex(cookie, r"^hospitium=[^;]+;.*SameSite=Strict.*HttpOnly")
        self.assertEqual(answer.header("cache-control"), "no-store")
        return cookie.split(";")[0]

    def test_without_a_code_the_list_leads_to_the_sign_in(self):
        answer = self.visitor.get("/access")
        self.assertEqual((answer.status, answer.header("location")), (303, "/sign-in"))
        wrong = self.visitor.request("POST", "/sign-in", "code=hsp_wrong", FORM)
        self.assertEqual(wrong.status, 401)
        self.assertNotIn("set-cookie", wrong.headers)
        self.assertNotIn("hsp_wrong", wrong.text)
        self.assert_strict(wrong)

    def test_she_sees_who_looked_the_refused_too_with_the_rule_and_a_proof_for_each_line(self):
        cookie = self.signed_in()
        answer = self.visitor.get("/access", Cookie=cookie)
        self.assertEqual(answer.status, 200, answer)
        page = self.assert_strict(answer)
        self.assertEqual(answer.header("cache-control"), "no-store")
        self.assertIn("D-33", page.words)  # the rule that refused the stranger
        self.assertIn("D-20", page.words)  # and one that let the nurse in
        for word in ("stranger", "nurse-1"):
            self.assertNotIn(word, answer.text)  # names of staff are for oversight
        self.assertIn("Patient ombudsperson", page.words)
        proofs = [a["href"] for tag, a in page.tags if tag == "a" and a.get("href", "").endswith("/proof")]
        self.assertGreaterEqual(len(proofs), 3)
        for path in proofs:
            proof = self.visitor.get(path, Cookie=cookie)
            self.assertEqual(proof.status, 200, proof)
            self.assertTrue(proof.text.startswith("c2sp.org/tlog-proof@v1\n"), proof.text[:60])
        # And in her language.
        arabic = Page(self.visitor.get("/access?lang=ar", Cookie=cookie))
        self.assertEqual(arabic.first("html").get("dir"), "rtl")

    def test_signing_out_takes_the_cookie_away(self):
        self.signed_in()
        answer = self.visitor.request("POST", "/sign-out", "", FORM)
        self.assertEqual(answer.status, 303)
        self.assertRegex(answer.header("set-cookie"), r"^hospitium=;.*Max-Age=0")

    def test_a_cookie_changes_nothing_when_another_site_sends_it(self):
        # The browser says where a request comes from; one that changes something and is not ours is refused.
        cookie = self.signed_in()
        own = self.visitor.request("GET", "/api/me", None, {"Cookie": cookie}).json()["patient"]
        answer = self.visitor.request("DELETE", "/api/persons/" + own, None,
                                      {"Cookie": cookie, "Sec-Fetch-Site": "cross-site"})
        self.assertEqual(answer.status, 403, answer)
        self.assertEqual(self.visitor.request("GET", "/fhir/Patient/" + own, None, {"Cookie": cookie}).status, 200)

    def test_another_person_s_proof_is_not_shown(self):
        cookie = self.signed_in()
        mine = {line["entry"] for line in self.visitor.request("GET", "/api/accesses", None,
                                                               {"Cookie": cookie}).json()}
        nurse = self.node.ask("nurse")
        stranger = nurse.post("/fhir/Patient", patient("Somebody")).id
        nurse.get("/fhir/Patient/" + stranger)
        other = next(entry for entry in range(max(mine) + 1, max(mine) + 20) if entry not in mine)
        answer = self.visitor.get("/access/%d/proof" % other, Cookie=cookie)
        self.assertIn(answer.status, (403, 404), answer)


if __name__ == "__main__":
    unittest.main()
