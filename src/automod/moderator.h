// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "automod/channel_memory.h"
#include "automod/classifier.h"
#include "automod/policy.h"
#include "automod/verdict.h"
#include "base/ids.h"
#include "base/time.h"
#include "text/normaliser.h"

namespace clamor::automod {

/// A message that somebody wants to send.
struct Input {
    std::string_view text;                       ///< clean (text::clean_message)
    std::span<const text::CodePoints> emotes{};  ///< where emotes are, ascending
    UserId author{};
    Roles roles = 0;
};

/// A verdict, and what it takes to make it better by asking a larger model.
struct Judgement : Verdict {
    Scores scores;           ///< of the classifier; zeros where it was not asked
    bool ask_model = false;  ///< from kAskModelFrom up, where the levels make a difference
    Categories found = 0;    ///< what words in the text point at, for combine()
};

/// What the larger model said, on the classifier's scale.
struct SecondOpinion {
    std::string_view model;  ///< its name
    std::string_view version;
    Scores scores;  ///< a span of 0-0: the classifier's span stays
};

/// Below, the classifier is surely right.
inline constexpr float kAskModelFrom = 0.2f;

/// The cascade: normalise once, terms, spam rules, classifier. One for each thread, since it owns
/// the scratch memory of a message; it locks nothing, does no I/O, and allocates nothing for a
/// message that is allowed once it has seen a long one.
class AutoMod {
  public:
    /// Without a classifier (null) the levels do nothing.
    AutoMod(const text::Normaliser& normaliser, std::shared_ptr<const Classifier> classifier);
    AutoMod(AutoMod&&) noexcept;
    AutoMod& operator=(AutoMod&&) noexcept;
    ~AutoMod();

    /// From the next message on.
    void use(std::shared_ptr<const Classifier> classifier);

    /// Pure but for `memory`, which remembers the message for the rules that look at several.
    Judgement judge(const Input& input, const Policy& policy, ChannelMemory& memory,
                    const Now& now);

  private:
    struct Scratch;
    void find_terms(const Policy& policy, const text::Normalised& text,
                    const text::Normalised* plain, WallTime now, Judgement& judgement);
    void find_spam_in(const Input& input, const Policy& policy, ChannelMemory& memory, MonoTime now,
                      Judgement& judgement);
    void ask_classifier(const Input& input, const Policy& policy, WallTime now,
                        Judgement& judgement);
    void use_allowances(const Input& input, ChannelMemory& memory, MonoTime now,
                        Judgement& judgement);

    const text::Normaliser* normaliser_;
    std::shared_ptr<const Classifier> classifier_;
    std::unique_ptr<Scratch> scratch_;
};

/// The judgement with the classifier's findings replaced by those of both: the scores are the means
/// of the two in logits. What terms and spam rules found stays.
Verdict combine(const Judgement& fast, const SecondOpinion& answer, const Policy& policy);

}  // namespace clamor::automod
