// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "app/config.h"
#include "app/node.h"
#include "automod/classifier.h"
#include "base/result.h"
#include "reactor/tls.h"

namespace clamor::app {

/// The one of the settings: of a file, or the one in the binary. Reads the file.
Result<std::shared_ptr<const automod::Classifier>> classifier_of(const AutoModConfig& config);

/// The certificate that clients are shown; null: no TLS is spoken. Reads the files, and says in the
/// log when the certificate is at its end, or soon will be.
Result<std::shared_ptr<const reactor::TlsContext>> tls_of(const ServerConfig& config);

/// What SIGHUP does: reads the settings again and puts in force what can change while the server
/// runs, which is AutoMod's classifier and the certificate of TLS (their files are read again,
/// whether their names changed or not) and the level of the log. Where anything is wrong, all stays
/// as it is. The log and the node's counters tell what became of it; the log also names the
/// settings that changed and need a restart. `in_force` is what the server runs with, and is kept
/// up to date. Blocks: never on a shard.
void reload(Node& node, Config& in_force, const std::function<LoadedConfig()>& read);

}  // namespace clamor::app
