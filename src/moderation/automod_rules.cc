// SPDX-License-Identifier: Apache-2.0
#include "moderation/automod_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "automod/calibration.h"
#include "automod/names.h"
#include "base/limits.h"

namespace clamor::moderation {
namespace {

using Json = nlohmann::ordered_json;
using nlohmann::json;

struct RoleName {
    automod::Roles role;
    std::string_view name;
};
constexpr std::array kRoles{RoleName{automod::role::kSubscriber, "subscriber"},
                            RoleName{automod::role::kVip, "vip"},
                            RoleName{automod::role::kVerifiedBot, "verified_bot"},
                            RoleName{automod::role::kRegular, "regular"}};

/// What is wrong with a document; does not leave this file.
struct Wrong : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One object of the document: whoever reads a member says so, what nobody reads is refused.
class Object {
  public:
    Object(const json& value, std::string path) : value_(value), path_(std::move(path)) {
        if (!value.is_object()) throw Wrong(fmt::format("\"{}\" must be an object", path_));
    }
    void check_all_read() const {
        for (const auto& [name, value] : value_.items()) {
            if (!read_.contains(name)) throw Wrong(fmt::format("\"{}\" is not known", at(name)));
        }
    }
    const json* find(std::string_view name) {
        read_.emplace(name);
        const auto found = value_.find(std::string(name));
        return found == value_.end() || found->is_null() ? nullptr : &*found;
    }
    std::string at(std::string_view name) const {
        return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
    }

    void flag(std::string_view name, bool& field) {
        const json* value = find(name);
        if (value == nullptr) return;
        if (!value->is_boolean())
            throw Wrong(fmt::format("\"{}\" must be true or false", at(name)));
        field = value->get<bool>();
    }
    void number(std::string_view name, float& field, float least, float most) {
        const json* value = find(name);
        if (value == nullptr) return;
        const double given = value->is_number() ? value->get<double>() : std::nan("");
        if (!(given >= least && given <= most))
            throw Wrong(
                fmt::format("\"{}\" must be a number from {} to {}", at(name), least, most));
        field = static_cast<float>(given);
    }
    template <class T>
    void whole(std::string_view name, T& field, std::int64_t least, std::int64_t most) {
        const json* value = find(name);
        if (value == nullptr) return;
        const bool fits = value->is_number_integer() &&
                          (!value->is_number_unsigned() ||
                           value->get<std::uint64_t>() <= static_cast<std::uint64_t>(most)) &&
                          value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most;
        if (!fits) {
            throw Wrong(
                fmt::format("\"{}\" must be a whole number from {} to {}", at(name), least, most));
        }
        field = T(value->get<std::int64_t>());
    }
    void action(std::string_view name, automod::Action& field) {
        const json* value = find(name);
        if (value == nullptr) return;
        if (*value == "hold") {
            field = automod::Action::hold;
        } else if (*value == "block") {
            field = automod::Action::block;
        } else {
            throw Wrong(fmt::format("\"{}\" must be \"hold\" or \"block\"", at(name)));
        }
    }
    void roles(std::string_view name, automod::Roles& field) {
        const json* value = find(name);
        if (value == nullptr) return;
        const auto wrong = [&] {
            return Wrong(
                fmt::format("\"{}\" must be a list of \"subscriber\", \"vip\", "
                            "\"verified_bot\" and \"regular\"",
                            at(name)));
        };
        if (!value->is_array()) throw wrong();
        field = 0;
        for (const json& element : *value) {
            const auto* role = std::ranges::find_if(
                kRoles, [&](const RoleName& one) { return element == std::string(one.name); });
            if (role == kRoles.end()) throw wrong();
            field = static_cast<automod::Roles>(field | role->role);
        }
    }

  private:
    const json& value_;
    const std::string path_;
    std::set<std::string, std::less<>> read_;
};

Json roles_json(automod::Roles roles) {
    Json list = Json::array();
    for (const RoleName& role : kRoles) {
        if ((roles & role.role) != 0) list.push_back(role.name);
    }
    return list;
}

/// As people would write it: 0.7, not what a float makes of it.
double tidy(float value) {
    return std::round(static_cast<double>(value) * 1e6) / 1e6;
}

void read_spam(const json& value, automod::SpamSettings& spam) {
    Object rules(value, "spam");
    for (std::size_t i = 0; i < automod::kSpamRules; ++i) {
        const auto name = automod::name_of(static_cast<automod::SpamRule>(i));
        const json* rule = rules.find(name);
        if (rule == nullptr) continue;
        Object object(*rule, rules.at(name));
        automod::SpamSetting& setting = spam[i];
        object.flag("on", setting.on);
        object.flag("shadow", setting.shadow);
        object.action("action", setting.action);
        object.roles("exempt", setting.exempt);
        object.number("limit", setting.limit, 0, 10'000);
        object.whole("least", setting.least, 0, 10'000);
        object.whole("window_s", setting.window, 0, 3600);
        object.check_all_read();
    }
    rules.check_all_read();
}

void read_lists(const json& value, std::array<automod::ListSetting, automod::kLists>& lists) {
    Object object(value, "lists");
    for (std::size_t i = 0; i < automod::kLists; ++i) {
        const auto name = automod::name_of(static_cast<automod::List>(i));
        const json* list = object.find(name);
        if (list == nullptr) continue;
        Object setting(*list, object.at(name));
        setting.flag("on", lists[i].on);
        setting.flag("shadow", lists[i].shadow);
        setting.action("action", lists[i].action);
        setting.check_all_read();
    }
    object.check_all_read();
}

void read_links(const json& value, std::vector<std::string>& links) {
    const bool fits =
        value.is_array() && value.size() <= limits::kAllowedLinksMax &&
        std::ranges::all_of(value, [](const json& one) {
            return one.is_string() && !one.get_ref<const std::string&>().empty() &&
                   one.get_ref<const std::string&>().size() <= limits::kAllowedLinkBytes;
        });
    if (!fits) {
        throw Wrong(fmt::format("\"allowed_links\" must be a list of at most {} hosts",
                                limits::kAllowedLinksMax));
    }
    links = value.get<std::vector<std::string>>();
}

void read_raid(const json& value, RaidSettings& raid) {
    Object object(value, "raid");
    automod::RaidOptions& options = raid.options;
    object.flag("on", raid.on);
    object.flag("shadow", raid.shadow);
    object.whole("window_s", options.window, 5, 600);
    object.whole("joins", options.joins, 3,
                 static_cast<std::int64_t>(automod::RaidBreaker::kJoins));
    object.number("times", options.times, 1, 100);
    object.whole("young_h", options.young, 0, 24 * 365);
    object.number("young_share", options.young_share, 0.1f, 1);
    object.whole("alike_names", options.alike_names, 2, 1000);
    object.whole("alike_messages", options.alike_messages, 2, 250);
    object.whole("signs", options.signs, 1, automod::kRaidSigns);
    object.whole("countdown_s", options.countdown, 10, limits::kRaidBreakerMax.count());
    object.whole("rest_s", options.rest, 0, 86400);
    // What is done; the least of each: it is left alone.
    const auto measure = [&](std::string_view name, std::optional<std::int64_t>& field,
                             std::int64_t alone, std::int64_t most) {
        std::int64_t wanted = field.value_or(alone);
        object.whole(name, wanted, alone, most);
        field = wanted == alone ? std::nullopt : std::optional(wanted);
    };
    measure("followers_minutes", options.followers_only, -1, limits::kFollowersMinutesMax);
    measure("slow_s", options.slow_mode, 0, limits::kSlowSecondsMax);
    measure("unique_chat", options.unique_chat, 0, 1);
    measure("automod_level", options.automod_level, 0, 4);
    object.check_all_read();
}

AutoModRules read(const json& document) {
    AutoModRules rules;
    automod::Settings& settings = rules.settings;
    Object object(document, "");
    object.roles("exempt", settings.exempt);
    object.flag("classifier_shadow", settings.classifier_shadow);
    object.flag("model", rules.ask_model);
    if (const json* spam = object.find("spam")) read_spam(*spam, settings.spam);
    if (const json* links = object.find("allowed_links"))
        read_links(*links, settings.allowed_links);
    if (const json* lists = object.find("lists")) read_lists(*lists, settings.lists);
    if (const json* calibration = object.find("calibration")) {
        Object layer(*calibration, "calibration");
        layer.number("slope", settings.calibration.slope, automod::kSlopeMin, automod::kSlopeMax);
        layer.number("offset", settings.calibration.offset, -automod::kOffsetMax,
                     automod::kOffsetMax);
        layer.check_all_read();
    }
    if (const json* raid = object.find("raid")) read_raid(*raid, rules.raid);
    object.check_all_read();
    return rules;
}

Result<json> as_object(std::string_view text) {
    if (text.size() > limits::kRulesBytes)
        return fail(std::errc::invalid_argument, "the rules are too long");
    json value = text.empty() ? json::object() : json::parse(text, nullptr, false);
    if (!value.is_object())
        return fail(std::errc::invalid_argument, "the rules must be a JSON object");
    return value;
}

}  // namespace

Result<AutoModRules> parse_rules(std::string_view document) {
    auto value = as_object(document);
    if (!value) return tl::unexpected(value.error());
    try {
        return read(*value);
    } catch (const std::exception& wrong) {
        return fail(std::errc::invalid_argument, wrong.what());
    }
}

Json rules_json(const AutoModRules& rules) {
    const automod::Settings& settings = rules.settings;
    Json out{{"exempt", roles_json(settings.exempt)},
             {"classifier_shadow", settings.classifier_shadow},
             {"model", rules.ask_model}};
    Json& spam = out["spam"] = Json::object();
    for (std::size_t i = 0; i < automod::kSpamRules; ++i) {
        const auto name = automod::name_of(static_cast<automod::SpamRule>(i));
        const automod::SpamSetting& rule = settings.spam[i];
        spam[std::string(name)] = {{"on", rule.on},
                                   {"shadow", rule.shadow},
                                   {"action", automod::name_of(rule.action)},
                                   {"exempt", roles_json(rule.exempt)},
                                   {"limit", tidy(rule.limit)},
                                   {"least", rule.least},
                                   {"window_s", rule.window.count()}};
    }
    out["allowed_links"] = settings.allowed_links;
    Json& lists = out["lists"] = Json::object();
    for (std::size_t i = 0; i < automod::kLists; ++i) {
        const auto name = automod::name_of(static_cast<automod::List>(i));
        lists[std::string(name)] = {{"on", settings.lists[i].on},
                                    {"shadow", settings.lists[i].shadow},
                                    {"action", automod::name_of(settings.lists[i].action)}};
    }
    out["calibration"] = {{"slope", tidy(settings.calibration.slope)},
                          {"offset", tidy(settings.calibration.offset)}};
    const automod::RaidOptions& raid = rules.raid.options;
    out["raid"] = {{"on", rules.raid.on},
                   {"shadow", rules.raid.shadow},
                   {"window_s", raid.window.count()},
                   {"joins", raid.joins},
                   {"times", tidy(raid.times)},
                   {"young_h", raid.young.count()},
                   {"young_share", tidy(raid.young_share)},
                   {"alike_names", raid.alike_names},
                   {"alike_messages", raid.alike_messages},
                   {"signs", raid.signs},
                   {"countdown_s", raid.countdown.count()},
                   {"rest_s", raid.rest.count()},
                   {"followers_minutes", raid.followers_only.value_or(-1)},
                   {"slow_s", raid.slow_mode.value_or(0)},
                   {"unique_chat", raid.unique_chat.value_or(0)},
                   {"automod_level", raid.automod_level.value_or(0)}};
    return out;
}

Result<std::string> patch_rules(std::string_view document, std::string_view patch) {
    auto value = as_object(document);
    if (!value) return tl::unexpected(value.error());
    const auto changes = as_object(patch);
    if (!changes) return tl::unexpected(changes.error());
    value->merge_patch(*changes);
    if (value->empty()) return std::string();
    std::string merged = value->dump(-1, ' ', false, json::error_handler_t::replace);
    if (const auto fine = parse_rules(merged); !fine) return tl::unexpected(fine.error());
    return merged;
}

automod::Levels levels_of(const store::AutoModSettings& settings) {
    return {.overall = settings.overall_level, .categories = settings.categories};
}

chat::AutoModLevels told_levels(const store::AutoModSettings& settings) {
    return {.overall = settings.overall_level, .categories = settings.categories};
}

}  // namespace clamor::moderation
