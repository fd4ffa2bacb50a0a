// SPDX-License-Identifier: Apache-2.0
#include "bus/redis/tls.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace clamor::bus::redis {

TlsRefusal explain(const reactor::TlsFault& fault, const std::string& host) {
    if (fault.reason == SSL_R_CERTIFICATE_VERIFY_FAILED && fault.verified != X509_V_OK) {
        const char* const why = X509_verify_cert_error_string(fault.verified);
        if (fault.verified == X509_V_ERR_HOSTNAME_MISMATCH ||
            fault.verified == X509_V_ERR_IP_ADDRESS_MISMATCH)
            return {fmt::format("its certificate is not for '{}' ({}): it needs that as a subject "
                                "alternative name, or the address another name",
                                host, why),
                    true};
        if (fault.verified == X509_V_ERR_CERT_HAS_EXPIRED ||
            fault.verified == X509_V_ERR_CERT_NOT_YET_VALID)
            return {fmt::format("its certificate is not valid now ({}): renew it, or set the clock",
                                why),
                    true};
        return {fmt::format("its certificate is not trusted ({}): redis.ca_file must have the CA "
                            "that signed it",
                            why),
                true};
    }
    if (fault.reason == SSL_R_WRONG_VERSION_NUMBER)
        return {"it does not speak TLS: its address begins with redis, not rediss, then", true};
    const bool refuses_ours = fault.reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
                              fault.reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA ||
                              fault.reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE ||
                              fault.reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE;
    if (refuses_ours)
        return {fmt::format("it wants another certificate of ours ({}): redis.cert_file and "
                            "redis.key_file give one, signed by a CA that Redis trusts",
                            fault.words),
                true};
    return {fmt::format("TLS failed: {}", fault.words), false};
}

}  // namespace clamor::bus::redis
