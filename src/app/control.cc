// SPDX-License-Identifier: Apache-2.0
#include "app/control.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/limits.h"
#include "base/log.h"

namespace clamor::app {

namespace {

using edge::net::kPortKinds;
using edge::net::ListeningSockets;
using edge::net::PortKind;
using reactor::Fd;

constexpr const char* kSocketName = "control.sock";
constexpr std::string_view kHandOver = "hand-over";
constexpr std::string_view kHandOverSoon = "hand-over soon";
/// What the kernel lets one message carry.
constexpr std::size_t kDescriptorsMax = 253;
constexpr std::size_t kLineMax = 64 * 1024;

/// A Unix address holds about a hundred bytes, a data folder's path may be longer: the folder is
/// named by its descriptor.
struct Address {
    Fd folder;
    sockaddr_un name{};
    static Result<Address> in(const std::filesystem::path& data) {
        Address address;
        address.folder = Fd(::open(data.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!address.folder) return fail_errno("the data folder " + data.string());
        const std::string path =
            "/proc/self/fd/" + std::to_string(address.folder.get()) + "/" + kSocketName;
        address.name.sun_family = AF_UNIX;
        std::memcpy(address.name.sun_path, path.c_str(), path.size() + 1);
        return address;
    }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
};

void set_patience(int fd) {
    const timeval patience{.tv_sec = limits::kControlPatience.count(), .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/// Without its end; the descriptors that came along go to `descriptors`.
Result<std::string> read_line(int fd, std::vector<Fd>* descriptors = nullptr) {
    std::string line;
    while (line.size() < kLineMax) {
        std::array<char, 4096> buffer;
        iovec part{buffer.data(), buffer.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> extra{};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = extra.data();
        message.msg_controllen = extra.size();
        const ssize_t got = ::recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("no answer");
        for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr;
             head = CMSG_NXTHDR(&message, head)) {
            if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
            const std::size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (std::size_t i = 0; i < count; ++i) {
                int descriptor = -1;
                std::memcpy(&descriptor, CMSG_DATA(head) + i * sizeof(int), sizeof(int));
                Fd owned(descriptor);
                if (descriptors != nullptr) descriptors->push_back(std::move(owned));
            }
        }
        if (got == 0) return fail(std::errc::connection_aborted, "the answer ends early");
        line.append(buffer.data(), static_cast<std::size_t>(got));
        if (line.back() != '\n') continue;
        line.pop_back();
        return line;
    }
    return fail(std::errc::message_size, "a line of more than 64 KiB");
}

Result<void> write_line(int fd, std::string line, const std::vector<int>& descriptors = {}) {
    line += '\n';
    std::size_t sent = 0;
    while (sent < line.size()) {
        iovec part{line.data() + sent, line.size() - sent};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMax)> extra{};
        if (sent == 0 && !descriptors.empty()) {
            message.msg_control = extra.data();
            message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
            cmsghdr* head = CMSG_FIRSTHDR(&message);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
            std::memcpy(CMSG_DATA(head), descriptors.data(), sizeof(int) * descriptors.size());
        }
        const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno("the other side does not take the answer");
        sent += static_cast<std::size_t>(n);
    }
    return {};
}

std::string error_line(std::string_view why) {
    return nlohmann::json{{"error", why}}.dump();
}

Result<Fd> connect_to(const std::filesystem::path& data) {
    const auto none = [&] {
        return fail(std::errc::no_such_process,
                    "no clamor serves from " + data.string() + "; start it, or give its --data");
    };
    auto address = Address::in(data);
    if (!address) return none();
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd) return fail_errno("socket()");
    if (::connect(fd.get(), address->get(), sizeof address->name) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return none();
        return fail_errno("the server in " + data.string() + " cannot be asked");
    }
    set_patience(fd.get());
    return fd;
}

Result<nlohmann::json> ask(int fd, std::string_view command, std::vector<Fd>* descriptors) {
    if (auto asked = write_line(fd, std::string(command)); !asked)
        return tl::unexpected<Error>(asked.error());
    auto line = read_line(fd, descriptors);
    if (!line) return tl::unexpected<Error>(line.error());
    auto answer = nlohmann::json::parse(*line, nullptr, false);
    if (!answer.is_object()) return fail(std::errc::bad_message, "the server's answer is no JSON");
    if (const auto error = answer.find("error"); error != answer.end())
        return fail(std::errc::operation_canceled, error->get<std::string>());
    return answer;
}

}  // namespace

struct ControlServer::Impl {
    std::filesystem::path path;
    ControlCommands commands;
    Fd listener;
    Fd stop;
    std::thread thread;

    void run() {
        std::array<pollfd, 2> waits{{{listener.get(), POLLIN, 0}, {stop.get(), POLLIN, 0}}};
        while (true) {
            if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return;
            if (waits[1].revents != 0) return;
            const Fd client(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!client) continue;
            set_patience(client.get());
            serve(client.get());
        }
    }

    void serve(int client) {
        const auto line = read_line(client);
        if (!line) return;
        if (*line == kHandOver || *line == kHandOverSoon)
            return hand_over(client, *line == kHandOverSoon);
        std::string answer = R"({"ok":true})";
        if (*line == "status") {
            answer = commands.status();
        } else if (*line == "reconnect") {
            commands.reconnect();
        } else if (*line == "drain") {
            commands.drain();
        } else {
            answer = error_line("known commands are status, reconnect, drain and hand-over");
        }
        (void)write_line(client, std::move(answer));
    }

    void hand_over(int client, bool soon) {
        auto sockets = commands.hand_over();
        if (sockets && edge::net::count(*sockets) > kDescriptorsMax)
            sockets = fail(std::errc::too_many_files_open, "more shards than can be handed over");
        if (!sockets) {
            (void)write_line(client, error_line(sockets.error().to_string()));
            return;
        }
        std::vector<int> descriptors;
        nlohmann::json answer;
        for (const PortKind kind : kPortKinds) {
            const std::vector<Fd>& some = (*sockets)[kind];
            answer[std::string(name_of(kind))] = some.size();
            for (const Fd& socket : some) descriptors.push_back(socket.get());
        }
        if (auto sent = write_line(client, answer.dump(), descriptors); !sent) {
            log::warn("the listening sockets could not be handed over",
                      {{"error", sent.error().to_string()}});
            return;
        }
        commands.handed_over(soon);
    }
};

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::start(const std::filesystem::path& data,
                                                            ControlCommands commands) {
    auto impl = std::make_unique<Impl>();
    impl->path = data / kSocketName;
    impl->commands = std::move(commands);
    const auto failed = [&](const char* what) {
        return fail_errno(std::string(what) + " " + impl->path.string());
    };
    impl->stop = Fd(::eventfd(0, EFD_CLOEXEC));
    impl->listener = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!impl->stop || !impl->listener) return failed("cannot make the control socket");
    auto address = Address::in(data);
    if (!address) return tl::unexpected<Error>(address.error());
    // The data folder is ours alone: whoever left a socket there is gone.
    ::unlink(impl->path.c_str());
    if (::bind(impl->listener.get(), address->get(), sizeof address->name) != 0 ||
        ::chmod(impl->path.c_str(), 0600) != 0 || ::listen(impl->listener.get(), 16) != 0) {
        return failed("cannot make the control socket");
    }
    impl->thread = std::thread([running = impl.get()] {
        pthread_setname_np(pthread_self(), "control");
        running->run();
    });
    return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

ControlServer::~ControlServer() {
    const std::uint64_t one = 1;
    (void)!::write(impl_->stop.get(), &one, sizeof one);
    impl_->thread.join();
    ::unlink(impl_->path.c_str());
}

Result<std::string> ask_server(const std::filesystem::path& data, std::string_view command) {
    auto connection = connect_to(data);
    if (!connection) return tl::unexpected<Error>(connection.error());
    auto answer = ask(connection->get(), command, nullptr);
    if (!answer) return tl::unexpected<Error>(answer.error());
    return answer->dump(2);
}

Result<ListeningSockets> take_over(const std::filesystem::path& data, bool soon) {
    auto connection = connect_to(data);
    if (!connection) return tl::unexpected<Error>(connection.error());
    std::vector<Fd> descriptors;
    auto answer = ask(connection->get(), soon ? kHandOverSoon : kHandOver, &descriptors);
    if (!answer) return tl::unexpected<Error>(answer.error());
    ListeningSockets sockets;
    auto next = descriptors.begin();
    std::size_t promised = 0;
    for (const PortKind kind : kPortKinds) {
        const auto some = answer->value(name_of(kind), std::size_t{0});
        promised += some;
        for (std::size_t i = 0; i < some && next != descriptors.end(); ++i, ++next)
            sockets[kind].push_back(std::move(*next));
    }
    if (promised != descriptors.size()) {
        return fail(std::errc::bad_message, "the server promised " + std::to_string(promised) +
                                                " sockets and gave " +
                                                std::to_string(descriptors.size()));
    }
    return sockets;
}

}  // namespace clamor::app
