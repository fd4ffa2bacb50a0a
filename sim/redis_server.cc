// SPDX-License-Identifier: Apache-2.0
#include "sim/redis_server.h"

#include <utility>

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <lua.hpp>

#include "base/check.h"
#include "bus/redis/envelope.h"

namespace clamor::sim {

struct RedisServer::Client {
    Output output;
    std::unique_ptr<redisReader, void (*)(redisReader*)> reader{redisReaderCreate(),
                                                                redisReaderFree};
    std::set<std::string> topics{};
};

/// The scripts, and how values go in and out of them, as Redis' manual has it.
struct RedisServer::Lua {
    explicit Lua(RedisServer& of) : server(of), state(luaL_newstate()) {
        luaL_openlibs(state);
        lua_newtable(state);
        add("call", [](lua_State* at) { return call(at, true); });
        add("pcall", [](lua_State* at) { return call(at, false); });
        add("error_reply", [](lua_State* at) {
            lua_newtable(at);
            lua_pushvalue(at, 1);
            lua_setfield(at, -2, "err");
            return 1;
        });
        lua_setglobal(state, "redis");
    }
    ~Lua() { lua_close(state); }

    void add(const char* name, lua_CFunction function) {
        lua_pushlightuserdata(state, this);
        lua_pushcclosure(state, function, 1);
        lua_setfield(state, -2, name);
    }

    std::string load(const std::string& script) {
        CLAMOR_CHECK(luaL_loadstring(state, script.c_str()) == 0, "a script of ours is Lua");
        return std::to_string(luaL_ref(state, LUA_REGISTRYINDEX));
    }

    RedisValue run(const RedisCommand& command) {
        const int script = std::atoi(command.at(1).c_str());
        lua_rawgeti(state, LUA_REGISTRYINDEX, script);
        if (script <= 0 || !lua_isfunction(state, -1)) {
            lua_pop(state, 1);
            return RedisValue::error("NOSCRIPT No matching script. Please use EVAL.");
        }
        const std::size_t keys = std::stoul(command.at(2));
        set_list("KEYS", command, 3, 3 + keys);
        set_list("ARGV", command, 3 + keys, command.size());
        const bool failed = lua_pcall(state, 0, 1, 0) != 0;
        RedisValue answer = take(state, -1);
        lua_pop(state, 1);
        CLAMOR_CHECK(!failed || answer.kind == RedisValue::Kind::error, answer.text.c_str());
        return answer;
    }

    void set_list(const char* name, const RedisCommand& from, std::size_t first, std::size_t end) {
        lua_newtable(state);
        for (std::size_t i = first; i < end; ++i) {
            lua_pushlstring(state, from[i].data(), from[i].size());
            lua_rawseti(state, -2, static_cast<int>(i - first) + 1);
        }
        lua_setglobal(state, name);
    }

    static int call(lua_State* at, bool raises) {
        // Lua's errors jump over what C++ has yet to destroy.
        const bool failed = push_answer(at);
        return failed && raises ? lua_error(at) : 1;
    }
    /// Whether it is an error.
    static bool push_answer(lua_State* at) {
        auto& lua = *static_cast<Lua*>(lua_touserdata(at, lua_upvalueindex(1)));
        RedisCommand command;
        for (int i = 1; i <= lua_gettop(at); ++i) {
            if (lua_type(at, i) == LUA_TNUMBER) {
                command.push_back(fmt::format("{:.17g}", lua_tonumber(at, i)));
            } else {
                std::size_t size = 0;
                const char* text = lua_tolstring(at, i, &size);
                CLAMOR_CHECK(text != nullptr, "what a script gives to Redis is text");
                command.emplace_back(text, size);
            }
        }
        const RedisValue answer = lua.server.on_data(command);
        push(at, answer);
        return answer.kind == RedisValue::Kind::error;
    }

    static void push(lua_State* at, const RedisValue& value) {
        switch (value.kind) {
            case RedisValue::Kind::nil:
                return lua_pushboolean(at, 0);
            case RedisValue::Kind::integer:
                return lua_pushnumber(at, static_cast<lua_Number>(value.number));
            case RedisValue::Kind::bulk:
                return lua_pushlstring(at, value.text.data(), value.text.size());
            case RedisValue::Kind::status:
            case RedisValue::Kind::error:
                lua_newtable(at);
                lua_pushlstring(at, value.text.data(), value.text.size());
                return lua_setfield(at, -2, value.kind == RedisValue::Kind::error ? "err" : "ok");
            case RedisValue::Kind::array:
                break;
        }
        lua_newtable(at);
        for (std::size_t i = 0; i < value.parts.size(); ++i) {
            push(at, value.parts[i]);
            lua_rawseti(at, -2, static_cast<int>(i) + 1);
        }
    }

    static RedisValue take(lua_State* at, int index) {
        if (index < 0) index = lua_gettop(at) + index + 1;
        if (lua_type(at, index) == LUA_TNUMBER)
            return RedisValue::integer(static_cast<std::int64_t>(lua_tonumber(at, index)));
        if (lua_type(at, index) == LUA_TSTRING) {
            std::size_t size = 0;
            const char* text = lua_tolstring(at, index, &size);
            return RedisValue::bulk(std::string(text, size));
        }
        if (lua_type(at, index) != LUA_TTABLE) return {};
        lua_getfield(at, index, "err");
        if (lua_type(at, -1) == LUA_TSTRING) {
            RedisValue error = RedisValue::error(lua_tostring(at, -1));
            lua_pop(at, 1);
            return error;
        }
        lua_pop(at, 1);
        std::vector<RedisValue> parts;
        for (int i = 1;; ++i) {
            lua_rawgeti(at, index, i);
            const bool end = lua_isnil(at, -1);
            if (!end) parts.push_back(take(at, -1));
            lua_pop(at, 1);
            if (end) return RedisValue::array(std::move(parts));
        }
    }

    RedisServer& server;
    lua_State* const state;
};

RedisServer::RedisServer(const Timeline& timeline, std::chrono::milliseconds skew, Watch watch)
    : timeline_(timeline), skew_(skew), watch_(std::move(watch)) {
    count_run();
}
RedisServer::~RedisServer() = default;

void RedisServer::count_run() {
    run_id_ = fmt::format("run{}", ++runs_);
    lua_ = std::make_unique<Lua>(*this);
}

void RedisServer::restart(std::optional<RedisData> with) {
    clients_.clear();
    if (with) data_ = *std::move(with);
    count_run();
}

RedisServer::ClientId RedisServer::connect(Output output) {
    const ClientId id = ++clients_made_;
    clients_.emplace(id, std::make_unique<Client>(Client{.output = std::move(output)}));
    return id;
}

void RedisServer::disconnect(ClientId client) {
    clients_.erase(client);
}

void RedisServer::receive(ClientId id, std::string_view bytes) {
    const auto found = clients_.find(id);
    if (found == clients_.end()) return;
    Client& client = *found->second;
    // Commands have the form of answers that are lists of texts.
    redisReaderFeed(client.reader.get(), bytes.data(), bytes.size());
    while (true) {
        void* raw = nullptr;
        CLAMOR_CHECK(redisReaderGetReply(client.reader.get(), &raw) == REDIS_OK,
                     "clients speak Redis' protocol");
        if (raw == nullptr) return;
        const std::unique_ptr<void, void (*)(void*)> owned(raw, freeReplyObject);
        const auto& reply = *static_cast<const redisReply*>(raw);
        RedisCommand command;
        for (std::size_t i = 0; i < reply.elements; ++i)
            command.emplace_back(reply.element[i]->str, reply.element[i]->len);
        const RedisValue answer = execute(client, command);
        client.output(to_resp(answer));
    }
}

RedisValue RedisServer::execute(Client& client, const RedisCommand& command) {
    const std::string& name = command.front();
    if (name == "PING") {
        if (client.topics.empty()) return RedisValue::status("PONG");
        return RedisValue::array({RedisValue::bulk("pong"), RedisValue::bulk("")});
    }
    if (name == "CLIENT") return RedisValue::status("OK");
    if (name == "INFO") {
        return RedisValue::bulk(fmt::format(
            "# Server\r\nredis_version:7.0.15\r\nrun_id:{}\r\nrole:master\r\ncluster_enabled:0\r\n",
            run_id_));
    }
    if (name == "SCRIPT") return RedisValue::bulk(lua_->load(command.at(2)));
    if (name == "EVALSHA") return lua_->run(command);
    if (name == "SUBSCRIBE" || name == "UNSUBSCRIBE") {
        const bool on = name == "SUBSCRIBE";
        const std::string& topic = command.at(1);
        on ? void(client.topics.insert(topic)) : void(client.topics.erase(topic));
        return RedisValue::array({RedisValue::bulk(on ? "subscribe" : "unsubscribe"),
                                  RedisValue::bulk(topic),
                                  RedisValue::integer(std::ssize(client.topics))});
    }
    return on_data(command);
}

RedisValue RedisServer::on_data(const RedisCommand& command) {
    const std::string& name = command.front();
    if (name == "TIME") {
        const std::int64_t ms = unix_ms(timeline_.now().wall + skew_);
        return RedisValue::array({RedisValue::bulk(std::to_string(ms / 1000)),
                                  RedisValue::bulk(std::to_string(ms % 1000 * 1000))});
    }
    if (name == "PUBLISH") {
        publish(command.at(1), command.at(2));
        return RedisValue::integer(1);
    }
    RedisValue answer = data_.run(command);
    if (name == "XADD" && answer.kind == RedisValue::Kind::bulk)
        watch_(command.at(1), *bus::redis::parse_entry_id(answer.text), command.at(7));
    return answer;
}

void RedisServer::publish(const std::string& topic, const std::string& text) {
    const std::string push = to_resp(RedisValue::array(
        {RedisValue::bulk("message"), RedisValue::bulk(topic), RedisValue::bulk(text)}));
    for (const auto& [id, client] : clients_) {
        if (client->topics.contains(topic)) client->output(push);
    }
}

}  // namespace clamor::sim
