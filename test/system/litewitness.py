# SPDX-License-Identifier: Apache-2.0
"""A session with a witness as torchwood published it (FiloSottile/torchwood, internal/witness, the log of its
add-checkpoint.hurl): signatures, roots and proofs that another program made, and the status that is right for each."""
ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
VKEY = ORIGIN + "+5202289b+Af/cLU2Y5BJNP+r3iMDC+av9eWCD0fBJVDfzAux5zxAP"
ROOT = {1: "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        3: "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=",
        5: "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY="}
SIGNATURE = {1: "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=",
             3: "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=",
             5: "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww="}
AS_PUBLISHED = SIGNATURE[3].replace("6go=", "6gx=")  # bits are left over: base64 that this witness does not read
BROKEN = SIGNATURE[3].replace("6go=", "6gw=")  # the same bytes, and so the same wrong signature, as they are written here
FROM_1_TO_3 = ["KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
WRONG = [FROM_1_TO_3[0], "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABA="]
FROM_1_TO_5 = [FROM_1_TO_3[0], "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=",
               "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]
FROM_3_TO_5 = ["KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
               "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=", "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]


def request(older, proof, size, origin=ORIGIN, signature=None):
    text = "%s\n%d\n%s\n" % (origin, size, ROOT[size])
    return "old %d\n%s\n%s\n\u2014 %s %s\n" % (older, "".join(each + "\n" for each in proof), text, origin,
                                             signature or SIGNATURE[size])


# (body, status, beginning of the answer where one is prescribed)
SESSION = [
    (request(0, [], 1), 200, "\u2014 "),
    (request(1, FROM_1_TO_3, 3, signature=BROKEN), 403, ""),
    (request(1, FROM_1_TO_3, 3, signature=AS_PUBLISHED), 400, ""),  # 403 in the original
    (request(1, FROM_1_TO_3, 3, origin=ORIGIN[:-1] + "3"), 404, ""),
    (request(1, [], 3), 422, ""),
    (request(1, WRONG, 3), 422, ""),
    (request(1, FROM_1_TO_3, 3), 200, "\u2014 "),
    (request(1, FROM_1_TO_5, 5), 409, "3\n"),
    (request(3, FROM_3_TO_5, 5), 200, "\u2014 "),
    (request(0, [], 5), 409, "5\n"),
]
