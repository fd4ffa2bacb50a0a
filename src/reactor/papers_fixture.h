// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "reactor/tls.h"

namespace clamor::reactor {

/// Certificates, in a folder that goes with it.
class Papers {
  public:
    Papers() {
        folder_ = (std::filesystem::temp_directory_path() / "clamor-tls-XXXXXX").string();
        CLAMOR_CHECK(::mkdtemp(folder_.data()) != nullptr, "there is a folder for tests");
    }
    ~Papers() { std::filesystem::remove_all(folder_); }
    Papers(const Papers&) = delete;
    Papers& operator=(const Papers&) = delete;

    std::string certificate(const std::string& name) const { return folder_ + "/" + name + ".crt"; }
    std::string key(const std::string& name) const { return folder_ + "/" + name + ".key"; }
    void make_ca(const std::string& name) const {
        openssl("req -x509 " + fresh(name) + " -subj '/CN=" + name + "' -days 2");
    }
    /// `names` as "IP:127.0.0.1,DNS:cache.example".
    void make(const std::string& name, const std::string& ca, const std::string& names) const {
        openssl("req -x509 " + fresh(name) + " -subj '/CN=clamor' -days 2 -CA " + certificate(ca) +
                " -CAkey " + key(ca) + " -addext 'subjectAltName=" + names +
                "' -addext 'basicConstraints=critical,CA:FALSE'");
    }

    TlsFiles files(const std::string& name) const {
        return {.certificate = certificate(name), .key = key(name)};
    }

  private:
    std::string fresh(const std::string& name) const {
        return "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + key(name) +
               " -out " + certificate(name);
    }
    static void openssl(const std::string& arguments) {
        CLAMOR_CHECK(std::system(("openssl " + arguments + " 2>/dev/null").c_str()) == 0,
                     "openssl makes a certificate");
    }

    std::string folder_;
};

}  // namespace clamor::reactor
