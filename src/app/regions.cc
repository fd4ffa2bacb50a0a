// SPDX-License-Identifier: Apache-2.0
#include "app/regions.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/limits.h"

namespace clamor::app {

Result<std::vector<Region>> read_regions(const std::vector<std::string>& lines) {
    const auto wrong = [](const std::string& why) {
        return fail(std::errc::invalid_argument,
                    why +
                        "; it is a list as [\"eu = redis://10.0.0.5:6379\", \"us = "
                        "redis://10.1.0.5:6379\"], the same on all nodes");
    };
    std::vector<Region> regions;
    for (const std::string& line : lines) {
        const auto equals = line.find('=');
        std::string name = line.substr(0, equals);
        while (name.ends_with(' ')) name.pop_back();
        const bool named = !name.empty() && std::ranges::all_of(name, [](char letter) {
            return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') ||
                   letter == '-';
        });
        if (equals == std::string::npos || !named) {
            return wrong(fmt::format(
                "'{}' is not NAME = ADDRESS with a name of small letters, digits and '-'", line));
        }
        const auto first = line.find_first_not_of(' ', equals + 1);
        const auto url = bus::redis::parse_url(
            first == std::string::npos ? std::string_view() : std::string_view(line).substr(first));
        if (!url) return wrong(fmt::format("in '{}', {}", name, url.error().detail));
        for (const Region& other : regions) {
            if (other.name == name) return wrong(fmt::format("'{}' is there twice", name));
            if (other.url.to_string() == url->to_string()) {
                return wrong(fmt::format("'{}' and '{}' are the same Redis ({})", other.name, name,
                                         url->to_string()));
            }
        }
        regions.push_back({.name = std::move(name), .url = *url});
    }
    if (regions.size() > limits::kRegions) {
        return wrong(fmt::format("there are {} regions, and at most {} are possible",
                                 regions.size(), limits::kRegions));
    }
    return regions;
}

}  // namespace clamor::app
