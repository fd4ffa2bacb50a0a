// SPDX-License-Identifier: Apache-2.0
#include "automod/links.h"

#include <algorithm>
#include <array>

#include "automod/embedded_lists.h"
#include "automod/plain_text.h"
#include "text/message.h"

namespace clamor::automod {
namespace {

/// Top-level domains that are English words. People forget the blank behind a full stop more often
/// than they write such a name alone: it takes a path, a port or `www.` to be a link.
constexpr std::array<std::string_view, 28> kWords{
    "am", "and", "as", "at",  "be", "boo", "by",  "can", "do",  "foo", "go", "got", "here", "how",
    "in", "is",  "it", "llc", "me", "my",  "new", "no",  "now", "pm",  "so", "to",  "us",   "you"};
/// What is looked for when the dot is written as a word: `example dot com`.
constexpr std::array<std::string_view, 14> kSpelledOut{"com",  "net",  "org", "gg",   "tv",
                                                       "ru",   "io",   "xyz", "info", "biz",
                                                       "link", "site", "top", "club"};

const std::unordered_set<std::string_view>& top_level_domains() {
    static const auto domains = [] {
        std::unordered_set<std::string_view> all;
        for_each_line(embedded_top_level_domains(),
                      [&](std::string_view line) { all.insert(line); });
        return all;
    }();
    return domains;
}

bool is_host_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || is_word_character(byte) || c == '-' || c == '.' || c == '_';
}

/// Behind a scheme any name with a dot will do. An empty result: there is none.
std::string_view without_scheme(std::string_view word) {
    const std::size_t at = word.find("://");
    if (at == std::string_view::npos || at < 2) return {};
    const std::string_view scheme = word.substr(0, at);
    const std::size_t begin = scheme.find_last_not_of("abcdefghijklmnopqrstuvwxyz") + 1;
    return at - begin >= 2 ? word.substr(at + 3) : std::string_view{};
}

std::string_view last_label(std::string_view host) {
    return host.substr(host.rfind('.') + 1);
}

bool has_empty_label(std::string_view host) {
    return host.empty() || host.front() == '.' || host.back() == '.' ||
           host.find("..") != std::string_view::npos;
}

bool is_dot_word(std::string_view word) {
    if (word.size() > 5) return false;
    const char c = word.front();
    if (c != 'd' && c != '(' && c != '[' && c != '.') return false;
    return word == "dot" || word == "(dot)" || word == "[dot]" || word == "." || word == "(.)" ||
           word == "[.]";
}

}  // namespace

LinkFinder::LinkFinder(std::vector<std::string> allowed)
    : allowed_(std::move(allowed)), top_level_(top_level_domains()) {}

std::optional<std::string_view> LinkFinder::host_of(std::string_view word) const {
    std::string_view rest = without_scheme(word);
    const bool schemed = !rest.empty();
    if (!schemed) {
        rest = word;
        const auto begin = std::ranges::find_if(rest, is_host_byte);
        rest.remove_prefix(static_cast<std::size_t>(begin - rest.begin()));
    }
    if (const std::size_t user = rest.substr(0, rest.find('/')).rfind('@');
        user != std::string_view::npos) {
        rest.remove_prefix(user + 1);
    }
    const auto host_end = std::ranges::find_if_not(rest, is_host_byte);
    std::string_view host = rest.substr(0, static_cast<std::size_t>(host_end - rest.begin()));
    const std::string_view behind = rest.substr(host.size());
    while (host.ends_with('.')) host.remove_suffix(1);
    if (host.find('.') == std::string_view::npos || has_empty_label(host)) return std::nullopt;
    if (schemed || host.starts_with("www.")) return host;
    if (!is_top_level(last_label(host))) return std::nullopt;
    const bool goes_on = behind.size() > 1 && (behind.front() == '/' || behind.front() == ':');
    if (!goes_on && std::ranges::find(kWords, last_label(host)) != kWords.end())
        return std::nullopt;
    return host;
}

bool LinkFinder::allowed(std::string_view host) const {
    return std::ranges::any_of(allowed_, [&](const std::string& domain) {
        return host.ends_with(domain) &&
               (host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.');
    });
}

void LinkFinder::find(const text::Normalised& plain, std::vector<text::CodePoints>& out) const {
    const auto& words = plain.words;
    const bool has_dot = plain.text.find('.') != std::string::npos;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = plain.of(words[i]);
        if (has_dot && word.find('.') != std::string_view::npos) {
            if (const auto host = host_of(word)) {
                if (!allowed(*host)) out.push_back(words[i].origin);
                continue;
            }
        }
        // `example dot com`, `example .com`
        if (i == 0) continue;
        std::string_view label;
        std::size_t first = i - 1;
        if (i >= 2 && is_dot_word(plain.of(words[i - 1]))) {
            label = word;
            first = i - 2;
        } else if (word.size() > 1 && word.front() == '.') {
            label = word.substr(1);
        }
        label = label.substr(0, label.find_first_of("/:?"));
        if (std::ranges::find(kSpelledOut, label) != kSpelledOut.end())
            out.push_back({words[first].origin.first, words[i].origin.last});
    }
}

std::optional<std::string> clean_domain(std::string_view text) {
    std::string domain = text::fold_ascii(text);
    std::string_view rest = domain;
    if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos)
        rest.remove_prefix(scheme + 3);
    rest = rest.substr(0, rest.find_first_of("/:?#"));
    if (rest.starts_with("*.")) rest.remove_prefix(2);
    if (rest.starts_with("www.")) rest.remove_prefix(4);
    if (rest.size() > 253 || rest.find('.') == std::string_view::npos || has_empty_label(rest) ||
        !std::ranges::all_of(rest, is_host_byte)) {
        return std::nullopt;
    }
    return std::string(rest);
}

}  // namespace clamor::automod
