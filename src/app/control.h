// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "edge/net/server.h"

/// How the command line speaks with a running server: over the Unix socket `control.sock` in its
/// data folder, which only the server's user may open. A request is a line, the answer is one, in
/// JSON; a hand-over's answer carries descriptors.
namespace clamor::app {

struct ControlCommands {
    std::function<std::string()> status;  ///< a JSON object
    std::function<void()> reconnect;
    std::function<void()> drain;
    std::function<Result<edge::net::ListeningSockets>()> hand_over;
    /// The other process has the sockets; `soon`: it waits for the data folder, too.
    std::function<void(bool soon)> handed_over;
};

/// Answers on a thread of its own, one request after the other; `commands` are called there.
class ControlServer {
  public:
    static Result<std::unique_ptr<ControlServer>> start(const std::filesystem::path& data,
                                                        ControlCommands commands);
    ~ControlServer();

  private:
    struct Impl;
    explicit ControlServer(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Asks the server that runs in a data folder: `status`, `reconnect` or `drain`. Fails with
/// no_such_process when none does. Blocks.
Result<std::string> ask_server(const std::filesystem::path& data, std::string_view command);

/// Takes the listening sockets of the server that runs in a data folder, which then stops; soon,
/// when this process waits for the folder. Fails with no_such_process when none runs. Blocks.
Result<edge::net::ListeningSockets> take_over(const std::filesystem::path& data, bool soon);

}  // namespace clamor::app
