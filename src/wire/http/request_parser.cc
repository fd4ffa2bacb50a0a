// SPDX-License-Identifier: Apache-2.0
#include "wire/http/request_parser.h"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/check.h"
#include "base/limits.h"
#include "text/message.h"
#include "wire/http/tokens.h"

namespace clamor::wire::http {
namespace {

namespace beast_http = boost::beast::http;

/// The least that is still to come within a chunked body. Beast asserts that it sees as much of a
/// last chunk when it comes back to it.
constexpr std::size_t kChunkedLeast = 5;

int status_of(const boost::system::error_code& error) {
    if (error == beast_http::error::header_limit) return 431;
    if (error == beast_http::error::body_limit) return 413;
    return 400;
}

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// What Beast leaves to its user: the form of the method, one Host with HTTP/1.1 (RFC 9112, 3.2),
/// no coding but chunked.
bool is_sound(const Request& request, unsigned version) {
    const auto upper = [](char c) { return (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
    if (!std::ranges::all_of(request.method, upper)) return false;
    const std::string coding = joined_header(request.headers, "transfer-encoding");
    if (!coding.empty() && !text::equals_ignoring_ascii_case(coding, "chunked")) return false;
    const auto hosts = std::ranges::count(request.headers, "host", &Headers::value_type::first);
    return hosts == 1 || (hosts == 0 && version < 11);
}

}  // namespace

struct RequestParser::Impl {
    Impl() {
        parser.header_limit(limits::kHttpHeaderBytes);
        parser.body_limit(limits::kHttpBodyBytes);
        parser.eager(true);
    }

    beast_http::request_parser<beast_http::string_body> parser;
    std::string held;  ///< bytes that Beast wants to see again, with more behind them
    Request request;   ///< filled when complete
    bool continue_asked = false;

    bool chunked() const { return parser.is_header_done() && parser.chunked(); }

    bool expects_continue() const {
        return text::equals_ignoring_ascii_case(view(parser.get()[beast_http::field::expect]),
                                                "100-continue");
    }

    /// Turns Beast's message into ours; false when it is malformed.
    bool finish() {
        auto message = parser.release();
        request.method = view(message.method_string());
        request.keep_alive = message.keep_alive();
        for (const auto& field : message)
            request.headers.emplace_back(text::fold_ascii(view(field.name_string())),
                                         view(field.value()));
        request.body = std::move(message.body());
        return is_sound(request, message.version()) &&
               decode_target(view(message.target()), request);
    }
};

RequestParser::RequestParser() = default;
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

RequestParser::Progress RequestParser::feed(std::string_view bytes) {
    Progress progress;
    if (bytes.empty()) return progress;
    if (!impl_) impl_ = std::make_unique<Impl>();
    auto& parser = impl_->parser;
    std::string& held = impl_->held;

    const std::size_t before = held.size();
    std::string_view input = bytes;
    if (before > 0) {
        held.append(bytes);
        input = held;
    }
    std::size_t taken = 0;
    boost::system::error_code error = beast_http::error::need_more;
    if (!impl_->chunked() || input.size() >= kChunkedLeast) {
        try {
            taken = parser.put(boost::asio::const_buffer(input.data(), input.size()), error);
        } catch (const std::exception&) {
            error = beast_http::error::header_limit;  // more fields than Beast's container takes
        }
    }
    // Beast bounds the head, but neither the line of a chunk nor the trailers.
    if (error == beast_http::error::need_more && input.size() - taken > limits::kHttpHeaderBytes)
        error = beast_http::error::header_limit;
    if (error && error != beast_http::error::need_more) {
        progress.consumed = bytes.size();
        progress.error_status = status_of(error);
        return progress;
    }
    if (parser.is_done()) {
        CLAMOR_CHECK(taken > before, "bytes held back were not a whole request");
        progress.complete = impl_->finish();
        progress.consumed = progress.complete ? taken - before : bytes.size();
        if (!progress.complete) progress.error_status = 400;
        return progress;
    }
    progress.consumed = bytes.size();
    if (before > 0) {
        held.erase(0, taken);
    } else {
        held = input.substr(taken);
    }
    if (parser.is_header_done() && !impl_->continue_asked) {
        impl_->continue_asked = true;
        progress.send_continue = impl_->expects_continue();
    }
    return progress;
}

Request RequestParser::take() {
    CLAMOR_CHECK(impl_ != nullptr && impl_->parser.is_done(),
                 "a request is taken when it is complete");
    Request request = std::move(impl_->request);
    impl_.reset();
    return request;
}

}  // namespace clamor::wire::http
