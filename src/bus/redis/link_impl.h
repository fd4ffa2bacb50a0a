// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bus/redis/connection.h"
#include "bus/redis/envelope.h"
#include "bus/redis/link.h"
#include "bus/redis/slots.h"
#include "reactor/engine.h"
#include "reactor/loop.h"

namespace clamor::bus::redis {

class LinkedBus;

/// Nobody's: to find out at the start what may be done.
inline constexpr std::string_view kProbeTopic = "clamor:{probe}";

/// The slot has moved, or will soon be there: nothing is wrong with the server.
bool is_about_slots(std::string_view error);
/// What is asked later may well succeed.
bool passes(std::string_view error);
/// Since 1970: the answer to TIME, which has two parts.
std::chrono::microseconds time_in(const Reply& reply);

/// What goes from the link to a shard.
struct Handed {
    enum class Kind : std::uint8_t { message, subscribed, gap };
    Kind kind = Kind::message;
    ChannelId channel{};
    std::uint64_t subscription = 0;  ///< the one that it is for
    Position position{};             ///< of a gap, its end
    Position after{};                ///< of a gap
    std::string bytes{};
    bool published_here = false;
    Turn turn = Turn::in_order;
};

/// A shard with a bus. Shared by its bus, the link, and what is posted: whichever ends first.
struct Port {
    Scheduler& scheduler;
    ShardId shard;
    LinkedBus* bus;
    std::vector<Handed> batch{};  // of the link's thread
};

struct Server;

/// Published here, and not received back.
struct Pending {
    std::uint64_t number = 0;
    std::string bytes;
    MonoTime since{};
    bool early = false;
    std::optional<Position> place{};  ///< once the server has answered
    bool nowhere = false;             ///< it has one that the server does not know any more
};

/// One channel that the node is subscribed to.
struct Channel {
    ChannelId id;
    std::uint64_t subscription = 0;
    std::shared_ptr<Port> port;
    std::string topic;
    std::string stream;
    std::string head;
    std::uint16_t slot = 0;
    Server* server = nullptr;  ///< null: not known which one it is
    bool heard = false;        ///< the server has confirmed the subscription
    bool reading = false;      ///< the stream is being read
    bool answered = false;     ///< the shard knows that the subscription holds
    bool asked_again = false;  ///< the shard asked once more meanwhile
    std::string run{};         ///< the server's, in which it was read to its end; empty: in none
    std::string asked_run{};   ///< the server is asked whether it has lost something in this run
    bool outlived = false;     ///< another run than that in which the subscription began to hold
    MonoTime since{};
    Position last{};    ///< the newest that was handed out
    Position newest{};  ///< the newest that was heard of
    MonoTime newest_at{};
    Position newest_at_read{};  ///< what `newest` was when the stream was asked
    MonoTime listened_at{};
    std::optional<MonoTime> again_at{};  ///< publishing waits until then
    /// What was handed out early is being published: since when, and when its first was said.
    struct Backlog {
        MonoTime since;
        MonoTime said_since;
    };
    std::optional<Backlog> backlog{};
    std::deque<Pending> pending;
    std::size_t sent = 0;  ///< so many of them are with the server
    std::unordered_map<std::uint64_t, std::uint64_t> numbers;  ///< the last one of each other node
};

/// One Redis server that holds some of the channels.
struct Server {
    enum class State : std::uint8_t { waiting, looking_up, opening, up };
    std::string address;
    State state = State::waiting;
    std::unique_ptr<Connection> commands;
    std::unique_ptr<Connection> topics;
    std::string run;
    std::string publish_sha;
    std::string window_sha;
    std::string presence_sha;
    bool may_listen = false;  ///< rights to subscribe are there
    bool stalled = false;
    bool skewed = false;    ///< its clock and ours differ, and that was said
    bool unwanted = false;  ///< no slot is its any more
    unsigned failures = 0;
    std::string last_failure;
    MonoTime again_at{};
    MonoTime pinged_at{};
    std::vector<ChannelId> blocked;  ///< their publishing waits for answers

    bool ready() const { return state == State::up && !stalled; }
};

class Link::Impl {
  public:
    Impl(LinkOptions options, Executor& resolver);
    ~Impl();

    /// On a thread of its own.
    Result<void> start();
    /// On the caller's.
    void start_on(Scheduler& home, reactor::Engine& engine);
    void stop(std::chrono::milliseconds patience);

    // For the buses; any thread.
    void subscribe(std::shared_ptr<Port> port, ChannelId channel, std::uint64_t subscription,
                   Position last);
    void unsubscribe(ChannelId channel, std::uint64_t subscription);
    void publish(ChannelId channel, std::uint64_t subscription, std::string_view bytes);
    bool accepting() const {
        return kept_bytes_.load(std::memory_order_relaxed) < limits::kBusKeptBytes;
    }
    void taken(std::size_t messages) {
        undelivered_.fetch_sub(messages, std::memory_order_relaxed);
    }
    using WindowDone = std::function<void(std::optional<WindowAnswer>)>;
    using ReportDone = std::function<void(std::optional<std::vector<std::string>>)>;
    /// Runs on the link's thread.
    template <class Run>
    void post(Run run) {
        home_->post_to(home_->shard(), Priority::control, std::move(run));
    }
    void ask_window(const std::string& name, limits::Window window, std::optional<std::uint64_t> at,
                    WindowDone done);
    void ask_report(ChannelId channel, std::optional<std::string> here, ReportDone done);
    std::vector<std::string> holding(const Reply& hash) const;

    Counters counters;
    std::atomic<bool> connected{false};
    const LinkOptions options;

  private:
    struct Asked {
        /// Null: there is no answer.
        using Done = std::function<void(const Reply*)>;
        MonoTime at;
        Done done;
    };

    // link.cc: the thread, servers, who has which slot
    void run();
    void begin();
    MonoTime now() const { return home_->now().mono; }
    Server& add_server(const std::string& address);
    void connect_soon(Server& server);
    void connect(Server& server);
    void look_up(const std::string& address, std::function<void(Result<reactor::Endpoint>)> done);
    void resolved(const std::string& address, Result<reactor::Endpoint> found);
    void refuse(Server& server, std::string_view error);
    void logged_in(Server& server);
    void look_around(Server& server);
    void ask_rights(Server& server);
    void listen_around(Server& server);
    void listened_around(Server& server, std::string_view kind);
    void opened(Server& server);
    void closed(Server& server, const std::string& why, bool refused);
    void trouble(Server& server, const std::string& why);
    void drain(MonoTime until, std::promise<void>& drained);
    void first_news(Result<void> news);
    void failed(Server& server, std::string_view error);
    void want_servers();
    void find_servers();
    void finder_opened();
    void took_master(const Reply& reply);
    void took_slots(const Reply& reply);
    void forget_unwanted();
    void note_state();
    void tick();
    void tick_server(Server& server);
    void took_time(Server& server, const Reply& reply);
    void back_pressure();
    Server* server_of(std::uint16_t slot) const { return slots_[slot]; }

    // channels.cc: subscriptions, order, what waits
    void start_channel(std::shared_ptr<Port> port, ChannelId id, std::uint64_t subscription,
                       Position last);
    void end_channel(ChannelId id, std::uint64_t subscription);
    void take_publish(ChannelId id, std::uint64_t subscription, std::string bytes);
    void place(Channel& channel);
    void move(Channel& channel, Server* to);
    void listen(Channel& channel);
    void stop_listening(const Channel& channel);
    void server_up(Server& server);
    void server_down(Server& server);
    void pushed(Server& server, const Reply& push);
    void took_publication(Channel& channel, std::string_view payload);
    void read(Channel& channel);
    void read_head(Channel& channel);
    void took_page(Channel& channel, const Reply& page);
    void caught_up(Channel& channel);
    void take(Channel& channel, Position position, std::string_view envelope);
    void take_own(Channel& channel, Position position, const Envelope& envelope);
    void pump(Channel& channel);
    bool may_send(Channel& channel, const Pending& pending) const;
    void send(Channel& channel, const Pending& pending, std::uint64_t before);
    void published(Channel& channel, std::uint64_t number, const Reply& reply);
    void hand_own(Channel& channel, std::deque<Pending>::iterator own, Position position,
                  Turn turn);
    void lose_placeless(Channel& channel);
    void ask_run(Channel& channel);
    static bool nothing_before(const Channel& channel);
    bool is_first(Position position) const;
    std::deque<Pending>::iterator forget(Channel& channel, std::deque<Pending>::iterator pending);
    void hand_passed(Channel& channel, Position place);
    void hand_all_passed(Channel& channel);
    void publish_later(Channel& channel);
    void hand_out_early(Channel& channel);
    void answer_subscribed(Channel& channel);
    void hand(Channel& channel, Handed handed);
    void flush();
    void tick_channels();
    void foreign(std::string_view where);
    bool misplaced(Position position, std::string_view where);
    Channel* find(ChannelId id, std::uint64_t subscription);

    // asks.cc
    void ask(const std::string& key, std::string Server::*script,
             std::vector<std::string> arguments, Asked::Done done);
    void end_asked(MonoTime asked_before);

    Executor& resolver_;
    std::vector<reactor::Loop*> loops_;
    std::unique_ptr<reactor::Loop> loop_;  // null: the thread is the caller's
    Scheduler* home_ = nullptr;
    reactor::Engine* engine_ = nullptr;
    std::thread thread_;
    bool stopped_ = false;
    std::atomic<int> lookups_{0};
    std::shared_ptr<const reactor::TlsContext> tls_;  // null: in plain text
    std::optional<std::promise<Result<void>>> started_;
    std::mt19937_64 random_;

    std::map<std::string, std::unique_ptr<Server>> servers_;  // by address
    std::vector<Server*> slots_;
    std::size_t next_address_ = 0;  // of the URL, to be tried
    std::unique_ptr<Connection> finder_;
    std::string finder_address_;
    bool wanted_ = false;   // servers are to be looked for
    bool finding_ = false;  // and are
    MonoTime found_at_{};
    std::string last_failure_;

    std::unordered_map<ChannelId, std::unique_ptr<Channel>> channels_;
    std::unordered_set<ChannelId> busy_;  // with something pending, or heard of and not received
    std::vector<std::shared_ptr<Port>> touched_;
    bool flush_queued_ = false;
    std::uint64_t last_number_ = 0;
    std::atomic<std::size_t> kept_bytes_{0};
    std::atomic<std::size_t> undelivered_{0};
    bool receiving_ = true;
    std::uint64_t foreign_unsaid_ = 0;
    MonoTime foreign_said_at_{};
    bool in_a_hurry_ = false;  // the node ends

    std::map<std::uint64_t, Asked> asked_;
    std::uint64_t last_asked_ = 0;
    std::string node_field_;
};

/// A shard's bus. Lives on its shard.
class LinkedBus final : public Bus {
  public:
    LinkedBus(Link::Impl& link, Receiver& receiver, Scheduler& shard);
    ~LinkedBus() override;

    using Bus::subscribe;
    void subscribe(ChannelId channel, Position last, std::span<const Position> others) override;
    void unsubscribe(ChannelId channel) override;
    void publish(ChannelId channel, std::string_view bytes) override;
    bool accepting() const override { return link_.accepting(); }

    void take(const std::vector<Handed>& batch);
    Link::Impl& link() { return link_; }

  private:
    Link::Impl& link_;
    Receiver& receiver_;
    const std::shared_ptr<Port> port_;
    std::unordered_map<ChannelId, std::uint64_t> subscriptions_;
    std::uint64_t last_subscription_ = 0;
};

}  // namespace clamor::bus::redis
