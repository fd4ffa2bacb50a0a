// SPDX-License-Identifier: Apache-2.0
#include "api/helix/call.h"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "api/helix/denials.h"
#include "api/helix/scopes.h"
#include "api/parameters.h"
#include "base/check.h"
#include "base/log.h"
#include "store/checks.h"

namespace clamor::api::helix {

UserId Page::after_user() const {
    std::uint64_t id = 0;
    const auto [end, error] = std::from_chars(after.data(), after.data() + after.size(), id);
    const bool whole = error == std::errc{} && end == after.data() + after.size();
    if (!after.empty() && !whole)
        throw Refusal{400, "The cursor in the after query parameter is not valid"};
    return UserId(id);
}

Call::Call(std::shared_ptr<const Services> given, wire::http::Request asked, Parameters parameters)
    : services(std::move(given)),
      request(std::move(asked)),
      path(std::move(parameters)),
      now(services->now()) {}

const chat::User& Call::user() const {
    CLAMOR_CHECK(caller.user.has_value(), "the endpoint's row asks for a user token");
    return *caller.user;
}

bool Call::granted(std::string_view scopes) const {
    return has_scope(caller.scopes, scopes);
}

chat::User Call::find_user(UserId id, std::string_view name) {
    auto user = take(catalog().find_user(id));
    if (!user) throw Refusal{404, fmt::format("The user specified in {} was not found.", name)};
    return *std::move(user);
}

std::optional<store::Channel> Call::find_channel(UserId id) {
    auto found = take(catalog().find_channel(channel_of(id)));
    if (found || !services->dev) return found;
    const auto user = take(catalog().find_user(id));
    if (!user) return std::nullopt;
    return take(catalog().ensure_channel(user->login));
}

chat::User Call::find_named_user(std::string_view name) {
    const auto login = fields.login(name);
    auto user = take(catalog().find_user(login));
    if (!user) throw Refusal{404, fmt::format("there is no user '{}'", login)};
    return *std::move(user);
}

store::Channel Call::find_channel(UserId id, std::string_view name) {
    auto found = find_channel(id);
    if (!found) throw Refusal{404, fmt::format("The channel specified in {} was not found.", name)};
    return *std::move(found);
}

store::Channel Call::find_named_channel(const std::string& login) {
    auto channel = take(catalog().find_channel(login));
    if (!channel && services->dev) channel = take(catalog().ensure_channel(login));
    if (!channel) throw Refusal{404, fmt::format("there is no channel '{}'", login)};
    return *std::move(channel);
}

std::string Call::login_of_path(std::size_t place) const {
    auto login = parse_login(path.at(place));
    if (!login) throw Refusal{400, login.error()};
    if (const auto fine = store::check_new_login(*login); !fine)
        throw Refusal{400, fine.error().detail};
    return *std::move(login);
}

std::vector<chat::User> Call::find_users(const std::vector<UserId>& ids) {
    if (ids.empty()) return {};
    return take(catalog().find_users(ids, {}));
}

chat::Person Call::person(UserId id) {
    if (!id) return {};
    const auto user = take(catalog().find_user(id));
    if (!user) return {.id = id, .login = id_text(id), .display_name = id_text(id)};
    return {.id = id, .login = user->login, .display_name = user->display_name};
}

bool Call::moderates(const store::Channel& in, const chat::User& user) {
    if (user.id == user_of(in.id) || user.type != chat::AccountType::ordinary) return true;
    return take(catalog().standing(in.id, user.id)).role >= chat::Role::moderator;
}

Page Call::page(std::size_t most, std::size_t normal) const {
    Page page;
    page.first =
        static_cast<std::size_t>(fields.optional_number("first", 1, static_cast<std::int64_t>(most))
                                     .value_or(static_cast<std::int64_t>(normal)));
    if (fields.has("before"))
        throw Refusal{400, "The parameter \"before\" is not supported: page with \"after\""};
    if (!fields.has("after")) return page;
    auto place = decode_cursor(fields.raw("after"));
    if (!place) throw Refusal{400, "The cursor in the after query parameter is not valid"};
    page.after = *std::move(place);
    return page;
}

Reply Call::act(chat::Act act, Then then) {
    std::vector<chat::Act> acts{act};
    return act_all(std::move(acts), {},
                   [act = std::move(act), then = std::move(then)](
                       Call& call, const hub::ActAnswers& answers) -> Reply {
                       if (const auto* denied = std::get_if<chat::Denied>(&answers.at(0)))
                           throw refusal_of(act, *denied);
                       if (!then) return no_content();
                       return then(call, std::get<chat::Done>(answers.at(0)));
                   });
}

Reply Call::act_all(std::vector<chat::Act> acts, std::string batch, ThenAll then) {
    hub::ActRequest asked{.channel = channel.id,
                          .actor = user(),
                          .origin = std::string(origin),
                          .batch = std::move(batch),
                          .acts = std::move(acts)};
    return Later([self = shared_from_this(), asked = std::move(asked),
                  then = std::move(then)](wire::http::Respond respond) {
        const std::size_t count = asked.acts.size();
        self->services->live.act(asked, [self, count, then, respond = std::move(respond)](
                                            hub::ActAnswers answers) mutable {
            self->resume(std::move(respond),
                         [count, then, answers = std::move(answers)](Call& call) -> Reply {
                             CLAMOR_CHECK(answers.size() == count, "one answer for each act");
                             return then(call, answers);
                         });
        });
    });
}

void Call::resume(wire::http::Respond respond, std::function<Reply(Call&)> then) {
    const bool taken =
        services->workers.post([self = shared_from_this(), respond, then = std::move(then)] {
            give_reply(*self, respond, then);
        });
    if (!taken) respond(error_reply(503, "the server is busy; what was asked may have been done"));
}

std::string Call::new_uuid() const {
    return MessageId::at(now.wall, services->random(), services->random()).to_string();
}

void give_reply(Call& call, const wire::http::Respond& respond,
                const std::function<Reply(Call&)>& work) {
    Reply reply;
    try {
        reply = work(call);
    } catch (const Refusal& refusal) {
        reply = error_reply(refusal.status, refusal.message);
    } catch (const std::exception& failure) {
        log::error("a request handler threw",
                   {{"path", call.request.path}, {"error", failure.what()}});
        reply = error_reply(500, "the server made a mistake; its log says which");
    }
    if (auto* later = std::get_if<Later>(&reply)) {
        (*later)(respond);
    } else {
        respond(std::get<wire::http::Response>(std::move(reply)));
    }
}

}  // namespace clamor::api::helix
