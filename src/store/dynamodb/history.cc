// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/history.h"

#include <algorithm>
#include <limits>
#include <set>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace clamor::store::dynamodb {
namespace {

constexpr std::string_view kClearing = "clearing#";
constexpr std::string_view kBlock = "block#";

Json between(const std::string& partition, const std::string& first, const std::string& last) {
    return {{"KeyConditionExpression", "pk = :pk AND sk BETWEEN :first AND :last"},
            {"ExpressionAttributeValues",
             {{":pk", text_value(partition)},
              {":first", text_value(first)},
              {":last", text_value(last)}}}};
}

/// Behind all sort keys of this sequence.
std::string end_of(std::uint64_t sequence) {
    return digits(sequence) + "~";
}

bool is_mark(const Json& item) {
    return text_of(item, "sk").ends_with(kMarkSuffix);
}

}  // namespace

bool AuthorMarks::cover(std::uint64_t sequence) const {
    if (sequence <= for_good) return true;
    return std::ranges::any_of(by_act, [&](const auto& one) {
        return one.second.from <= sequence && sequence <= one.second.up_to;
    });
}

std::uint64_t AuthorMarks::up_to() const {
    std::uint64_t most = for_good;
    for (const auto& [act, range] : by_act) most = std::max(most, range.up_to);
    return most;
}

std::string mark_name(const std::string& act) {
    return "act#" + act;
}

AuthorMarks AuthorMarks::of(const Json& item) {
    AuthorMarks marks;
    marks.for_good = number_of(item, "f");
    const std::string prefix = mark_name({});
    for (const auto& [name, value] : item.items()) {
        if (!name.starts_with(prefix)) continue;
        const auto range = text_of(item, name.c_str());
        marks.by_act[name.substr(prefix.size())] = {
            .from = number_in(range),
            .up_to = number_in(
                std::string_view(range).substr(std::min(range.size(), range.find(' ') + 1)))};
    }
    return marks;
}

History::Horizon History::horizon(ChannelId channel) const {
    const WallTime now = clock_();
    Horizon horizon{.now_s = static_cast<std::uint64_t>(unix_ms(now) / 1000)};
    if (const auto keep = keep_for_ ? keep_for_(channel) : std::nullopt)
        horizon.oldest = now - *keep;
    return horizon;
}

/// The messages of items, each with the mark that stands behind it.
Result<std::vector<ReadMessage>> History::messages_of(ChannelId channel,
                                                      const std::vector<Json>& items,
                                                      const Horizon& horizon) {
    std::set<std::string> marked;
    for (const Json& item : items) {
        if (is_mark(item)) marked.insert(text_of(item, "sk"));
    }
    std::vector<ReadMessage> messages;
    for (const Json& item : items) {
        if (is_mark(item)) continue;
        auto message = read_message(channel, item);
        if (!message) return tl::unexpected(message.error());
        // The table deletes what has expired within days, not at once.
        if (message->expires != 0 && message->expires <= horizon.now_s) continue;
        if (horizon.oldest && message->message.sent_at <= *horizon.oldest) continue;
        if (marked.contains(text_of(item, "sk") + kMarkSuffix)) message->message.deleted = true;
        messages.push_back(*std::move(message));
    }
    return messages;
}

struct History::Range {
    ChannelId channel{};
    std::uint64_t low = 1;
    std::uint64_t high = 0;
    std::optional<WallTime> after{};
    std::optional<WallTime> before{};
    std::optional<UserId> author{};
    bool messages_only = false;
    bool oldest_first = false;
    std::size_t limit = 0;

    Range(const HistoryQuery& query, std::uint64_t last)
        : channel(query.channel),
          high(last),
          after(query.after_time),
          before(query.before_time),
          author(query.author),
          messages_only(query.messages_only),
          oldest_first((query.after_sequence || query.after_time) && !query.before_sequence &&
                       !query.before_time),
          limit(query.limit) {
        if (query.after_sequence) {
            low = *query.after_sequence == std::numeric_limits<std::uint64_t>::max()
                      ? *query.after_sequence
                      : *query.after_sequence + 1;
        }
        if (query.before_sequence)
            high = std::min(high, *query.before_sequence == 0 ? 0 : *query.before_sequence - 1);
    }

    bool empty() const { return low > high || limit == 0; }
    bool takes(const StoredMessage& message) const {
        return (!messages_only || message.kind == EntryKind::message) &&
               (!after || message.sent_at > *after) && (!before || message.sent_at < *before);
    }
    /// Adds what it takes of `messages`, which come in its order; true when the page is complete.
    bool fill(std::vector<ReadMessage>& page, std::vector<ReadMessage>& messages) const {
        for (ReadMessage& one : messages) {
            if (is_beyond(one.message)) return true;
            if (!takes(one.message)) continue;
            page.push_back(std::move(one));
            if (page.size() == limit) return true;
        }
        return false;
    }
    /// Times never fall with the sequence: nothing that is wanted comes behind this one.
    bool is_beyond(const StoredMessage& message) const {
        return oldest_first ? before && message.sent_at >= *before
                            : after && message.sent_at <= *after;
    }
};

Result<Head> History::head(ChannelId channel, const Deadline& deadline) {
    std::vector<Call> calls;
    calls.push_back({"GetItem", Json{{"TableName", client_.address().table},
                                     {"Key", key(channel_key(channel), kHead)},
                                     {"ConsistentRead", true},
                                     {"ReturnConsumedCapacity", "TOTAL"}}
                                    .dump()});
    auto query =
        between(channel_key(channel), std::string(kClearing), std::string(kClearing) + "~");
    query["TableName"] = client_.address().table;
    query["ScanIndexForward"] = false;
    query["ConsistentRead"] = true;
    query["Limit"] = 1;
    query["ReturnConsumedCapacity"] = "TOTAL";
    calls.push_back({"Query", query.dump()});
    const auto answers = client_.call_all(std::move(calls), deadline);
    if (!answers) return tl::unexpected(answers.error());
    Head head;
    // Without a channel there is no item; without a count it was no answer of DynamoDB.
    if (const auto& answer = answers->at(0); answer.contains("Item")) {
        const Json& item = answer["Item"];
        head.last = {.position = {.epoch = number_of(item, "e"), .sequence = number_of(item, "n")},
                     .sent_at = wall_from_unix_ms(static_cast<std::int64_t>(number_of(item, "t")))};
        head.marked_up_to = number_of(item, "m");
    } else {
        (void)answer.at("ConsumedCapacity");
    }
    for (const Json& item : answers->at(1).at("Items")) {
        head.cleared_up_to = number_in(text_of(item, "sk").substr(kClearing.size(), 20));
    }
    return head;
}

Result<bool> History::has_author(ChannelId channel, UserId author, const Deadline& deadline) {
    auto query = between(author_key(channel, author), "0", ":");
    auto first = client_.query(query, 1, deadline);
    if (!first) return tl::unexpected(first.error());
    const auto now_s = horizon(channel).now_s;
    const auto counts = [&](const Json& item) {
        const auto expires = number_of(item, "x");
        return number_of(item, "k") != static_cast<std::uint64_t>(EntryKind::moderation) &&
               (expires == 0 || expires > now_s);
    };
    if (first->empty() || counts(first->front())) return !first->empty();
    const auto all = client_.query(std::move(query), 0, deadline);
    if (!all) return tl::unexpected(all.error());
    return std::ranges::any_of(*all, counts);
}

Result<std::vector<StoredMessage>> History::read(const HistoryQuery& query,
                                                 const Deadline& deadline) {
    const auto at = head(query.channel, deadline);
    if (!at) return tl::unexpected(at.error());
    const Range range(query, at->last.position.sequence);
    if (range.empty()) return std::vector<StoredMessage>();
    auto page = range.author ? walk_author(range, deadline) : walk_blocks(range, deadline);
    if (!page) return tl::unexpected(page.error());
    if (!range.oldest_first) std::ranges::reverse(*page);
    return complete(query.channel, *at, *std::move(page), deadline);
}

Result<std::optional<StoredMessage>> History::find(ChannelId channel, MessageId id,
                                                   const Deadline& deadline) {
    const auto where = client_.get({key(id_key(channel, id), kIdSort)}, {}, deadline);
    if (!where) return tl::unexpected(where.error());
    if (where->empty()) return std::optional<StoredMessage>();
    const Position position{.epoch = number_of(where->front(), "e"),
                            .sequence = number_of(where->front(), "n")};
    const auto at = head(channel, deadline);
    if (!at) return tl::unexpected(at.error());
    const auto sort = sort_key(position);
    const auto items = client_.query(
        between(block_key(channel, block_of(position.sequence)), sort, sort + kMarkSuffix), 0,
        deadline);
    if (!items) return tl::unexpected(items.error());
    auto found = messages_of(channel, *items, horizon(channel));
    if (!found) return tl::unexpected(found.error());
    auto messages = complete(channel, *at, *std::move(found), deadline);
    if (!messages) return tl::unexpected(messages.error());
    if (messages->empty()) return std::optional<StoredMessage>();
    return std::move(messages->front());
}

Result<std::vector<History::Block>> History::blocks_in(ChannelId channel, std::uint64_t low,
                                                       std::uint64_t high, bool oldest_first,
                                                       std::size_t limit,
                                                       const Deadline& deadline) {
    std::vector<Block> blocks;
    if (low > high) return blocks;
    auto query = between(channel_key(channel), block_sort(low), block_sort(high));
    query["ScanIndexForward"] = oldest_first;
    const auto items = client_.query(std::move(query), limit, deadline);
    if (!items) return tl::unexpected(items.error());
    for (const Json& item : *items) {
        const auto sort = text_of(item, "sk");
        blocks.push_back(
            {.number = number_in(std::string_view(sort).substr(kBlock.size())),
             .begin = wall_from_unix_ms(static_cast<std::int64_t>(number_of(item, "t")))});
    }
    return blocks;
}

/// The last of the blocks from low to high that has a message from before `time`: the first one of
/// each block is known, and they never fall.
Result<std::optional<std::uint64_t>> History::last_block_from_before(ChannelId channel,
                                                                     WallTime time,
                                                                     std::uint64_t low,
                                                                     std::uint64_t high,
                                                                     const Deadline& deadline) {
    std::optional<std::uint64_t> last;
    while (low <= high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const auto items = client_.query(
            between(channel_key(channel), block_sort(middle), block_sort(high)), 1, deadline);
        if (!items) return tl::unexpected(items.error());
        const bool early = !items->empty() && static_cast<std::int64_t>(
                                                  number_of(items->front(), "t")) < unix_ms(time);
        if (early) {
            const auto sort = text_of(items->front(), "sk");
            last = number_in(std::string_view(sort).substr(kBlock.size()));
            low = *last + 1;
        } else {
            if (middle == 0) break;
            high = middle - 1;
        }
    }
    return last;
}

Result<std::vector<std::vector<Json>>> History::read_blocks(const Range& range,
                                                            const std::vector<Block>& blocks,
                                                            const Deadline& deadline) {
    std::vector<Json> queries;
    std::vector<Call> calls;
    for (const Block& block : blocks) {
        auto query =
            between(block_key(range.channel, block.number), digits(range.low), end_of(range.high));
        query["TableName"] = client_.address().table;
        query["ConsistentRead"] = true;
        query["ScanIndexForward"] = range.oldest_first;
        query["ReturnConsumedCapacity"] = "TOTAL";
        calls.push_back({"Query", query.dump()});
        queries.push_back(std::move(query));
    }
    auto answers = client_.call_all(std::move(calls), deadline);
    if (!answers) return tl::unexpected(answers.error());
    std::vector<std::vector<Json>> items(blocks.size());
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        for (Json& item : answers->at(i).at("Items")) items[i].push_back(std::move(item));
        if (!answers->at(i).contains("LastEvaluatedKey")) continue;
        // Long events: the answer to a query has a megabyte at most.
        queries[i]["ExclusiveStartKey"] = std::move(answers->at(i)["LastEvaluatedKey"]);
        auto more = client_.query(std::move(queries[i]), 0, deadline);
        if (!more) return tl::unexpected(more.error());
        for (Json& item : *more) items[i].push_back(std::move(item));
    }
    return items;
}

Result<std::vector<ReadMessage>> History::walk_blocks(const Range& range,
                                                      const Deadline& deadline) {
    std::vector<ReadMessage> page;
    std::uint64_t low = block_of(range.low);
    std::uint64_t high = block_of(range.high);
    const Horizon shown = horizon(range.channel);
    const auto after = std::max(range.after, shown.oldest);  // none is the least
    const auto starting = range.oldest_first ? after : range.before;
    if (starting) {
        // Of the messages at the very time, some may be in the block before.
        const auto time = range.oldest_first ? *starting + std::chrono::milliseconds(1) : *starting;
        const auto last = last_block_from_before(range.channel, time, low, high, deadline);
        if (!last) return tl::unexpected(last.error());
        if (range.oldest_first) {
            low = last->value_or(low);
        } else {
            if (!*last) return page;
            high = **last;
        }
    }
    for (;;) {
        const std::size_t some = std::clamp<std::size_t>(
            (range.limit - page.size()) / limits::kDynamoBlock + 2, 2, limits::kDynamoRequests);
        auto blocks = blocks_in(range.channel, low, high, range.oldest_first, some, deadline);
        if (!blocks) return tl::unexpected(blocks.error());
        // What comes before a block that begins so early is too old, and may be deleted.
        const auto last = range.oldest_first || !after
                              ? blocks->end()
                              : std::ranges::find_if(*blocks, [&](const Block& block) {
                                    return block.begin <= *after;
                                });
        const bool complete = last != blocks->end() || blocks->size() < some;
        if (last != blocks->end()) blocks->erase(last + 1, blocks->end());
        const auto items = read_blocks(range, *blocks, deadline);
        if (!items) return tl::unexpected(items.error());
        for (const auto& of_block : *items) {
            auto messages = messages_of(range.channel, of_block, shown);
            if (!messages) return tl::unexpected(messages.error());
            if (range.fill(page, *messages)) return page;
        }
        if (complete) return page;
        if (range.oldest_first) {
            low = blocks->back().number + 1;
        } else {
            if (blocks->back().number == 0) return page;
            high = blocks->back().number - 1;
        }
    }
}

Result<std::vector<ReadMessage>> History::walk_author(const Range& range,
                                                      const Deadline& deadline) {
    constexpr std::size_t kSome = 200;
    std::vector<ReadMessage> page;
    std::uint64_t low = range.low;
    std::uint64_t high = range.high;
    while (low <= high) {
        auto query = between(author_key(range.channel, *range.author), digits(low), end_of(high));
        query["ScanIndexForward"] = range.oldest_first;
        const auto found = client_.query(std::move(query), kSome, deadline);
        if (!found) return tl::unexpected(found.error());
        std::vector<Json> keys;
        std::uint64_t last = 0;
        for (const Json& item : *found) {
            const auto position = position_of(item);
            if (!position)
                return fail(std::errc::protocol_error, "an author's item has no position");
            last = position->sequence;
            const auto block = block_key(range.channel, block_of(position->sequence));
            keys.push_back(key(block, sort_key(*position)));
            keys.push_back(key(block, sort_key(*position) + kMarkSuffix));
        }
        auto items = client_.get(keys, {}, deadline);
        if (!items) return tl::unexpected(items.error());
        std::ranges::sort(*items, [&](const Json& a, const Json& b) {
            return range.oldest_first ? text_of(a, "sk") < text_of(b, "sk")
                                      : text_of(a, "sk") > text_of(b, "sk");
        });
        auto messages = messages_of(range.channel, *items, horizon(range.channel));
        if (!messages) return tl::unexpected(messages.error());
        if (range.fill(page, *messages)) return page;
        if (found->size() < kSome) return page;
        (range.oldest_first ? low : high) = range.oldest_first ? last + 1 : last - 1;
    }
    return page;
}

Result<std::vector<StoredMessage>> History::complete(ChannelId channel, const Head& head,
                                                     std::vector<ReadMessage> page,
                                                     const Deadline& deadline) {
    std::set<UserId> authors;
    for (const ReadMessage& one : page) {
        const StoredMessage& message = one.message;
        if (message.author && message.kind != EntryKind::moderation && !message.deleted &&
            message.position.sequence <= head.marked_up_to)
            authors.insert(message.author);
    }
    std::vector<Json> keys;
    for (const UserId author : authors) keys.push_back(key(author_key(channel, author), kMarks));
    const auto items = client_.get(keys, {}, deadline);
    if (!items) return tl::unexpected(items.error());
    std::unordered_map<std::string, AuthorMarks> marks;
    for (const Json& item : *items) marks[text_of(item, "pk")] = AuthorMarks::of(item);

    std::vector<StoredMessage> messages;
    for (ReadMessage& one : page) {
        StoredMessage& message = one.message;
        const auto sequence = message.position.sequence;
        if (message.kind != EntryKind::moderation) {
            const auto of_author = marks.find(author_key(channel, message.author));
            if (sequence <= head.cleared_up_to ||
                (of_author != marks.end() && of_author->second.cover(sequence)))
                message.deleted = true;
        }
        if (one.parts > 0) {
            const auto parts =
                client_.query(between(parts_key(channel, message.position), "0", ":"), 0, deadline);
            if (!parts) return tl::unexpected(parts.error());
            if (parts->size() != one.parts) {
                return fail(std::errc::protocol_error,
                            "a long entry of channel " + std::to_string(channel.value) +
                                " lacks parts: " + sort_key(message.position));
            }
            for (const Json& part : *parts) {
                const auto bytes = bytes_of(part, "b");
                if (!bytes) return tl::unexpected(bytes.error());
                message.event += *bytes;
            }
        }
        messages.push_back(std::move(message));
    }
    return messages;
}

}  // namespace clamor::store::dynamodb
