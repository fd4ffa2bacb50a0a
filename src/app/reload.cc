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

namespace clamor::app {

namespace {

/// All others need a restart.
constexpr std::array<std::string_view, 2> kReloaded{"automod.model_path", "log.level"};

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
