// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/tls.h"

#include <array>
#include <system_error>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace clamor::bus::redis {

namespace {

/// Of what failed on this thread; forgets it. The first of its errors says most.
std::string last_reason() {
    const unsigned long code = ERR_peek_error();
    if (ERR_SYSTEM_ERROR(code)) {
        ERR_clear_error();
        return std::error_code(ERR_GET_REASON(code), std::generic_category()).message();
    }
    const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

tl::unexpected<Error> wrong(std::string_view setting, const std::string& path,
                            std::string_view right) {
    return fail(std::errc::invalid_argument,
                fmt::format("redis.{} ('{}') must be {}: {}", setting, path, right, last_reason()));
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const TlsFiles& files) {
    ERR_clear_error();
    ssl_ctx_st* const context = SSL_CTX_new(TLS_client_method());
    CLAMOR_CHECK(context != nullptr, "there is memory");
    const std::shared_ptr<const TlsContext> loaded(new TlsContext(context));
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (files.ca.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_locations(context, files.ca.c_str(), nullptr) != 1) {
        return wrong("ca_file", files.ca,
                     "a file that can be read, with the certificates (PEM) of the CAs that may "
                     "sign Redis' certificate");
    }
    if (files.certificate.empty() != files.key.empty()) {
        return fail(std::errc::invalid_argument,
                    "redis.cert_file and redis.key_file belong together: the certificate that this "
                    "server shows to Redis, and its key");
    }
    if (files.certificate.empty()) return loaded;
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
        return wrong("cert_file", files.certificate,
                     "a file that can be read, with a certificate in PEM");
    }
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        return wrong("key_file", files.key,
                     "a file that can be read, with the private key (PEM, without a password) of "
                     "redis.cert_file");
    }
    return loaded;
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

TlsSession::TlsSession(const TlsContext& context, const std::string& host)
    : session_(SSL_new(context.context_)),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())),
      host_(host) {
    CLAMOR_CHECK(session_ != nullptr && in_ != nullptr && out_ != nullptr, "there is memory");
    SSL_set_bio(session_, in_, out_);
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

std::optional<TlsSession::Fault> TlsSession::receive(std::string_view bytes, std::string& plain) {
    ERR_clear_error();
    const int taken = BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
    CLAMOR_CHECK(taken == static_cast<int>(bytes.size()), "there is memory");
    std::array<char, 16384> buffer;
    while (true) {
        const int read = SSL_read(session_, buffer.data(), buffer.size());
        if (read > 0) {
            plain.append(buffer.data(), static_cast<std::size_t>(read));
            continue;
        }
        const int error = SSL_get_error(session_, read);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) return std::nullopt;
        return fault();
    }
}

void TlsSession::write(std::string_view plain) {
    if (plain.empty()) return;
    ERR_clear_error();
    // Memory takes all of it at once; after a fault nothing is sent any more.
    (void)SSL_write(session_, plain.data(), static_cast<int>(plain.size()));
}

std::string TlsSession::take_output() {
    std::string output(BIO_ctrl_pending(out_), '\0');
    if (!output.empty()) BIO_read(out_, output.data(), static_cast<int>(output.size()));
    return output;
}

bool TlsSession::established() const {
    return SSL_is_init_finished(session_) == 1;
}

TlsSession::Fault TlsSession::fault() const {
    const auto code = ERR_peek_error();
    const int reason = ERR_GET_REASON(code);
    const long verified = SSL_get_verify_result(session_);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
        ERR_clear_error();
        const char* const why = X509_verify_cert_error_string(verified);
        if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
            return {fmt::format("its certificate is not for '{}' ({}): it needs that as a subject "
                                "alternative name, or the address another name",
                                host_, why),
                    true};
        if (verified == X509_V_ERR_CERT_HAS_EXPIRED || verified == X509_V_ERR_CERT_NOT_YET_VALID)
            return {fmt::format("its certificate is not valid now ({}): renew it, or set the clock",
                                why),
                    true};
        return {fmt::format("its certificate is not trusted ({}): redis.ca_file must have the CA "
                            "that signed it",
                            why),
                true};
    }
    if (reason == SSL_R_WRONG_VERSION_NUMBER)
        return {"it does not speak TLS: its address begins with redis, not rediss, then", true};
    const bool refuses_ours = reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
                              reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA ||
                              reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE ||
                              reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE;
    const std::string why = last_reason();
    if (refuses_ours)
        return {fmt::format("it wants another certificate of ours ({}): redis.cert_file and "
                            "redis.key_file give one, signed by a CA that Redis trusts",
                            why),
                true};
    return {fmt::format("TLS failed: {}", why), false};
}

}  // namespace clamor::bus::redis
