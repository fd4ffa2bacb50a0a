// SPDX-License-Identifier: Apache-2.0
#include "api/helix/fields.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/helix/replies.h"
#include "base/limits.h"
#include "text/message.h"
#include "text/rfc3339.h"
#include "text/utf8.h"

namespace clamor::api::helix {

/// Out of the query, or out of the body.
struct Fields::Value {
    const std::string* text = nullptr;  ///< a JSON text or what the query has
    const Json* json = nullptr;
};

namespace {

[[noreturn]] void refuse_missing(std::string_view name) {
    throw Refusal{400, fmt::format("Missing required parameter \"{}\"", name)};
}

[[noreturn]] void refuse_malformed(std::string_view name, std::string_view rule) {
    throw Refusal{400, fmt::format("The parameter \"{}\" was malformed: {}", name, rule)};
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

UserId parse_user_id(std::string_view name, const std::string* text) {
    const auto value = text != nullptr ? whole_number<std::uint64_t>(*text) : std::nullopt;
    if (!value || *value == 0) refuse_malformed(name, "the value must be a user's id, as \"1000\"");
    return UserId(*value);
}

}  // namespace

Fields::Fields() : body_(std::make_shared<const Json>(Json::object())) {}

Fields::Fields(const wire::http::Request& request) : Fields() {
    query_ = request.query;
    if (request.body.empty()) return;
    auto body = std::make_shared<Json>(Json::parse(request.body, nullptr, false));
    if (!body->is_object()) throw Refusal{400, "The request body must be a JSON object"};
    body_ = std::move(body);
}

std::optional<Fields::Value> Fields::find(std::string_view name) const {
    for (const auto& [key, value] : query_) {
        if (key == name && !value.empty()) return Value{.text = &value};
    }
    const auto member = body_->find(std::string(name));
    if (member == body_->end() || member->is_null()) return std::nullopt;
    return Value{.text = member->get_ptr<const std::string*>(), .json = &*member};
}

std::vector<Fields::Value> Fields::find_all(std::string_view name, std::size_t most) const {
    std::vector<Value> values;
    for (const auto& [key, value] : query_) {
        if (key == name && !value.empty()) values.push_back({.text = &value});
    }
    if (const auto member = body_->find(std::string(name));
        values.empty() && member != body_->end() && !member->is_null()) {
        if (!member->is_array()) {
            values.push_back({.text = member->get_ptr<const std::string*>(), .json = &*member});
        } else {
            for (const auto& item : *member)
                values.push_back({.text = item.get_ptr<const std::string*>(), .json = &item});
        }
    }
    if (values.size() > most)
        refuse_malformed(name, fmt::format("at most {} values may be given", most));
    return values;
}

bool Fields::has(std::string_view name) const {
    return find(name).has_value();
}

std::string Fields::raw(std::string_view name) const {
    const auto value = find(name);
    return value && value->text != nullptr ? *value->text : std::string();
}

std::optional<std::string> Fields::optional_text(std::string_view name, Length length) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    if (value->text == nullptr) refuse_malformed(name, "the value must be a text");
    const std::string one_line = text::strip_line_breaks(*value->text);
    std::string text(trimmed(one_line));
    const auto size = text::count_code_points(text);
    if (size == 0 && length.least > 0) refuse_missing(name);
    if (size < length.least || size > length.most) {
        refuse_malformed(
            name, fmt::format("the text must have {} to {} characters", length.least, length.most));
    }
    return text;
}

std::string Fields::text(std::string_view name, Length length) const {
    auto text = optional_text(name, length);
    if (!text) refuse_missing(name);
    return *std::move(text);
}

std::optional<std::int64_t> Fields::optional_number(std::string_view name, std::int64_t least,
                                                    std::int64_t most) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    std::optional<std::int64_t> number;
    if (value->json == nullptr) {
        number = whole_number<std::int64_t>(*value->text);
    } else if (value->json->is_number_unsigned()) {
        // Above the signed range it is out of any other range, too.
        number = static_cast<std::int64_t>(
            std::min<std::uint64_t>(value->json->get<std::uint64_t>(), INT64_MAX));
    } else if (value->json->is_number_integer()) {
        number = value->json->get<std::int64_t>();
    }
    if (!number) refuse_malformed(name, "the value must be a whole number");
    if (*number < least) {
        refuse_malformed(name, fmt::format("the value must be greater than or equal to {}", least));
    }
    if (*number > most)
        refuse_malformed(name, fmt::format("the value must be less than or equal to {}", most));
    return number;
}

std::int64_t Fields::number(std::string_view name, std::int64_t least, std::int64_t most) const {
    const auto number = optional_number(name, least, most);
    if (!number) refuse_missing(name);
    return *number;
}

std::optional<bool> Fields::optional_flag(std::string_view name) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    if (value->json == nullptr) {
        if (*value->text == "true" || *value->text == "1") return true;
        if (*value->text == "false" || *value->text == "0") return false;
    } else if (value->json->is_boolean()) {
        return value->json->get<bool>();
    }
    refuse_malformed(name, "the value must be true or false");
}

bool Fields::flag(std::string_view name) const {
    const auto flag = optional_flag(name);
    if (!flag) refuse_missing(name);
    return *flag;
}

std::optional<std::size_t> Fields::optional_word(std::string_view name, Words allowed) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    auto found = allowed.end();
    if (value->text != nullptr) found = std::find(allowed.begin(), allowed.end(), *value->text);
    if (found == allowed.end()) {
        refuse_malformed(name,
                         fmt::format("the value must be one of {}", fmt::join(allowed, ", ")));
    }
    return static_cast<std::size_t>(found - allowed.begin());
}

std::size_t Fields::word(std::string_view name, Words allowed) const {
    const auto index = optional_word(name, allowed);
    if (!index) refuse_missing(name);
    return *index;
}

std::string Fields::login(std::string_view name) const {
    auto login = text::fold_ascii(text(name, {.least = 1, .most = limits::kLoginBytes}));
    if (!text::is_valid_login(login)) {
        refuse_malformed(name, fmt::format("the value must be 1 to {} letters, digits and "
                                           "underscores",
                                           limits::kLoginBytes));
    }
    return login;
}

std::optional<WallTime> Fields::optional_time(std::string_view name) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    const auto time = value->text != nullptr ? text::parse_rfc3339(*value->text) : std::nullopt;
    if (!time) refuse_malformed(name, "the value must be a time, as \"2024-01-01T00:00:00Z\"");
    return time;
}

std::optional<UserId> Fields::optional_user_id(std::string_view name) const {
    const auto value = find(name);
    if (!value) return std::nullopt;
    return parse_user_id(name, value->text);
}

UserId Fields::user_id(std::string_view name) const {
    const auto id = optional_user_id(name);
    if (!id) refuse_missing(name);
    return *id;
}

std::vector<UserId> Fields::user_ids(std::string_view name, std::size_t most) const {
    std::vector<UserId> ids;
    for (const auto& value : find_all(name, most)) {
        const UserId id = parse_user_id(name, value.text);
        if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    }
    return ids;
}

std::vector<std::string> Fields::texts(std::string_view name, std::size_t most) const {
    std::vector<std::string> texts;
    for (const auto& value : find_all(name, most)) {
        if (value.text == nullptr) refuse_malformed(name, "the value must be a text");
        if (std::find(texts.begin(), texts.end(), *value.text) == texts.end())
            texts.push_back(*value.text);
    }
    return texts;
}

MessageId Fields::message_id(std::string_view name) const {
    const auto value = find(name);
    if (!value) refuse_missing(name);
    const auto id = value->text != nullptr ? MessageId::parse(*value->text) : std::nullopt;
    if (!id) refuse_malformed(name, "the value must be a message's id, a UUID");
    return *id;
}

std::string Fields::document(std::string_view name) const {
    const auto member = body_->find(std::string(name));
    if (member == body_->end() || member->is_null()) return {};
    if (!member->is_object()) refuse_malformed(name, "the value must be a JSON object");
    return member->dump(-1, ' ', false, Json::error_handler_t::replace);
}

Fields Fields::object(std::string_view name) const {
    const auto member = body_->find(std::string(name));
    if (member == body_->end() || member->is_null()) refuse_missing(name);
    if (!member->is_object()) refuse_malformed(name, "the value must be a JSON object");
    Fields fields;
    fields.body_ = std::shared_ptr<const Json>(body_, &*member);
    return fields;
}

std::vector<Fields> Fields::objects(std::string_view name, std::size_t least,
                                    std::size_t most) const {
    const auto member = body_->find(std::string(name));
    if (member == body_->end() || member->is_null()) refuse_missing(name);
    if (!member->is_array() || member->size() < least || member->size() > most) {
        refuse_malformed(name,
                         fmt::format("the value must be a list of {} to {} objects", least, most));
    }
    std::vector<Fields> list;
    for (const auto& item : *member) {
        if (!item.is_object()) refuse_malformed(name, "the value must be a list of objects");
        list.emplace_back().body_ = std::shared_ptr<const Json>(body_, &item);
    }
    return list;
}

}  // namespace clamor::api::helix
