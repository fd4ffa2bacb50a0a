// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "load/chat_client.h"

namespace clamor::load {

/// A message of a replay, named by its number there.
struct ReplayMessage {
    std::size_t number = 0;
    std::string text;
};

/// What becomes of the messages that an AuthorPool was given.
class AuthorListener {
  public:
    virtual ~AuthorListener() = default;
    virtual void on_said(std::size_t number, MonoTime at) = 0;
    /// The server's answer: accepted (`refusal` empty), or the msg-id of its NOTICE.
    virtual void on_answered(std::size_t number, std::string_view refusal, MonoTime at) = 0;
    /// The connection ended before the answer.
    virtual void on_unanswered(std::size_t number) = 0;
};

/// Logins with a connection each, opened when they have something to say. When there are as many
/// connections as the pool or the server allows, the one that was silent longest makes room. The
/// messages of one author keep their order.
class AuthorPool {
  public:
    struct Options {
        Target target;
        std::string channel;
        std::string token;  ///< empty: development login
        std::size_t connections_max = 2000;
        std::size_t opening_max = 128;
    };

    AuthorPool(reactor::Engine& engine, Options options, AuthorListener& listener);
    ~AuthorPool();

    /// Opens the author's connection soon, so that it is ready when it is needed.
    void prepare(const std::string& login);
    void say(const std::string& login, ReplayMessage message);
    /// Opens and closes connections; between two turns of the engine.
    void step(MonoTime now);

    /// Messages not yet answered, or not even sent.
    std::size_t unfinished() const { return unfinished_; }
    std::size_t connections() const { return open_; }
    std::size_t connections_max() const { return connections_max_; }
    /// Why nothing goes on: no connection could be opened, several times in a row. Empty when all
    /// is well.
    const std::string& failure() const { return failure_; }

  private:
    class Author;
    struct Slot {
        std::unique_ptr<Author> author;  // null: not connected
        std::deque<ReplayMessage> unsent;
        bool waiting = false;  // in waiting_
    };

    void want(const std::string& login, Slot& slot);
    void speak(Slot& slot);
    bool open(const std::string& login, Slot& slot, MonoTime now);
    /// Closes up to `count` idle connections, the longest silent ones first.
    void make_room(std::size_t count);
    void author_gone(Author& author, std::string_view why);
    void note_failure(std::string_view why);

    reactor::Engine& engine_;
    const Options options_;
    AuthorListener& listener_;
    wire::ws::Workspace workspace_;
    std::unordered_map<std::string, Slot> slots_;
    std::deque<std::string> waiting_;            // logins that need a connection
    std::vector<std::unique_ptr<Author>> gone_;  // freed by the next step
    std::size_t connections_max_;
    std::size_t open_ = 0;
    std::size_t opening_ = 0;
    std::size_t closing_ = 0;
    std::size_t unfinished_ = 0;
    std::size_t failures_in_a_row_ = 0;
    std::string failure_;
    MonoTime now_;
};

}  // namespace clamor::load
