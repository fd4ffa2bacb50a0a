// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/message_log.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "store/dynamodb/client.h"
#include "store/dynamodb/history.h"
#include "store/dynamodb/items.h"
#include "store/dynamodb/marks.h"
#include "store/dynamodb/table.h"

namespace clamor::store::dynamodb {
namespace {

/// Messages whose items are written before those of their ids: an id that is there says that its
/// message is, so a batch that failed half-way goes on where it was.
constexpr std::size_t kSlice = 256;

class Log final : public DynamoMessageLog {
  public:
    explicit Log(Options options, std::string import_of = {})
        : options_(std::move(options)),
          import_of_(std::move(import_of)),
          client_(options_.address, options_.credentials,
                  {.requests = options_.requests, .read_timeout = options_.read_timeout}),
          history_(client_, options_.clock, options_.keep_for),
          marks_(client_, history_) {}

    Result<void> check() {
        return guarded([&]() -> Result<void> {
            const std::lock_guard lock(check_mutex_);
            if (checked_) return {};
            auto done = make_or_check_table(client_, options_.expiring, import_of_);
            checked_ = done.has_value();
            return done;
        });
    }

    Result<void> append(std::span<const StoredMessage> messages) override {
        if (messages.empty()) return {};
        if (auto done = check(); !done) return done;
        return guarded([&] { return append_all(messages); });
    }
    Result<void> mark_deleted(std::span<const Deletion> deletions) override {
        if (auto done = check(); !done) return done;
        return guarded([&] { return marks_.mark(deletions); });
    }
    Result<void> restore(ChannelId channel, MessageId by) override {
        if (!by) return {};
        if (auto done = check(); !done) return done;
        return guarded([&] { return marks_.take_back(channel, by); });
    }
    Result<std::vector<StoredMessage>> read(const HistoryQuery& query) override {
        return guarded([&] { return history_.read(query, client_.reading()); });
    }
    Result<std::optional<StoredMessage>> find(ChannelId channel, MessageId id) override {
        return guarded([&] { return history_.find(channel, id, client_.reading()); });
    }
    Result<LastMessage> last(ChannelId channel) override {
        return guarded([&] { return last_by(channel, client_.reading()); });
    }
    Result<bool> has_author(ChannelId channel, UserId author) override {
        return guarded([&] { return history_.has_author(channel, author, client_.reading()); });
    }
    Result<LastMessage> glance_last(ChannelId channel) override {
        return glance([&](const Deadline& deadline) { return last_by(channel, deadline); });
    }
    Result<bool> glance_author(ChannelId channel, UserId author) override {
        return glance([&](const Deadline& deadline) {
            return history_.has_author(channel, author, deadline);
        });
    }

    Result<void> finish_import() override {
        return guarded([&] { return dynamodb::finish_import(client_); });
    }
    const Counters& counters() const override { return client_.counters(); }
    bool away() const override { return client_.away(); }

  private:
    /// What answers may be anything: a member that is missing, or is something else, is nonsense.
    template <class Body>
    static auto guarded(Body&& body) -> decltype(body()) {
        try {
            return body();
        } catch (const std::exception& error) {
            return fail(
                std::errc::protocol_error,
                std::string("what answers does not speak DynamoDB's language: ") + error.what());
        }
    }

    Result<LastMessage> last_by(ChannelId channel, const Deadline& deadline) {
        const auto head = history_.head(channel, deadline);
        if (!head) return tl::unexpected(head.error());
        return head->last;
    }

    /// Once one of them was in vain the others need not find that out each.
    template <class Ask>
    auto glance(const Ask& ask) -> decltype(ask(Deadline())) {
        using Clock = std::chrono::steady_clock;
        const auto now = [] { return Clock::now().time_since_epoch().count(); };
        if (now() < next_glance_.load(std::memory_order_relaxed)) {
            return fail(std::errc::resource_unavailable_try_again,
                        "DynamoDB does not answer soon enough");
        }
        auto answer = guarded([&] { return ask(client_.glancing()); });
        if (!answer) next_glance_ = now() + Clock::duration(limits::kDynamoAwayPause).count();
        return answer;
    }

    std::uint64_t expires(const StoredMessage& message) const {
        if (!options_.keep_for) return 0;
        const auto keep = options_.keep_for(message.channel);
        if (!keep) return 0;
        return static_cast<std::uint64_t>(unix_ms(message.sent_at + *keep) / 1000);
    }

    using Heads = std::unordered_map<ChannelId, Position>;

    Result<Heads> read_heads(std::span<const StoredMessage> messages) {
        Heads heads;
        std::vector<Json> keys;
        for (const StoredMessage& message : messages) {
            if (heads.try_emplace(message.channel).second)
                keys.push_back(key(channel_key(message.channel), kHead));
        }
        const auto items = client_.get(keys, "pk, n, e", client_.writing());
        if (!items) return tl::unexpected(items.error());
        std::unordered_map<std::string, Position> found;
        for (const Json& item : *items) {
            found[text_of(item, "pk")] = {.epoch = number_of(item, "e"),
                                          .sequence = number_of(item, "n")};
        }
        for (auto& [channel, position] : heads) {
            const auto at = found.find(channel_key(channel));
            if (at != found.end()) position = at->second;
        }
        return heads;
    }

    /// Where the ids of these messages are stored.
    Result<std::unordered_map<std::string, Position>> read_ids(
        std::span<const StoredMessage> messages) {
        std::unordered_map<std::string, Position> ids;
        std::vector<Json> keys;
        std::set<std::string> asked;
        for (const StoredMessage& message : messages) {
            auto partition = id_key(message.channel, message.id);
            if (asked.insert(partition).second) keys.push_back(key(partition, kIdSort));
        }
        const auto items = client_.get(keys, "pk, n, e", client_.writing());
        if (!items) return tl::unexpected(items.error());
        for (const Json& item : *items) {
            ids[text_of(item, "pk")] = {.epoch = number_of(item, "e"),
                                        .sequence = number_of(item, "n")};
        }
        return ids;
    }

    static tl::unexpected<Error> taken(const StoredMessage& message) {
        return fail(std::errc::file_exists,
                    fmt::format("channel {} has another message at position {}",
                                message.channel.value, message.position.sequence));
    }

    /// Whether other messages are where these are to go. What is beyond the channel's head cannot
    /// be: nobody has been told of it.
    Result<void> check_positions(const std::vector<const StoredMessage*>& messages,
                                 const Heads& heads) {
        std::vector<Json> keys;
        std::map<std::pair<std::string, std::string>, const StoredMessage*> wanted;
        for (const StoredMessage* message : messages) {
            auto block = block_key(message->channel, block_of(message->position.sequence));
            auto sort = sort_key(message->position);
            if (!wanted.try_emplace({block, sort}, message).second) return taken(*message);
            if (message->position.sequence <= heads.at(message->channel).sequence)
                keys.push_back(key(block, sort));
        }
        const auto items = client_.get(keys, "pk, sk, i", client_.writing());
        if (!items) return tl::unexpected(items.error());
        for (const Json& item : *items) {
            const auto at = wanted.find({text_of(item, "pk"), text_of(item, "sk")});
            if (at != wanted.end() && text_of(item, "i") != at->second->id.to_string())
                return taken(*at->second);
        }
        return {};
    }

    Result<void> append_all(std::span<const StoredMessage> messages) {
        const auto heads = read_heads(messages);
        if (!heads) return tl::unexpected(heads.error());
        const auto ids = read_ids(messages);
        if (!ids) return tl::unexpected(ids.error());
        std::vector<const StoredMessage*> fresh;
        std::unordered_map<ChannelId, const StoredMessage*> newest;
        std::set<std::string> given;
        for (const StoredMessage& message : messages) {
            auto partition = id_key(message.channel, message.id);
            const auto known = ids->find(partition);
            if (known != ids->end() && known->second != message.position) continue;
            if (!given.insert(std::move(partition)).second) continue;
            if (known == ids->end()) fresh.push_back(&message);
            const StoredMessage*& last = newest[message.channel];
            if (last == nullptr || last->position.sequence < message.position.sequence)
                last = &message;
        }
        if (auto free = check_positions(fresh, *heads); !free) return free;
        if (auto done = name_blocks(fresh); !done) return done;
        for (std::size_t at = 0; at < fresh.size(); at += kSlice) {
            const std::size_t end = std::min(fresh.size(), at + kSlice);
            std::vector<std::string> items;
            std::vector<std::string> of_ids;
            for (std::size_t i = at; i < end; ++i) {
                put_message(*fresh[i], expires(*fresh[i]), items);
                of_ids.push_back(put_id(*fresh[i], expires(*fresh[i])));
            }
            if (auto done = client_.write(std::move(items)); !done) return done;
            if (auto done = client_.write(std::move(of_ids)); !done) return done;
        }
        return move_heads(newest, *heads);
    }

    /// Puts the blocks that get their first message from here into their channels' directories,
    /// with the time from which on they have messages.
    Result<void> name_blocks(const std::vector<const StoredMessage*>& messages) {
        std::map<std::pair<ChannelId, std::uint64_t>, WallTime> blocks;
        {
            const std::lock_guard lock(blocks_mutex_);
            for (const StoredMessage* message : messages) {
                const auto block = block_of(message->position.sequence);
                const auto known = blocks_.find(message->channel);
                if (known != blocks_.end() && known->second.first == block &&
                    known->second.second <= message->sent_at)
                    continue;
                const auto [at, added] =
                    blocks.try_emplace({message->channel, block}, message->sent_at);
                at->second = std::min(at->second, message->sent_at);
            }
        }
        std::vector<Call> calls;
        for (const auto& [block, time] : blocks) {
            calls.push_back(
                {"UpdateItem",
                 Json{{"TableName", client_.address().table},
                      {"Key", key(channel_key(block.first), block_sort(block.second))},
                      {"UpdateExpression", "SET t = :t"},
                      {"ConditionExpression", "attribute_not_exists(t) OR t > :t"},
                      {"ExpressionAttributeValues",
                       {{":t", number_value(static_cast<std::uint64_t>(unix_ms(time)))}}},
                      {"ReturnConsumedCapacity", "TOTAL"}}
                     .dump()});
        }
        if (calls.empty()) return {};
        if (auto done = client_.change_all(std::move(calls), client_.writing()); !done) return done;
        const std::lock_guard lock(blocks_mutex_);
        if (blocks_.size() > limits::kDynamoChannelsKnown) blocks_.clear();
        for (const auto& [block, time] : blocks)
            blocks_[block.first] = {block.second, time};  // the newest comes last
        return {};
    }

    /// From here on readers see the messages.
    Result<void> move_heads(const std::unordered_map<ChannelId, const StoredMessage*>& newest,
                            const Heads& heads) {
        std::vector<Call> calls;
        for (const auto& [channel, message] : newest) {
            if (message->position.sequence <= heads.at(channel).sequence) continue;
            calls.push_back(
                {"UpdateItem", Json{{"TableName", client_.address().table},
                                    {"Key", key(channel_key(channel), kHead)},
                                    {"UpdateExpression", "SET n = :n, e = :e, t = :t"},
                                    {"ConditionExpression", "attribute_not_exists(n) OR n < :n"},
                                    {"ExpressionAttributeValues",
                                     {{":n", number_value(message->position.sequence)},
                                      {":e", number_value(message->position.epoch)},
                                      {":t", number_value(static_cast<std::uint64_t>(
                                                 unix_ms(message->sent_at)))}}},
                                    {"ReturnConsumedCapacity", "TOTAL"}}
                                   .dump()});
        }
        return client_.change_all(std::move(calls), client_.writing());
    }

    const Options options_;
    const std::string import_of_;
    Client client_;
    History history_;
    Marks marks_;
    std::atomic<std::chrono::steady_clock::rep> next_glance_{0};
    std::mutex check_mutex_;
    bool checked_ = false;
    std::mutex blocks_mutex_;
    /// The newest block of a channel that was put into the directory from here, and its time.
    std::unordered_map<ChannelId, std::pair<std::uint64_t, WallTime>> blocks_;
};

}  // namespace

Result<std::unique_ptr<DynamoMessageLog>> DynamoMessageLog::open(Options options) {
    auto log = std::make_unique<Log>(std::move(options));
    if (auto checked = log->check(); !checked) return tl::unexpected(checked.error());
    return log;
}

Result<std::unique_ptr<DynamoMessageLog>> DynamoMessageLog::open_for_import(Options options,
                                                                            std::string source) {
    auto log = std::make_unique<Log>(std::move(options), std::move(source));
    if (auto checked = log->check(); !checked) return tl::unexpected(checked.error());
    return log;
}

std::unique_ptr<DynamoMessageLog> DynamoMessageLog::unchecked(Options options) {
    return std::make_unique<Log>(std::move(options));
}

}  // namespace clamor::store::dynamodb
