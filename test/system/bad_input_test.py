# SPDX-License-Identifier: Apache-2.0
"""Bad input: every answer says what is wrong and what to do, and nothing that came in is said again or logged."""
import json
import os
import socket
import time
import unittest

from harness import BINARY, CARE_QUESTION, Node, SystemTest, patient, raw_exchange

CANARIES = ("Canaryfamily", "Canarystreet", "1919-09-19", "canary-value")
ROUTES_OF_JSON = ("/fhir/Patient", "/fhir", "/fhir/Patient/$match", "/fhir/Patient/%s/$break-glass" % ("0" * 32))


def nested(depth):
    return (b'{"resourceType":"Patient","name":' + b"[" * depth + b"]" * depth + b"}")


class BadInput(SystemTest):
    def setUp(self):
        self.nurse = self.node.ask("nurse", purpose="TREAT,ETREAT")
        self.nurse.headers = {"Purpose-Of-Use": "TREAT"}

    def tearDown(self):
        # Whatever was sent: nothing of it is in the process log.
        log = self.node.log()
        for word in CANARIES:
            self.assertNotIn(word, log)

    def refused(self, answer, status, code=None):
        self.assertEqual(answer.status, status, answer)
        issue = self.assert_outcome(answer, status, code)
        for word in CANARIES:
            self.assertNotIn(word, answer.text, "an error repeats what came in")
        return issue

    def post(self, body, path="/fhir/Patient"):
        return self.nurse.request("POST", path, body, {"Content-Type": "application/fhir+json",
                                                       **({"Purpose-Of-Use": "ETREAT"} if "glass" in path else {})})

    # ---- JSON ----

    def test_broken_json_is_refused_everywhere(self):
        whole = json.dumps(patient("Canaryfamily")).encode()
        for path in ROUTES_OF_JSON:
            for body in (b"", b"{", whole[:-1], whole + b"}", whole.replace(b":", b"=", 1), b"'" + whole + b"'",
                         whole.replace(b'"Canaryfamily"', b'"Canaryfamily\n"'), whole + whole, b"\xef\xbb\xbf" + whole,
                         b"[" + whole + b",]", whole.replace(b'"1991"', b"01991"), b"NaN", b"//x\n" + whole):
                with self.subTest(path=path, body=body[:60]):
                    self.refused(self.post(body, path), 400, "structure")

    def test_a_duplicate_key_is_refused(self):
        # Two readers of one text could otherwise see two different records.
        for body in (b'{"resourceType":"Patient","gender":"male","gender":"female"}',
                     b'{"resourceType":"Patient","name":[{"family":"Canaryfamily","family":"B"}]}',
                     b'{"resourceType":"Patient","gender":"male","g\\u0065nder":"female"}'):
            self.refused(self.post(body), 400, "structure")

    def test_nesting_of_64_is_read_and_of_65_is_not(self):
        self.assertNotIn("deeply", self.post(nested(63)).text)  # 64 with the object around it: refused as a name only
        self.assertEqual(self.post(nested(63)).status, 422)
        for depth in (64, 1000, 100000):
            self.refused(self.post(nested(depth)), 400, "structure")

    def test_text_that_is_not_utf8_is_refused(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\\ud800"):
            body = b'{"resourceType":"Patient","name":[{"family":"Canaryfamily' + bad + b'"}]}'
            with self.subTest(bad=bad):
                self.refused(self.post(body), 400, "structure")

    def test_wrong_types_and_values_are_refused_by_the_name_of_the_element(self):
        for element, value in (("gender", "canary-value"), ("birthDate", "1919-09-19x"), ("birthDate", 19190919),
                               ("name", "Canaryfamily"), ("name", [{"family": ["Canaryfamily"]}]), ("active", "yes"),
                               ("address", [{"line": "Canarystreet"}]), ("telecom", [["canary-value"]]),
                               ("birthDate", "2024-02-30"), ("unknownElement", "canary-value"), ("name", []),
                               ("name", None), ("extension", [{"valueString": "canary-value"}])):
            record = dict(patient(), **{element: value})
            with self.subTest(element=element, value=value):
                answer = self.post(json.dumps(record).encode())
                self.assertIn(answer.status, (400, 422), answer)
                self.assertIn(element, self.refused(answer, answer.status)["diagnostics"])

    def test_what_is_no_resource_is_refused(self):
        for body in (b"1", b"[]", b'"Patient"', b"null", b"{}", b'{"resourceType":7}',
                     b'{"resourceType":"canary-value"}', b'{"resourceType":"Observation"}'):
            with self.subTest(body=body):
                answer = self.post(body)
                self.assertIn(answer.status, (400, 404, 422), answer)
                self.refused(answer, answer.status)

    def test_an_unknown_type_is_refused_without_repeating_it(self):
        for answer in (self.nurse.get("/fhir/canary-value/" + "0" * 32), self.post(b"{}", "/fhir/canary-value"),
                       self.nurse.get("/fhir/canary-value?name=Canaryfamily")):
            self.refused(answer, 404, "not-supported")

    def test_search_values_that_are_not_understood_are_refused_without_repeating_them(self):
        person = self.stored(self.nurse, patient())
        for term in ("date=canary-value", "date=zz2024", "value-quantity=canary-value", "code:canary-value=x",
                     "_count=canary-value", "_sort=canary-value", "canary-value=x", "date=1919-09-19T99:99",
                     "_page=canary-value"):
            with self.subTest(term=term):
                answer = self.nurse.get("/fhir/Observation?patient=%s&%s" % (person, term))
                if term.startswith("_page") and answer.status == 200:
                    continue  # a page that is none is the first
                self.assertIn(answer.status, (400, 422), answer)
                issue = self.assert_outcome(answer, answer.status)
                if term.partition("=")[2].startswith(("canary", "1919", "zz")):
                    self.assertNotIn(term.partition("=")[2], json.dumps(issue))

    def test_a_patch_that_is_none_is_refused(self):
        path = "/fhir/Patient/" + self.stored(self.nurse, patient())
        for body in (b"{}", b"[1]", b'[{"op":"canary-value","path":"/gender"}]', b'[{"op":"add"}]', b"[",
                     b'[{"op":"add","path":"gender","value":"male"}]', b'[{"op":"replace","path":"/canary-value/0",'
                     b'"value":1}]', b'[{"op":"replace","path":"/id","value":"canary-value"}]',
                     b'[{"op":"replace","path":"/resourceType","value":"Group"}]', b'[{"op":"remove","path":""}]'):
            with self.subTest(body=body):
                answer = self.nurse.request("PATCH", path, body, {"Content-Type": "application/json-patch+json"})
                self.assertIn(answer.status, (400, 404, 409, 422), answer)
                self.refused(answer, answer.status)
        self.assertEqual(self.nurse.get(path).version, 1)

    def test_a_bundle_that_is_none_is_refused_whole(self):
        for bundle in ({"resourceType": "Bundle"}, {"resourceType": "Bundle", "type": "canary-value"},
                       {"resourceType": "Bundle", "type": "transaction", "entry": [{}]},
                       {"resourceType": "Bundle", "type": "batch", "entry": "canary-value"},
                       {"resourceType": "Bundle", "type": "transaction", "entry": [
                           {"resource": patient("Canaryfamily"), "request": {"method": "FETCH", "url": "Patient"}}]},
                       {"resourceType": "Bundle", "type": "transaction", "entry": [
                           {"resource": patient("Canaryfamily"), "request": {"method": "POST", "url": "Group"}}]}):
            with self.subTest(bundle=bundle):
                answer = self.post(json.dumps(bundle).encode(), "/fhir")
                self.assertIn(answer.status, (400, 404, 422, 501), answer)
                self.refused(answer, answer.status)

    # ---- size and time ----

    def test_a_body_that_is_too_large_is_refused_before_it_is_read(self):
        begun = time.monotonic()
        head = ("POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nPurpose-Of-Use: TREAT\r\n"
                "Content-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n")
        for path, size in (("/fhir/Patient", 8 << 20), ("/api/care", 64 << 10), ("/care/answer", 64 << 10)):
            came = raw_exchange(self.node.port, [(head % (path, self.nurse.token, size + 1)).encode()])
            self.assertTrue(came.startswith(b"HTTP/1.1 413 "), came[:200])
        self.assertLess(time.monotonic() - begun, 3, "it waited for the body")

    def test_a_body_that_dribbles_is_cut_with_a_408(self):
        # A body has 30 seconds and one more for each KiB; here one byte a second comes.
        begun = time.monotonic()
        head = ("POST /api/care HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                "Content-Length: 1000\r\n\r\n{")
        with socket.create_connection(("127.0.0.1", self.node.port), 45) as slow:
            slow.sendall(head.encode())
            came = b""
            slow.settimeout(1)
            while time.monotonic() - begun < 45 and not came:
                try:
                    slow.sendall(b" ")
                    came = slow.recv(4096)
                except TimeoutError:
                    continue
            took = time.monotonic() - begun
        self.assertTrue(came.startswith(b"HTTP/1.1 408 "), came[:200])
        self.assertTrue(25 < took < 40, took)
        self.assertEqual(self.nurse.post("/api/care", CARE_QUESTION).status, 200)

    # ---- who asks ----

    def without(self, token, status=401):
        answer = self.node.client(token).get("/fhir/Patient/" + "0" * 32)
        issue = self.assert_outcome(answer, status)
        if token and len(token) > 20:
            self.assertNotIn(token, answer.text)
        if status == 401:
            self.assertEqual(answer.header("www-authenticate"), "Bearer")
        return issue

    def test_a_missing_or_odd_authorization_is_refused(self):
        self.without(None)
        for header in ("", "Bearer", "Bearer ", "Basic bnVyc2U6eA==", "bearer " + self.nurse.token[:20],
                       "Bearer  " + self.nurse.token, self.nurse.token, "Bearer " + "x" * 4000):
            answer = self.node.client().request("GET", "/fhir/Patient/" + "0" * 32, None, {"Authorization": header})
            with self.subTest(header=header[:20]):
                self.assert_outcome(answer, 401)

    def test_a_token_of_which_any_bit_was_changed_is_refused(self):
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        token = self.nurse.token
        for place in list(range(0, len(token) - 1, 7)) + [len(token) - 2]:
            other = alphabet[(alphabet.index(token[place]) + 1) % 64] if token[place] in alphabet else "x"
            with self.subTest(place=place):
                self.without(token[:place] + other + token[place + 1:])

    def test_a_token_that_was_cut_or_continued_is_refused(self):
        token = self.nurse.token
        for cut in (1, 2, 10, len(token) // 2, len(token) - 5, len(token) - 1):
            self.without(token[:-cut])
        self.without(token + "A")
        self.without(token + token)
        self.without("hsp_" + "A" * 180)

    def test_a_token_of_another_node_is_refused(self):
        with Node("south") as other:
            self.without(other.token("nurse"))

    def test_a_token_has_an_end(self):
        token = self.node.token("nurse", actor="short", ttl="1s")
        client, begun = self.node.client(token), time.monotonic()
        first = client.get("/api/me").status
        time.sleep(max(0.0, begun + 2.1 - time.monotonic()))
        self.assertIn(first, (200, 401))
        self.assertEqual(self.without(token)["code"], "expired")
        self.assert_problem(client.get("/api/me"), 401, "TOKEN_EXPIRED")

    def test_a_purpose_that_the_token_has_not_is_refused(self):
        for purpose in ("HPAYMT", "ENFORCE", "canary-value", "treat", "", "TREAT,ETREAT"):
            answer = self.nurse.get("/fhir/Patient/" + "0" * 32, Purpose_Of_Use=purpose)
            with self.subTest(purpose=purpose):
                self.assertIn("purpose", self.refused(answer, 403, "forbidden")["details"]["text"])

    def test_a_token_for_several_purposes_needs_to_be_told_which(self):
        both = self.node.client(self.nurse.token)
        self.assert_outcome(both.get("/fhir/Patient/" + "0" * 32), 403, "forbidden")

    # ---- pages and the rest of the API ----

    def test_questions_on_care_that_are_not_understood_are_refused_without_repeating_them(self):
        for body in (b"", b"[", b"[]", b'{"service":"canary-value"}', b'{"canary-value":"x"}', b'{"service":7}',
                     b'{"service":"child","urgency":"urgent","age_years":"canary-value"}',
                     b'{"service":"child","service":"child"}'):
            with self.subTest(body=body):
                answer = self.nurse.request("POST", "/api/care", body, {"Content-Type": "application/json"})
                self.assertIn(answer.status, (400, 422), answer)
                self.assertNotIn("canary-value", answer.text)
                problem = answer.json()
                self.assertTrue(problem["title"] and problem["hint"] and problem["code"])

    def test_form_fields_that_are_not_understood_are_refused_as_a_page(self):
        for path, body in (("/care/answer", "urgency=canary-value"), ("/care/answer", "canary-value=1"),
                           ("/care/answer", "age=canary-value"), ("/care/answer", "urgency=%ff%fe"),
                           ("/care/answer", "age=%"), ("/care/slip", "canary-value=1"), ("/care/slip", "%=%"),
                           ("/sign-in", "code=canary-value"), ("/sign-in", "code="), ("/sign-in", "canary-value"),
                           ("/staff/sign-in", "code=" + "x" * 5000)):
            with self.subTest(path=path, body=body[:40]):
                answer = self.node.client().request("POST", path, body,
                                                    {"Content-Type": "application/x-www-form-urlencoded"})
                self.assertTrue(400 <= answer.status < 500, answer)
                self.assertTrue(answer.header("content-type").startswith("text/html"), answer.headers)
                if not (path == "/care/answer" and body.startswith("age=c")):  # an age is given back to be mended
                    self.assertNotIn("canary-value", answer.text)

    def test_the_control_socket_is_not_reached_from_the_network(self):
        # With the best of tokens: the address does not exist there.
        for path in ("/control/token", "/control/erase", "/control/stop", "/control/backup"):
            answer = self.nurse.request("POST", path, b"{}", {"Content-Type": "application/json"})
            self.assertEqual(answer.status, 404, answer)
        self.assertEqual(self.nurse.get("/livez").status, 200)


class BadCommands(unittest.TestCase):
    """Commands, too, say what is wrong and what to do."""

    @classmethod
    def setUpClass(cls):
        if not BINARY:
            raise unittest.SkipTest("HOSPITIUM_BINARY does not name the program")
        cls.node = Node()

    @classmethod
    def tearDownClass(cls):
        cls.node.close()

    def fault(self, *arguments):
        done = self.node.command(*arguments, check=False)
        said = done.stderr.decode()
        self.assertIn(done.returncode, (1, 2, 3), said)
        self.assertRegex(said, r"(?s)^(.*\n)?[A-Z`].*(Hint|usage|Usage|help).*")
        return said

    def test_wrong_use_is_explained(self):
        for arguments in (["nothing"], ["serve"], ["token", self.node.directory], ["init", "/tmp"], ["log", "x", "y"],
                          ["verify"], ["import", self.node.directory], ["serve", self.node.directory, "--listen"]):
            with self.subTest(arguments=arguments):
                self.fault(*arguments)

    def test_a_directory_that_is_no_node_is_named(self):
        for command in (["serve", "/nonexistent"], ["check", "/nonexistent"], ["log", "verify", "/nonexistent"],
                        ["backup", "/nonexistent", "/nonexistent/x"]):
            with self.subTest(command=command):
                self.assertIn("/nonexistent", self.fault(*command))

    def test_a_node_is_not_made_twice(self):
        self.assertIn("It is there already.", self.fault("init", self.node.directory, "--name", "north", "--demo"))

    def test_a_broken_file_is_not_imported(self):
        path = os.path.join(self.node.home, "broken.json")
        for content in ("{", '{"resourceType":"Patient","name":[{"family":"Canaryfamily"}]}', "\xff"):
            with open(path, "w", encoding="latin-1") as file:
                file.write(content)
            self.assertNotIn("Canaryfamily", self.fault("import", self.node.directory, path))

    def test_credentials_of_unknown_words_are_not_issued(self):
        good = {"--actor": "n", "--role": "nurse", "--sector": "health", "--organization": "x", "--purpose": "TREAT"}
        for option, value in (("--role", "queen"), ("--sector", "moon"), ("--purpose", "FUN"), ("--ttl", "1000000h"),
                              ("--ttl", "0s"), ("--person", "nobody"), ("--actor", "")):
            arguments = [word for pair in dict(good, **{option: value}).items() for word in pair]
            with self.subTest(option=option, value=value):
                self.fault("token", self.node.directory, *arguments)


if __name__ == "__main__":
    unittest.main()
