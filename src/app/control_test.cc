// SPDX-License-Identifier: Apache-2.0
#include "app/control.h"

#include <filesystem>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store/sqlite/temp_folder.h"

namespace clamor::app {
namespace {

using edge::net::PortKind;
using reactor::Fd;
using testing::HasSubstr;

/// A pipe end that can be told from others.
Fd some_descriptor() {
    return Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

ino_t inode(int fd) {
    struct stat status {};
    EXPECT_EQ(::fstat(fd, &status), 0);
    return status.st_ino;
}

class ControlTest : public ::testing::Test {
  protected:
    void start() {
        auto started = ControlServer::start(
            data_, {.status = [] { return std::string(R"({"version":"1","sessions":7})"); },
                    .reconnect = [this] { ++reconnects_; },
                    .drain = [this] { ++drains_; },
                    .hand_over = [this]() -> Result<edge::net::ListeningSockets> {
                        if (refuses_) return fail(std::errc::too_many_files_open, "no room");
                        edge::net::ListeningSockets sockets;
                        sockets[PortKind::http].push_back(some_descriptor());
                        sockets[PortKind::http].push_back(some_descriptor());
                        sockets[PortKind::irc].push_back(some_descriptor());
                        return sockets;
                    },
                    .handed_over = [this](bool soon) { soon_ = soon; }});
        ASSERT_TRUE(started) << started.error().to_string();
        server_ = *std::move(started);
    }

    store::TempFolder folder_;
    std::filesystem::path data_ = folder_.file(std::string(120, 'd'));  // longer than an address
    int reconnects_ = 0;
    int drains_ = 0;
    bool refuses_ = false;
    std::optional<bool> soon_;
    std::unique_ptr<ControlServer> server_;

    void SetUp() override { std::filesystem::create_directories(data_); }
};

TEST_F(ControlTest, AnswersWhatIsAsked) {
    start();
    const auto status = ask_server(data_, "status");
    ASSERT_TRUE(status) << status.error().to_string();
    EXPECT_THAT(*status, HasSubstr("\"sessions\": 7"));
    EXPECT_TRUE(ask_server(data_, "reconnect"));
    EXPECT_TRUE(ask_server(data_, "drain"));
    server_.reset();
    EXPECT_EQ(reconnects_, 1);
    EXPECT_EQ(drains_, 1);
}

TEST_F(ControlTest, SaysWhatItKnowsWhenAskedForSomethingElse) {
    start();
    const auto answer = ask_server(data_, "explode");
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().to_string(), HasSubstr("status, reconnect, drain"));
    EXPECT_FALSE(ask_server(data_, std::string(100'000, 'x')));
    EXPECT_TRUE(ask_server(data_, "status")) << "and serves on";
}

TEST_F(ControlTest, SaysThatNobodyServesThere) {
    const auto answer = ask_server(data_, "status");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, std::errc::no_such_process);
    EXPECT_THAT(answer.error().to_string(), HasSubstr("no clamor serves from"));
    EXPECT_EQ(ask_server(data_ / "nowhere", "status").error().code, std::errc::no_such_process);
    start();
    server_.reset();
    EXPECT_EQ(ask_server(data_, "status").error().code, std::errc::no_such_process);
}

TEST_F(ControlTest, StartsWhereAServerThatWasKilledLeftItsSocket) {
    const Fd left(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    std::filesystem::current_path(data_);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::string("control.sock").copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(left.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    std::filesystem::current_path("/");
    EXPECT_EQ(ask_server(data_, "status").error().code, std::errc::no_such_process);
    start();
    EXPECT_TRUE(ask_server(data_, "status"));
}

TEST_F(ControlTest, IsForItsOwnUserOnly) {
    start();
    struct stat status {};
    ASSERT_EQ(::stat((data_ / "control.sock").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(ControlTest, HandsDescriptorsOver) {
    start();
    const auto taken = take_over(data_, true);
    ASSERT_TRUE(taken) << taken.error().to_string();
    ASSERT_EQ(taken->at(PortKind::http).size(), 2u);
    ASSERT_EQ(taken->at(PortKind::irc).size(), 1u);
    EXPECT_EQ(inode(taken->at(PortKind::http)[0].get()), inode(some_descriptor().get()));
    server_.reset();
    EXPECT_EQ(soon_, true);
}

TEST_F(ControlTest, ARefusedHandOverChangesNothing) {
    start();
    refuses_ = true;
    const auto taken = take_over(data_, false);
    ASSERT_FALSE(taken);
    EXPECT_THAT(taken.error().to_string(), HasSubstr("no room"));
    server_.reset();
    EXPECT_EQ(soon_, std::nullopt);
}

}  // namespace
}  // namespace clamor::app
