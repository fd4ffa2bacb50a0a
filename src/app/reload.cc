// SPDX-License-Identifier: Apache-2.0
#include "app/reload.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "automod/model_classifier.h"
#include "base/log.h"
#include "reactor/clock.h"

namespace clamor::app {

namespace {

/// All others need a restart.
constexpr std::array<std::string_view, 4> kReloaded{"server.cert_file", "server.key_file",
                                                    "automod.model_path", "log.level"};
/// Enough to renew a certificate by hand.
constexpr auto kCertificateWarning = std::chrono::days(14);

void exchange_classifier(Node& node, std::shared_ptr<const automod::Classifier> classifier,
                         const AutoModConfig& config) {
    const std::string before(node.classifier()->version());
    const std::string path = config.model_path.empty() ? "in the program" : config.model_path;
    log::info("AutoMod's model was read again",
              {{"from", before}, {"to", classifier->version()}, {"file", path}});
    node.use(std::move(classifier));
}

}  // namespace

Result<std::shared_ptr<const automod::Classifier>> classifier_of(const AutoModConfig& config) {
    if (config.model_path.empty()) return automod::builtin_classifier();
    return automod::load_classifier(config.model_path);
}

Result<std::shared_ptr<const reactor::TlsContext>> tls_of(const ServerConfig& config) {
    if (!config.speaks_tls()) return nullptr;
    auto tls = reactor::TlsContext::for_server(config.tls, "server");
    if (!tls) return tl::unexpected(tls.error());
    const auto left = (*tls)->certificate_ends() - reactor::read_clocks().wall;
    if (left < kCertificateWarning) {
        log::warn(left < left.zero() ? "the certificate has ended: clients will refuse it"
                                     : "the certificate ends soon: renew it, then send SIGHUP",
                  {{"file", config.tls.certificate},
                   {"days_left", std::chrono::floor<std::chrono::days>(left).count()}});
    }
    return tls;
}

void reload(Node& node, Config& in_force, const std::function<LoadedConfig()>& read) {
    const auto failed = [&](const std::string& why) {
        log::error("the settings were not taken over; all stays as it is", {{"error", why}});
        node.reloads().failed.add();
    };
    const LoadedConfig loaded = read();
    if (!loaded.problems.empty())
        return failed(fmt::format("{}", fmt::join(loaded.problems, "; ")));
    auto classifier = classifier_of(loaded.config.automod);
    if (!classifier) return failed(classifier.error().to_string());

    auto tls = tls_of(loaded.config.server);
    if (!tls) return failed(tls.error().to_string());

    if (*tls) node.use(*std::move(tls));
    in_force.server.tls = loaded.config.server.tls;
    exchange_classifier(node, *std::move(classifier), loaded.config.automod);
    in_force.automod.model_path = loaded.config.automod.model_path;
    log::set_level(in_force.log.level = loaded.config.log.level);
    // Those that were reloaded do not differ any more.
    const auto changed = changed_settings(in_force, loaded.config);
    if (changed.empty()) {
        log::info("the settings were read again",
                  {{"reloaded", fmt::format("{}", fmt::join(kReloaded, ", "))}});
    } else {
        log::warn("the settings were read again; some that changed need a restart",
                  {{"reloaded", fmt::format("{}", fmt::join(kReloaded, ", "))},
                   {"need_a_restart", fmt::format("{}", fmt::join(changed, ", "))}});
    }
    node.reloads().done.add();
}

}  // namespace clamor::app
