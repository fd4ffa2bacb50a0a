// SPDX-License-Identifier: Apache-2.0
#include "reactor/tls.h"

#include <array>
#include <ctime>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace clamor::reactor {

namespace {

/// What failed on this thread; forgets it. The first of its errors says most.
std::string last_words() {
    const unsigned long code = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(code)) {
        ERR_clear_error();
        return std::error_code(ERR_GET_REASON(code), std::generic_category()).message();
    }
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

tl::unexpected<Error> wrong(std::string_view section, std::string_view key, const std::string& path,
                            std::string_view right) {
    return fail(std::errc::invalid_argument, fmt::format("{}.{} ('{}') must be {}: {}", section,
                                                         key, path, right, last_words()));
}

Result<void> use_certificate(ssl_ctx_st* context, const TlsFiles& files, std::string_view section) {
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
        return wrong(section, "cert_file", files.certificate,
                     "a file that can be read, with a certificate in PEM");
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return wrong(section, "key_file", files.key,
                     fmt::format("a file that can be read, with the private key (PEM, without a "
                                 "password) of {}.cert_file",
                                 section));
    }
    return {};
}

ssl_ctx_st* make_context(const SSL_METHOD* method) {
    ERR_clear_error();
    ssl_ctx_st* const context = SSL_CTX_new(method);
    CLAMOR_CHECK(context != nullptr, "there is memory");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // A connection that is idle keeps no buffers.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    return context;
}

/// HTTP/2, which browsers offer too, is not spoken here. IRC clients offer nothing.
int choose_http(ssl_st*, const unsigned char** chosen, unsigned char* size,
                const unsigned char* offered, unsigned offered_size, void*) {
    static constexpr std::array<unsigned char, 9> kHttp{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, size, kHttp.data(), kHttp.size(), offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::for_client(const TlsFiles& files,
                                                                 std::string_view section) {
    ssl_ctx_st* const context = make_context(TLS_client_method());
    const std::shared_ptr<const TlsContext> loaded(new TlsContext(context, false));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (files.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_locations(context, files.ca.c_str(), nullptr) != 1) {
        return wrong(section, "ca_file", files.ca,
                     "a file that can be read, with the certificates (PEM) of the CAs that may "
                     "sign the other side's certificate");
    }
    if (files.certificate.empty() != files.key.empty()) {
        return fail(std::errc::invalid_argument,
                    fmt::format("{0}.cert_file and {0}.key_file belong together: the certificate "
                                "that this server shows, and its key",
                                section));
    }
    if (files.certificate.empty()) return loaded;
    if (auto used = use_certificate(context, files, section); !used)
        return tl::unexpected(used.error());
    return loaded;
}

Result<std::shared_ptr<const TlsContext>> TlsContext::for_server(const TlsFiles& files,
                                                                 std::string_view section) {
    ssl_ctx_st* const context = make_context(TLS_server_method());
    const std::shared_ptr<const TlsContext> loaded(new TlsContext(context, true));
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Who comes back shows a ticket; nothing is kept here.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, &choose_http, nullptr);
    if (auto used = use_certificate(context, files, section); !used)
        return tl::unexpected(used.error());
    return loaded;
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

WallTime TlsContext::certificate_ends() const {
    const X509* const certificate = SSL_CTX_get0_certificate(context_);
    CLAMOR_CHECK(certificate != nullptr, "there is a certificate");
    std::tm ends{};
    CLAMOR_CHECK(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &ends) == 1,
                 "a certificate that was read has an end");
    return wall_from_unix_ms(std::int64_t{::timegm(&ends)} * 1000);
}

/// The two ends of the bytes as OpenSSL wants them. Its own memory keeps for good what a burst
/// took.
struct TlsSession::Memory {
    static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* to, std::size_t size, std::size_t* taken) {
        BIO_clear_retry_flags(bio);
        std::string_view& input = session_of(bio).input_;
        if (input.empty()) {
            BIO_set_retry_read(bio);
            return 0;
        }
        *taken = input.copy(to, size);
        input.remove_prefix(*taken);
        return 1;
    }

    static int write(BIO* bio, const char* from, std::size_t size, std::size_t* written) {
        session_of(bio).output_.append(from, size);
        *written = size;
        return 1;
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH; }

    static BIO* make(TlsSession& session) {
        static const BIO_METHOD* const kMethod = [] {
            BIO_METHOD* const method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "memory of a session");
            CLAMOR_CHECK(method != nullptr, "there is memory");
            BIO_meth_set_read_ex(method, &read);
            BIO_meth_set_write_ex(method, &write);
            BIO_meth_set_ctrl(method, &control);
            return method;
        }();
        BIO* const bio = BIO_new(kMethod);
        CLAMOR_CHECK(bio != nullptr, "there is memory");
        BIO_set_data(bio, &session);
        BIO_set_init(bio, 1);
        return bio;
    }
};

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : session_(SSL_new(context.context_)) {
    CLAMOR_CHECK(session_ != nullptr, "there is memory");
    BIO* const memory = Memory::make(*this);
    SSL_set_bio(session_, memory, memory);
    if (context.server_) {
        SSL_set_accept_state(session_);
        return;
    }
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_), host.c_str()) != 1) {
        SSL_set1_host(session_, host.c_str());
        SSL_set_tlsext_host_name(session_, host.c_str());
    }
    ERR_clear_error();
    SSL_set_connect_state(session_);
    SSL_do_handshake(session_);
}

TlsSession::~TlsSession() {
    SSL_free(session_);
}

std::optional<TlsFault> TlsSession::receive(std::string_view bytes, std::string& plain) {
    ERR_clear_error();
    input_ = bytes;
    std::array<char, 16384> buffer;
    while (true) {
        const int read = SSL_read(session_, buffer.data(), buffer.size());
        if (read > 0) {
            plain.append(buffer.data(), static_cast<std::size_t>(read));
            continue;
        }
        const int error = SSL_get_error(session_, read);
        input_ = {};
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) return std::nullopt;
        failed_ = true;
        const int reason = ERR_GET_REASON(ERR_peek_error());
        return TlsFault{
            .reason = reason, .verified = SSL_get_verify_result(session_), .words = last_words()};
    }
}

void TlsSession::write(std::string_view plain) {
    if (plain.empty() || !established()) return;
    ERR_clear_error();
    // Memory takes all of it at once.
    const int written = SSL_write(session_, plain.data(), static_cast<int>(plain.size()));
    if (written <= 0) failed_ = true;
}

void TlsSession::finish() {
    if (!established() || (SSL_get_shutdown(session_) & SSL_SENT_SHUTDOWN) != 0) return;
    ERR_clear_error();
    SSL_shutdown(session_);
}

bool TlsSession::established() const {
    return !failed_ && SSL_is_init_finished(session_) == 1;
}

bool TlsSession::peer_finished() const {
    return (SSL_get_shutdown(session_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string TlsSession::take_output() {
    return std::exchange(output_, {});
}

}  // namespace clamor::reactor
