// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

struct ssl_ctx_st;
struct ssl_st;

namespace clamor::reactor {

/// What TLS needs of the disk, all in PEM.
struct TlsFiles {
    std::string ca{};           ///< a client's: who may sign the server's certificate; empty: the
                                ///< system's CAs
    std::string certificate{};  ///< our own, with those between it and the CA; a client's may be ""
    std::string key{};          ///< of our own certificate

    friend bool operator==(const TlsFiles&, const TlsFiles&) = default;
};

/// Whom to trust and who we are, for any number of sessions, which may outlive it. TLS 1.2 or
/// newer. Any thread.
class TlsContext {
  public:
    /// Both read the files. An error names the setting, which is `ca_file`, `cert_file` or
    /// `key_file` of the settings' `section`, and says what would be right.
    static Result<std::shared_ptr<const TlsContext>> for_client(const TlsFiles& files,
                                                                std::string_view section);
    static Result<std::shared_ptr<const TlsContext>> for_server(const TlsFiles& files,
                                                                std::string_view section);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// When our own certificate ends. Only where there is one.
    WallTime certificate_ends() const;

  private:
    friend class TlsSession;
    TlsContext(ssl_ctx_st* context, bool server) : context_(context), server_(server) {}
    ssl_ctx_st* const context_;
    const bool server_;
};

/// Why TLS with a peer failed.
struct TlsFault {
    int reason;         ///< of the SSL_R_ in OpenSSL's sslerr.h
    long verified;      ///< of the X509_V_ in x509_vfy.h
    std::string words;  ///< OpenSSL's
};

/// TLS of one connection over memory: bytes in, bytes out; whoever has the socket carries them. One
/// thread at a time.
class TlsSession {
  public:
    /// In the role of its context. A client checks that the server's certificate is for `host`, a
    /// name or an IP address, and has its first output at once.
    explicit TlsSession(const TlsContext& context, const std::string& host = {});
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    /// Takes what the peer sent and appends to `plain` what it says. After a fault there may be a
    /// last output that tells the peer, and the session is over.
    std::optional<TlsFault> receive(std::string_view bytes, std::string& plain);
    /// Only when established; otherwise nothing is said.
    void write(std::string_view plain);
    /// Says, once, that nothing more will be written.
    void finish();

    /// Keys are agreed upon, and nothing has failed.
    bool established() const;
    /// The peer will write nothing more.
    bool peer_finished() const;
    /// What is to be sent to the peer.
    std::size_t output_bytes() const { return output_.size(); }
    std::string take_output();

  private:
    struct Memory;

    ssl_st* const session_;
    std::string_view input_;  // during receive()
    std::string output_;
    bool failed_ = false;
};

}  // namespace clamor::reactor
