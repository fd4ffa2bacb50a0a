// SPDX-License-Identifier: Apache-2.0
#include "app/node_list.h"

#include <future>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace clamor::app {

std::vector<nlohmann::json> ask_nodes(bus::redis::Link& link, std::optional<std::string> here) {
    using Said = std::vector<std::string>;
    const auto others = std::make_shared<std::promise<Said>>();
    auto answered = others->get_future();
    link.report(ChannelId{}, std::move(here), [others](std::optional<Said> said) {
        others->set_value(said ? *std::move(said) : Said());
    });
    std::vector<nlohmann::json> nodes;
    if (answered.wait_for(2 * limits::kRedisPatience) != std::future_status::ready) return nodes;
    for (const std::string& said : answered.get()) {
        auto node = nlohmann::json::parse(said, nullptr, false);
        if (node.is_object()) nodes.push_back(std::move(node));
    }
    return nodes;
}

}  // namespace clamor::app
