// SPDX-License-Identifier: Apache-2.0
// What an inference server answers, and rules for its labels and its URL. Whatever is taken is a
// probability for each text.
#include <cmath>
#include <string>
#include <string_view>

#include "automod/model_labels.h"
#include "automod/model_wire.h"
#include "base/check.h"

namespace {

using namespace clamor::automod;

void check_answers(std::string_view body, const ModelLabels& labels, ScoreKind kind) {
    for (const std::size_t count : {1, 2, 8}) {
        const auto scores = parse_answers(body, count, labels, kind);
        if (!scores) {
            CLAMOR_CHECK(!scores.error().detail.empty(), "a refusal says why");
            CLAMOR_CHECK(scores.error().detail.size() < 1000, "a refusal is short");
            continue;
        }
        CLAMOR_CHECK(scores->size() == count, "each text has scores");
        for (const auto& one : *scores) {
            CLAMOR_CHECK(one.toxicity >= 0 && one.toxicity <= 1, "toxicity is a probability");
            for (const float score : one.categories)
                CLAMOR_CHECK(score >= 0 && score <= 1, "a category's score is a probability");
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static const auto toxic_bert = *ModelLabels::parse({});
    static const auto other = *ModelLabels::parse(std::vector<std::string>{"a=race", "*=nothing"});
    check_answers(text, toxic_bert, ScoreKind::probabilities);
    check_answers(text, other, ScoreKind::logits);
    (void)ModelLabels::parse(std::vector<std::string>{std::string(text)});
    if (const auto address = parse_model_url(text))
        CLAMOR_CHECK(address->predict_url.ends_with("/predict"), "that is what is asked");
    const auto identity = parse_info(text);
    CLAMOR_CHECK(!identity.name.empty() && !identity.version.empty(), "it is called something");
    (void)encode_questions(std::vector<std::string>{std::string(text)}, ScoreKind::logits);
    return 0;
}
