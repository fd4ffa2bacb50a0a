// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/scheduler.h"
#include "base/time.h"
#include "reactor/engine.h"
#include "reactor/tls.h"

struct redisReader;
struct redisReply;

namespace clamor::bus::redis {

/// What a server said, as hiredis reads it; looked at through these, so that its header stays in
/// .cc files.
class Reply {
  public:
    explicit Reply(const redisReply& reply) : reply_(reply) {}

    bool is_error() const;
    /// Of a string, a status or an error; otherwise empty.
    std::string_view text() const;
    /// Of an integer; otherwise 0.
    std::int64_t number() const;
    /// Of an array; otherwise 0.
    std::size_t size() const;
    Reply operator[](std::size_t index) const;

  private:
    const redisReply& reply_;
};

/// One connection to one Redis server: logs in, sends commands behind each other without waiting,
/// gives each its reply. Lives on its scheduler's thread. Bounded by its owner, who looks at
/// unanswered().
class Connection final : private reactor::Stream {
  public:
    using Answer = std::function<void(const Reply&)>;
    struct Owner {
        /// Logged in.
        std::function<void()> opened;
        /// What comes in the mode of a subscriber.
        std::function<void(const Reply&)> pushed;
        /// Once for each connect(): it could not be, or is no more. `refused`: Redis does not want
        /// us (password, rights), and trying again is of little use. What was not answered will not
        /// be. connect() may be called from inside.
        std::function<void(const std::string& why, bool refused)> closed;
    };
    struct Login {
        std::string user;
        std::string password;
        std::uint16_t database = 0;
        std::string name;                                          ///< shown in CLIENT LIST
        std::shared_ptr<const reactor::TlsContext> tls = nullptr;  ///< null: in plain text
    };

    /// The engine is of the scheduler's thread.
    Connection(Scheduler& scheduler, reactor::Engine& engine, Login login, Owner owner);
    ~Connection() override;

    /// Only when it is closed. `host`: whom the certificate must be for, where TLS is spoken.
    void connect(const reactor::Endpoint& to, const std::string& host);
    /// Ends it at once; `closed` follows, never from inside.
    void close(std::string why, bool refused = false);

    /// Only when it is open. Each command is answered once, in order, unless the connection closes.
    void ask(std::span<const std::string_view> command, Answer answer);
    void ask(std::initializer_list<std::string_view> command, Answer answer) {
        ask(std::span(command.begin(), command.size()), std::move(answer));
    }
    /// A command whose answer comes as a push: from the first one on all replies are pushes.
    void subscribe(std::initializer_list<std::string_view> command);

    void set_receiving(bool on);

    bool is_open() const { return state_ == State::open; }
    bool is_closed() const { return state_ == State::closed; }
    std::size_t unanswered() const { return waiting_.size(); }
    /// Since when the oldest unanswered command waits; only where there is one.
    MonoTime waits_since() const { return waiting_.front().asked_at; }
    /// When bytes came last, or it was opened.
    MonoTime heard_at() const { return heard_at_; }

  private:
    enum class State : std::uint8_t { closed, connecting, open, closing };
    struct Waiting {
        MonoTime asked_at;
        Answer answer;
    };
    struct FreeReader {
        void operator()(redisReader* reader) const;
    };

    void on_connected() override;
    void on_received(std::string_view bytes) override;
    void on_sent() override;
    void on_closed(std::error_code why) override;

    void probe_plain_text();
    void log_in();
    void read(std::string_view bytes);
    void append(std::span<const std::string_view> command);
    void send_soon();
    void send();
    void take(const Reply& reply);

    Scheduler& scheduler_;
    reactor::Engine& engine_;
    const Login login_;
    const Owner owner_;
    State state_ = State::closed;
    std::unique_ptr<redisReader, FreeReader> reader_;
    std::string host_;
    std::unique_ptr<reactor::TlsSession> tls_;  // null: plain text, or not connected yet
    std::deque<Waiting> waiting_;
    bool subscriber_ = false;
    bool sending_ = false;
    bool send_queued_ = false;
    std::string out_;     // to be sent
    std::string on_way_;  // being sent
    std::string why_;     // it is being closed
    bool refused_ = false;
    bool mute_ = false;            // connected, and nothing has come yet
    bool heard_ever_ = false;      // on any connect()
    std::size_t first_words_ = 0;  // bytes that TLS begins with
    std::uint64_t life_ = 0;       // counts connects, so that a late task knows its own
    TimerId timeout_{};
    TimerId probe_{};
    MonoTime heard_at_{};
};

}  // namespace clamor::bus::redis
