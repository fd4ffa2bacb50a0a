// SPDX-License-Identifier: Apache-2.0
#include "automod/byte_matcher.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>

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

/// For each state, by number, the state of its longest suffix that is in the tree.
std::vector<std::uint32_t> fallbacks_of(const std::vector<Node>& nodes,
                                        const std::vector<std::uint32_t>& order,
                                        const std::vector<std::uint32_t>& number) {
    std::vector<std::uint32_t> fallbacks(order.size());
    for (std::uint32_t state = 1; state < order.size(); ++state) {
        for (const auto& [byte, child] : nodes[order[state]].children) {
            std::uint32_t suffix = fallbacks[state];
            const auto longer = [&, key = byte] { return nodes[order[suffix]].children.find(key); };
            while (suffix != 0 && longer() == nodes[order[suffix]].children.end())
                suffix = fallbacks[suffix];
            const auto found = longer();
            if (found != nodes[order[suffix]].children.end())
                fallbacks[number[child]] = number[found->second];
        }
    }
    return fallbacks;
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

    // Numbered by depth, so that a fallback is always known before the states that fall back
    // through it; those that come first have a row.
    std::vector<std::uint32_t> order{0};
    std::vector<std::uint32_t> number(nodes.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        number[order[i]] = static_cast<std::uint32_t>(i);
        for (const auto& [byte, child] : nodes[order[i]].children) order.push_back(child);
    }
    const auto fallbacks = fallbacks_of(nodes, order, number);
    states_.resize(nodes.size());
    for (std::uint32_t state = 0; state < order.size(); ++state) {
        const Node& node = nodes[order[state]];
        State& at = states_[state];
        at.keys_begin = static_cast<std::uint32_t>(keys_.size());
        keys_.insert(keys_.end(), node.keys.begin(), node.keys.end());
        at.keys_end = static_cast<std::uint32_t>(keys_.size());
        at.next_hit = states_[fallbacks[state]].first_hit;
        at.first_hit = node.keys.empty() ? at.next_hit : state;
    }

    row_bits_ = static_cast<unsigned>(std::bit_width(classes - 1u));
    const auto rows = std::min(nodes.size(), kRowsBytes / sizeof(table_[0]) >> row_bits_);
    row_states_.resize(rows);
    std::iota(row_states_.begin(), row_states_.end(), 0u);
    const auto with_hits = std::stable_partition(
        row_states_.begin(), row_states_.end(),
        [this](std::uint32_t state) { return states_[state].first_hit == 0; });
    hits_from_ = static_cast<Place>(with_hits - row_states_.begin()) << row_bits_;
    deep_from_ = static_cast<Place>(rows << row_bits_);
    std::vector<Place> places(nodes.size());
    for (std::size_t row = 0; row < rows; ++row)
        places[row_states_[row]] = static_cast<Place>(row << row_bits_);
    for (std::size_t state = rows; state < nodes.size(); ++state)
        places[state] = deep_from_ + static_cast<Place>(state - rows);

    table_.assign(deep_from_, 0);
    edges_.reserve(nodes.size());
    for (std::uint32_t state = 0; state < order.size(); ++state) {
        State& at = states_[state];
        at.fallback = places[fallbacks[state]];
        at.edges_begin = static_cast<std::uint32_t>(edges_.size());
        if (state != 0 && state < rows)
            std::copy_n(table_.begin() + at.fallback, classes, table_.begin() + places[state]);
        for (const auto& [byte, child] : nodes[order[state]].children) {
            const Place target = places[number[child]];
            if (state < rows) {
                table_[places[state] + classes_[byte]] = target;
            } else {
                edges_.push_back({classes_[byte], target});
            }
        }
        at.edges_end = static_cast<std::uint32_t>(edges_.size());
    }
}

std::size_t ByteMatcher::bytes() const {
    return states_.size() * sizeof(State) + edges_.size() * sizeof(Edge) +
           keys_.size() * sizeof(std::uint32_t) + table_.size() * sizeof(Place) +
           row_states_.size() * sizeof(std::uint32_t);
}

}  // namespace clamor::automod
