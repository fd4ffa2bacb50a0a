// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/helix/fields.h"
#include "api/helix/rate_limiter.h"
#include "api/helix/replies.h"
#include "api/router.h"
#include "api/services.h"
#include "auth/checker.h"
#include "base/time.h"
#include "chat/act.h"
#include "chat/people.h"
#include "hub/gateway.h"
#include "store/catalog.h"
#include "wire/http/service.h"

namespace clamor::api::helix {

using auth::Caller;

/// The part of a list that is asked for.
struct Page {
    std::size_t first = 20;
    std::string after;  ///< the place of the last item of the page before; empty: from the start
    UserId after_user() const;
};

/// One request on its way through an endpoint, made and checked by the frame. Lives until it is
/// answered; one thread at a time.
class Call : public std::enable_shared_from_this<Call> {
  public:
    Call(std::shared_ptr<const Services> services, wire::http::Request request, Parameters path);

    store::Catalog& catalog() const { return services->catalog; }
    /// The token's user, where the endpoint wants a user token.
    const chat::User& user() const;
    bool granted(std::string_view scopes) const;

    /// A user or channel that must exist; `name` is the parameter, for the answer that it does not:
    /// 404. In dev mode a user gets their channel when it is named.
    chat::User find_user(UserId id, std::string_view name);
    /// Likewise one whom the body names by login.
    chat::User find_named_user(std::string_view name);
    store::Channel find_channel(UserId id, std::string_view name);
    std::optional<store::Channel> find_channel(UserId id);
    /// Likewise a channel by its login; in dev mode it comes into being when it is named.
    store::Channel find_named_channel(const std::string& login);
    /// A login in the path, of an account or channel that there is or may be; else 400.
    std::string login_of_path(std::size_t place) const;
    /// The users that exist, by their order in `ids`.
    std::vector<chat::User> find_users(const std::vector<UserId>& ids);
    /// Of one that may have been deleted since: then its number is all that is known.
    chat::Person person(UserId id);
    bool moderates(const store::Channel& channel, const chat::User& user);

    Page page(std::size_t most = 100, std::size_t normal = 20) const;

    /// Has the live chat do it in `channel`, as the token's user. A denial becomes the refusal of
    /// denials.h; what is done becomes 204, or what `then` makes of it on a worker.
    using Then = std::function<Reply(Call&, const chat::Done&)>;
    Reply act(chat::Act act, Then then = {});
    /// The same for many, and for those who read denials themselves.
    using ThenAll = std::function<Reply(Call&, const hub::ActAnswers&)>;
    Reply act_all(std::vector<chat::Act> acts, std::string batch, ThenAll then);
    /// Goes on behind an answer of the live chat: `then` runs on a worker and may block and refuse.
    void resume(wire::http::Respond respond, std::function<Reply(Call&)> then);
    /// A new UUID of version 7.
    std::string new_uuid() const;

    const std::shared_ptr<const Services> services;
    const wire::http::Request request;
    const Parameters path;
    Now now{};
    Fields fields;
    Caller caller;
    store::Channel channel;  ///< of an endpoint of a channel
    std::string_view origin = "helix";
    std::optional<LimitState> limit;  ///< once it was asked
};

/// Asks `work` for the reply and gives it; what is thrown becomes the answer that it stands for.
void give_reply(Call& call, const wire::http::Respond& respond,
                const std::function<Reply(Call&)>& work);

}  // namespace clamor::api::helix
