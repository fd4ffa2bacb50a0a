// SPDX-License-Identifier: Apache-2.0
// The shared vectors of the IRC community (ircdocs/parser-tests), where a checkout of them is at
// hand.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "wire/irc/line.h"
#include "wire/irc/writer.h"

namespace clamor::wire::irc {
namespace {

std::filesystem::path vectors_folder() {
    const char* shared = std::getenv("CLAMOR_SHARED_DATA");
    const std::filesystem::path data =
        shared != nullptr ? std::filesystem::path(shared)
                          : std::filesystem::path(CLAMOR_SOURCE_DIR) / "../shared/data";
    return data / "irc-parser-tests";
}

std::string text_of(const YAML::Node& node) {
    return node ? node.as<std::string>() : std::string();
}

std::vector<std::string> params_of(const YAML::Node& atoms) {
    return atoms["params"] ? atoms["params"].as<std::vector<std::string>>()
                           : std::vector<std::string>();
}

class ParserVectors : public testing::Test {
  protected:
    void load(const char* name) {
        const auto path = vectors_folder() / name;
        if (!std::filesystem::exists(path))
            GTEST_SKIP()
                << path
                << " is absent; CLAMOR_SHARED_DATA names the folder that holds irc-parser-tests";
        tests_ = YAML::LoadFile(path.string())["tests"];
        ASSERT_GT(tests_.size(), 0u);
    }
    YAML::Node tests_;
};

TEST_F(ParserVectors, SplitMessages) {
    load("msg-split.yaml");
    for (const YAML::Node& test : tests_) {
        const auto input = text_of(test["input"]);
        const YAML::Node atoms = test["atoms"];
        Line line;
        ASSERT_EQ(parse_line(input, line), ParseError::none) << input;
        EXPECT_EQ(line.command, text_of(atoms["verb"])) << input;
        EXPECT_EQ(line.prefix, text_of(atoms["source"])) << input;
        std::vector<std::string> params(line.params.begin(),
                                        line.params.begin() + line.param_count);
        EXPECT_EQ(params, params_of(atoms)) << input;
        std::map<std::string, std::string> tags;
        for_each_tag(line.tags, [&](std::string_view key, std::string_view) {
            tags[std::string(key)] = line.tag(key).value_or("missing");
        });
        std::map<std::string, std::string> expected;
        if (atoms["tags"]) expected = atoms["tags"].as<std::map<std::string, std::string>>();
        EXPECT_EQ(tags, expected) << input;
    }
}

TEST_F(ParserVectors, JoinMessages) {
    load("msg-join.yaml");
    for (const YAML::Node& test : tests_) {
        const YAML::Node atoms = test["atoms"];
        std::string line;
        TagWriter tags(line);
        for (const auto& tag : atoms["tags"]) {
            const auto value = text_of(tag.second);
            if (value.empty()) {
                tags.add_flag(text_of(tag.first));
            } else {
                tags.add(text_of(tag.first), value);
            }
        }
        tags.finish();
        const auto params = params_of(atoms);
        const auto verb = text_of(atoms["verb"]);
        switch (params.size()) {
            case 0:
                append_line(line, text_of(atoms["source"]), verb, {});
                break;
            case 1:
                append_line(line, text_of(atoms["source"]), verb, {params[0]});
                break;
            case 2:
                append_line(line, text_of(atoms["source"]), verb, {params[0], params[1]});
                break;
            case 3:
                append_line(line, text_of(atoms["source"]), verb,
                            {params[0], params[1], params[2]});
                break;
            default:
                FAIL() << "more parameters than this test can write";
        }
        ASSERT_TRUE(line.ends_with("\r\n"));
        line.resize(line.size() - 2);
        const auto matches = test["matches"].as<std::vector<std::string>>();
        EXPECT_NE(std::ranges::find(matches, line), matches.end())
            << line << " is none of those for " << text_of(test["desc"]);
    }
}

TEST_F(ParserVectors, SplitUserhosts) {
    load("userhost-split.yaml");
    for (const YAML::Node& test : tests_) {
        const auto input = text_of(test["source"]);
        const Source source = split_source(input);
        EXPECT_EQ(source.nick, text_of(test["atoms"]["nick"])) << input;
        EXPECT_EQ(source.user, text_of(test["atoms"]["user"])) << input;
        EXPECT_EQ(source.host, text_of(test["atoms"]["host"])) << input;
    }
}

}  // namespace
}  // namespace clamor::wire::irc
