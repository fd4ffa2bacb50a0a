// SPDX-License-Identifier: Apache-2.0
#include "edge/net/http_protocol.h"

#include <algorithm>
#include <utility>

#include "edge/net/eventsub_protocol.h"
#include "edge/net/forwarded.h"
#include "edge/net/irc_protocol.h"
#include "edge/net/server.h"
#include "wire/http/response.h"
#include "wire/ws/handshake.h"

namespace clamor::edge::net {

using wire::http::Request;
using wire::http::Response;

HttpProtocol::HttpProtocol(Connection& connection) : connection_(connection) {
    arm_idle_timer();
}

HttpProtocol::~HttpProtocol() {
    if (idle_timer_) connection_.server().scheduler().cancel(idle_timer_);
}

void HttpProtocol::arm_idle_timer() {
    Scheduler& scheduler = connection_.server().scheduler();
    if (idle_timer_) scheduler.cancel(idle_timer_);
    idle_timer_ =
        scheduler.call_at(scheduler.now().mono + connection_.server().options().http_idle, [this] {
            idle_timer_ = {};
            if (!answering_) connection_.close();
        });
}

std::unique_ptr<Protocol> HttpProtocol::on_bytes(std::string_view& bytes) {
    while (!bytes.empty() && !connection_.closing()) {
        if (answering_) {
            held_ += bytes;
            bytes = {};
            break;
        }
        const auto progress = parser_.feed(bytes);
        bytes.remove_prefix(progress.consumed);
        if (progress.error_status != 0) {
            connection_.server().counters().http_errors.add();
            write(wire::http::plain_error(progress.error_status), false);
            bytes = {};
            break;
        }
        if (progress.send_continue) connection_.queue(Frame::copy(wire::http::kContinue));
        if (!progress.complete) continue;
        if (auto next = on_request(parser_.take())) return next;
    }
    return nullptr;
}

std::unique_ptr<Protocol> HttpProtocol::on_request(Request request) {
    Server& server = connection_.server();
    server.counters().http_requests.add();
    keep_alive_ = request.keep_alive;
    head_request_ = request.method == "HEAD";
    const auto client = client_behind_proxies(connection_.client(), request.headers,
                                              server.options().trusted_proxies);
    request.peer = reactor::counted_address(client);
    if (wire::ws::is_upgrade(request)) return upgrade(request, client);
    answering_ = true;
    connection_.set_receiving(false);
    server.http().handle(std::move(request), server.respond_to(connection_));
    return nullptr;
}

std::unique_ptr<Protocol> HttpProtocol::upgrade(const Request& request,
                                                const reactor::Endpoint& client) {
    Server& server = connection_.server();
    const auto refuse = [&](const Response& response) {
        server.counters().websockets_refused.add();
        write(response, false);
        return nullptr;
    };
    const auto& origins = server.options().allowed_origins;
    const std::string_view origin = request.header("origin");
    if (!origins.empty() && !origin.empty() &&
        std::find(origins.begin(), origins.end(), origin) == origins.end()) {
        return refuse({.status = 403,
                       .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                       .body = "This origin is not in [web] allowed_origins.\n"});
    }
    // EventSub has this path; a client that asks for it must not end up in a chat connection.
    const bool events = request.path == "/ws";
    if (events && server.events() == nullptr) return refuse(wire::http::plain_error(404));
    auto accepted =
        wire::ws::accept_upgrade(request, {.deflate = server.options().deflate && !events});
    if (!accepted.accepted) return refuse(accepted.refusal);
    // From now on a proxy's connection is that of one client.
    if (!connection_.counted() && !server.admit(connection_, client))
        return refuse(wire::http::plain_error(429));
    server.counters().websockets.add();
    connection_.queue(Frame::copy(accepted.bytes));
    if (events) return std::make_unique<EventSubProtocol>(connection_, *server.events(), request);
    return std::make_unique<IrcWebSocketProtocol>(connection_, accepted.deflate.enabled);
}

void HttpProtocol::on_response(Response response) {
    if (!answering_ || connection_.closing()) return;
    answering_ = false;
    write(response, keep_alive_);
    if (connection_.closing()) return;
    arm_idle_timer();
    connection_.set_receiving(true);
    const std::string held = std::exchange(held_, {});
    std::string_view bytes = held;
    // A pipelined upgrade would need the protocol to change from here; no client sends one behind
    // another request.
    if (on_bytes(bytes)) connection_.close();
}

void HttpProtocol::write(const Response& response, bool keep_alive) {
    std::string bytes;
    wire::http::append_response(bytes, response,
                                {.keep_alive = keep_alive,
                                 .head_request = head_request_,
                                 .date = connection_.server().date()});
    connection_.queue(Frame::copy(bytes));
    if (!keep_alive) connection_.close();
}

}  // namespace clamor::edge::net
