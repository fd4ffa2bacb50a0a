// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "chat/anonymous.h"
#include "edge/irc/commands.h"
#include "edge/irc/session.h"
#include "text/message.h"
#include "text/utf8.h"
#include "twitch/continuity.h"
#include "twitch/lines.h"

namespace clamor::edge::irc {
namespace {

constexpr std::string_view kTokenMark = "oauth:";

/// 0 for a capability that there is not.
std::uint8_t capability_bit(std::string_view name) {
    if (name == "twitch.tv/tags") return hub::Dialect::kTags;
    if (name == "twitch.tv/commands") return hub::Dialect::kCommands;
    if (name == "twitch.tv/membership") return hub::Dialect::kMembership;
    if (name == twitch::kSequenceCapability) return hub::Dialect::kSequence;
    return 0;
}

std::string capabilities_in_use(hub::Dialect dialect) {
    std::string list;
    const auto add = [&](std::uint8_t bit, std::string_view name) {
        if (!dialect.has(bit)) return;
        if (!list.empty()) list += ' ';
        list += name;
    };
    add(hub::Dialect::kTags, "twitch.tv/tags");
    add(hub::Dialect::kCommands, "twitch.tv/commands");
    add(hub::Dialect::kMembership, "twitch.tv/membership");
    add(hub::Dialect::kSequence, twitch::kSequenceCapability);
    return list;
}

/// The list of a CAP REQ: one trailing parameter, or, without colon, several.
std::string requested_capabilities(const wire::irc::Line& line) {
    std::string list(line.param(1));
    for (std::size_t i = 2; i < line.param_count; ++i) {
        list += ' ';
        list += line.param(i);
    }
    return list;
}

/// The dialect with all wishes granted, or nothing when one of them cannot be.
std::optional<hub::Dialect> grant(hub::Dialect dialect, std::string_view wishes) {
    while (!wishes.empty()) {
        std::string_view wish = wishes.substr(0, wishes.find(' '));
        wishes.remove_prefix(std::min(wish.size() + 1, wishes.size()));
        if (wish.empty()) continue;
        const bool off = wish.front() == '-';
        if (off) wish.remove_prefix(1);
        const std::uint8_t bit = capability_bit(wish);
        if (bit == 0) return std::nullopt;
        dialect.bits = static_cast<std::uint8_t>(off ? dialect.bits & ~bit : dialect.bits | bit);
    }
    return dialect;
}

hub::Identity anonymous_identity(const std::string& login) {
    hub::Identity identity;
    identity.user.login = login;
    identity.user.display_name = login;
    identity.anonymous = true;
    identity.may_write = false;
    return identity;
}

/// What follows `oauth:`; empty where the form is wrong.
std::string_view token_of(std::string_view pass) {
    if (!text::equals_ignoring_ascii_case(pass.substr(0, kTokenMark.size()), kTokenMark)) return {};
    return pass.substr(kTokenMark.size());
}

std::string_view failure_text(LoginFailure failure) {
    switch (failure) {
        case LoginFailure::login_failed:
            return "Login authentication failed";
        case LoginFailure::improperly_formatted:
            return "Improperly formatted auth";
        case LoginFailure::invalid_nick:
            return "Invalid NICK";
        case LoginFailure::too_often:
            return "Login unsuccessful";
        case LoginFailure::error:
            break;
    }
    return "Error logging in";
}

}  // namespace

void Handlers::cap(IrcSession& session, const Line& line) {
    const std::string_view subcommand = line.param(0);
    const auto is = [&](std::string_view name) {
        return text::equals_ignoring_ascii_case(subcommand, name);
    };
    std::string lines;
    if (is("LS")) {
        twitch::append_cap(lines, "LS", twitch::kCapabilities);
    } else if (is("LIST")) {
        twitch::append_cap(lines, "LIST", capabilities_in_use(session.dialect_));
    } else if (is("REQ") && line.param_count < 2) {
        twitch::append_missing_parameters(lines, session.nick(), "CAP");
    } else if (is("REQ")) {
        const std::string wishes = text::repair_utf8(requested_capabilities(line));
        const std::optional<hub::Dialect> granted = grant(session.dialect_, wishes);
        if (granted) session.dialect_ = *granted;
        twitch::append_cap(lines, granted ? "ACK" : "NAK", wishes);
    } else if (!is("END")) {
        twitch::append_invalid_cap(lines, session.nick(), text::repair_utf8(subcommand));
    }
    session.say(lines);
}

void Handlers::pass(IrcSession& session, const Line& line) {
    if (session.registration_ == nullptr) return;
    session.registration_->pass = std::string(line.param(0));
    session.try_login();
}

void Handlers::nick(IrcSession& session, const Line& line) {
    if (session.registration_ == nullptr) return session.close(CloseReason::nick_again);
    std::string login = text::fold_ascii(line.param(0));
    if (!text::is_valid_login(login)) return session.fail_login(LoginFailure::invalid_nick);
    session.registration_->nick = std::move(login);
    session.try_login();
}

void IrcSession::try_login() {
    if (registration_->nick.empty()) return;
    if (chat::is_anonymous_login(registration_->nick))
        return log_in(anonymous_identity(registration_->nick));
    if (!registration_->pass) return;
    const std::string_view token = token_of(*registration_->pass);
    if (token.empty()) return fail_login(LoginFailure::improperly_formatted);

    stage_ = Stage::authenticating;
    shard_.authenticator.authenticate(
        std::string(token), registration_->nick,
        [alive = std::weak_ptr<IrcSession*>(ticket())](const LoginAnswer& answer) {
            if (const auto session = alive.lock()) (*session)->on_login_answer(answer);
        });
}

void IrcSession::on_login_answer(const LoginAnswer& answer) {
    if (stage_ != Stage::authenticating) return;
    if (const auto* failure = std::get_if<LoginFailure>(&answer)) return fail_login(*failure);
    const hub::Identity& identity = std::get<hub::Identity>(answer);
    // Only who has shown a good token is counted: nobody can use up the logins of somebody else.
    const limits::Window& window =
        identity.user.verified_bot ? shard_.options.logins_verified_bot : shard_.options.logins;
    if (!shard_.options.limit_logins) return on_login_counted(identity, true);
    const auto here = [](IrcSession& self, const hub::Identity& who, const limits::Window& of) {
        const MonoTime now = self.shard_.scheduler.now().mono;
        self.on_login_counted(who, self.shard_.accounts.logins.check(who.user.id, of, now).allowed);
    };
    if (shard_.shared_limits == nullptr) return here(*this, identity, window);
    shard_.shared_limits->check(
        hub::SharedLimits::Act::login, identity.user.id, window,
        [alive = std::weak_ptr<IrcSession*>(ticket()), here, identity, window,
         &scheduler = shard_.scheduler,
         home = shard_.scheduler.shard()](std::optional<chat::LimitAnswer> answer) {
            scheduler.post_to(home, Priority::control, [alive, here, identity, window, answer] {
                const auto session = alive.lock();
                if (!session || (*session)->stage_ != Stage::authenticating) return;
                if (!answer) return here(**session, identity, window);
                (*session)->on_login_counted(identity, answer->allowed);
            });
        });
}

void IrcSession::on_login_counted(const hub::Identity& identity, bool allowed) {
    if (!allowed) {
        shard_.counters.logins_rate_limited.add();
        return fail_login(LoginFailure::too_often);
    }
    log_in(identity);
    resume_when_possible();
}

void IrcSession::log_in(hub::Identity identity) {
    identity_ = std::move(identity);
    registration_.reset();
    stage_ = Stage::logged_in;
    ref_ = shard_.hub.add(*this);
    identity_.anonymous ? shard_.counters.logins_anonymous.add() : shard_.counters.logins.add();
    arm_timer(last_input_ + shard_.options.ping_after_silence);

    std::string lines;
    twitch::append_welcome(lines, identity_.user.login);
    if (!identity_.anonymous && commands())
        twitch::append_global_user_state(lines, identity_.user, tags());
    say(lines);
}

void IrcSession::fail_login(LoginFailure failure) {
    shard_.counters.logins_failed.add();
    std::string lines;
    twitch::append_bare_notice(lines, failure_text(failure));
    write(lines);
    close(CloseReason::login_failed);
}

}  // namespace clamor::edge::irc
