// SPDX-License-Identifier: Apache-2.0
#include "automod/term_list.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <set>
#include <utility>

#include "base/limits.h"
#include "text/utf8.h"

namespace clamor::automod {
namespace {

/// What editors of one system write in front of a text.
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// `2026-12-31T23:59:59Z`; parts of seconds are dropped.
std::string time_text(WallTime time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch());
    const auto days = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date{std::chrono::sys_days(days)};
    const std::chrono::hh_mm_ss clock(seconds - days);
    char text[64];
    std::snprintf(text, sizeof(text), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                  static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text;
}

std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t count) {
    unsigned value = 0;
    if (at + count > text.size()) return std::nullopt;
    const char* end = text.data() + at + count;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::optional<WallTime> parse_time(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
        text[13] != ':' || text[16] != ':' || text.back() != 'Z') {
        return std::nullopt;
    }
    for (std::size_t i = 19; i + 1 < text.size(); ++i) {
        if (i == 19 ? text[i] != '.' : text[i] < '0' || text[i] > '9') return std::nullopt;
    }
    const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2),
               second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day));
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                    std::chrono::minutes(*minute) + std::chrono::seconds(*second));
}

class Reader {
  public:
    void refuse(std::size_t line, std::string why) {
        // A file that is no list at all would fill the memory with complaints.
        if (list_.refused.size() < limits::kTermsMax)
            list_.refused.push_back({line, std::move(why)});
    }

    void add(std::size_t line, Term term) {
        if (term.text.empty()) return refuse(line, "the term is empty");
        if (!text::is_valid_utf8(term.text)) return refuse(line, "the term is not valid UTF-8");
        if (list_.terms.size() >= limits::kTermsMax) {
            return refuse(line,
                          "there are more than " + std::to_string(limits::kTermsMax) + " terms");
        }
        if (!seen_.emplace(term.permitted, term.text).second) return;
        list_.terms.push_back(std::move(term));
    }

    TermList take() { return std::move(list_); }

  private:
    TermList list_;
    std::set<std::pair<bool, std::string>> seen_;
};

/// An error says which word is not known.
std::optional<std::string> apply_word(std::string_view word, Term& term) {
    if (word == "permitted") {
        term.permitted = true;
    } else if (word == "private") {
        term.is_private = true;
    } else if (word == "shadow") {
        term.shadow = true;
    } else if (word == "hold") {
        term.action = Action::hold;
    } else if (word == "block") {
        term.action = Action::block;
    } else if (word.starts_with("until=")) {
        term.expires_at = parse_time(word.substr(6));
        if (!term.expires_at)
            return "'" + std::string(word) + "' is no time like 2026-12-31T00:00:00Z";
    } else {
        return "'" + std::string(word) +
               "' is none of permitted, private, shadow, hold, block, until=TIME";
    }
    return std::nullopt;
}

bool is_remark(std::string_view line) {
    return line.starts_with("# ") || line == "#";
}

std::string_view trim(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \r") + 1 - begin);
}

bool too_large(std::string_view text, Reader& reader) {
    if (text.size() <= kTermListBytes) return false;
    reader.refuse(1, "the list is larger than " + std::to_string(kTermListBytes / 1024) + " KiB");
    return true;
}

}  // namespace

std::string write_text(const std::vector<Term>& terms) {
    std::string out;
    // A reader takes one mark off the beginning: the file's, not the first term's.
    if (!terms.empty() && terms.front().text.starts_with(kByteOrderMark)) out += kByteOrderMark;
    for (const Term& term : terms) {
        std::string text = term.text;
        std::ranges::replace(text, '\t', ' ');
        out += text;
        std::string words;
        if (term.permitted) words += " permitted";
        if (term.is_private) words += " private";
        if (term.shadow) words += " shadow";
        if (term.action == Action::hold) words += " hold";
        if (term.expires_at) words += " until=" + time_text(*term.expires_at);
        // A term that looks like a remark has its tab in any case.
        if (!words.empty() || is_remark(text)) words.replace(0, words.empty() ? 0 : 1, "\t");
        out += words + '\n';
    }
    return out;
}

TermList read_text(std::string_view text) {
    Reader reader;
    if (too_large(text, reader)) return reader.take();
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t tab = line.find('\t');
        Term term;
        term.text = trim(line.substr(0, tab));
        if (tab == std::string_view::npos && (term.text.empty() || is_remark(term.text))) continue;
        std::string_view words = tab == std::string_view::npos ? "" : line.substr(tab + 1);
        std::optional<std::string> error;
        while (!error && !(words = trim(words)).empty()) {
            const std::string_view word = words.substr(0, words.find_first_of(" \t"));
            words.remove_prefix(std::min(words.size(), word.size() + 1));
            if (!word.empty()) error = apply_word(word, term);
        }
        if (error) {
            reader.refuse(number, std::move(*error));
        } else {
            reader.add(number, std::move(term));
        }
    }
    return reader.take();
}

}  // namespace clamor::automod
