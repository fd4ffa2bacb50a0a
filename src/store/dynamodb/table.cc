// SPDX-License-Identifier: Apache-2.0
#include "store/dynamodb/table.h"

#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/log.h"
#include "store/dynamodb/items.h"

namespace clamor::store::dynamodb {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kSchemaVersion = 1;
constexpr const char* kOwn = "clamor";  // the partition of what is about the table itself
constexpr auto kPoll = 100ms;

std::string text_at(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// `pk (S, HASH), sk (S, RANGE)`.
std::string keys_in_words(const Json& table) {
    std::string words;
    for (const Json& part : table.at("KeySchema")) {
        const auto name = text_at(part, "AttributeName");
        std::string type;
        for (const Json& attribute : table.at("AttributeDefinitions")) {
            if (text_at(attribute, "AttributeName") == name)
                type = text_at(attribute, "AttributeType");
        }
        if (!words.empty()) words += ", ";
        words += name + " (" + type + ", " + text_at(part, "KeyType") + ")";
    }
    return words;
}

Result<void> make_table(Client& client) {
    const Json pk = {{"AttributeName", "pk"}, {"AttributeType", "S"}};
    const Json sk = {{"AttributeName", "sk"}, {"AttributeType", "S"}};
    const auto made =
        client.call("CreateTable",
                    {{"TableName", client.address().table},
                     {"BillingMode", "PAY_PER_REQUEST"},
                     {"AttributeDefinitions", Json::array({pk, sk})},
                     {"KeySchema", Json::array({{{"AttributeName", "pk"}, {"KeyType", "HASH"}},
                                                {{"AttributeName", "sk"}, {"KeyType", "RANGE"}}})}},
                    client.writing());
    if (!made && made.error().code != std::errc::file_exists) return tl::unexpected(made.error());
    if (made) log::info("the DynamoDB table is being made", {{"table", client.address().table}});
    return {};
}

/// The table's description once it is active.
Result<Json> wait_for_table(Client& client) {
    const Json question = {{"TableName", client.address().table}};
    bool asked_for = false;
    for (auto waited = 0ms;; waited += kPoll) {
        auto answer = client.call("DescribeTable", question, client.writing());
        if (!answer && answer.error().code == std::errc::no_such_file_or_directory && !asked_for) {
            if (auto made = make_table(client); !made) return tl::unexpected(made.error());
            asked_for = true;
            continue;
        }
        if (!answer && !asked_for) return answer;
        if (answer) {
            Json& table = answer->at("Table");
            const auto status = table.at("TableStatus").get<std::string>();
            if (status == "ACTIVE" || status == "UPDATING") return std::move(table);
        }
        if (waited >= limits::kDynamoTableWait) {
            return fail(std::errc::timed_out,
                        "the DynamoDB table " + client.address().table + " does not become active");
        }
        std::this_thread::sleep_for(kPoll);
    }
}

Result<void> check_keys(const Json& table, const Address& address) {
    const std::string wanted = "pk (S, HASH), sk (S, RANGE)";
    const auto keys = keys_in_words(table);
    if (keys == wanted) return {};
    return fail(std::errc::invalid_argument,
                "the DynamoDB table " + address.table + " has the keys " + keys +
                    " and must have " + wanted + ": name another table, which is then made");
}

/// Each kind of request once, on items that nothing depends on.
Result<void> try_rights(Client& client) {
    const auto& table = client.address().table;
    const Json probe = key(kOwn, "probe");
    const auto patience = client.writing();
    if (auto done = client.write({put_item(probe)}); !done) return done;
    if (auto done = client.call("UpdateItem",
                                {{"TableName", table},
                                 {"Key", probe},
                                 {"UpdateExpression", "SET t = :t"},
                                 {"ExpressionAttributeValues", {{":t", number_value(1)}}}},
                                patience);
        !done)
        return tl::unexpected(done.error());
    if (auto done = client.get({probe}, {}, patience); !done) return tl::unexpected(done.error());
    if (auto done = client.query({{"KeyConditionExpression", "pk = :pk"},
                                  {"ExpressionAttributeValues", {{":pk", text_value(kOwn)}}}},
                                 1, patience);
        !done)
        return tl::unexpected(done.error());
    if (auto done = client.call("DeleteItem", {{"TableName", table}, {"Key", probe}}, patience);
        !done)
        return tl::unexpected(done.error());
    return {};
}

/// A table that a later program wrote in another way is not touched.
Result<void> check_version(Client& client) {
    const auto& table = client.address().table;
    auto claimed =
        client.call("UpdateItem",
                    {{"TableName", table},
                     {"Key", key(kOwn, "schema")},
                     {"UpdateExpression", "SET v = if_not_exists(v, :v)"},
                     {"ExpressionAttributeValues", {{":v", number_value(kSchemaVersion)}}},
                     {"ReturnValues", "ALL_NEW"}},
                    client.writing());
    if (!claimed) return tl::unexpected(claimed.error());
    const auto version = number_of(claimed->at("Attributes"), "v");
    if (version == kSchemaVersion) return {};
    return fail(std::errc::not_supported,
                "the DynamoDB table " + table + " has schema version " + std::to_string(version) +
                    " and this program knows version " + std::to_string(kSchemaVersion));
}

Json import_key() {
    return key(kOwn, "import");
}

Result<void> check_no_import(Client& client) {
    const auto found = client.get({import_key()}, {}, client.writing());
    if (!found) return tl::unexpected(found.error());
    if (found->empty() || number_of(found->front(), "done") != 0) return {};
    return fail(std::errc::operation_in_progress,
                "an import of " + text_of(found->front(), "s") + " into the DynamoDB table " +
                    client.address().table +
                    " is not finished: run the same `clamor import` again, or name another table");
}

/// An item that is not about the table itself.
Result<std::optional<Json>> any_item(Client& client) {
    Json scan = {{"TableName", client.address().table},
                 {"ConsistentRead", true},
                 {"Limit", 10},
                 {"FilterExpression", "pk <> :own"},
                 {"ExpressionAttributeValues", {{":own", text_value(kOwn)}}}};
    for (;;) {
        auto answer = client.call("Scan", scan, client.writing());
        if (!answer) return tl::unexpected(answer.error());
        if (Json& items = answer->at("Items"); !items.empty())
            return std::optional<Json>(std::move(items.front()));
        const auto last = answer->find("LastEvaluatedKey");
        if (last == answer->end()) return std::optional<Json>();
        scan["ExclusiveStartKey"] = std::move(*last);
    }
}

/// Finds the import of the same that began, or an empty table in which it begins one.
Result<void> begin_import(Client& client, const std::string& source) {
    const std::string table = "the DynamoDB table " + client.address().table;
    const auto begun = client.get({import_key()}, {}, client.writing());
    if (!begun) return tl::unexpected(begun.error());
    if (!begun->empty()) {
        const auto of = text_of(begun->front(), "s");
        if (of == source) return {};
        return fail(std::errc::file_exists,
                    table + " holds an import of " + of +
                        ": run that one again, or name another table, which is then made");
    }
    const auto other = any_item(client);
    if (!other) return tl::unexpected(other.error());
    if (*other) {
        return fail(std::errc::file_exists,
                    table + " is in use: it has an item '" + text_of(**other, "pk") + "' / '" +
                        text_of(**other, "sk") +
                        "'. An import fills an empty table only: name another, which is then made");
    }
    const auto noted = client.call("UpdateItem",
                                   {{"TableName", client.address().table},
                                    {"Key", import_key()},
                                    {"UpdateExpression", "SET s = :s"},
                                    {"ConditionExpression", "attribute_not_exists(s) OR s = :s"},
                                    {"ExpressionAttributeValues", {{":s", text_value(source)}}}},
                                   client.writing());
    if (noted) return {};
    if (noted.error().code != std::errc::operation_canceled) return tl::unexpected(noted.error());
    return fail(std::errc::file_exists, "another import into " + table + " has just begun");
}

/// What has expired is not shown anyway: a table that does not delete it only grows.
void switch_on_expiry(Client& client) {
    const Json question = {{"TableName", client.address().table}};
    auto described = client.call("DescribeTimeToLive", question, client.writing());
    if (described) {
        const auto status =
            text_at(described->value("TimeToLiveDescription", Json::object()), "TimeToLiveStatus");
        if (status == "ENABLED" || status == "ENABLING") return;
    }
    auto set =
        client.call("UpdateTimeToLive",
                    {{"TableName", client.address().table},
                     {"TimeToLiveSpecification", {{"AttributeName", "x"}, {"Enabled", true}}}},
                    client.writing());
    if (!set) {
        log::warn(
            "DynamoDB could not be told to delete what has expired; it is kept out of sight, and "
            "the table grows",
            {{"error", set.error().to_string()}});
    }
}

}  // namespace

Result<void> make_or_check_table(Client& client, bool expiring, const std::string& import_of) {
    const auto table = wait_for_table(client);
    if (!table) return tl::unexpected(table.error());
    if (auto checked = check_keys(*table, client.address()); !checked) return checked;
    if (auto checked = check_version(client); !checked) return checked;
    if (auto tried = try_rights(client); !tried) return tried;
    if (auto ours = import_of.empty() ? check_no_import(client) : begin_import(client, import_of);
        !ours)
        return ours;
    if (expiring) switch_on_expiry(client);
    return {};
}

Result<void> finish_import(Client& client) {
    const auto done = client.call("UpdateItem",
                                  {{"TableName", client.address().table},
                                   {"Key", import_key()},
                                   {"UpdateExpression", "SET done = :one"},
                                   {"ExpressionAttributeValues", {{":one", number_value(1)}}}},
                                  client.writing());
    if (!done) return tl::unexpected(done.error());
    return {};
}

}  // namespace clamor::store::dynamodb
