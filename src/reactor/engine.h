// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/counters.h"
#include "base/limits.h"
#include "base/result.h"
#include "base/time.h"
#include "reactor/endpoint.h"
#include "reactor/fd.h"

namespace clamor::reactor {

/// One connected TCP byte stream and the completions of its operations. The caller derives from it
/// and owns it; its address must not change from attach() or connect() until on_closed() has
/// returned. All calls come on the engine's thread, from inside Engine::report() (or turn()).
class Stream {
  public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

  protected:
    virtual ~Stream() = default;

    /// A connect() has succeeded; bytes may follow.
    virtual void on_connected() {}
    /// Bytes that arrived; valid during the call only. Never after set_receiving(false) or close().
    virtual void on_received(std::string_view bytes) = 0;
    /// The whole of the last send() is with the kernel: its bytes may go, and send() may be called
    /// again. Not after close().
    virtual void on_sent() = 0;
    /// The last call: the socket is gone. An empty code means that the peer or close() ended it in
    /// order. The stream may be destroyed from inside this call. When the peer has finished, sends
    /// started before the end of that turn, and those that follow from their on_sent(), are carried
    /// out first. A stream that does not receive learns of the peer's end when it receives again or
    /// sends.
    virtual void on_closed(std::error_code why) = 0;

  private:
    friend class Engine;
    friend class StreamEngine;
    static constexpr std::uint32_t kNoSlot = 0xffffffff;
    std::uint32_t slot_ = kNoSlot;  // belongs to the engine
};

/// A listening socket. Owned by the caller, in place until close() of it.
class Listener {
  public:
    virtual ~Listener() = default;
    /// A connection was accepted. The callee takes the descriptor (attach() it or ::close() it).
    virtual void on_accepted(int fd, const Endpoint& peer) = 0;
};

enum class CloseMode : std::uint8_t {
    graceful,  ///< after what was sent before: FIN, then the socket stays until the peer's FIN
               ///< (kCloseWaitMax at most)
    hard,      ///< at once; RST, unsent bytes are lost
};

/// What an engine has done. Written by its thread, read by any.
struct EngineCounters {
    Counter accepts;
    Counter accept_failures;  // no descriptor or memory was left: accepting then pauses for
                              // kAcceptPause
    Counter receives;         // pieces of data received
    Counter bytes_in;
    Counter receive_shortages;  // io_uring: receives that found every provided buffer taken, and
                                // were started anew
    Counter sends;              // sends completed
    Counter short_sends;        // sends that the kernel took only in part, or not yet
    Counter send_calls;         // calls into the kernel that carried sends
    Counter bytes_out;
    Counter waits;  // calls into the kernel that waited
};

/// How long a graceful close() may take: for the send in progress, then for the peer's FIN.
inline constexpr auto kCloseSendMax = std::chrono::seconds(10);
inline constexpr auto kCloseWaitMax = std::chrono::seconds(2);
inline constexpr auto kAcceptPause = std::chrono::milliseconds(100);

/// Completion-style network I/O of one thread: operations are started, their ends are reported to
/// the Stream. The epoll engine emulates completions. Sends started during a turn go to the kernel
/// together at the start of the next turn (or at flush()). Every member except wake() is for the
/// owning thread only.
class Engine {
  public:
    /// At most this many parts in one send().
    static constexpr std::size_t kSendParts = 16;

    virtual ~Engine() = default;

    virtual std::string_view name() const = 0;
    virtual const EngineCounters& counters() const = 0;

    /// Binds with SO_REUSEPORT and starts accepting. Port 0 chooses one; the bound endpoint is
    /// returned.
    virtual Result<Endpoint> listen(Listener& listener, const Endpoint& at) = 0;
    /// The same for a socket that listens already, of an earlier process.
    virtual Result<Endpoint> listen(Listener& listener, Fd socket) = 0;
    /// Copies of the descriptors of its sockets, for a later process: what waits there to be
    /// accepted stays there when this one stops.
    virtual Result<std::vector<Fd>> sockets_of(const Listener& listener) = 0;
    /// Stops accepting. What the engine has taken from the kernel by then is still reported, soon;
    /// the listener outlives the engine.
    virtual void close(Listener& listener) = 0;

    /// Takes over a connected descriptor (sets TCP_NODELAY, SO_SNDBUF, and non-blocking as the
    /// engine needs it) and starts receiving. On an error the descriptor is closed and the stream
    /// not attached.
    virtual Result<void> attach(Stream& stream, int fd) = 0;
    /// Starts connecting; on_connected() or on_closed() tells the end. An error: it could not even
    /// be started.
    virtual Result<void> connect(Stream& stream, const Endpoint& to) = 0;
    /// Starts sending the parts behind each other. The bytes must stay until on_sent() or
    /// on_closed(). One send at a time per stream. On a stream that has ended or is closing it does
    /// nothing: on_closed() follows.
    virtual void send(Stream& stream, std::span<const std::string_view> parts) = 0;
    /// Stops or resumes receiving: back-pressure towards the peer.
    virtual void set_receiving(Stream& stream, bool on) = 0;
    /// Starts closing; on_closed() follows, never from inside this call. A second close may harden
    /// the first.
    virtual void close(Stream& stream, CloseMode mode) = 0;

    /// Gives the kernel everything that was started, without waiting.
    virtual void flush() = 0;
    /// The first half of a turn: flushes, then waits until something completed, `timeout` passed or
    /// wake() was called. No timeout waits without end.
    virtual void wait(std::optional<MonoClock::duration> timeout) = 0;
    /// The second half: reports what completed, and says how much it was. Between the halves a loop
    /// reads its clock.
    virtual std::size_t report() = 0;
    std::size_t turn(std::optional<MonoClock::duration> timeout) {
        wait(timeout);
        return report();
    }
    /// Ends a wait() in progress, or the next one at once. Any thread.
    virtual void wake() = 0;

  protected:
    // The ends of operations, for engines that are not made of sockets.
    static void tell_connected(Stream& stream) { stream.on_connected(); }
    static void tell_received(Stream& stream, std::string_view bytes) { stream.on_received(bytes); }
    static void tell_sent(Stream& stream) { stream.on_sent(); }
    static void tell_closed(Stream& stream, std::error_code why) { stream.on_closed(why); }
};

enum class EngineKind : std::uint8_t { automatic, io_uring, epoll };

struct EngineChoice {
    std::unique_ptr<Engine> engine;
    std::string reason;  ///< one sentence for the log: what was chosen and why
};

struct EngineOptions {
    int send_buffer_bytes = limits::kSocketSendBufferBytes;  ///< SO_SNDBUF of attached streams
    std::uint32_t receive_buffers =
        512;  ///< io_uring: provided buffers (a power of two, at most 32,768)
    std::uint32_t receive_buffer_bytes = 4096;
    /// io_uring: a busy engine waits at most so long for more before it reports what has come, so
    /// that it wakes less often; zero: never.
    MonoClock::duration gather_max{};
};

/// `automatic` probes io_uring with what the engine needs and falls back to epoll; asking for
/// io_uring where it cannot work is an error that says what is missing.
Result<EngineChoice> make_engine(EngineKind kind, const EngineOptions& options);

}  // namespace clamor::reactor
