// SPDX-License-Identifier: Apache-2.0
#include "automod/moderator.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "automod/default_lists.h"
#include "automod/names.h"
#include "automod/plain_text.h"
#include "automod/spam.h"
#include "automod/term_set.h"
#include "base/limits.h"

namespace clamor::automod {
namespace {

bool inside(const text::CodePoints& inner, const text::CodePoints& outer) {
    return inner.first >= outer.first && inner.last <= outer.last;
}

bool overlap(const text::CodePoints& a, const text::CodePoints& b) {
    return a.first <= b.last && b.first <= a.last;
}

/// What is not in shadow decides.
void settle(Verdict& verdict) {
    verdict.action = Action::allow;
    for (const Finding& finding : verdict.findings) {
        if (!finding.shadow) verdict.action = std::max(verdict.action, finding.action);
    }
}

Finding finding_of(Source source, const LevelTable::Ruling& ruling, float score,
                   text::CodePoints span) {
    return {.source = source,
            .action = ruling.action,
            .category = ruling.category,
            .level = ruling.level,
            .rule = {},
            .version = {},
            .score = score,
            .threshold = ruling.threshold,
            .spans = {span}};
}

/// The findings that the scores are under the channel's levels, hostility first.
void rule_on(const Scores& scores, Source source, std::string_view rule, std::string_view version,
             Categories found, const Policy& policy, std::vector<Finding>& findings) {
    const auto add = [&](const LevelTable::Ruling& ruling, float score) {
        Finding& finding = findings.emplace_back(finding_of(source, ruling, score, scores.span));
        finding.rule = rule;
        finding.version = version;
        finding.shadow = policy.settings.classifier_shadow;
    };
    if (const auto hostile = policy.levels.of_hostility(scores.hostility, found))
        add(*hostile, scores.hostility);
    if (const auto profane = policy.levels.of_profanity(scores.profanity, found))
        add(*profane, scores.profanity);
}

bool of_classifier(const Finding& finding) {
    return finding.source == Source::classifier || finding.source == Source::model;
}

float mean_in_logits(float a, float b) {
    const auto logit = [](float p) {
        const double bounded = std::clamp(static_cast<double>(p), 1e-6, 1 - 1e-6);
        return std::log(bounded / (1 - bounded));
    };
    return static_cast<float>(1 / (1 + std::exp(-(logit(a) + logit(b)) / 2)));
}

}  // namespace

/// Memory for one message, kept from one to the next.
struct AutoMod::Scratch {
    text::Normalised normalised;
    text::Normalised plain;
    text::Normalised again;  ///< the text without what is permitted
    TermSet::Scratch terms;
    std::vector<TermHit> hits;
    bool left_out = false;  ///< more was found than is told
    std::vector<text::CodePoints> permitted;
    std::vector<text::CodePoints> skip;
    std::vector<text::CodePoints> links;
    std::vector<SpamHit> spam;
};

namespace {

/// Ascending and apart, as Normaliser wants them.
void merge_spans(std::vector<text::CodePoints>& spans) {
    std::ranges::sort(spans);
    std::size_t kept = 0;
    for (const auto& span : spans) {
        if (kept > 0 && span.first <= spans[kept - 1].last + 1) {
            spans[kept - 1].last = std::max(spans[kept - 1].last, span.last);
        } else {
            spans[kept++] = span;
        }
    }
    spans.resize(kept);
}

/// The places where something permitted is, without those that lie inside another one: at most as
/// many as the message has characters.
class Permitted final : public TermHits {
  public:
    explicit Permitted(std::vector<text::CodePoints>& spans) : spans_(spans) {}

    Next on_hit(const TermHit& hit) override {
        if (covers(hit.span)) return Next::more;
        std::erase_if(spans_, [&](const auto& span) { return inside(span, hit.span); });
        spans_.insert(std::ranges::lower_bound(spans_, hit.span), hit.span);
        return Next::more;
    }
    bool covers(const text::CodePoints& span) const {
        // Both ends ascend, since none lies inside another.
        const auto behind =
            std::ranges::upper_bound(spans_, span.first, {}, &text::CodePoints::first);
        return behind != spans_.begin() && std::prev(behind)->last >= span.last;
    }

  private:
    std::vector<text::CodePoints>& spans_;
};

/// How much a term has to say; 0: nothing.
int weight_of(const Term& term) {
    if (term.shadow) return 1;
    return term.action == Action::block ? 3 : 2;
}
int weight_of(const ListSetting& list) {
    if (!list.on) return 0;
    if (list.shadow) return 1;
    return list.action == Action::block ? 3 : 2;
}
constexpr int kHeaviest = 3;

/// Keeps limits::kTermHitsMax places to tell of. Whatever is left out, one of the heaviest that
/// there are is kept, so that it decides.
template <class Weight>
class Blocked final : public TermHits {
  public:
    Blocked(const Permitted& permitted, const Weight& weight, std::vector<TermHit>& hits)
        : permitted_(permitted), weight_(weight), hits_(hits) {}

    Next on_hit(const TermHit& hit) override {
        const int weight = weight_(hit.term);
        if (weight == 0) return Next::next_term;
        if (permitted_.covers(hit.span)) return Next::more;
        const bool full = hits_.size() == limits::kTermHitsMax;
        if (!full) {
            if (std::ranges::find(hits_, hit) == hits_.end()) hits_.push_back(hit);
        } else {
            left_out_ = true;
            if (weight > heaviest_) hits_.back() = hit;
        }
        heaviest_ = std::max(heaviest_, weight);
        if (!full) return Next::more;
        return heaviest_ == kHeaviest ? Next::stop : Next::next_term;
    }
    bool left_out() const { return left_out_; }

  private:
    const Permitted& permitted_;
    const Weight& weight_;
    std::vector<TermHit>& hits_;
    int heaviest_ = 0;
    bool left_out_ = false;
};

/// Makes findings of the hits, one for each term.
template <class Describe>
void gather(std::vector<TermHit>& hits, std::vector<Finding>& findings, const Describe& describe) {
    std::ranges::sort(hits);
    for (std::size_t i = 0; i < hits.size();) {
        const std::uint32_t term = hits[i].term;
        Finding& finding = findings.emplace_back();
        finding.source = Source::blocked_term;
        finding.score = 1;
        for (; i < hits.size() && hits[i].term == term; ++i) {
            // The plain and the normalised text may show one place with slightly other edges.
            const text::CodePoints& span = hits[i].span;
            const bool again = !finding.spans.empty() && span.first <= finding.spans.back().last;
            if (again || finding.spans.size() == limits::kFindingSpansMax) {
                finding.spans.back().last = std::max(finding.spans.back().last, span.last);
            } else {
                finding.spans.push_back(span);
            }
        }
        describe(term, finding);
    }
}

/// The categories that the words of a text point at.
class PointedAt final : public TermHits {
  public:
    PointedAt(const DefaultLists& lists, const text::CodePoints& heaviest)
        : lists_(lists), heaviest_(heaviest) {}

    Next on_hit(const TermHit& hit) override {
        const auto& category = lists_.sorts[hit.term].category;
        if (!category) return Next::next_term;
        // A sexual word in a text that swears for another reason does not make it a sexual text.
        if (category == Category::sex_terms && !overlap(hit.span, heaviest_)) return Next::more;
        found = static_cast<Categories>(found | bit(*category));
        return Next::next_term;
    }
    Categories found = 0;

  private:
    const DefaultLists& lists_;
    const text::CodePoints heaviest_;
};

}  // namespace

AutoMod::AutoMod(const text::Normaliser& normaliser, std::shared_ptr<const Classifier> classifier)
    : normaliser_(&normaliser),
      classifier_(std::move(classifier)),
      scratch_(std::make_unique<Scratch>()) {}
AutoMod::AutoMod(AutoMod&&) noexcept = default;
AutoMod& AutoMod::operator=(AutoMod&&) noexcept = default;
AutoMod::~AutoMod() = default;

void AutoMod::use(std::shared_ptr<const Classifier> classifier) {
    classifier_ = std::move(classifier);
}

Judgement AutoMod::judge(const Input& input, const Policy& policy, ChannelMemory& memory,
                         const Now& now) {
    Judgement judgement;
    const Settings& settings = policy.settings;
    if ((input.roles & (role::kAlwaysExempt | settings.exempt)) != 0) return judgement;
    const bool classify = classifier_ != nullptr && policy.levels.any();
    if (!policy.needs_plain && !policy.spam && !classify) return judgement;

    Scratch& scratch = *scratch_;
    normaliser_->normalise(input.text, input.emotes, scratch.normalised);
    const text::Normalised& text = scratch.normalised;
    const text::Normalised* plain = nullptr;
    if (policy.needs_plain) {
        fold_plain(input.text, input.emotes, scratch.plain);
        if (scratch.plain.text != text.text) plain = &scratch.plain;
    }

    find_terms(policy, text, plain, now.wall, judgement);
    if (policy.spam) find_spam_in(input, policy, memory, now.mono, judgement);
    if (classify && !text.text.empty()) ask_classifier(input, policy, now.wall, judgement);
    if (memory.allows_anything() && !judgement.findings.empty())
        use_allowances(input, memory, now.mono, judgement);
    settle(judgement);
    // A block by a term stands whatever a model says.
    judgement.ask_model =
        judgement.ask_model && std::ranges::none_of(judgement.findings, [](const Finding& finding) {
            return finding.action == Action::block && !finding.shadow && !of_classifier(finding);
        });
    return judgement;
}

void AutoMod::find_terms(const Policy& policy, const text::Normalised& text,
                         const text::Normalised* plain, WallTime now, Judgement& judgement) {
    Scratch& scratch = *scratch_;
    const std::vector<Term>& terms = policy.settings.terms;
    scratch.permitted.clear();
    scratch.left_out = false;
    Permitted permitted(scratch.permitted);
    policy.terms->find(TermSet::Kind::permitted, text, plain, now, scratch.terms, permitted);
    const auto find = [&](const TermSet& set, const auto& weight, const auto& describe) {
        scratch.hits.clear();
        Blocked blocked(permitted, weight, scratch.hits);
        set.find(TermSet::Kind::blocked, text, plain, now, scratch.terms, blocked);
        scratch.left_out = scratch.left_out || blocked.left_out();
        if (!scratch.hits.empty()) gather(scratch.hits, judgement.findings, describe);
    };
    find(
        *policy.terms, [&](std::uint32_t index) { return weight_of(terms[index]); },
        [&](std::uint32_t index, Finding& finding) {
            const Term& term = terms[index];
            if (term.text.size() >= 2 && term.text.front() == '/' && term.text.back() == '/')
                finding.source = Source::pattern;
            finding.action = term.action;
            finding.shadow = term.shadow;
            finding.rule = term.id;
            finding.version = policy.version;
            finding.private_rule = term.is_private;
        });
    if (!policy.lists_act) return;
    const auto list_of = [&](std::uint32_t index) -> const ListSetting& {
        return policy.settings.lists[static_cast<std::size_t>(policy.lists->sorts[index].list)];
    };
    find(
        policy.lists->terms, [&](std::uint32_t index) { return weight_of(list_of(index)); },
        [&](std::uint32_t index, Finding& finding) {
            const auto& sort = policy.lists->sorts[index];
            finding.action = list_of(index).action;
            finding.shadow = list_of(index).shadow;
            finding.category = sort.category.value_or(Category::swearing);
            finding.rule = "list:";
            finding.rule += name_of(sort.list);
            finding.version = policy.version;
        });
}

void AutoMod::find_spam_in(const Input& input, const Policy& policy, ChannelMemory& memory,
                           MonoTime now, Judgement& judgement) {
    Scratch& scratch = *scratch_;
    scratch.spam.clear();
    find_spam(
        {input.text, input.emotes, scratch.normalised, scratch.plain, input.author, input.roles},
        policy.settings.spam, *policy.links, memory, now, scratch.links, scratch.spam);
    for (const SpamHit& hit : scratch.spam) {
        const SpamSetting& setting = policy.settings.spam[static_cast<std::size_t>(hit.rule)];
        const std::string_view name = name_of(hit.rule);
        if (!judgement.findings.empty() && judgement.findings.back().source == Source::spam &&
            judgement.findings.back().rule == name) {
            auto& spans = judgement.findings.back().spans;
            if (spans.size() < limits::kFindingSpansMax) {
                spans.push_back(hit.span);
            } else {
                spans.back().last = std::max(spans.back().last, hit.span.last);
            }
            continue;
        }
        judgement.findings.push_back({.source = Source::spam,
                                      .action = setting.action,
                                      .shadow = setting.shadow,
                                      .rule = std::string(name),
                                      .version = policy.version,
                                      .score = hit.measured,
                                      .threshold = setting.limit,
                                      .spans = {hit.span}});
    }
}

void AutoMod::ask_classifier(const Input& input, const Policy& policy, WallTime now,
                             Judgement& judgement) {
    Scratch& scratch = *scratch_;
    const text::Normalised* text = &scratch.normalised;
    judgement.scores = classifier_->score(*text);
    const auto matters = [&] {
        const Scores& scores = judgement.scores;
        return std::max({scores.toxicity, scores.hostility, scores.profanity}) >=
               std::min(kAskModelFrom, policy.levels.lowest_threshold());
    };
    if (!matters()) return;
    if (!scratch.permitted.empty()) {
        // What is permitted does not count: the rest is read without it.
        scratch.skip.assign(input.emotes.begin(), input.emotes.end());
        scratch.skip.insert(scratch.skip.end(), scratch.permitted.begin(), scratch.permitted.end());
        merge_spans(scratch.skip);
        normaliser_->normalise(input.text, scratch.skip, scratch.again);
        text = &scratch.again;
        judgement.scores = text->text.empty() ? Scores{} : classifier_->score(*text);
        if (!matters()) return;
    }
    PointedAt pointed(*policy.lists, judgement.scores.span);
    policy.lists->terms.find(TermSet::Kind::blocked, *text, nullptr, now, scratch.terms, pointed);
    judgement.found = static_cast<Categories>(judgement.found | pointed.found);
    rule_on(judgement.scores, Source::classifier, "classifier", classifier_->version(),
            judgement.found, policy, judgement.findings);
    // A model is given the whole text and would find what is permitted.
    judgement.ask_model = judgement.scores.toxicity >= kAskModelFrom && scratch.permitted.empty();
}

void AutoMod::use_allowances(const Input& input, ChannelMemory& memory, MonoTime now,
                             Judgement& judgement) {
    const text::Normalised& text = scratch_->normalised;
    if (std::ranges::all_of(judgement.findings, &Finding::shadow)) return;
    // What is not told may lie outside the phrase.
    if (scratch_->left_out) return;
    const bool allowed = memory.use_allowed(input.author, now, [&](const std::string& phrase) {
        const std::size_t at = text.text.find(phrase);
        if (at == std::string::npos) return false;
        const auto span = span_of(text, at, at + phrase.size());
        return std::ranges::all_of(judgement.findings, [&](const Finding& finding) {
            return finding.shadow || std::ranges::all_of(finding.spans, [&](const auto& part) {
                       return inside(part, span);
                   });
        });
    });
    if (!allowed) return;
    std::erase_if(judgement.findings, [](const Finding& finding) { return !finding.shadow; });
    judgement.ask_model = false;
}

Verdict combine(const Judgement& fast, const SecondOpinion& answer, const Policy& policy) {
    Verdict verdict{fast.action, fast.findings};
    std::erase_if(verdict.findings, of_classifier);
    Scores scores;
    scores.toxicity = mean_in_logits(fast.scores.toxicity, answer.scores.toxicity);
    scores.hostility = mean_in_logits(fast.scores.hostility, answer.scores.hostility);
    scores.profanity = mean_in_logits(fast.scores.profanity, answer.scores.profanity);
    scores.span = answer.scores.span == text::CodePoints{} ? fast.scores.span : answer.scores.span;
    rule_on(scores, Source::model, answer.model, answer.version, fast.found, policy,
            verdict.findings);
    settle(verdict);
    return verdict;
}

}  // namespace clamor::automod
