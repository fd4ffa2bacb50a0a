// SPDX-License-Identifier: Apache-2.0
#include "automod/time_travel.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace clamor::automod {
namespace {

bool is_regular(Roles roles, std::size_t messages) {
    constexpr Roles kRegulars =
        role::kSubscriber | role::kVip | role::kRegular | role::kAlwaysExempt;
    return (roles & kRegulars) != 0 || messages >= kRegularMessages;
}

}  // namespace

WouldHave run_over_past(const std::vector<PastMessage>& messages, const Policy& policy,
                        AutoMod& automod) {
    WouldHave report;
    report.messages = messages.size();
    std::unordered_map<UserId, std::size_t> said;
    for (const PastMessage& message : messages) ++said[message.author];

    ChannelMemory memory;
    std::unordered_map<UserId, WouldHave::Author> authors;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        const PastMessage& message = messages[i];
        // The past has wall times only; what counts is how far they are apart.
        const Now now{.mono = MonoTime(message.at.time_since_epoch()), .wall = message.at};
        Judgement judgement = automod.judge(
            {message.text, message.emotes, message.author, message.roles}, policy, memory, now);
        if (judgement.findings.empty()) {
            report.no_longer += message.then != Action::allow ? 1 : 0;
            continue;
        }
        if (judgement.action == Action::allow) {
            ++report.shadowed;
            report.no_longer += message.then != Action::allow ? 1 : 0;
        } else {
            ++(judgement.action == Action::block ? report.blocked : report.held);
        }
        const bool regular = is_regular(message.roles, said[message.author]);
        auto& author = authors[message.author];
        author.user = message.author;
        author.login = message.author_login;
        author.regular = author.regular || regular;
        ++author.hits;
        report.regulars_messages += regular ? 1 : 0;
        if (report.hits.size() < WouldHave::kHitsShown) {
            report.hits.push_back(
                {i, static_cast<Verdict&&>(judgement), regular, message.then == Action::allow});
        }
    }
    report.people = authors.size();
    for (auto& [user, author] : authors) {
        report.regulars += author.regular ? 1 : 0;
        report.authors.push_back(std::move(author));
    }
    std::ranges::sort(report.authors, [](const auto& a, const auto& b) {
        return a.hits != b.hits ? a.hits > b.hits : a.user < b.user;
    });
    if (report.authors.size() > WouldHave::kAuthorsShown)
        report.authors.resize(WouldHave::kAuthorsShown);
    return report;
}

}  // namespace clamor::automod
