// SPDX-License-Identifier: Apache-2.0
#include "load/chat_log.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace clamor::load {
namespace {

std::string wrong_with(std::string_view json) {
    const auto line = parse_chat_log_line(json);
    return line ? std::string() : line.error().detail;
}

Result<ChatLog> read(const std::string& text, ChatLogOptions options = {}) {
    std::istringstream in(text);
    options.name = "chat.jsonl";
    return read_chat_log(in, options);
}

TEST(ChatLog, ReadsALineAndLeavesOtherKeysAlone) {
    const auto line = parse_chat_log_line(
        R"({"t_ms":3000,"user":"Ann","text":"hi \u2764","badges":["vip/1"],"action":true})");
    ASSERT_TRUE(line) << line.error().to_string();
    EXPECT_EQ(line->t_ms, 3000);
    EXPECT_EQ(line->user, "Ann");
    EXPECT_EQ(line->text, "hi ❤");
    EXPECT_TRUE(line->action);
}

TEST(ChatLog, SaysWhatIsWrongWithALine) {
    EXPECT_EQ(wrong_with("{"), "is not JSON");
    EXPECT_EQ(wrong_with("\"\xff\""), "is not JSON");
    EXPECT_EQ(wrong_with("[1]"), "is not a JSON object");
    EXPECT_EQ(wrong_with(R"({"user":"a","text":"b"})"), "has no \"t_ms\"");
    EXPECT_EQ(wrong_with(R"({"t_ms":"0","user":"a","text":"b"})"), "\"t_ms\" is not a number");
    EXPECT_EQ(wrong_with(R"({"t_ms":-1,"user":"a","text":"b"})"),
              "\"t_ms\" is not a time since the start");
    EXPECT_EQ(wrong_with(R"({"t_ms":0,"text":"b"})"), "has no \"user\"");
    EXPECT_EQ(wrong_with(R"({"t_ms":0,"user":"a","text":7})"), "\"text\" is not a string");
    EXPECT_EQ(wrong_with(R"({"t_ms":0,"user":"","text":"b"})"), "\"user\" is empty");
}

constexpr auto kThreeLines =
    "{\"t_ms\":0,\"user\":\"a\",\"text\":\"1\"}\r\n\n{\"t_ms\":1}\n{\"t_ms\":2,\"user\":\"b\","
    "\"text\":\"2\"}";

TEST(ChatLog, NamesTheBadLineOfAFile) {
    const auto log = read(kThreeLines);
    ASSERT_FALSE(log);
    EXPECT_EQ(log.error().detail, "chat.jsonl:3: has no \"user\"");
}

TEST(ChatLog, GoesOnAfterABadLineWhenToldTo) {
    const auto log = read(kThreeLines, {.name = {}, .skip_bad = true});
    ASSERT_TRUE(log);
    EXPECT_EQ(log->lines.size(), 2u);
    EXPECT_EQ(log->skipped, std::vector<std::string>{"chat.jsonl:3: has no \"user\""});
}

TEST(ChatLog, StopsAtTheLimitAndRefusesAnEmptyFile) {
    EXPECT_EQ(read(kThreeLines, {.name = {}, .limit = 1})->lines.size(), 1u);
    EXPECT_EQ(read("\n").error().detail, "chat.jsonl holds no messages");
}

TEST(ChatLog, MakesLoginsOfNames) {
    EXPECT_EQ(to_login("Viewer-0001"), "viewer_0001");
    EXPECT_EQ(to_login("justinfan7"), "u_justinfan7");
    EXPECT_EQ(to_login("abcdefghijklmnopqrstuvwxyz"), "abcdefghijklmnopqrstuvwxy");
}

TEST(ChatLog, SendsNoCommandsAndNoLineBreaks) {
    const auto sendable = [](std::string text, bool action) {
        return to_sendable_text({0, "a", std::move(text), action});
    };
    EXPECT_EQ(sendable("hello", false), "hello");
    EXPECT_EQ(sendable("/ban bob", false), "/ /ban bob");
    EXPECT_EQ(sendable("...", false), "/ ...");
    EXPECT_EQ(sendable("a\r\nPRIVMSG #c :b", false), "a  PRIVMSG #c :b");
    EXPECT_EQ(sendable("waves", true),
              "\x01"
              "ACTION waves\x01");
}

TEST(ChatLog, ReadsTheSampleOfTheProject) {
    std::ifstream file(CLAMOR_SOURCE_DIR "/bench/data/sample_chat.jsonl");
    const auto log = read_chat_log(file, {.name = "sample_chat.jsonl"});
    ASSERT_TRUE(log) << log.error().to_string();
    EXPECT_GE(log->lines.size(), 400u);
    for (std::size_t i = 1; i < log->lines.size(); ++i)
        EXPECT_LE(log->lines[i - 1].t_ms, log->lines[i].t_ms);
}

}  // namespace
}  // namespace clamor::load
