// SPDX-License-Identifier: Apache-2.0
#include "sim/population.h"

#include <algorithm>

#include "base/check.h"

namespace clamor::sim {

namespace {

constexpr WallTime kStart = wall_from_unix_ms(1'790'000'000'000);  // of the cluster's clock

template <class T>
T must(Result<T> result) {
    CLAMOR_CHECK(result.has_value(), "the memory catalog takes what a population puts into it");
    return *std::move(result);
}

void must(Result<void> result) {
    CLAMOR_CHECK(result.has_value(), "the memory catalog takes what a population puts into it");
}

chat::ModesPatch draw_modes(Random& random) {
    constexpr std::uint32_t kSlow[] = {0, 0, 0, 1, 5, 30};
    chat::ModesPatch patch;
    if (chance(random, 2)) patch.slow_seconds = kSlow[pick(random, std::size(kSlow))];
    if (chance(random, 4)) patch.emote_only = chance(random, 4);
    if (chance(random, 4)) patch.subscribers_only = chance(random, 4);
    if (chance(random, 4)) patch.followers_only_minutes = chance(random, 4) ? 10 : -1;
    return patch;
}

}  // namespace

Population::Population(store::MemoryCatalog& catalog, Random& random) : catalog_(catalog) {
    for (std::size_t i = 0; i < kUsers; ++i) {
        chat::User user = must(catalog.ensure_user("user" + std::to_string(i)));
        user.display_name = "User" + std::to_string(i);
        user.verified_bot = i % 20 == 19;
        must(catalog.update_user(user));
        users_.push_back(user);
    }
    add_emote("Kappa", {}, random);
    for (std::size_t i = 0; i < kBusyChannels + kQuietChannels; ++i) {
        channels_.push_back(must(catalog.ensure_channel("channel" + std::to_string(i))));
        if (i >= kBusyChannels) continue;
        settle(channels_.back(), random);
        channels_.back() = *must(catalog.find_channel(channels_.back().id));
        users_.push_back(*must(catalog.find_user(channels_.back().login)));
    }
}

void Population::add_emote(const std::string& code, ChannelId channel, Random& random) {
    store::Emote emote;
    const std::uint64_t high = random();
    emote.id = MessageId::from_random(high, random()).to_string();
    emote.code = code;
    emote.image_url = "/emotes/" + code + ".svg";
    if (channel) {
        emote.type = store::EmoteType::channel;
        emote.channel = channel;
        emote.tier_required = 1;
    }
    must(catalog_.add_emote(emote));
}

void Population::settle(const store::Channel& channel, Random& random) {
    store::Channel with_modes = channel;
    constexpr std::uint32_t kSlow[] = {0, 0, 1, 5, 30};
    with_modes.modes.slow_seconds = kSlow[pick(random, 5)];
    with_modes.modes.emote_only = chance(random, 6);
    with_modes.modes.subscribers_only = chance(random, 6);
    must(catalog_.update_channel(with_modes));
    add_emote(channel.login + "Hype", channel.id, random);
    for (const chat::User& user : users_) {
        if (user.id == UserId(channel.id.value)) continue;
        if (chance(random, 2)) {
            must(catalog_.set_follow(channel.id, user.id,
                                     kStart - std::chrono::minutes(pick(random, 30))));
        }
        if (chance(random, 8)) {
            must(catalog_.set_role(channel.id, user.id,
                                   chance(random, 2) ? chat::Role::moderator : chat::Role::vip));
        }
        if (chance(random, 4)) {
            must(catalog_.set_subscription(channel.id, user.id,
                                           static_cast<std::uint16_t>(1 + pick(random, 3)),
                                           static_cast<std::uint32_t>(1 + pick(random, 40))));
        }
    }
}

const store::Channel* Population::find(const std::string& login) const {
    // "channel" and its number.
    if (!login.starts_with("channel")) return nullptr;
    const std::size_t index = std::stoul(login.substr(7));
    return index < channels_.size() ? &channels_[index] : nullptr;
}

bool Population::is_verified_bot(UserId user) const {
    return std::any_of(users_.begin(), users_.end(),
                       [user](const chat::User& u) { return u.id == user && u.verified_bot; });
}

chat::Chatter Population::chatter(ChannelId channel, const chat::User& user) const {
    return {.user = user, .standing = must(catalog_.standing(channel, user.id))};
}

std::string Population::text(Random& random) const {
    constexpr const char* kWords[] = {"hello",        "gg",        "Kappa", "Kappa Kappa",
                                      "channel1Hype", "@user3 hi", "lol",   ""};
    std::string text = kWords[pick(random, std::size(kWords))];
    if (chance(random, 2)) text += " " + std::to_string(pick(random, 1000));
    return text;
}

chat::Act Population::draw_act(Random& random, ChannelId channel, MessageId lately,
                               WallTime now) const {
    using namespace chat::act;
    const auto anybody = [&]() -> chat::Target {
        const chat::User& user = users_[pick(random, users_.size())];
        if (chance(random, 50)) return {.id = {}, .login = "nosuchuser"};
        return chance(random, 2) ? chat::Target{.id = user.id, .login = {}}
                                 : chat::Target{.id = {}, .login = user.login};
    };
    const auto role = [&] { return chance(random, 3) ? chat::Role::vip : chat::Role::moderator; };
    switch (pick(random, 24)) {
        case 0:
        case 1:
            return Ban{.target = anybody()};
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
            return Ban{.target = anybody(),
                       .seconds = static_cast<std::uint32_t>(
                           1 + pick(random, chance(random, 10) ? 1000 : 20))};
        case 8:
        case 9:
        case 10:
        case 11:
        case 12: {
            const auto bans = catalog_.list_bans(channel, now, {}, 100);
            if (!bans || bans->empty()) return Unban{.target = anybody()};
            return Unban{.target = {.id = (*bans)[pick(random, bans->size())].user, .login = {}},
                         .timeout_only = chance(random, 4)};
        }
        case 13:
        case 14:
        case 15:
            return DeleteMessage{lately};
        case 16:
            if (chance(random, 3)) return ClearChat{};
            return DeleteMessage{lately};
        case 17:
        case 18:
            return ChangeModes{draw_modes(random)};
        case 19:
        case 20:
            return GiveRole{.target = anybody(), .role = role()};
        case 21:
            return TakeRole{.target = anybody(), .role = role()};
        case 22:
            return Suspect{.target = anybody(), .suspicion = chat::Suspicion::restricted};
        default:
            return Suspect{.target = anybody(),
                           .suspicion = chance(random, 3) ? chat::Suspicion::monitored
                                                          : chat::Suspicion::none};
    }
}

}  // namespace clamor::sim
