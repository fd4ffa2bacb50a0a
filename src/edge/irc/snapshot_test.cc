// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/fakes/irc_world.h"

/// Plays tests/data/irc/*.json (its README has the form). CLAMOR_UPDATE_SNAPSHOTS=1 writes what
/// came out into the files and fails, so that nobody takes an update for a pass.
namespace clamor::edge::irc {
namespace {

using nlohmann::ordered_json;

const std::filesystem::path kFolder = std::filesystem::path(CLAMOR_SOURCE_DIR) / "tests/data/irc";

bool updating() {
    return std::getenv("CLAMOR_UPDATE_SNAPSHOTS") != nullptr;
}

/// Message ids are random: the first that comes up is `{id1}`, the next `{id2}`.
class IdNames {
  public:
    std::string to_names(std::string text) {
        constexpr std::string_view kKey = "id=";
        for (std::size_t at = text.find(kKey); at != std::string::npos;
             at = text.find(kKey, at + 1)) {
            const std::size_t value = at + kKey.size();
            if (value + 36 > text.size() ||
                !MessageId::parse(std::string_view(text).substr(value, 36)))
                continue;
            text.replace(value, 36, name_of(text.substr(value, 36)));
        }
        return text;
    }
    std::string to_ids(std::string text) const {
        for (const auto& [id, name] : names_) {
            for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
                text.replace(at, name.size(), id);
        }
        return text;
    }

  private:
    const std::string& name_of(const std::string& id) {
        return names_.try_emplace(id, "{id" + std::to_string(names_.size() + 1) + "}")
            .first->second;
    }
    std::map<std::string, std::string> names_;
};

ordered_json lines_of(const std::string& text) {
    ordered_json lines = ordered_json::array();
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find("\r\n", at);
        if (end == std::string::npos) {
            ADD_FAILURE() << "a line without CR LF: " << text.substr(at);
            break;
        }
        lines.push_back(text.substr(at, end - at));
        at = end + 2;
    }
    return lines;
}

void play(ordered_json& scene) {
    fakes::IrcWorld world;
    std::map<std::string, std::unique_ptr<fakes::IrcClient>> clients;
    IdNames ids;
    for (auto& step : scene["steps"]) {
        auto& client = clients[step.value("client", "a")];
        if (client == nullptr)
            client = std::make_unique<fakes::IrcClient>(
                world, scene.value("transport", "tcp") == "websocket");
        for (const auto& bytes : step.value("in", ordered_json::array()))
            client->receive(ids.to_ids(bytes));
        world.cluster.run();
        world.cluster.advance(std::chrono::milliseconds(step.value("wait_ms", 0)));
        const ordered_json out = lines_of(ids.to_names(client->take()));
        if (updating()) {
            step["out"] = out;
        } else {
            EXPECT_EQ(step.value("out", ordered_json::array()).dump(1), out.dump(1))
                << "in scene: " << scene["name"];
        }
        const ordered_json closed =
            client->transport.closed ? ordered_json(close_info(*client->transport.closed).counter)
                                     : ordered_json();
        if (updating()) {
            step.erase("closed");
            if (!closed.is_null()) step["closed"] = closed;
        }
        EXPECT_EQ(step.value("closed", ordered_json()), closed) << "in scene: " << scene["name"];
    }
}

class IrcSnapshot : public testing::TestWithParam<std::string> {};

TEST_P(IrcSnapshot, GivesTheSameLines) {
    const std::filesystem::path path = kFolder / (GetParam() + ".json");
    std::ifstream in(path);
    ASSERT_TRUE(in) << path;
    ordered_json file = ordered_json::parse(in);
    ASSERT_FALSE(file["scenes"].empty());
    for (auto& scene : file["scenes"]) play(scene);
    if (!updating()) return;
    std::ofstream(path) << file.dump(2, ' ', false) << '\n';
    FAIL() << path << " was written anew: read the difference";
}

std::vector<std::string> snapshot_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(Files, IrcSnapshot, testing::ValuesIn(snapshot_names()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace clamor::edge::irc
