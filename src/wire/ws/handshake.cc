// SPDX-License-Identifier: Apache-2.0
#include "wire/ws/handshake.h"

#include <algorithm>
#include <optional>

#include <openssl/evp.h>

#include "base/check.h"
#include "text/message.h"
#include "wire/http/response.h"
#include "wire/http/tokens.h"

namespace clamor::wire::ws {
namespace {

using text::equals_ignoring_ascii_case;

constexpr std::string_view kVersion = "13";
constexpr std::string_view kDeflateName = "permessage-deflate";

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string out((size + 2) / 3 * 4 + 1, '\0');  // OpenSSL ends it with a NUL
    const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes,
                                        static_cast<int>(size));
    out.resize(static_cast<std::size_t>(written));
    return out;
}

/// Sixteen bytes in base64: 22 characters and the padding.
bool is_valid_key(std::string_view key) {
    constexpr std::size_t kDigits = 22;
    if (key.size() != kDigits + 2 || !key.ends_with("==")) return false;
    return std::ranges::all_of(key.substr(0, kDigits), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    });
}

/// 8 to 15 without leading zeros; 0 when it is something else.
int window_bits_of(std::string_view value) {
    if (value == "8" || value == "9") return value[0] - '0';
    if (value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
        return 10 + value[1] - '0';
    return 0;
}

struct Parameter {
    std::string_view name;
    std::optional<std::string_view> value;
};

Parameter parse_parameter(std::string_view part) {
    const std::size_t equals = part.find('=');
    Parameter parameter{http::trim(part.substr(0, equals)), std::nullopt};
    if (equals == std::string_view::npos) return parameter;
    std::string_view value = http::trim(part.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
    parameter.value = value;
    return parameter;
}

/// The parameters of one permessage-deflate offer or answer, each at most once.
struct DeflateParameters {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::optional<int> server_max_window_bits;
    std::optional<int> client_max_window_bits;  ///< 0: named without a value
};

bool set_window_bits(std::optional<int>& bits, const std::optional<std::string_view>& value,
                     bool may_lack) {
    if (bits || (!value && !may_lack)) return false;
    bits = value ? window_bits_of(*value) : 0;
    return !value || *bits != 0;
}

bool set_flag(bool& flag, const std::optional<std::string_view>& value) {
    if (flag || value) return false;
    flag = true;
    return true;
}

/// Nothing where a parameter is unknown, repeated or has a bad value.
std::optional<DeflateParameters> parse_parameters(std::string_view list) {
    DeflateParameters all;
    std::string_view part;
    while (http::take_part(list, ';', part)) {
        const Parameter p = parse_parameter(part);
        bool good = false;
        if (p.name == "server_no_context_takeover")
            good = set_flag(all.server_no_context_takeover, p.value);
        if (p.name == "client_no_context_takeover")
            good = set_flag(all.client_no_context_takeover, p.value);
        if (p.name == "server_max_window_bits")
            good = set_window_bits(all.server_max_window_bits, p.value, false);
        if (p.name == "client_max_window_bits")
            good = set_window_bits(all.client_max_window_bits, p.value, true);
        if (!good) return std::nullopt;
    }
    return all;
}

AcceptResult refuse(int status) {
    AcceptResult result;
    result.refusal = http::plain_error(status);
    if (status == 426) {
        result.refusal.headers.emplace_back("Upgrade", "websocket");
        result.refusal.headers.emplace_back("Sec-WebSocket-Version", kVersion);
    }
    return result;
}

}  // namespace

std::string accept_key(std::string_view key) {
    std::string text(key);
    text.append("258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const int done = EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
    CLAMOR_CHECK(done == 1, "the crypto library has SHA-1");
    return base64(digest, size);
}

bool is_upgrade(const http::Request& request) {
    return request.method == "GET" &&
           http::has_token(http::joined_header(request.headers, "upgrade"), "websocket");
}

AcceptResult accept_upgrade(const http::Request& request, const AcceptOptions& options) {
    if (request.header("sec-websocket-version") != kVersion) return refuse(426);
    const std::string_view key = request.header("sec-websocket-key");
    if (!http::has_token(http::joined_header(request.headers, "connection"), "upgrade") ||
        !is_valid_key(key))
        return refuse(400);

    AcceptResult result;
    result.accepted = true;
    result.bytes =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: ";
    result.bytes.append(accept_key(key)).append("\r\n");

    std::string_view part;
    const std::string protocols = http::joined_header(request.headers, "sec-websocket-protocol");
    for (std::string_view list = protocols; http::take_part(list, ',', part);)
        result.irc_subprotocol = result.irc_subprotocol || part == "irc";
    if (result.irc_subprotocol) result.bytes.append("Sec-WebSocket-Protocol: irc\r\n");

    std::string answer;
    result.deflate = negotiate_deflate(
        http::joined_header(request.headers, "sec-websocket-extensions"), options, answer);
    if (!answer.empty())
        result.bytes.append("Sec-WebSocket-Extensions: ").append(answer).append("\r\n");
    result.bytes.append("\r\n");
    return result;
}

DeflateAgreement negotiate_deflate(std::string_view offers, const AcceptOptions& options,
                                   std::string& answer) {
    answer.clear();
    std::string_view offer;
    while (options.deflate && http::take_part(offers, ',', offer)) {
        std::string_view name;
        if (!http::take_part(offer, ';', name) || name != kDeflateName) continue;
        const auto wanted = parse_parameters(offer);
        if (!wanted) continue;
        const int bits = wanted->server_max_window_bits.value_or(kWindowBitsMax);
        if (bits < std::max(options.server_window_bits_min, kWindowBitsMin)) continue;
        // Saying client_no_context_takeover unasked is allowed (RFC 7692, 7.1.1.2) and spares us a
        // window for each connection.
        answer.append(kDeflateName)
            .append("; server_no_context_takeover; client_no_context_takeover");
        if (wanted->server_max_window_bits)
            answer.append("; server_max_window_bits=").append(std::to_string(bits));
        return {true, bits};
    }
    return {};
}

std::string client_key(const std::uint8_t (&random)[16]) {
    return base64(random, sizeof random);
}

std::string build_upgrade_request(const ClientOptions& options, std::string_view key) {
    std::string out;
    out.append("GET ").append(options.target).append(" HTTP/1.1\r\nHost: ").append(options.host);
    out.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: ")
        .append(kVersion);
    out.append("\r\nSec-WebSocket-Key: ").append(key).append("\r\n");
    if (!options.subprotocol.empty())
        out.append("Sec-WebSocket-Protocol: ").append(options.subprotocol).append("\r\n");
    if (options.deflate) {
        out.append("Sec-WebSocket-Extensions: ").append(kDeflateName);
        out.append("; server_no_context_takeover; client_no_context_takeover\r\n");
    }
    for (const auto& [name, value] : options.headers)
        out.append(name).append(": ").append(value).append("\r\n");
    out.append("\r\n");
    return out;
}

UpgradeError check_upgrade_response(const http::ResponseHead& head, const ClientOptions& options,
                                    std::string_view key, DeflateAgreement& deflate) {
    deflate = {};
    if (head.status != 101) return UpgradeError::bad_status;
    if (!http::has_token(http::joined_header(head.headers, "upgrade"), "websocket") ||
        !http::has_token(http::joined_header(head.headers, "connection"), "upgrade"))
        return UpgradeError::bad_upgrade;
    if (head.header("sec-websocket-accept") != accept_key(key)) return UpgradeError::bad_accept;
    if (head.header("sec-websocket-protocol") != options.subprotocol)
        return UpgradeError::bad_subprotocol;

    const std::string answer = http::joined_header(head.headers, "sec-websocket-extensions");
    std::string_view parameters = answer;
    std::string_view name;
    if (!http::take_part(parameters, ';', name)) return UpgradeError::none;
    const auto agreed = parse_parameters(parameters);
    // A server that keeps its window would need one of us.
    if (!options.deflate || name != kDeflateName || !agreed || !agreed->server_no_context_takeover)
        return UpgradeError::bad_extension;
    deflate = {true, agreed->server_max_window_bits.value_or(kWindowBitsMax)};
    return UpgradeError::none;
}

}  // namespace clamor::wire::ws
