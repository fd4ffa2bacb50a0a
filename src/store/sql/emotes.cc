// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "store/checks.h"
#include "store/sql/catalog.h"
#include "store/sql/rows.h"

namespace clamor::store {
namespace {

constexpr std::array<const char*, 3> kTypeNames{"global", "channel", "bits"};

/// A UUID column gives lower case back, whatever it was given; SQLite has none, so that case is
/// settled here.
std::string lower_id(std::string_view id) {
    return MessageId::parse(id).value().to_string();
}

struct EmoteRow {
    static constexpr const char* kColumns =
        "emote_id, code, emote_type, COALESCE(channel_id, 0), COALESCE(tier_required, 0), "
        "image_url, "
        "image_url_2x, image_url_4x, created_at";
    std::string id, code, type, url, url_2x, url_4x;
    long long channel = 0, created_at = 0;
    int tier = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(id));
        statement.exchange(soci::into(code));
        statement.exchange(soci::into(type));
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(tier));
        statement.exchange(soci::into(url));
        statement.exchange(soci::into(url_2x));
        statement.exchange(soci::into(url_4x));
        statement.exchange(soci::into(created_at));
    }
    Emote value() const {
        const auto kind = std::ranges::find(kTypeNames, type) - kTypeNames.begin();
        return {.id = id,
                .code = code,
                .type = static_cast<EmoteType>(kind),
                .channel = ChannelId(static_cast<std::uint64_t>(channel)),
                .tier_required = static_cast<std::uint16_t>(tier),
                .image_url = url,
                .image_url_2x = url_2x,
                .image_url_4x = url_4x,
                .created_at = wall_from_unix_ms(created_at)};
    }
};

struct IdRow {
    std::string id;
    void into(soci::statement& statement) { statement.exchange(soci::into(id)); }
    std::string value() const { return id; }
};

struct BadgeRow {
    std::string name, version, title, url, url_2x, url_4x;
    long long channel = 0;

    void into(soci::statement& statement) {
        statement.exchange(soci::into(channel));
        statement.exchange(soci::into(name));
        statement.exchange(soci::into(version));
        statement.exchange(soci::into(title));
        statement.exchange(soci::into(url));
        statement.exchange(soci::into(url_2x));
        statement.exchange(soci::into(url_4x));
    }
    BadgeImage value() const {
        return {.channel = ChannelId(static_cast<std::uint64_t>(channel)),
                .badge = {name, version},
                .title = title,
                .image_url = url,
                .image_url_2x = url_2x,
                .image_url_4x = url_4x};
    }
};

}  // namespace

Result<std::vector<Emote>> SqlCatalog::emotes_for(ChannelId channel) {
    return database_->run("listing emotes", [&](Session& sql) -> Result<std::vector<Emote>> {
        auto emotes = sql.fetch_all<EmoteRow>(
            fmt::format("SELECT {} FROM emotes WHERE channel_id IS NULL OR channel_id = :channel",
                        EmoteRow::kColumns),
            number(channel));
        // Here, since the order of texts is a database's own.
        std::ranges::sort(emotes, {}, &Emote::code);
        return emotes;
    });
}

Result<void> SqlCatalog::add_emote(const Emote& emote) {
    if (auto fine = check_emote(emote); !fine) return fine;
    return database_->run("adding an emote", [&](Session& sql) -> Result<void> {
        if (emote.channel && !channel_exists(sql, emote.channel))
            return no_such_channel(emote.channel);
        const auto added = sql.change(
            "INSERT INTO emotes (emote_id, code, emote_type, channel_id, tier_required, image_url, "
            "image_url_2x, "
            "image_url_4x, created_at) VALUES (:id, :code, :type, NULLIF(CAST(:channel AS BIGINT), "
            "0), "
            "NULLIF(:tier, 0), :url, "
            ":url2, :url4, :created) ON CONFLICT DO NOTHING",
            lower_id(emote.id), emote.code,
            std::string(kTypeNames[static_cast<std::size_t>(emote.type)]), number(emote.channel),
            int{emote.tier_required}, emote.image_url, emote.image_url_2x, emote.image_url_4x,
            static_cast<long long>(unix_ms(emote.created_at)));
        if (added == 0) return code_taken(emote.code);
        return {};
    });
}

Result<std::optional<Emote>> SqlCatalog::find_emote(std::string_view id) {
    if (auto fine = check_emote_id(id); !fine) return tl::unexpected(fine.error());
    return database_->run("finding an emote", [&](Session& sql) -> Result<std::optional<Emote>> {
        return sql.fetch_one<EmoteRow>(
            fmt::format("SELECT {} FROM emotes WHERE emote_id = :id", EmoteRow::kColumns),
            lower_id(id));
    });
}

Result<bool> SqlCatalog::remove_emote(std::string_view id) {
    if (auto fine = check_emote_id(id); !fine) return tl::unexpected(fine.error());
    return database_->run("removing an emote", [&](Session& sql) -> Result<bool> {
        return sql.change("DELETE FROM emotes WHERE emote_id = :id", lower_id(id)) != 0;
    });
}

Result<void> SqlCatalog::grant_emote(UserId user, std::string_view emote_id, WallTime at) {
    if (auto fine = check_emote_id(emote_id); !fine) return fine;
    const std::string id = lower_id(emote_id);
    return database_->run("granting an emote", [&](Session& sql) -> Result<void> {
        if (!user_exists(sql, user)) return no_such_user(user);
        if (!sql.fetch_one<IdRow>("SELECT emote_id FROM emotes WHERE emote_id = :id", id)) {
            return no_such_emote(id);
        }
        sql.change(
            "INSERT INTO user_emote_access (user_id, emote_id, granted_at) VALUES (:user, :emote, "
            ":at) "
            "ON CONFLICT (user_id, emote_id) DO NOTHING",
            number(user), id, static_cast<long long>(unix_ms(at)));
        return {};
    });
}

Result<std::vector<std::string>> SqlCatalog::granted_emotes(UserId user) {
    return database_->run(
        "listing granted emotes", [&](Session& sql) -> Result<std::vector<std::string>> {
            return sql.fetch_all<IdRow>(
                "SELECT emote_id FROM user_emote_access WHERE user_id = :user ORDER BY emote_id",
                number(user));
        });
}

Result<std::vector<BadgeImage>> SqlCatalog::badges_for(ChannelId channel) {
    return database_->run("listing badges", [&](Session& sql) -> Result<std::vector<BadgeImage>> {
        auto badges = sql.fetch_all<BadgeRow>(
            "SELECT channel_id, name, version, title, image_url, image_url_2x, image_url_4x "
            "FROM badges WHERE channel_id IN (0, :channel)",
            number(channel));
        std::ranges::sort(badges, {}, [](const BadgeImage& badge) {
            return std::tie(badge.channel, badge.badge.name, badge.badge.version);
        });
        return badges;
    });
}

Result<void> SqlCatalog::put_badge(const BadgeImage& badge) {
    if (auto fine = check_badge(badge); !fine) return fine;
    return database_->run("putting a badge", [&](Session& sql) -> Result<void> {
        if (badge.channel && !channel_exists(sql, badge.channel))
            return no_such_channel(badge.channel);
        sql.change(
            "INSERT INTO badges (channel_id, name, version, title, image_url, image_url_2x, "
            "image_url_4x) "
            "VALUES (:channel, :name, :version, :title, :url, :url2, :url4) "
            "ON CONFLICT (channel_id, name, version) DO UPDATE SET title = excluded.title, "
            "image_url = excluded.image_url, image_url_2x = excluded.image_url_2x, "
            "image_url_4x = excluded.image_url_4x",
            number(badge.channel), badge.badge.name, badge.badge.version, badge.title,
            badge.image_url, badge.image_url_2x, badge.image_url_4x);
        return {};
    });
}

}  // namespace clamor::store
