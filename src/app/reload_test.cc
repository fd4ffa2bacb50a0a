// SPDX-License-Identifier: Apache-2.0
// With a server that runs; what it does meanwhile is in tests/e2e/reload.test.mjs.
#include "app/reload.h"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "automod/model.h"
#include "automod/model_classifier.h"

namespace clamor::app {
namespace {

namespace fs = std::filesystem;

class ReloadTest : public testing::Test {
  protected:
    void SetUp() override {
        fs::create_directories(folder_);
        NodeOptions options;
        options.data = folder_ / "data";
        options.ports[edge::net::PortKind::http] = *reactor::Endpoint::parse("127.0.0.1:0");
        options.classifier = automod::builtin_classifier();
        auto started = Node::start(std::move(options));
        ASSERT_TRUE(started) << started.error().to_string();
        node_ = *std::move(started);
    }
    void TearDown() override {
        node_.reset();
        fs::remove_all(folder_);
    }

    /// A model's file that differs from the built-in one in its version, and by `change`.
    void write_model(const std::string& version,
                     const std::function<void(std::vector<std::byte>&)>& change = {}) {
        const automod::Model builtin = automod::builtin_model();
        automod::ModelHeader header = builtin.header;
        header.version.fill('\0');
        version.copy(header.version.data(), header.version.size());
        auto bytes = automod::write_model(header, builtin.slots, builtin.rows, builtin.pairs,
                                          builtin.pieces);
        if (change) change(bytes);
        std::ofstream(model_path(), std::ios::binary)
            .write(reinterpret_cast<const char*>(bytes.data()),
                   static_cast<std::streamsize>(bytes.size()));
    }
    std::string model_path() const { return (folder_ / "model.bin").string(); }
    std::string version() const { return std::string(node_->classifier()->version()); }

    void read_again() {
        reload(*node_, in_force_, [this] { return parse_config(file_, "clamor.toml"); });
    }
    std::uint64_t done() { return node_->reloads().done.value(); }
    std::uint64_t failed() { return node_->reloads().failed.value(); }

    const fs::path folder_ =
        fs::temp_directory_path() / ("clamor-reload-" + std::to_string(getpid()));
    std::unique_ptr<Node> node_;
    Config in_force_;
    std::string file_;
};

TEST_F(ReloadTest, ExchangesTheModelAndGoesBackToTheOneInTheProgram) {
    const std::string builtin = version();
    write_model("other-1");
    file_ = "[automod]\nmodel_path = \"" + model_path() + "\"\n";
    read_again();
    EXPECT_EQ(version(), "other-1");
    write_model("other-2");
    read_again();
    EXPECT_EQ(version(), "other-2") << "the file of the same name was read again";
    EXPECT_EQ(in_force_.automod.model_path, model_path());
    file_ = "";
    read_again();
    EXPECT_EQ(version(), builtin);
    EXPECT_EQ(done(), 3u);
    EXPECT_EQ(failed(), 0u);
}

TEST_F(ReloadTest, KeepsTheModelWhenTheFileIsBad) {
    write_model("good");
    file_ = "[automod]\nmodel_path = \"" + model_path() + "\"\n";
    read_again();
    const auto at = [](std::vector<std::byte>& bytes, std::size_t offset) -> std::byte& {
        return bytes.at(offset);
    };
    const std::vector<std::function<void(std::vector<std::byte>&)>> faults{
        [](auto& bytes) { bytes.resize(bytes.size() - 1); },
        [](auto& bytes) { bytes.resize(20); },
        [](auto& bytes) { bytes.clear(); },
        [&](auto& bytes) {
            at(bytes, offsetof(automod::ModelHeader, feature_seed)) ^= std::byte{1};
        },
        [&](auto& bytes) { at(bytes, offsetof(automod::ModelHeader, format)) ^= std::byte{1}; },
        [&](auto& bytes) { at(bytes, offsetof(automod::ModelHeader, checksum)) ^= std::byte{1}; },
        [&](auto& bytes) { at(bytes, bytes.size() / 2) ^= std::byte{1}; },
    };
    for (std::size_t i = 0; i < faults.size(); ++i) {
        write_model("bad", faults[i]);
        read_again();
        EXPECT_EQ(version(), "good") << i;
        EXPECT_EQ(failed(), i + 1);
    }
    file_ = "[automod]\nmodel_path = \"" + model_path() + ".none\"\n";
    read_again();
    EXPECT_EQ(version(), "good");
    EXPECT_EQ(in_force_.automod.model_path, model_path());
    EXPECT_EQ(done(), 1u);
}

TEST_F(ReloadTest, ChangesNothingWhereASettingIsWrong) {
    write_model("other");
    file_ = "[automod]\nmodel_path = \"" + model_path() + "\"\n[log]\nlevel = \"loud\"\n";
    read_again();
    EXPECT_EQ(version(), automod::builtin_classifier()->version());
    EXPECT_EQ(failed(), 1u);
    EXPECT_EQ(in_force_, Config());
}

TEST_F(ReloadTest, TakesOverTheLevelOfTheLogAndNotWhatNeedsARestart) {
    file_ = "[log]\nlevel = \"error\"\n[limits]\nmailbox = 2048\n";
    testing::internal::CaptureStderr();
    read_again();
    EXPECT_EQ(in_force_.log.level, log::Level::error);
    EXPECT_EQ(in_force_.limits.mailbox, Config().limits.mailbox);
    file_ = "[limits]\nmailbox = 2048\n";
    read_again();
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("need_a_restart=limits.mailbox\n"), std::string::npos) << said;
    EXPECT_EQ(done(), 2u);
}

}  // namespace
}  // namespace clamor::app
