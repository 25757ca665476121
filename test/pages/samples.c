/* SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

/* Closes an attribute, an element and a comment, opens a script, and ends with RIGHT-TO-LEFT OVERRIDE, ISOLATE,
 * NUL-like control and a byte that is not UTF-8. */
const char ENEMY[] = "\"'--></bdi></title><script>alert(1)</script>&amp;\xE2\x80\xAE\xE2\x81\xA7\x01\xFFsnoitulos";

const struct page_site SAMPLE_SITE = {
    .name = {"Harbour Clinics", 15},
    .emergency_number = {"112", 3},
    .exit_address = {"https://www.wikipedia.org/", 26},
    .desk_language = LANGUAGE_FR,
    .care_help = {{"Health mediators", 16}, {"+32 2 555 01 20", 15}},
    .record_help = {{"Ombudswoman for patients", 24}, {"+32 2 555 01 44", 15}},
};

struct page sample_page(enum language language, const char *path)
{
    return (struct page){.site = &SAMPLE_SITE, .language = language, .path = slice_from_string(path)};
}

struct care_answer sample_answer(void)
{
    return (struct care_answer){
        .urgency = CARE_URGENCY_IMMEDIATE,
        .entitlement = CARE_ENTITLEMENT_URGENT_ONLY,
        .charge = CARE_CHARGE_PROVIDER_REIMBURSED,
        .paper = CARE_PAPER_MEDICAL_CERTIFICATE,
        .helper_other = SLICE("CPAS"),
        .row = SLICE("BE-AMU-3"),
        .pack = SLICE("Belgium, urgent medical aid"),
        .citation = SLICE("AR/KB 12.12.1996, art. 1; Loi organique des CPAS 8.7.1976, art. 57 § 2"),
        .draft = true,
        .whom = CARE_WHOM_CHILD,
        .spoken = CARE_SPOKEN_AR,
    };
}

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

static const struct care_warning WARNINGS[] = {
    {TEXT("If you ask the office yourself it has to tell another. Ask a clearing centre first."), TEXT("en"),
     TEXT("A residence act"), TEXT("section 87(2)"), TEXT("2015-05-12")},
    {{ENEMY, sizeof ENEMY - 1}, TEXT("fa"), {ENEMY, sizeof ENEMY - 1}, {ENEMY, sizeof ENEMY - 1}, TEXT("2026-01-01")},
};

const struct care_notice SAMPLE_NOTICE = {WARNINGS, sizeof WARNINGS / sizeof WARNINGS[0], true};

static const struct slice SETTINGS[] = {TEXT("emergency_department"), TEXT("hospital"), TEXT("unknown")};
static const struct slice MOONS[] = {TEXT("full_moon"), {ENEMY, sizeof ENEMY - 1}, TEXT("unknown")};
static const struct rule_fact FACTS[] = {
    {TEXT("status"), {.kind = RULE_TEXT}}, /* of the form */
    {TEXT("setting"), {.kind = RULE_TEXT, .value = SETTINGS, .value_count = 3, .unknown = 2}},
    {TEXT("phase_of_moon"), {.kind = RULE_TEXT, .value = MOONS, .value_count = 3, .unknown = 2}},
    {TEXT("stay_days"), {.kind = RULE_INTEGER, .minimum = 0, .maximum = 3650, .nullable = true}},
    {TEXT("as_of"), {.kind = RULE_DATE}}, /* the script's own */
    {TEXT("entered_on"), {.kind = RULE_DATE}},
};

struct check_page sample_check(void)
{
    return (struct check_page){
        .script = SLICE("/check.0123456789abcdef.js"),
        .module = SLICE("/hospitium-rules.0123456789abcdef.wasm"),
        .standard = {SLICE("/rules/joint-standard.json"), SLICE("/rules/joint-standard.proof.json")},
        .pack = {SLICE("/rules/belgium.json"), SLICE("/rules/belgium.proof.json")},
        .fact = FACTS,
        .facts = sizeof FACTS / sizeof FACTS[0],
        .notice = SAMPLE_NOTICE,
    };
}

#define BIT(name) (1u << DRAWER_##name)

const struct access_entry SAMPLE_LOOKS[8] = {
    {.when = {2026, 11, 20, 14, 5},
     .sector = SECTOR_IMMIGRATION,
     .role = ROLE_OFFICER,
     .place = TEXT("Aliens Office"),
     .purpose = PURPOSE_ENFORCE,
     .action = ACTION_READ,
     .asked = BIT(IDENTITY) | BIT(CONTACT),
     .opened = 0,
     .outcome = OUTCOME_NONE,
     .owed = 1u << ACCESS_OWED_LOG | 1u << ACCESS_OWED_REVIEW,
     .rule = TEXT("firewall-1"),
     .citation = TEXT("ECRI GPR 16, 12"),
     .proof_path = TEXT("/access/proof/6"),
     .question_path = TEXT("/access/question/6"),
     .entry = 6},
    {.when = {2026, 11, 20, 9, 41},
     .sector = SECTOR_HEALTH,
     .role = ROLE_PHYSICIAN,
     .place = TEXT("Hôpital Saint-Pierre"),
     .purpose = PURPOSE_ETREAT,
     .action = ACTION_READ,
     .asked = BIT(IDENTITY) | BIT(CLINICAL) | BIT(SENSITIVE),
     .opened = BIT(IDENTITY) | BIT(CLINICAL) | BIT(SENSITIVE),
     .outcome = OUTCOME_FULL,
     .basis = ACCESS_BASIS_VITAL_INTEREST,
     .owed = 1u << ACCESS_OWED_LOG | 1u << ACCESS_OWED_NOTIFY_PERSON | 1u << ACCESS_OWED_REVIEW | 1u << ACCESS_OWED_EXPIRE_1H,
     .broken_glass = true,
     .notice = true,
     .reason = TEXT("unconscious, nobody with her"),
     .review = ACCESS_REVIEW_OPEN,
     .request = TEXT("9c41f0e2b7a3d518"),
     .rule = TEXT("D-21"),
     .citation = TEXT("joint standard, 4.2"),
     .proof_path = TEXT("/access/proof/5"),
     .question_path = TEXT("/access/question/5"),
     .entry = 5},
    {.when = {2026, 11, 19, 16, 30},
     .sector = SECTOR_HEALTH,
     .role = ROLE_NURSE,
     .place = TEXT("عيادة الميناء"),
     .purpose = PURPOSE_TREAT,
     .action = ACTION_WRITE,
     .asked = BIT(IDENTITY) | BIT(CLINICAL),
     .opened = BIT(IDENTITY) | BIT(CLINICAL),
     .outcome = OUTCOME_FULL,
     .basis = ACCESS_BASIS_CARE_RELATION,
     .owed = 1u << ACCESS_OWED_LOG,
     .rule = TEXT("D-11"),
     .citation = TEXT("joint standard, 2.1"),
     .proof_path = TEXT("/access/proof/4"),
     .question_path = TEXT("/access/question/4"),
     .entry = 4},
    {.when = {2026, 11, 19, 8, 2},
     .sector = SECTOR_COMMUNITY,
     .role = ROLE_MEDIATOR,
     .place = TEXT("Community house"),
     .purpose = PURPOSE_CAREMGT,
     .action = ACTION_READ,
     .asked = BIT(SOCIAL),
     .opened = BIT(SOCIAL),
     .outcome = OUTCOME_SUMMARY,
     .basis = ACCESS_BASIS_CONSENT,
     .owed = 1u << ACCESS_OWED_LOG | 1u << ACCESS_OWED_REDACT_LOCATION | 1u << ACCESS_OWED_SUBSET,
     .rule = TEXT("D-31"),
     .citation = TEXT(""),
     .proof_path = TEXT("/access/proof/3"),
     .question_path = TEXT("/access/question/3"),
     .entry = 3},
    {.when = {2026, 11, 18, 23, 59},
     .sector = SECTOR_HEALTH,
     .role = ROLE_RECEPTIONIST,
     .place = TEXT("Harbour Clinics"),
     .purpose = PURPOSE_TREAT,
     .action = ACTION_MATCH,
     .asked = 0,
     .opened = 0,
     .outcome = OUTCOME_EXISTENCE,
     .basis = ACCESS_BASIS_TASK,
     .owed = 1u << ACCESS_OWED_LOG,
     .rule = TEXT("D-40"),
     .citation = TEXT(""),
     .proof_path = TEXT("/access/proof/2"),
     .question_path = TEXT("/access/question/2"),
     .entry = 2},
    {.when = {2026, 1, 1, 0, 0},
     .sector = SECTOR_UNKNOWN,
     .role = ROLE_UNKNOWN,
     .place = {ENEMY, sizeof ENEMY - 1},
     .purpose = PURPOSE_UNKNOWN,
     .action = ACTION_UNKNOWN,
     .asked = BIT(COVERAGE),
     .opened = 0,
     .outcome = OUTCOME_NONE,
     .owed = 1u << ACCESS_OWED_LOG,
     .reason = {ENEMY, sizeof ENEMY - 1},
     .request = {ENEMY, sizeof ENEMY - 1},
     .rule = {ENEMY, sizeof ENEMY - 1},
     .citation = {ENEMY, sizeof ENEMY - 1},
     .proof_path = TEXT("javascript:alert(1)"),
     .question_path = TEXT(""),
     .entry = 1},
    {.when = {2026, 12, 1, 4, 31},
     .sector = SECTOR_LAWENFORCEMENT,
     .role = ROLE_OFFICER,
     .place = TEXT(""),
     .purpose = PURPOSE_ENFORCE,
     .asked = BIT(IDENTITY) | BIT(CONTACT),
     .opened = BIT(IDENTITY) | BIT(CONTACT),
     .outcome = OUTCOME_FULL,
     .order = ACCESS_ORDER_TOLD,
     .authority = {ENEMY, sizeof ENEMY - 1},
     .law = TEXT("Police Act"),
     .article = TEXT("12(3)"),
     .reads = 2,
     .notice = true,
     .proof_path = TEXT("/access/proof/8"),
     .entry = 8},
    {.when = {2026, 6, 1, 4, 31},
     .sector = SECTOR_LAWENFORCEMENT,
     .role = ROLE_OFFICER,
     .place = TEXT("City Police"),
     .purpose = PURPOSE_ENFORCE,
     .action = ACTION_READ,
     .asked = BIT(IDENTITY) | BIT(CONTACT),
     .opened = BIT(IDENTITY) | BIT(CONTACT),
     .outcome = OUTCOME_FULL,
     .basis = ACCESS_BASIS_ORDER,
     .owed = 1u << ACCESS_OWED_LOG | 1u << ACCESS_OWED_REVIEW | 1u << ACCESS_OWED_MINIMUM |
             1u << ACCESS_OWED_TELL_AFTER_TERM,
     .order = ACCESS_ORDER_LOOK,
     .rule = TEXT("D-01"),
     .proof_path = TEXT("/access/proof/7"),
     .entry = 7},
};

struct access_list sample_looks(void)
{
    return (struct access_list){
        .entry = SAMPLE_LOOKS,
        .count = sizeof SAMPLE_LOOKS / sizeof SAMPLE_LOOKS[0],
        .total = 11,
        .older_path = SLICE("/access?before=1"),
    };
}
