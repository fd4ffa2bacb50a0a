// SPDX-License-Identifier: Apache-2.0
#include "app/node_list.h"

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/log.h"

namespace clamor::app {

namespace {
constexpr const char* kLeft = "left";
}

std::string leaving(const std::string& id) {
    return nlohmann::json{{"id", id}, {kLeft, true}}.dump();
}

bool LostNodes::look(const std::optional<std::vector<std::string>>& said) {
    if (!said) return false;
    bool lost = false;
    for (auto& [id, missed] : missed_) ++missed;
    for (const std::string& one : *said) {
        const auto node = nlohmann::json::parse(one, nullptr, false);
        if (!node.is_object()) continue;
        const auto id = node.find("id");
        if (id == node.end() || !id->is_string()) continue;
        if (node.contains(kLeft))
            missed_.erase(id->get<std::string>());
        else
            missed_[id->get<std::string>()] = 0;
    }
    // A Redis that was empty hears of everybody within one round.
    for (auto at = missed_.begin(); at != missed_.end();) {
        if (at->second < limits::kNodeMissed) {
            ++at;
            continue;
        }
        count_.add();
        lost = true;
        log::warn("a node is lost; the facts of all rooms are read again", {{"id", at->first}});
        at = missed_.erase(at);
    }
    return lost;
}

nlohmann::json NodeList::list(const std::string& here, bool tell) const {
    nlohmann::json nodes = nlohmann::json::array();
    const auto add = [&nodes](const std::string& said, const std::string& region) {
        auto node = nlohmann::json::parse(said, nullptr, false);
        if (!node.is_object() || node.contains(kLeft)) return;
        if (!region.empty()) node["region"] = region;
        nodes.push_back(std::move(node));
    };
    add(here, at_.empty() ? std::string() : at_.front().region);
    using Said = std::vector<std::string>;
    std::vector<std::future<Said>> answers;
    for (const NodesAt& one : at_) {
        const auto others = std::make_shared<std::promise<Said>>();
        answers.push_back(others->get_future());
        one.link->report(ChannelId{},
                         tell && &one == &at_.front() ? std::optional(here) : std::nullopt,
                         [others](std::optional<Said> said) {
                             others->set_value(said ? *std::move(said) : Said());
                         });
    }
    const auto until = std::chrono::steady_clock::now() + 2 * limits::kRedisPatience;
    for (std::size_t i = 0; i < at_.size(); ++i) {
        if (answers[i].wait_until(until) != std::future_status::ready) continue;
        for (const std::string& said : answers[i].get()) add(said, at_[i].region);
    }
    return nodes;
}

void NodeList::look(const std::string& here, const std::function<void()>& found) {
    for (std::size_t i = 0; i < at_.size(); ++i) {
        at_[i].link->report(ChannelId{}, i == 0 ? std::optional(here) : std::nullopt,
                            [found, &lost = lost_[i]](const auto& said) {
                                if (lost.look(said)) found();
                            });
    }
}

std::uint64_t NodeList::lost() const {
    std::uint64_t all = 0;
    for (const LostNodes& region : lost_) all += region.count().value();
    return all;
}

}  // namespace clamor::app
