// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>

#include <nlohmann/json.hpp>

#include "eventsub/parts.h"
#include "text/message.h"

namespace clamor::eventsub {
namespace {

/// Reads the parameters of a line.
class Parameters {
  public:
    Parameters(const chat::UserNotice& notice, const Names& names)
        : notice_(notice), names_(names) {}

    std::string text(std::string_view name) const {
        const auto found = std::ranges::find(notice_.parameters, name,
                                             &std::pair<std::string, std::string>::first);
        return found == notice_.parameters.end() ? std::string() : found->second;
    }
    bool is_true(std::string_view name) const {
        const std::string value = text(name);
        return value == "true" || value == "1";
    }
    std::optional<std::int64_t> number_if_any(std::string_view name) const {
        const std::string value = text(name);
        std::int64_t number = 0;
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
        return number;
    }
    std::int64_t number(std::string_view name, std::int64_t otherwise = 0) const {
        return number_if_any(name).value_or(otherwise);
    }
    Json number_or_null(std::string_view name) const {
        const auto value = number_if_any(name);
        return value ? Json(*value) : Json(nullptr);
    }
    /// Prime counts as the first tier.
    std::string tier() const {
        const std::string plan = text("sub-plan");
        return plan == "2000" || plan == "3000" ? plan : "1000";
    }
    bool prime() const { return text("sub-plan") == "Prime"; }

    /// Somebody by id, login and name; where the line has no id, by what is known of the login.
    chat::Person person(std::string_view id, std::string_view login, std::string_view name) const {
        chat::Person person{UserId(static_cast<std::uint64_t>(id.empty() ? 0 : number(id))),
                            text(login), text(name)};
        if (!person.id) {
            const auto* known = names_.find(text::fold_ascii(person.login));
            if (known != nullptr) person = *known;
        }
        return person;
    }

  private:
    const chat::UserNotice& notice_;
    const Names& names_;
};

Json resub_json(const Parameters& of) {
    const bool gift = of.is_true("was-gifted");
    const bool anonymous = of.is_true("anon-gift");
    Json out{{"cumulative_months", of.number("cumulative-months")},
             {"duration_months", std::max<std::int64_t>(1, of.number("multimonth-duration"))},
             {"streak_months", of.number_or_null("streak-months")},
             {"sub_tier", of.tier()},
             {"is_prime", of.prime()},
             {"is_gift", gift},
             {"gifter_is_anonymous", gift ? Json(anonymous) : Json(nullptr)}};
    add_person(out, "gifter_",
               gift && !anonymous ? of.person("gifter-id", "gifter-login", "gifter-name")
                                  : chat::Person{});
    return out;
}

Json sub_gift_json(const Parameters& of) {
    Json out{{"duration_months", std::max<std::int64_t>(1, of.number("gift-months"))},
             {"cumulative_total", of.number_or_null("sender-count")}};
    add_person(out, "recipient_",
               of.person("recipient-id", "recipient-user-name", "recipient-display-name"));
    out["sub_tier"] = of.tier();
    out["community_gift_id"] = text_or_null(of.text("community-gift-id"));
    return out;
}

Json pay_it_forward_json(const Parameters& of, bool to_community) {
    const bool anonymous = of.is_true("prior-gifter-anonymous");
    Json out{{"gifter_is_anonymous", anonymous}};
    add_person(out, "gifter_",
               anonymous ? chat::Person{}
                         : of.person("prior-gifter-id", "prior-gifter-user-name",
                                     "prior-gifter-display-name"));
    add_person(out, "recipient_",
               to_community
                   ? chat::Person{}
                   : of.person("recipient-id", "recipient-user-name", "recipient-display-name"));
    return out;
}

/// `notice_type` and the object of that name.
struct Kind {
    std::string_view type;
    Json object;
};

std::optional<Kind> kind_of(const chat::UserNotice& notice, const Names& names) {
    const Parameters of(notice, names);
    const std::string_view kind = notice.kind;
    if (kind == "sub") {
        return Kind{
            "sub",
            {{"sub_tier", of.tier()},
             {"is_prime", of.prime()},
             {"duration_months", std::max<std::int64_t>(1, of.number("multimonth-duration"))}}};
    }
    if (kind == "resub") return Kind{"resub", resub_json(of)};
    if (kind == "subgift" || kind == "anonsubgift") return Kind{"sub_gift", sub_gift_json(of)};
    if (kind == "submysterygift" || kind == "anonsubmysterygift") {
        return Kind{"community_sub_gift",
                    {{"id", of.text("community-gift-id")},
                     {"total", of.number("mass-gift-count")},
                     {"sub_tier", of.tier()},
                     {"cumulative_total", of.number_or_null("sender-count")}}};
    }
    if (kind == "giftpaidupgrade" || kind == "anongiftpaidupgrade") {
        const bool anonymous = kind == "anongiftpaidupgrade";
        Json object{{"gifter_is_anonymous", anonymous}};
        add_person(object, "gifter_",
                   anonymous ? chat::Person{} : of.person({}, "sender-login", "sender-name"));
        return Kind{"gift_paid_upgrade", std::move(object)};
    }
    if (kind == "primepaidupgrade") return Kind{"prime_paid_upgrade", {{"sub_tier", of.tier()}}};
    if (kind == "standardpayforward") return Kind{"pay_it_forward", pay_it_forward_json(of, false)};
    if (kind == "communitypayforward") return Kind{"pay_it_forward", pay_it_forward_json(of, true)};
    if (kind == "raid") {
        const auto& author = notice.message;
        Json object{{"user_id", std::to_string(author.author_id.value)},
                    {"user_name", author.author_display_name},
                    {"user_login", author.author_login},
                    {"viewer_count", of.number("viewerCount")},
                    {"profile_image_url", of.text("profileImageURL")}};
        return Kind{"raid", std::move(object)};
    }
    if (kind == "unraid") return Kind{"unraid", Json::object()};
    if (kind == "announcement") {
        const std::string color = of.text("color");
        return Kind{"announcement",
                    {{"color", color.empty() ? "primary" : text::fold_ascii(color)}}};
    }
    if (kind == "bitsbadgetier") return Kind{"bits_badge_tier", {{"tier", of.number("threshold")}}};
    if (kind == "charitydonation") {
        return Kind{"charity_donation",
                    {{"charity_name", of.text("charity-name")},
                     {"amount",
                      {{"value", of.number("donation-amount")},
                       {"decimal_place", of.number("exponent")},
                       {"currency", of.text("donation-currency")}}}}};
    }
    if (kind == "viewermilestone" && of.text("category") == "watch-streak") {
        return Kind{"watch_streak",
                    {{"streak_count", of.number("value")},
                     {"channel_points_awarded", of.number("copoReward")}}};
    }
    if (kind == "modiversary") return Kind{"modiversary", {{"months", of.number("months")}}};
    return std::nullopt;
}

constexpr auto kKindKeys = std::to_array<const char*>({"sub",
                                                       "resub",
                                                       "sub_gift",
                                                       "community_sub_gift",
                                                       "gift_paid_upgrade",
                                                       "prime_paid_upgrade",
                                                       "pay_it_forward",
                                                       "raid",
                                                       "unraid",
                                                       "announcement",
                                                       "bits_badge_tier",
                                                       "charity_donation",
                                                       "watch_streak",
                                                       "modiversary",
                                                       "shared_chat_sub",
                                                       "shared_chat_resub",
                                                       "shared_chat_sub_gift",
                                                       "shared_chat_community_sub_gift",
                                                       "shared_chat_gift_paid_upgrade",
                                                       "shared_chat_prime_paid_upgrade",
                                                       "shared_chat_pay_it_forward",
                                                       "shared_chat_raid",
                                                       "shared_chat_announcement",
                                                       "shared_chat_modiversary"});

}  // namespace

std::optional<Json> notification_payload(const chat::UserNotice& notice, const Source& source) {
    auto kind = kind_of(notice, source.names);
    if (!kind) return std::nullopt;
    const chat::Message& message = notice.message;
    const chat::Source* const said_in = other_source(message, source.event.channel);
    const std::string type = (said_in != nullptr ? "shared_chat_" : "") + std::string(kind->type);
    Json out;
    add_person(out, "broadcaster_", source.broadcaster);
    add_source_broadcaster(out, said_in);
    add_person(out, "chatter_",
               notice.anonymous ? chat::Person{}
                                : chat::Person{message.author_id, message.author_login,
                                               message.author_display_name});
    out["chatter_is_anonymous"] = notice.anonymous;
    out["color"] = message.author_color;
    out["badges"] = badges_json(message.badges, message.badge_info);
    out["system_message"] = notice.system_text;
    out["message_id"] = message.id.to_string();
    out["source_message_id"] = source_message_id(said_in);
    out["source_badges"] = source_badges(said_in);
    out["is_source_only"] = is_source_only(message);
    out["message"] = message_json(message, source.names);
    out["notice_type"] = type;
    for (const char* key : kKindKeys)
        out[key] = key == type ? std::move(kind->object) : Json(nullptr);
    return out;
}

std::optional<Json> arrived_raid_payload(const chat::UserNotice& notice, const Source& source) {
    if (notice.kind != "raid") return std::nullopt;
    const chat::Message& raider = notice.message;
    Json out;
    add_person(out, "from_broadcaster_",
               {raider.author_id, raider.author_login, raider.author_display_name});
    add_person(out, "to_broadcaster_", source.broadcaster);
    out["viewers"] = Parameters(notice, source.names).number("viewerCount");
    return out;
}

}  // namespace clamor::eventsub
