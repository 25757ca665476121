/* SPDX-License-Identifier: Apache-2.0 */
#include "care_words.h"
#include "check.h"
#include "shell.h"

static const struct {
    const char *word;
    enum message_id label;
} WORDS_OF_PAGE[] = {
    {"verdict.now", MESSAGE_VERDICT_NOW},
    {"verdict.clinician", MESSAGE_VERDICT_CLINICIAN},
    {"verdict.soon", MESSAGE_VERDICT_SOON},
    {"verdict.due", MESSAGE_VERDICT_DUE},
    {"verdict.ask", MESSAGE_VERDICT_ASK},
    {"refuse.no", MESSAGE_ANSWER_REFUSE_NO},
    {"refuse.ask", MESSAGE_ANSWER_REFUSE_ASK},
    {"problem.age", MESSAGE_CARE_AGE_PROBLEM},
    {"problem.number", MESSAGE_CHECK_NUMBER_PROBLEM},
    {"problem.rules", MESSAGE_CHECK_FAILED},
    {"prove.busy", MESSAGE_PROVE_BUSY},
    {"prove.agrees", MESSAGE_PROVE_AGREES},
    {"prove.differs", MESSAGE_PROVE_DIFFERS},
    {"hash.same", MESSAGE_PROVE_HASH_SAME},
    {"hash.differs", MESSAGE_PROVE_HASH_DIFFERS},
    {"proof.proved", MESSAGE_PROVE_PROVED},
    {"proof.refuted", MESSAGE_PROVE_REFUTED},
    {"proof.reported", MESSAGE_PROVE_REPORTED},
    {"record.same", MESSAGE_PROVE_SAME},
    {"record.other", MESSAGE_PROVE_OTHER},
};

static void write_word(struct html *html, const char *list, const char *word, enum message_id label)
{
    bool drawn = message_pictogram(label) != PICTOGRAM_NONE;

    html_markup(html, MARKUP("<p data-word=\""));
    html_string(html, list);
    html_string(html, word);
    if (drawn)
        message_template(html, "\">~<span>$</span></p>\n", label);
    else
        message_template(html, "\">$</p>\n", label);
}

static void write_words(struct html *html)
{
    html_markup(html, MARKUP("<template id=\"words\">\n"));
    for (size_t i = 0; i < sizeof WORDS_OF_PAGE / sizeof WORDS_OF_PAGE[0]; i++)
        write_word(html, "", WORDS_OF_PAGE[i].word, WORDS_OF_PAGE[i].label);
    for (int l = 0; l < CARE_LIST_COUNT; l++)
        for (unsigned w = 0; w < care_word_table[l].count; w++)
            write_word(html, care_word_table[l].prefix, care_word_table[l].word[w].word,
                       care_word_table[l].word[w].label);
    html_markup(html, MARKUP("<p data-word=\"paper.other\">"));
    message_write_with(html, MESSAGE_PAPER_OTHER, message_slot("word"));
    html_markup(html, MARKUP("</p>\n<p data-word=\"helper.other\"><bdi data-say=\"word\"></bdi></p>\n</template>\n"));
}

/* The answer as the page of the ordinary form shows it, with places instead of words. */
static void write_answer(struct html *html, const struct page *page)
{
    message_template(html,
                     "<template id=\"answer-shape\">\n<section class=\"card column\">\n"
                     "<h2 class=\"verdict\" data-say=\"verdict\" tabindex=\"-1\"></h2>\n<dl>\n"
                     "<div><dt>$</dt><dd data-say=\"refuse\"></dd></div>\n"
                     "<div><dt>$</dt><dd data-say=\"charge\"></dd></div>\n"
                     "<div><dt>$</dt><dd data-say=\"access\"></dd></div>\n"
                     "<div><dt>$</dt><dd data-say=\"paper\"></dd></div>\n"
                     "<div><dt>$</dt><dd data-say=\"helper\"></dd></div>\n</dl>\n",
                     MESSAGE_ANSWER_REFUSE, MESSAGE_ANSWER_COST, MESSAGE_ANSWER_COVERED, MESSAGE_ANSWER_PAPER,
                     MESSAGE_ANSWER_HELP);
    shell_contact(html, &page->site->care_help);
    message_template(html,
                     "</section>\n<p class=\"notice\">~<span>$</span></p>\n<section class=\"rule\">\n<dl>\n"
                     "<div><dt>$</dt><dd>",
                     MESSAGE_CHECK_SENT, MESSAGE_ANSWER_RULE);
    message_write_with(html, MESSAGE_ANSWER_RULE_ROW, message_slot("row"), message_slot("pack"));
    message_template(html,
                     "</dd></div>\n<div><dt>$</dt><dd><bdi data-say=\"citation\"></bdi></dd></div>\n</dl>\n"
                     "<p class=\"small\" data-when=\"draft\">$</p>\n</section>\n</template>\n",
                     MESSAGE_ANSWER_CITATION, MESSAGE_ANSWER_DRAFT);
}

/* What a property says is written by the prover, in English. */
static void write_proof(struct html *html)
{
    message_template(html,
                     "<template id=\"proof-shape\">\n<section class=\"card proof\">\n"
                     "<h3><bdi data-say=\"pack\"></bdi> <bdi data-say=\"version\"></bdi></h3>\n"
                     "<p>$ <code data-say=\"sha256\" dir=\"ltr\"></code></p>\n<p data-say=\"hash\"></p>\n"
                     "<ol data-say=\"properties\"></ol>\n</section>\n</template>\n"
                     "<template id=\"property-shape\">\n<li>\n<p lang=\"en\" dir=\"ltr\"><b data-say=\"sentence\"></b> "
                     "<span class=\"small\" data-say=\"name\"></span></p>\n"
                     "<p class=\"said\" data-say=\"verdict\"></p>\n<p class=\"small\">",
                     MESSAGE_PROVE_HASH);
    message_write_with(html, MESSAGE_PROVE_CASES, message_slot("cases"));
    message_template(html,
                     "</p>\n<div data-when=\"counterexample\"><p>$</p>\n"
                     "<p lang=\"en\" dir=\"ltr\" data-say=\"counterexample\"></p></div>\n"
                     "<p class=\"small\" data-say=\"record\"></p>\n</li>\n</template>\n",
                     MESSAGE_PROVE_COUNTEREXAMPLE);
}

void check_write_templates(struct html *html, const struct page *page)
{
    write_words(html);
    write_answer(html, page);
    write_proof(html);
}
