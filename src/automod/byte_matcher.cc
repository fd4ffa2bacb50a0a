// SPDX-License-Identifier: Apache-2.0
#include "automod/byte_matcher.h"

#include <algorithm>
#include <bit>
#include <map>

namespace clamor::automod {
namespace {

/// The keys as a tree, before its nodes have their final numbers.
struct Node {
    std::map<unsigned char, std::uint32_t> children;
    std::vector<std::uint32_t> keys;
};

std::vector<Node> tree_of(std::span<const std::string> keys) {
    std::vector<Node> nodes(1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].empty()) continue;
        std::uint32_t node = 0;
        for (const char c : keys[i]) {
            const auto fresh = static_cast<std::uint32_t>(nodes.size());
            const auto [child, added] =
                nodes[node].children.try_emplace(static_cast<unsigned char>(c), fresh);
            const std::uint32_t target = child->second;
            if (added) nodes.emplace_back();
            node = target;
        }
        nodes[node].keys.push_back(static_cast<std::uint32_t>(i));
    }
    return nodes;
}

}  // namespace

ByteMatcher::ByteMatcher(std::span<const std::string> keys) {
    const std::vector<Node> nodes = tree_of(keys);
    if (nodes.size() == 1) return;

    Class classes = 1;
    for (const std::string& key : keys) {
        for (const char c : key) {
            Class& of_byte = classes_[static_cast<unsigned char>(c)];
            if (of_byte == 0) of_byte = classes++;
        }
    }

    // Numbered by depth, so that the states with a row come first and a fallback is always known
    // before the states that fall back through it.
    std::vector<std::uint32_t> order{0};
    std::vector<std::uint32_t> number(nodes.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        number[order[i]] = static_cast<std::uint32_t>(i);
        for (const auto& [byte, child] : nodes[order[i]].children) order.push_back(child);
    }
    row_bits_ = static_cast<unsigned>(std::bit_width(classes - 1u));
    rows_ = static_cast<std::uint32_t>(
        std::min(nodes.size(), kRowsBytes / sizeof(table_[0]) >> row_bits_));
    states_.resize(nodes.size());
    edges_.reserve(nodes.size());
    table_.assign(std::size_t{rows_} << row_bits_, 0);

    for (std::uint32_t state = 0; state < order.size(); ++state) {
        const Node& node = nodes[order[state]];
        State& at = states_[state];
        at.keys_begin = static_cast<std::uint32_t>(keys_.size());
        keys_.insert(keys_.end(), node.keys.begin(), node.keys.end());
        at.keys_end = static_cast<std::uint32_t>(keys_.size());
        at.first_hit = node.keys.empty() ? states_[at.fallback].first_hit : state;
        at.edges_begin = static_cast<std::uint32_t>(edges_.size());
        if (state != 0 && state < rows_) {
            for (Class byte = 0; byte < classes; ++byte)
                table_[cell(state, byte)] = table_[cell(at.fallback, byte)];
        }
        for (const auto& [byte, child] : node.children) {
            const std::uint32_t target = number[child];
            states_[target].fallback = state == 0 ? 0 : next(at.fallback, classes_[byte]);
            if (state < rows_) {
                table_[cell(state, classes_[byte])] = target;
            } else {
                edges_.push_back({classes_[byte], target});
            }
        }
        at.edges_end = static_cast<std::uint32_t>(edges_.size());
    }
    const auto mark = [this](std::uint32_t& target) {
        if (states_[target].first_hit != 0) target |= kHit;
    };
    for (std::uint32_t& target : table_) mark(target);
    for (Edge& edge : edges_) mark(edge.target);
}

std::size_t ByteMatcher::bytes() const {
    return states_.size() * sizeof(State) + edges_.size() * sizeof(Edge) +
           keys_.size() * sizeof(std::uint32_t) + table_.size() * sizeof(std::uint32_t);
}

}  // namespace clamor::automod
