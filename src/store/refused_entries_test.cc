// SPDX-License-Identifier: Apache-2.0
#include "store/refused_entries.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "chat/event.h"
#include "store/memory_message_log.h"
#include "store/message_log_contract.h"

namespace clamor::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ChannelId kLobby{1000};

TEST(RefusedEntries, AreFoundAmongOthersWhichAreAppended) {
    MemoryMessageLog log;
    auto taken = sample_messages(kLobby, 3, 3);
    taken[0].id = MessageId::from_random(77, 1);
    ASSERT_TRUE(log.append(taken));
    auto batch = sample_messages(kLobby, 1, 9);
    batch[8].position.sequence = 8;  // as the one before it
    EXPECT_THAT(RefusedEntries::append_others(log, batch).value(), ElementsAre(2, 8));
    EXPECT_THAT(sequences_of(log.read({.channel = kLobby}).value()),
                ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
    EXPECT_THAT(RefusedEntries::append_others(log, batch).value(), ElementsAre(2, 8));
}

TEST(RefusedEntries, AnotherErrorIsNoRefusal) {
    MemoryMessageLog log;
    log.fail_appends(std::make_error_code(std::errc::no_space_on_device));
    const auto done = RefusedEntries::append_others(log, sample_messages(kLobby, 1, 4));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, std::errc::no_space_on_device);
}

TEST(RefusedEntries, AreKeptWithAllThatTheyWere) {
    const TempFolder folder;
    RefusedEntries refused(folder.file("refused.jsonl"));
    chat::Message said;
    said.id = MessageId::from_random(1, 1);
    said.text = "h\xc3\xb6rt";
    StoredMessage entry = sample_message(kLobby, 5);
    entry.event = chat::encode_event(
        chat::Event{.channel = kLobby, .channel_login = "lobby", .position = {}, .body = said});
    refused.set_aside(entry);
    refused.set_aside(sample_message(kLobby, 6));  // whose event is none
    std::ifstream file(folder.file("refused.jsonl"));
    std::string line;
    ASSERT_TRUE(std::getline(file, line));
    const auto kept = nlohmann::json::parse(line);
    EXPECT_EQ(kept["sequence"], 5);
    EXPECT_EQ(kept["text"], said.text);
    EXPECT_EQ(kept["id"], entry.id.to_string());
    EXPECT_EQ(kept["event"].get<std::string>().size(), 2 * entry.event.size());
    ASSERT_TRUE(std::getline(file, line));
    EXPECT_EQ(nlohmann::json::parse(line)["text"], "");
    EXPECT_EQ(refused.count().value(), 2u);
}

TEST(RefusedEntries, ThatTheFileDoesNotTakeAreToldInTheLog) {
    const TempFolder folder;
    const std::string path = folder.file("refused.jsonl");
    std::ofstream(path) << "{}\n";
    std::filesystem::resize_file(path, limits::kRefusedLogBytes);
    RefusedEntries refused(path);
    testing::internal::CaptureStderr();
    refused.set_aside(sample_message(kLobby, 7));
    const std::string told = testing::internal::GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("move it away"));
    EXPECT_THAT(told, HasSubstr("sequence=7"));
    EXPECT_EQ(std::filesystem::file_size(path), limits::kRefusedLogBytes);
}

}  // namespace
}  // namespace clamor::store
