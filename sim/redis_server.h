// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sim/redis_data.h"
#include "sim/timeline.h"

struct lua_State;

namespace clamor::sim {

/// One Redis server in simulated time: speaks its protocol with clients, runs the scripts that they
/// load in the same Lua that Redis has, and tells subscribers. It executes one command at a time.
class RedisServer {
  public:
    using ClientId = std::uint64_t;
    /// Takes what the server sends to a client.
    using Output = std::function<void(std::string bytes)>;
    /// Sees every entry of a stream as it gets its id, in the order of all.
    using Watch =
        std::function<void(const std::string& stream, Position id, const std::string& text)>;

    RedisServer(const Timeline& timeline, std::chrono::milliseconds skew, Watch watch);
    ~RedisServer();

    ClientId connect(Output output);
    void disconnect(ClientId client);
    /// Commands may come in pieces.
    void receive(ClientId client, std::string_view bytes);

    /// What a replica has now that hears of nothing more.
    RedisData snapshot() const { return data_; }
    /// Begins again, with those data where there are some: all clients and scripts are forgotten.
    void restart(std::optional<RedisData> with);

  private:
    struct Client;
    struct Lua;
    friend struct Lua;

    RedisValue execute(Client& client, const RedisCommand& command);
    /// What scripts may do, too.
    RedisValue on_data(const RedisCommand& command);
    void publish(const std::string& topic, const std::string& text);
    void count_run();

    const Timeline& timeline_;
    const std::chrono::milliseconds skew_;
    const Watch watch_;
    RedisData data_;
    std::uint64_t runs_ = 0;
    std::string run_id_;
    ClientId clients_made_ = 0;
    std::map<ClientId, std::unique_ptr<Client>> clients_;
    std::unique_ptr<Lua> lua_;
};

}  // namespace clamor::sim
