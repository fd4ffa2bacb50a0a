// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct bio_st;
struct ssl_ctx_st;
struct ssl_st;

namespace clamor::bus::redis {

/// What TLS to Redis needs of the disk, all in PEM.
struct TlsFiles {
    std::string ca{};           ///< who may sign Redis' certificate; empty: the system's CAs
    std::string certificate{};  ///< our own, where Redis asks for one; empty: none
    std::string key{};          ///< of our own certificate

    friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

/// Whom to trust and who we are: what all connections of a link share. Any thread.
class TlsContext {
  public:
    /// An error names the setting and says what would be right.
    static Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

  private:
    friend class TlsSession;
    explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* const context_;
};

/// TLS of one connection, as a client that checks the certificate: bytes in, bytes out; whoever
/// has the socket carries them. hiredis' own TLS wants a socket that it reads itself.
class TlsSession {
  public:
    struct Fault {
        std::string why;  ///< with what would be right
        bool lasting;     ///< the same will come of another try
    };

    /// `host`: a name or an IP address, which the certificate must be for. The first output is
    /// there at once.
    TlsSession(const TlsContext& context, const std::string& host);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Takes what the peer sent and appends to `plain` what it says.
    std::optional<Fault> receive(std::string_view bytes, std::string& plain);
    /// Only when established.
    void write(std::string_view plain);
    /// What is to be sent to the peer.
    std::string take_output();
    bool established() const;

  private:
    Fault fault() const;

    ssl_st* const session_;
    bio_st* const in_;   // the session's
    bio_st* const out_;  // the session's
    const std::string host_;
};

}  // namespace clamor::bus::redis
