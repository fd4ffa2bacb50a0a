// SPDX-License-Identifier: Apache-2.0
// The cascade with the built-in classifier over a real channel's chat. The data lies beside the
// source where there is any.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "automod/allocations_fixture.h"
#include "automod/model_classifier.h"
#include "automod/moderator.h"
#include "automod/names.h"
#include "text/message.h"
#include "text/utf8.h"

namespace clamor::automod {
namespace {

struct Line {
    std::string text;
    std::vector<text::CodePoints> emotes;
    std::string user;
    std::int64_t ms = 0;
};

/// Where the words that are emotes stand.
std::vector<text::CodePoints> places(std::string_view text, const std::set<std::string>& emotes) {
    std::vector<text::CodePoints> found;
    std::uint32_t at = 0;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        const auto length = static_cast<std::uint32_t>(text::count_code_points(word));
        if (length > 0 && emotes.contains(std::string(word)))
            found.push_back({at, at + length - 1});
        at += length + 1;
        text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    return found;
}

std::vector<Line> read(const std::filesystem::path& file) {
    std::vector<Line> lines;
    std::ifstream in(file);
    for (std::string row; std::getline(in, row);) {
        const auto json = nlohmann::json::parse(row, nullptr, false);
        if (!json.is_object() || json.contains("notice")) continue;
        Line line{.text = text::clean_message(json.value("text", "")),
                  .emotes = {},
                  .user = json.value("user", ""),
                  .ms = json.value("t_ms", std::int64_t{0})};
        if (json.contains("emotes"))
            line.emotes = places(line.text, json["emotes"].get<std::set<std::string>>());
        if (!line.text.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

class ChatLog : public testing::Test {
  protected:
    void SetUp() override {
        const auto file =
            std::filesystem::path(CLAMOR_SOURCE_DIR) / "../shared/data/chatlog/twitch_vod.jsonl";
        lines_ = read(file);
        if (lines_.empty())
            GTEST_SKIP() << "the real chat log is not at " << file.lexically_normal();
    }
    Judgement judge(const Line& line, const Policy& policy) {
        const auto time = std::chrono::milliseconds(line.ms);
        return automod_.judge({line.text, line.emotes, UserId(std::hash<std::string>{}(line.user))},
                              policy, memory_,
                              {MonoTime(std::chrono::hours(1) + time), WallTime(time)});
    }

    std::vector<Line> lines_;
    text::Normaliser normaliser_;
    AutoMod automod_{normaliser_, builtin_classifier()};
    ChannelMemory memory_;
};

TEST_F(ChatLog, IsHardlyHeldAtLevelTwo) {
    Settings settings;
    settings.levels.overall = 2;
    const auto compiled = compile_policy(settings, normaliser_, WallTime{});
    std::size_t held = 0;
    std::string what;
    for (const Line& line : lines_) {
        const auto judgement = judge(line, *compiled.policy);
        if (judgement.action == Action::allow) continue;
        ++held;
        const Finding& finding = judgement.findings[0];
        what += line.text + " (" + std::string(name_of(finding.category)) + ", " +
                std::to_string(finding.score) + ")\n";
    }
    RecordProperty("held", static_cast<int>(held));
    EXPECT_LE(static_cast<double>(held), 0.006 * static_cast<double>(lines_.size())) << what;
    EXPECT_GT(held, 0u);
}

TEST_F(ChatLog, IsReadWithoutAllocating) {
    if (!counts_allocations()) GTEST_SKIP() << "this build keeps operator new for itself";
    Settings settings;
    settings.levels.overall = 2;
    for (auto& rule : settings.spam) {
        rule.on = true;
        rule.shadow = true;
    }
    for (auto& list : settings.lists) list.on = true;
    for (int i = 0; i < 250; ++i) {
        settings.terms.push_back({.id = "w", .text = "word" + std::to_string(i)});
        settings.terms.push_back({.id = "x", .text = "/wor+d" + std::to_string(i) + "[a-z]/"});
    }
    const auto compiled = compile_policy(settings, normaliser_, WallTime{});
    std::vector<bool> clean;
    for (const Line& line : lines_) clean.push_back(judge(line, *compiled.policy).findings.empty());
    std::size_t allocations = 0, measured = 0;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (!clean[i]) continue;
        lines_[i].ms += 1'000'000'000;  // or everybody repeats what they said in the first round
        Judgement judgement;
        const std::size_t here =
            count_allocations([&] { judgement = judge(lines_[i], *compiled.policy); });
        if (!judgement.findings.empty()) continue;
        allocations += here;
        ++measured;
    }
    EXPECT_EQ(allocations, 0u);
    EXPECT_GT(measured, lines_.size() / 2);
}

}  // namespace
}  // namespace clamor::automod
