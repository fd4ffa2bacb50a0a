// SPDX-License-Identifier: Apache-2.0
// One turn that fans a frame out to many loopback streams, on each engine: CPU microseconds of the
// sending thread per send, for all streams at once or some after a pause. The sender keeps to the
// first core and the readers to the second: where they share one, the scheduler's accounts of who
// did what are not to be believed. On loopback the readers' input work is part of the send.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/frame.h"
#include "reactor/clock.h"
#include "reactor/engine.h"
#include "reactor/fd.h"
#include "reactor/socket.h"

namespace clamor::reactor {
namespace {

struct Plan {
    std::size_t streams = 1000;
    std::size_t bytes = 300;
    int rounds = 300;
    std::size_t at_once = 0;  ///< streams of a turn, the next ones each time; 0: all
    int pause_ms = 0;         ///< before each turn
};

class Sink final : public Stream {
  public:
    ~Sink() override = default;
    bool busy = false;
    void on_received(std::string_view) override {}
    void on_sent() override { busy = false; }
    void on_closed(std::error_code) override {}
};

class Accepted final : public Listener {
  public:
    explicit Accepted(Engine& engine) : engine_(engine) {}
    std::vector<std::unique_ptr<Sink>> streams;
    void on_accepted(int fd, const Endpoint&) override {
        streams.push_back(std::make_unique<Sink>());
        if (!engine_.attach(*streams.back(), fd)) streams.pop_back();
    }

  private:
    Engine& engine_;
};

void keep_to_core(std::size_t core) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core % std::max(1u, std::thread::hardware_concurrency()), &cores);
    ::sched_setaffinity(0, sizeof(cores), &cores);
}

/// Connects the readers and throws away what they receive, until it is destroyed.
class Readers {
  public:
    Readers(const Endpoint& at, std::size_t count) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
        for (std::size_t i = 0; i < count; ++i) {
            auto fd = socket::start_connect(at);
            if (!fd) break;
            epoll_event event{.events = EPOLLIN, .data = {.fd = fd->get()}};
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd->get(), &event);
            fds_.push_back(std::move(*fd));
        }
        thread_ = std::thread([this] { read(); });
    }
    ~Readers() {
        stop_ = true;
        thread_.join();
    }
    std::uint64_t bytes() const { return bytes_; }

  private:
    void read() {
        keep_to_core(1);
        std::vector<epoll_event> events(256);
        std::vector<char> buffer(64 * 1024);
        while (!stop_) {
            const int count =
                ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 10);
            for (int i = 0; i < count; ++i) {
                const ssize_t got = ::recv(events[static_cast<std::size_t>(i)].data.fd,
                                           buffer.data(), buffer.size(), MSG_DONTWAIT);
                if (got > 0) bytes_ += static_cast<std::uint64_t>(got);
            }
        }
    }

    Fd epoll_;
    std::vector<Fd> fds_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> bytes_{0};
    std::thread thread_;
};

double thread_cpu_us() {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

void measure(EngineKind kind, const Plan& plan) {
    auto choice = make_engine(kind, {});
    if (!choice) {
        fmt::print("{}\n", choice.error().to_string());
        return;
    }
    Engine& engine = *choice->engine;
    Accepted accepted(engine);
    const auto at = engine.listen(accepted, *Endpoint::parse("127.0.0.1:0"));
    if (!at) {
        fmt::print("{}\n", at.error().to_string());
        return;
    }
    Readers readers(*at, plan.streams);
    while (accepted.streams.size() < plan.streams) engine.turn(std::chrono::milliseconds(10));

    const Frame frame = Frame::copy(std::string(plan.bytes, 'x'));
    const std::string_view part = frame.bytes();
    std::vector<double> per_send;
    std::vector<double> wall_us;
    std::uint64_t expected = 0;
    const std::size_t at_once = plan.at_once == 0 ? plan.streams : plan.at_once;
    std::vector<Sink*> turn(at_once);
    std::size_t next = 0;
    for (int round = 0; round < plan.rounds; ++round) {
        for (Sink*& stream : turn) stream = accepted.streams[next++ % plan.streams].get();
        std::this_thread::sleep_for(std::chrono::milliseconds(plan.pause_ms));
        const double cpu = thread_cpu_us();
        const MonoTime start = read_mono_clock();
        for (Sink* stream : turn) {
            stream->busy = true;
            engine.send(*stream, std::span(&part, 1));
        }
        while (std::any_of(turn.begin(), turn.end(), [](const Sink* s) { return s->busy; }))
            engine.turn(std::chrono::milliseconds(10));
        per_send.push_back((thread_cpu_us() - cpu) / static_cast<double>(at_once));
        wall_us.push_back(
            std::chrono::duration<double, std::micro>(read_mono_clock() - start).count());
        expected += at_once * plan.bytes;
        while (readers.bytes() < expected) std::this_thread::yield();
    }
    std::sort(per_send.begin(), per_send.end());
    std::sort(wall_us.begin(), wall_us.end());
    const std::size_t middle = per_send.size() / 2;
    fmt::print(
        "{:8}  {} of {} streams x {} bytes every {} ms: CPU {:.2f} us a send, a turn {:.2f} ms, "
        "{:.0f} kernel calls a turn\n",
        engine.name(), at_once, plan.streams, plan.bytes, plan.pause_ms, per_send[middle],
        wall_us[middle] / 1000,
        static_cast<double>(engine.counters().send_calls.value()) / plan.rounds);
}

bool read_number(const char* text, auto& out) {
    const std::string_view view(text);
    return std::from_chars(view.data(), view.data() + view.size(), out).ec == std::errc() &&
           out > 0;
}

}  // namespace
}  // namespace clamor::reactor

int main(int argc, char** argv) {
    using namespace clamor::reactor;
    Plan plan;
    const bool fine = (argc < 2 || read_number(argv[1], plan.streams)) &&
                      (argc < 3 || read_number(argv[2], plan.bytes)) &&
                      (argc < 4 || read_number(argv[3], plan.rounds)) &&
                      (argc < 5 || read_number(argv[4], plan.at_once)) &&
                      (argc < 6 || read_number(argv[5], plan.pause_ms)) && argc <= 6 &&
                      plan.at_once <= plan.streams;
    if (!fine) {
        fmt::print(stderr,
                   "usage: reactor-bench [STREAMS [BYTES [ROUNDS [AT_ONCE [PAUSE_MS]]]]]\n");
        return 2;
    }
    keep_to_core(0);
    for (int repeat = 0; repeat < 3; ++repeat) {
        measure(EngineKind::epoll, plan);
        measure(EngineKind::io_uring, plan);
    }
}
