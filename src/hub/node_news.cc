// SPDX-License-Identifier: Apache-2.0
#include "hub/node_news.h"

#include "base/overloaded.h"
#include "chat/event_bytes.h"

namespace clamor::hub::news {

namespace {

using chat::Reader;
using chat::Writer;

constexpr std::uint8_t kVersion = 1;

void read(Reader& in, AccountChanged& news) {
    news.user = UserId(in.number());
}
void read(Reader& in, StandingChanged& news) {
    news.channel = ChannelId(in.number());
    while (in.error() == nullptr && in.left() > 0) news.users.emplace_back(in.number());
}
void read(Reader& in, ChannelChanged& news) {
    news.channel = ChannelId(in.number());
}
void read(Reader& in, FollowedChannel& news) {
    news.channel = ChannelId(in.number());
    news.follower = UserId(in.number());
    news.at = in.time();
}
void read(Reader& in, TokenRevoked& news) {
    news.user = UserId(in.number());
    news.hash = in.string();
}
void read(Reader& in, Whispered& news) {
    news.from = UserId(in.number());
    news.to = UserId(in.number());
    news.number = in.number();
    news.action = in.flags(1) != 0;
    news.text = in.string();
}
void read(Reader& in, WebhookChanged& news) {
    news.id = in.string();
    news.status = in.string();
}

void read(Reader& in, ActsUndone& news) {
    news.channel = ChannelId(in.number());
    while (in.error() == nullptr && in.left() > 0) news.acts.push_back(in.id());
}

void read(Reader& in, chat::SharedChat& session) {
    session.id = in.string();
    session.host = in.person();
    session.participants = in.list<chat::Person>(3, [&] { return in.person(); });
    session.created_at = in.time();
    session.updated_at = in.time();
}
void read(Reader& in, SharedChatChange& news) {
    read(in, news.before);
    read(in, news.after);
}

void write(Writer& out, const chat::SharedChat& session) {
    out.string(session.id);
    out.person(session.host);
    out.list(session.participants, [&](const chat::Person& one) { out.person(one); });
    out.time(session.created_at);
    out.time(session.updated_at);
}

/// The alternative whose place in the variant is `kind`.
template <std::size_t kPlace = 0>
News read_kind(Reader& in, std::uint8_t kind) {
    if constexpr (kPlace == std::variant_size_v<News>) {
        in.fail("has an unknown kind");
        return {};
    } else {
        if (kind != kPlace + 1) return read_kind<kPlace + 1>(in, kind);
        std::variant_alternative_t<kPlace, News> news;
        read(in, news);
        return news;
    }
}

}  // namespace

std::string encode(const News& news) {
    Writer out(64);
    out.byte(kVersion);
    out.byte(static_cast<std::uint8_t>(news.index() + 1));
    std::visit(Overloaded{[&](const AccountChanged& one) { out.number(one.user.value); },
                          [&](const StandingChanged& one) {
                              out.number(one.channel.value);
                              for (const UserId user : one.users) out.number(user.value);
                          },
                          [&](const ChannelChanged& one) { out.number(one.channel.value); },
                          [&](const FollowedChannel& one) {
                              out.number(one.channel.value);
                              out.number(one.follower.value);
                              out.time(one.at);
                          },
                          [&](const TokenRevoked& one) {
                              out.number(one.user.value);
                              out.string(one.hash);
                          },
                          [&](const Whispered& one) {
                              out.number(one.from.value);
                              out.number(one.to.value);
                              out.number(one.number);
                              out.byte(one.action ? 1 : 0);
                              out.string(one.text);
                          },
                          [&](const WebhookChanged& one) {
                              out.string(one.id);
                              out.string(one.status);
                          },
                          [&](const ActsUndone& one) {
                              out.number(one.channel.value);
                              for (const MessageId act : one.acts) out.id(act);
                          },
                          [&](const SharedChatChange& one) {
                              write(out, one.before);
                              write(out, one.after);
                          }},
               news);
    return out.take();
}

Result<News> decode(std::string_view bytes) {
    Reader in(bytes);
    if (in.byte() != kVersion) in.fail("has an unknown version");
    News news = read_kind(in, in.byte());
    if (in.error() == nullptr && in.left() > 0) in.fail("goes on too long");
    if (in.error() != nullptr)
        return fail(std::errc::bad_message, std::string("news of a node ") + in.error());
    return news;
}

}  // namespace clamor::hub::news
