// SPDX-License-Identifier: Apache-2.0
#include "hub/directory.h"

#include <utility>

#include "base/log.h"
#include "chat/anonymous.h"

namespace clamor::hub {

void Directory::find(const std::string& login, Answer answer) {
    if (const auto known = known_.find(login); known != known_.end()) {
        answer(Outcome::found, known->second);
        return;
    }
    auto& waiting = waiting_[login];
    waiting.push_back(std::move(answer));
    if (waiting.size() == 1) ask(login);
}

void Directory::ask(const std::string& login) {
    const bool queued = workers_.post([this, login, home = scheduler_.shard()] {
        Outcome outcome = Outcome::unknown;
        ChannelId id;
        const auto take = [&](const store::Channel& channel) {
            outcome = Outcome::found;
            id = channel.id;
        };
        const auto fail = [&](const Error& error) {
            log::warn("channel lookup failed", {{"channel", login}, {"error", error.to_string()}});
            outcome = Outcome::busy;
        };
        const auto found = catalog_.find_channel(login);
        if (!found) {
            fail(found.error());
        } else if (*found) {
            take(**found);
        } else if (create_ && !chat::is_anonymous_login(login)) {
            const auto made = catalog_.ensure_channel(login);
            made ? take(*made) : fail(made.error());
        }
        scheduler_.post_to(home, Priority::control,
                           [this, login, outcome, id] { answered(login, outcome, id); });
    });
    if (!queued) answered(login, Outcome::busy, {});
}

void Directory::answered(const std::string& login, Outcome outcome, ChannelId channel) {
    if (outcome == Outcome::found) known_[login] = channel;
    const auto node = waiting_.extract(login);
    if (node.empty()) return;
    for (const Answer& answer : node.mapped()) answer(outcome, channel);
}

}  // namespace clamor::hub
