// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "edge/net/connection.h"
#include "wire/http/request_parser.h"

namespace clamor::edge::net {

/// HTTP/1.1 on one connection: one request at a time goes to the service; bytes behind it wait, and
/// the socket is not read meanwhile. An upgrade on /ws becomes EventSub, on any other path IRC over
/// WebSocket.
class HttpProtocol final : public Protocol {
  public:
    explicit HttpProtocol(Connection& connection);
    ~HttpProtocol() override;

    std::unique_ptr<Protocol> on_bytes(std::string_view& bytes) override;
    void on_closed() override {}
    void on_response(wire::http::Response response);

  private:
    std::unique_ptr<Protocol> on_request(wire::http::Request request);
    std::unique_ptr<Protocol> upgrade(const wire::http::Request& request,
                                      const reactor::Endpoint& client);
    void write(const wire::http::Response& response, bool keep_alive);
    void arm_idle_timer();

    Connection& connection_;
    wire::http::RequestParser parser_;
    std::string held_;  // bytes behind the request that is being answered
    bool answering_ = false;
    bool keep_alive_ = true;
    bool head_request_ = false;
    TimerId idle_timer_{};
};

}  // namespace clamor::edge::net
