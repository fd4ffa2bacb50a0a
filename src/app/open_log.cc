// SPDX-License-Identifier: Apache-2.0
#include "app/open_log.h"

#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

#include "app/data_folder.h"
#include "base/log.h"
#include "store/dynamodb/message_log.h"
#include "store/regional_log.h"
#include "store/sqlite/message_log.h"
#include "store/sqlite/positions.h"

namespace clamor::app {
namespace {

using store::dynamodb::DynamoMessageLog;

/// How long each channel's entries are kept; asks the catalog for a login once.
class KeepFor {
  public:
    KeepFor(const LogPlace& place, store::Catalog& catalog)
        : all_(place.keep_for), some_(place.keep_for_channel), catalog_(catalog) {}

    std::optional<std::chrono::seconds> operator()(ChannelId channel) {
        auto keep = all_;
        if (!some_.empty()) {
            const std::lock_guard lock(mutex_);
            const auto [at, unknown] = known_.try_emplace(channel, all_);
            if (unknown) {
                const auto found = catalog_.find_channel(store::RegionalLog::channel_of(channel));
                if (found && *found) {
                    const auto own = some_.find((*found)->login);
                    if (own != some_.end()) at->second = own->second;
                }
            }
            keep = at->second;
        }
        if (keep.count() == 0) return std::nullopt;
        return keep;
    }

  private:
    const std::chrono::seconds all_;
    const std::map<std::string, std::chrono::seconds> some_;
    store::Catalog& catalog_;
    std::mutex mutex_;
    std::unordered_map<ChannelId, std::chrono::seconds> known_;
};

/// The log is away, or too busy for us.
bool says_away(const Error& error) {
    return error.code == std::errc::host_unreachable || error.code == std::errc::timed_out ||
           error.code == std::errc::io_error ||
           error.code == std::errc::resource_unavailable_try_again;
}

}  // namespace

OpenLog::OpenLog() = default;
OpenLog::OpenLog(OpenLog&&) noexcept = default;
OpenLog& OpenLog::operator=(OpenLog&&) noexcept = default;
OpenLog::~OpenLog() = default;

Result<OpenLog> open_log(const LogPlace& place, store::Catalog& catalog) {
    OpenLog opened;
    if (place.dynamodb.empty()) {
        auto own = store::open_sqlite_message_log({.path = message_log_path(place.data)});
        if (!own) return tl::unexpected(own.error());
        opened.own = *std::move(own);
        return opened;
    }
    auto address = store::dynamodb::Address::parse(place.dynamodb);
    if (!address) return tl::unexpected(address.error());
    const std::string name = address->region + "/" + address->table;
    const auto keep_for = std::make_shared<KeepFor>(place, catalog);
    const store::dynamodb::Options options{
        .address = *std::move(address),
        .requests = place.requests,
        .keep_for = [keep_for](ChannelId channel) { return (*keep_for)(channel); },
        .expiring = place.keep_for.count() > 0 || !place.keep_for_channel.empty()};
    const auto path = positions_path(place.data);
    auto remote = DynamoMessageLog::open(options);
    if (remote) {
        opened.remote = *std::move(remote);
    } else {
        const auto known = store::PositionedLog::knows(path, name);
        if (!known || !*known || !says_away(remote.error())) return tl::unexpected(remote.error());
        log::error("the message log is away; what is said is kept in the spool until it is back",
                   {{"error", remote.error().to_string()}});
        opened.remote = DynamoMessageLog::unchecked(options);
    }
    auto positions = store::PositionedLog::open(*opened.remote, path, name);
    if (!positions) return tl::unexpected(positions.error());
    opened.positions = *std::move(positions);
    if (place.regions > 1) {
        opened.regional =
            std::make_unique<store::RegionalLog>(*opened.positions, place.region, place.regions);
    }
    return opened;
}

}  // namespace clamor::app
