// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/marks.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "store/dynamodb/items.h"

namespace clamor::store::dynamodb {
namespace {

// What an act marked, as the sort key of an item under it.
constexpr char kMessage = 'm';
constexpr char kAuthor = 'a';
constexpr char kClearing = 'c';

bool is_of_author(const Deletion& deletion) {
    return deletion.ids.empty() && deletion.author;
}

Json with(Json item, const char* name, Json value) {
    item[name] = std::move(value);
    return item;
}

/// Puts one more range into an author's marks, and folds the oldest into what stays for good when
/// there are too many.
Json change_of_marks(const std::string& table, const Json& where, const AuthorMarks& marks,
                     const std::string& act, const AuthorMarks::Range& range) {
    Json names = {{"#act", mark_name(act)}};
    Json values = {
        {":range", text_value(std::to_string(range.from) + " " + std::to_string(range.up_to))}};
    std::string update = "SET #act = :range";
    if (marks.by_act.size() >= limits::kDynamoMarks && !marks.by_act.contains(act)) {
        const auto oldest = std::ranges::min_element(
            marks.by_act, {}, [](const auto& one) { return one.second.up_to; });
        names["#old"] = mark_name(oldest->first);
        values[":f"] = number_value(std::max(marks.for_good, oldest->second.up_to));
        update += ", f = :f REMOVE #old";
    }
    return {{"TableName", table},
            {"Key", where},
            {"UpdateExpression", update},
            {"ExpressionAttributeNames", std::move(names)},
            {"ExpressionAttributeValues", std::move(values)},
            {"ReturnConsumedCapacity", "TOTAL"}};
}

}  // namespace

Result<void> Marks::mark(std::span<const Deletion> deletions) {
    for (std::size_t at = 0; at < deletions.size();) {
        const Deletion& first = deletions[at];
        Result<void> done;
        if (!is_of_author(first)) {
            done = first.ids.empty() ? clear(first) : mark_messages(first);
            ++at;
        } else {
            constexpr std::size_t kSome = 100;
            std::set<UserId> authors;
            std::size_t end = at;
            while (end < deletions.size() && end - at < kSome && is_of_author(deletions[end]) &&
                   deletions[end].channel == first.channel &&
                   authors.insert(deletions[end].author).second)
                ++end;
            done = mark_authors(deletions.subspan(at, end - at));
            at = end;
        }
        if (!done) return done;
    }
    return {};
}

Result<void> Marks::mark_messages(const Deletion& deletion) {
    const auto patience = client_.writing();
    const auto under = act_key(deletion.channel, deletion.by);
    std::vector<std::string> notes;
    std::vector<std::string> items;
    std::set<MessageId> seen;
    for (const MessageId id : deletion.ids) {
        if (!seen.insert(id).second) continue;
        const auto found = history_.find(deletion.channel, id, patience);
        if (!found) return tl::unexpected(found.error());
        if (!*found || (*found)->deleted || (*found)->kind == EntryKind::moderation) continue;
        const auto sort = sort_key((*found)->position);
        const auto block = block_key(deletion.channel, block_of((*found)->position.sequence));
        notes.push_back(put_item(key(under, kMessage + sort)));
        items.push_back(put_item(
            with(key(block, sort + kMarkSuffix), "d", text_value(deletion.by.to_string()))));
    }
    if (auto done = client_.write(std::move(notes)); !done) return done;
    return client_.write(std::move(items));
}

Result<void> Marks::clear(const Deletion& deletion) {
    const auto head = history_.head(deletion.channel, client_.writing());
    if (!head) return tl::unexpected(head.error());
    const auto up_to = std::min(deletion.up_to_sequence, head->last.position.sequence);
    if (up_to == 0) return {};
    auto done = client_.write(
        {put_item(key(act_key(deletion.channel, deletion.by), kClearing + digits(up_to)))});
    if (!done) return done;
    return client_.write(
        {put_item(key(channel_key(deletion.channel), clearing_sort(up_to, deletion.by)))});
}

Result<void> Marks::mark_authors(std::span<const Deletion> deletions) {
    const ChannelId channel = deletions.front().channel;
    const auto& table = client_.address().table;
    const auto patience = client_.writing();
    const auto head = history_.head(channel, patience);
    if (!head) return tl::unexpected(head.error());
    std::vector<Json> keys;
    for (const Deletion& one : deletions)
        keys.push_back(key(author_key(channel, one.author), kMarks));
    const auto items = client_.get(keys, {}, patience);
    if (!items) return tl::unexpected(items.error());
    std::unordered_map<std::string, AuthorMarks> marks;
    for (const Json& item : *items) marks[text_of(item, "pk")] = AuthorMarks::of(item);

    std::vector<std::string> notes;
    std::vector<Call> changes;
    std::uint64_t highest = 0;
    for (const Deletion& one : deletions) {
        const auto partition = author_key(channel, one.author);
        const AuthorMarks& known = marks[partition];
        const auto act = one.by.to_string();
        // What was deleted before keeps the act that deleted it.
        AuthorMarks::Range range{
            .from = std::max(head->cleared_up_to, known.up_to()) + 1,
            .up_to = std::min(one.up_to_sequence, head->last.position.sequence)};
        if (range.from > range.up_to) continue;
        if (const auto same = known.by_act.find(act); same != known.by_act.end())
            range.from = std::min(range.from, same->second.from);
        notes.push_back(
            put_item(key(act_key(channel, one.by), kAuthor + std::to_string(one.author.value))));
        changes.push_back(
            {"UpdateItem",
             change_of_marks(table, key(partition, kMarks), known, act, range).dump()});
        highest = std::max(highest, range.up_to);
    }
    if (changes.empty()) return {};
    if (auto done = client_.write(std::move(notes)); !done) return done;
    // Before the marks: whoever reads this looks for them.
    std::vector<Call> of_head;
    of_head.push_back(
        {"UpdateItem", Json{{"TableName", table},
                            {"Key", key(channel_key(channel), kHead)},
                            {"UpdateExpression", "SET m = :m"},
                            {"ConditionExpression", "attribute_not_exists(m) OR m < :m"},
                            {"ExpressionAttributeValues", {{":m", number_value(highest)}}},
                            {"ReturnConsumedCapacity", "TOTAL"}}
                           .dump()});
    if (auto done = client_.change_all(std::move(of_head), patience); !done) return done;
    return client_.change_all(std::move(changes), patience);
}

Result<void> Marks::take_back(ChannelId channel, MessageId act) {
    const auto& table = client_.address().table;
    const auto patience = client_.writing();
    const auto under = act_key(channel, act);
    const auto notes = client_.query({{"KeyConditionExpression", "pk = :pk"},
                                      {"ExpressionAttributeValues", {{":pk", text_value(under)}}}},
                                     0, patience);
    if (!notes) return tl::unexpected(notes.error());
    std::vector<Call> changes;
    std::vector<std::string> forgotten;
    for (const Json& note : *notes) {
        const auto what = text_of(note, "sk");
        if (what.empty()) continue;
        forgotten.push_back(delete_item(key(under, what)));
        Json change = {{"TableName", table}, {"ReturnConsumedCapacity", "TOTAL"}};
        if (what[0] == kAuthor) {
            change["Key"] = key(
                author_key(channel, UserId(number_in(std::string_view(what).substr(1)))), kMarks);
            change["UpdateExpression"] = "REMOVE #act";
            change["ExpressionAttributeNames"] = {{"#act", mark_name(act.to_string())}};
            changes.push_back({"UpdateItem", change.dump()});
        } else if (what[0] == kClearing) {
            change["Key"] = key(channel_key(channel),
                                clearing_sort(number_in(std::string_view(what).substr(1)), act));
            changes.push_back({"DeleteItem", change.dump()});
        } else if (const auto position = position_of(key({}, what.substr(1)))) {
            change["Key"] =
                key(block_key(channel, block_of(position->sequence)), what.substr(1) + kMarkSuffix);
            change["ConditionExpression"] = "d = :act";
            change["ExpressionAttributeValues"] = {{":act", text_value(act.to_string())}};
            changes.push_back({"DeleteItem", change.dump()});
        }
    }
    if (auto done = client_.change_all(std::move(changes), patience); !done) return done;
    return client_.write(std::move(forgotten));
}

}  // namespace clamor::store::dynamodb
