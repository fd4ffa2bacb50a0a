// SPDX-License-Identifier: Apache-2.0
#include "eventsub/parts.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "eventsub/subscription.h"
#include "text/message.h"
#include "text/utf8.h"

namespace clamor::eventsub {
namespace {

constexpr std::string_view kActionStart =
    "\x01"
    "ACTION ";

/// The cheermotes that every channel of Twitch has.
constexpr auto kCheermotes = std::to_array<std::string_view>(
    {"4head",     "anon",       "bday",          "biblethump", "bitboss",     "bleedpurple",
     "charity",   "cheer",      "cheerwhal",     "corgo",      "dansgame",    "doodlecheer",
     "elegiggle", "failfish",   "frankerz",      "goal",       "heyguys",     "holidaycheer",
     "kappa",     "kreygasm",   "mrdestructoid", "muxy",       "notlikethis", "party",
     "pjsalt",    "pride",      "ripcheer",      "scoops",     "seemsgood",   "shamrock",
     "showlove",  "streamlabs", "swiftrage",     "trihard",    "uni",         "vohiyo"});
static_assert(std::ranges::is_sorted(kCheermotes));

constexpr bool is_login_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// What follows the `@` at the start of a word and can be a login; empty: nothing.
std::string_view login_after_at(std::string_view word) {
    if (!word.starts_with('@')) return {};
    std::size_t size = 1;
    while (size < word.size() && is_login_character(word[size])) ++size;
    return word.substr(1, std::min<std::size_t>(size - 1, 26));
}

/// Calls `visit(offset, word)` for each run of characters that are not blanks.
template <class Visit>
void for_each_word(std::string_view text, Visit visit) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t start = text.find_first_not_of(' ', at);
        if (start == std::string_view::npos) return;
        const std::size_t end = std::min(text.find(' ', start), text.size());
        visit(start, text.substr(start, end - start));
        at = end;
    }
}

/// Cuts a text into fragments; plain text between them is gathered.
class Fragments {
  public:
    Fragments(const chat::Message& message, const Names& names)
        : message_(message), names_(names) {}

    Json take(std::string_view text, std::size_t inner_start) {
        text_ = text;
        std::size_t at = inner_start;
        for (const auto& emote : message_.emotes) {
            const std::size_t first =
                inner_start + text::byte_offset(text.substr(inner_start), emote.first);
            const std::size_t last =
                inner_start + text::byte_offset(text.substr(inner_start), emote.last + 1);
            // Occurrences are in order; one that is not would tear the text apart.
            if (emote.last < emote.first || first < at || last <= first) continue;
            add_words(at, first);
            end_plain(first);
            add(last, "emote").at("emote") = {{"id", emote.emote_id},
                                              {"emote_set_id", "0"},
                                              {"owner_id", "0"},
                                              {"format", Json::array({"static"})}};
            at = last;
        }
        add_words(at, text.size());
        end_plain(text.size());
        return std::move(list_);
    }

  private:
    void add_words(std::size_t from, std::size_t to) {
        for_each_word(text_.substr(from, to - from),
                      [&](std::size_t offset, std::string_view word) {
                          const std::size_t start = from + offset;
                          // In the middle of a word no mention starts.
                          if (start > 0 && offset == 0 && text_[start - 1] != ' ') return;
                          if (add_mention(start, word)) return;
                          if (message_.bits == 0) return;
                          if (const auto cheermote = parse_cheermote(word)) {
                              end_plain(start);
                              add(start + word.size(), "cheermote").at("cheermote") = {
                                  {"prefix", cheermote->prefix},
                                  {"bits", cheermote->bits},
                                  {"tier", cheermote->tier}};
                          }
                      });
    }

    bool add_mention(std::size_t start, std::string_view word) {
        chat::Person person;
        std::size_t size = 0;
        // A display name need not be a login: the prefix of a reply is known without looking it up.
        if (const auto& reply = message_.reply; reply && word.size() > 1 && word.front() == '@' &&
                                                word.substr(1) == reply->parent_display_name) {
            person = {reply->parent_user_id, reply->parent_login, reply->parent_display_name};
            size = word.size();
        } else {
            const std::string_view login = login_after_at(word);
            if (login.empty()) return false;
            const chat::Person* found = names_.find(text::fold_ascii(login));
            if (found == nullptr) return false;
            person = *found;
            size = login.size() + 1;
        }
        end_plain(start);
        Json& mention = add(start + size, "mention").at("mention");
        mention = Json::object();
        add_person(mention, "", person);
        return true;
    }

    void end_plain(std::size_t end) {
        if (end > done_) add(end, "text");
    }

    Json& add(std::size_t end, std::string_view type) {
        list_.push_back({{"type", type},
                         {"text", text_.substr(done_, end - done_)},
                         {"cheermote", nullptr},
                         {"emote", nullptr},
                         {"mention", nullptr}});
        done_ = end;
        return list_.back();
    }

    const chat::Message& message_;
    const Names& names_;
    std::string_view text_;
    std::size_t done_ = 0;  ///< so much of the text is in fragments
    Json list_ = Json::array();
};

}  // namespace

void add_person(Json& out, std::string_view prefix, const chat::Person& person) {
    const std::string start(prefix);
    if (!person.id) {
        for (const char* name : {"user_id", "user_login", "user_name"}) out[start + name] = nullptr;
        return;
    }
    out[start + "user_id"] = std::to_string(person.id.value);
    out[start + "user_login"] = person.login;
    out[start + "user_name"] = person.display_name.empty() ? person.login : person.display_name;
}

Json badges_json(const std::vector<chat::Badge>& badges, const std::vector<chat::Badge>& info) {
    auto list = Json::array();
    for (const auto& badge : badges) {
        const auto found = std::ranges::find(info, badge.name, &chat::Badge::name);
        list.push_back({{"set_id", badge.name},
                        {"id", badge.version},
                        {"info", found == info.end() ? std::string() : found->version}});
    }
    return list;
}

const chat::Source* other_source(const chat::Message& message, ChannelId shown_in) {
    return chat::is_copy(message, shown_in) ? &*message.source : nullptr;
}

void add_source_broadcaster(Json& out, const chat::Source* source) {
    add_person(out, "source_broadcaster_",
               source != nullptr ? source->broadcaster : chat::Person{});
}

Json source_message_id(const chat::Source* source) {
    return source != nullptr ? Json(source->message.to_string()) : Json(nullptr);
}

Json source_badges(const chat::Source* source) {
    return source != nullptr ? badges_json(source->badges, source->badge_info) : Json(nullptr);
}

Json is_source_only(const chat::Message& message) {
    return message.source ? Json(message.source_only) : Json(nullptr);
}

std::string spoken_text(const chat::Message& message) {
    if (!message.action) return message.text;
    return std::string(kActionStart) + message.text + '\x01';
}

Json message_json(const chat::Message& message, const Names& names) {
    const std::string text = message.text.empty() ? std::string() : spoken_text(message);
    const std::size_t inner = message.action && !text.empty() ? kActionStart.size() : 0;
    Json fragments = Fragments(message, names).take(text, inner);
    return {{"text", text}, {"fragments", std::move(fragments)}};
}

std::optional<Cheermote> parse_cheermote(std::string_view word) {
    const std::size_t digits = word.find_last_not_of("0123456789") + 1;
    if (digits == 0 || digits == word.size() || word.size() - digits > 7) return std::nullopt;
    Cheermote cheermote{.prefix = text::fold_ascii(word.substr(0, digits))};
    if (!std::ranges::binary_search(kCheermotes, cheermote.prefix)) return std::nullopt;
    std::from_chars(word.data() + digits, word.data() + word.size(), cheermote.bits);
    if (cheermote.bits == 0) return std::nullopt;
    for (const std::uint32_t step : {1000u, 5000u, 10'000u, 100'000u})
        cheermote.tier += cheermote.bits >= step ? 1 : 0;
    return cheermote;
}

std::string dump(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view low_trust_status(chat::Suspicion suspicion) {
    switch (suspicion) {
        case chat::Suspicion::monitored:
            return "active_monitoring";
        case chat::Suspicion::restricted:
            return "restricted";
        case chat::Suspicion::none:
            break;
    }
    return "none";
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

Json time_or_null(const std::optional<WallTime>& time) {
    return time && *time != chat::kForever ? Json(rfc3339(*time)) : Json(nullptr);
}

std::vector<std::string> mentioned_logins(const chat::Event& event) {
    const chat::Message* const message = chat::said_in(event);
    std::vector<std::string> logins;
    if (message == nullptr) return logins;
    for_each_word(message->text, [&](std::size_t, std::string_view word) {
        std::string login = text::fold_ascii(login_after_at(word));
        if (text::is_valid_login(login) && std::ranges::find(logins, login) == logins.end())
            logins.push_back(std::move(login));
    });
    return logins;
}

}  // namespace clamor::eventsub
