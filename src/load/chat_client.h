// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "load/connection.h"

namespace clamor::load {

/// What is spoken to the server: IRC as Twitch's clients do, or the bare texts of the rival in
/// bench/rivals/uws.
enum class Dialect : std::uint8_t { irc, bare };

/// Who a client is and what it wants.
struct Profile {
    Dialect dialect = Dialect::irc;
    std::string login;                  ///< with the prefix `justinfan` an anonymous reader
    std::string token;                  ///< empty: development login, any token does
    std::vector<std::string> channels;  ///< joined before the client counts as ready
    std::string path = "/";             ///< where to upgrade to WebSocket

    bool is_anonymous() const { return login.starts_with("justinfan"); }
};

/// A chatter: logs in, joins its channels a line at a time (the next line once the server has
/// answered the last one), answers PING, and hands over every other line. Same ownership and thread
/// as Connection.
class ChatClient : public Connection {
  public:
    enum class State : std::uint8_t { connecting, logging_in, joining, ready };

    ChatClient(reactor::Engine& engine, const Target& target, wire::ws::Workspace& workspace,
               Profile profile);

    State state() const { return state_; }
    const Profile& profile() const { return profile_; }

    /// Sends `text` to a channel. `nonce` comes back with the message and in the sender's echo;
    /// empty for none.
    void say(std::string_view channel, std::string_view text, std::string_view nonce = {});

  protected:
    virtual void on_ready() = 0;
    /// A line without its end (bare: a text) that is no business of login and joining.
    virtual void on_line(std::string_view line) = 0;

  private:
    void on_open() final;
    void on_text(std::string_view text) final;
    void on_answered() final;

    void on_setup_line(std::string_view line);
    /// Sends the next line of joins, or becomes ready when all are done.
    void join_more();
    void become_ready();

    Profile profile_;
    std::size_t next_channel_ = 0;  // in profile_.channels, to be asked for
    std::size_t answers_due_ = 0;   // channels asked for whose ROOMSTATE has not come
    State state_ = State::connecting;
};

}  // namespace clamor::load
