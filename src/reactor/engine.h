// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "base/result.h"
#include "base/time.h"
#include "reactor/endpoint.h"

namespace clamor::reactor {

/// One connected TCP byte stream and the completions of its operations. The caller derives from it and owns it; its
/// address must not change from attach() or connect() until on_closed() has returned. All calls come on the engine's
/// thread, from inside Engine::turn().
class Stream {
  public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

  protected:
    virtual ~Stream() = default;

    /// A connect() has succeeded; bytes may follow.
    virtual void on_connected() {}
    /// Bytes that arrived; valid during the call only.
    virtual void on_received(std::string_view bytes) = 0;
    /// The whole of the last send() is with the kernel: its bytes may go, and send() may be called again.
    virtual void on_sent() = 0;
    /// The last call: the socket is gone. An empty code means that the peer or close() ended it in order. The stream
    /// may be destroyed from inside this call.
    virtual void on_closed(std::error_code why) = 0;

  private:
    friend class UringEngine;
    friend class EpollEngine;
    /// Belongs to the engine: descriptor, slot and flags.
    struct EngineState {
        int fd = -1;
        std::uint32_t slot = 0;
        std::uint32_t flags = 0;
    } engine_;
};

/// A listening socket. Owned by the caller, in place until close() of it.
class Listener {
  public:
    virtual ~Listener() = default;
    /// A connection was accepted. The callee takes the descriptor (attach() it or ::close() it).
    virtual void on_accepted(int fd, const Endpoint& peer) = 0;
};

enum class CloseMode : std::uint8_t {
    graceful,  ///< after what was sent before; FIN
    hard,      ///< at once; RST, unsent bytes are lost
};

/// Completion-style network I/O of one thread: operations are started, their ends are reported to the Stream. The epoll
/// engine emulates completions. Sends started during a turn go to the kernel together at the start of the next turn (or
/// at flush()). Every member except wake() is for the owning thread only.
class Engine {
  public:
    /// At most this many parts in one send().
    static constexpr std::size_t kSendParts = 16;

    virtual ~Engine() = default;

    virtual std::string_view name() const = 0;

    /// Binds with SO_REUSEPORT and starts accepting. Port 0 chooses one; the bound endpoint is returned.
    virtual Result<Endpoint> listen(Listener& listener, const Endpoint& at) = 0;
    /// Stops accepting; no on_accepted() after it.
    virtual void close(Listener& listener) = 0;

    /// Takes over a connected descriptor (sets non-blocking, TCP_NODELAY, SO_SNDBUF) and starts receiving.
    virtual Result<void> attach(Stream& stream, int fd) = 0;
    /// Starts connecting; on_connected() or on_closed() tells the end.
    virtual Result<void> connect(Stream& stream, const Endpoint& to) = 0;
    /// Starts sending the parts behind each other. The bytes must stay until on_sent() or on_closed(). One send at a time
    /// per stream.
    virtual void send(Stream& stream, std::span<const std::string_view> parts) = 0;
    /// Stops or resumes receiving: back-pressure towards the peer.
    virtual void set_receiving(Stream& stream, bool on) = 0;
    /// Starts closing; on_closed() follows, never from inside this call. A second close may harden the first.
    virtual void close(Stream& stream, CloseMode mode) = 0;

    /// Gives the kernel everything that was started, without waiting.
    virtual void flush() = 0;
    /// One turn: flush, wait until something completed, `timeout` passed or wake() was called, then report completions.
    /// No timeout waits without end. Returns how many completions were reported.
    virtual std::size_t turn(std::optional<MonoClock::duration> timeout) = 0;
    /// Ends a turn() in progress, or the next one at once. Any thread.
    virtual void wake() = 0;
};

enum class EngineKind : std::uint8_t { automatic, io_uring, epoll };

struct EngineChoice {
    std::unique_ptr<Engine> engine;
    std::string reason;  ///< one sentence for the log: what was chosen and why
};

struct EngineOptions {
    int send_buffer_bytes;   ///< SO_SNDBUF of attached streams
    std::uint32_t receive_buffers = 256;       ///< io_uring: provided buffers in the ring (a power of two)
    std::uint32_t receive_buffer_bytes = 16384;
};

/// `automatic` probes io_uring with what the engine needs and falls back to epoll; asking for io_uring where it cannot
/// work is an error that says what is missing.
Result<EngineChoice> make_engine(EngineKind kind, const EngineOptions& options);

}  // namespace clamor::reactor
