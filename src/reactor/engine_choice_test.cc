// SPDX-License-Identifier: Apache-2.0
#include <cerrno>
#include <cstddef>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reactor/engine.h"

namespace clamor::reactor {

namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// From here on, in this process, io_uring_setup() fails with `error`, as container profiles do it.
bool forbid_io_uring(int error) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog filter{.len = std::size(program), .filter = program};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

std::string describe(EngineKind kind) {
    const auto choice = make_engine(kind, {});
    if (!choice) return "error: " + choice.error().to_string();
    return std::string(choice->engine->name()) + " | " + choice->reason;
}

/// What describe() says in a child process in which io_uring is forbidden.
std::string describe_without_io_uring(EngineKind kind, int error) {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string text = forbid_io_uring(error) ? describe(kind) : "no seccomp";
        [[maybe_unused]] const auto written = ::write(ends[1], text.data(), text.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text(4096, '\0');
    const ssize_t got = ::read(ends[0], text.data(), text.size());
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
}

TEST(EngineChoice, FallsBackToEpollWhereIoUringIsForbidden) {
    const std::string text = describe_without_io_uring(EngineKind::automatic, EPERM);
    EXPECT_THAT(text, StartsWith("epoll | epoll: io_uring_setup() is forbidden here"));
    EXPECT_THAT(text, HasSubstr("container profiles"));
}

TEST(EngineChoice, FallsBackToEpollWhereTheKernelHasNoIoUring) {
    const std::string text = describe_without_io_uring(EngineKind::automatic, ENOSYS);
    EXPECT_THAT(text, StartsWith("epoll | epoll: kernel "));
    EXPECT_THAT(text, HasSubstr("has no io_uring"));
}

TEST(EngineChoice, RefusesIoUringWhereItIsForbidden) {
    const std::string text = describe_without_io_uring(EngineKind::io_uring, EPERM);
    EXPECT_THAT(text, StartsWith("error: io_uring_setup() is forbidden here"));
}

TEST(EngineChoice, TakesEpollWhenAskedFor) {
    EXPECT_EQ(describe(EngineKind::epoll), "epoll | epoll: asked for");
}

TEST(EngineChoice, SaysWhyItTookIoUring) {
    const auto uring = make_engine(EngineKind::io_uring, {});
    if (!uring) GTEST_SKIP() << uring.error().to_string();
    EXPECT_THAT(describe(EngineKind::automatic), StartsWith("io_uring | io_uring: kernel "));
}

}  // namespace

}  // namespace clamor::reactor
